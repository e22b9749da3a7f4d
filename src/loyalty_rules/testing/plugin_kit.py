"""The kit that tests a plugin: what a host would hold against it, found by its author first.

In a plugin's own tests: ``assert check_plugin(my_plugin, "skyline", [RULES], [EVENT]) == ()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from loyalty_rules.base.records import replace
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError, PluginError, RulesError
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Facts
from loyalty_rules.ruleset.plugin_schemas import schema_fault
from loyalty_rules.sdk import Award, Form, Lowered, Opaque, ProgramType, RewardType, Value
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.calendar_probes import calendar_faults
from loyalty_rules.testing.plugin_probes import function_faults, opaque_faults


def check_plugin(
    plugin: object,
    name: str,
    rules: Sequence[str] = (),
    events: Sequence[Mapping[str, object]] = (),
    *,
    base: Registry | None = None,
) -> tuple[str, ...]:
    """What is wrong with a plugin, one sentence each; empty when nothing is.

    ``rules`` are texts of rule sets that use every reward type and program type of the plugin; ``events``
    are decided with each of them, in this order, and make every reward type give something. ``base`` holds
    further plugins that the rule sets need.

    Looked at: names, schemas and texts; that hooks, lowering and functions answer the same each time; that
    functions are exact, keep their bounds, bear an unknown and cannot change what they are handed; that
    days, months and boxes of a calendar fit together.
    """
    if (reason := _use_fault(rules, events)) is not None:
        return (reason,)
    base = Registry.builtin() if base is None else base
    findings: list[str] = []
    try:
        registry = base.with_plugins(**{name: plugin})
        again = base.with_plugins(**{name: plugin})
    except PluginError as error:
        return (str(error),)
    if _shape_of(registry) != _shape_of(again):
        findings.append("its hooks do not return the same each time")
    own = _Own(registry, name)
    findings += own.faults()
    for number, text in enumerate(rules, 1):
        findings += (f"rule set {number}: {fault}" for fault in own.try_rules(text, events))
    findings += own.unused()
    return tuple(dict.fromkeys(findings))


def _use_fault(rules: object, events: object) -> str | None:
    """What is wrong with what the kit itself is handed."""
    if not isinstance(rules, list | tuple) or not all(
        isinstance(one, str | bytes) for one in rules
    ):
        return "`rules` is a list of texts of rule sets: `[FILE.read_text()]`"
    if not isinstance(events, list | tuple) or not all(isinstance(one, Mapping) for one in events):
        return "`events` is a list of events as mappings: `[ORDER]`"
    return None


def _shape_of(registry: Registry) -> object:
    """Everything of a registry but the functions, which may be made anew at each call."""
    return (
        {name: (one.summary, one.schema) for name, one in registry.reward_types.items()},
        {name: (one.summary, one.schema) for name, one in registry.program_types.items()},
        {name: (o.summary, o.arguments, o.result) for name, o in registry.functions.items()},
        dict(registry.event_kinds),
        sorted(registry.calendars),
    )


class _Own:
    """The types of the plugin under test, with probes around their functions."""

    def __init__(self, registry: Registry, name: str) -> None:
        self._plugin = name
        self._plain = registry
        self._used: set[str] = set()
        self._gave: set[str] = set()
        self._found: list[str] = []
        rewards = {one: self._probe(kind) for one, kind in registry.reward_types.items()}
        programs = {one: self._noting(kind) for one, kind in registry.program_types.items()}
        self._probed = replace(
            registry,
            reward_types=MappingProxyType(rewards),
            program_types=MappingProxyType(programs),
        )

    def faults(self) -> list[str]:
        """What can be seen without a rule set."""
        found = []
        for reward in self._owned("loyalty_reward_types", self._plain.reward_types):
            if (fault := schema_fault(self._plain.reward_types[reward].schema)) is not None:
                found.append(f"the schema of `{reward}`: {fault}")
        for program in self._owned("loyalty_program_types", self._plain.program_types):
            if (fault := schema_fault(self._plain.program_types[program].schema)) is not None:
                found.append(f"the schema of `{program}`: {fault}")
        for function in self._owned("loyalty_functions", self._plain.functions):
            found += function_faults(self._plain.functions[function], self._plugin)
        for calendar in self._owned("loyalty_calendars", self._plain.calendars):
            found += calendar_faults(self._plain.calendars[calendar])
        return found

    def try_rules(self, text: str, events: Sequence[Mapping[str, object]]) -> list[str]:
        """Load a rule set twice, decide the events, and say what went wrong."""
        self._found = []
        try:
            loaded = load_text(text, self._probed)
            if loaded.digest != load_text(text, self._probed).digest:
                self._found.append("it is not lowered to the same parts each time")
            self._decide(loaded, events)
        except (RulesError, PluginError, EventError) as error:
            self._found.append(str(error))
        return self._found

    def unused(self) -> list[str]:
        """Types that no rule set uses, and reward types that no event makes give something."""
        rewards = self._owned("loyalty_reward_types", self._plain.reward_types)
        programs = self._owned("loyalty_program_types", self._plain.program_types)
        idle = [name for name in (*programs, *rewards) if name not in self._used]
        silent = [name for name in rewards if name not in self._gave and name not in idle]
        return [f"no rule set of these tests uses `{name}`" for name in idle] + [
            f"no event of these tests makes `{name}` give something" for name in silent
        ]

    def _decide(self, rules: RuleSet, events: Sequence[Mapping[str, object]]) -> None:
        states: dict[str, MemberState] = {}
        for raw in events:
            event = parse_event(raw)
            decision = rules.decide(event, states.get(event.member))
            if decision.refusal is not None:
                reason = f"{decision.refusal.code}, {decision.refusal.reason}"
                self._found.append(f"event `{event.id}` is refused: {reason}")
            states[event.member] = decision.state
            gave = {
                (given.rule, given.program)
                for trace in decision.trace
                for given in trace.given
                if given.points > 0
            }
            self._gave |= {
                award.type
                for rule in rules.plan.model.rules
                for award in rule.awards
                if (rule.id, award.program) in gave
            }

    def _owned(self, hook: str, offers: Mapping[str, object]) -> list[str]:
        return [name for name in sorted(offers) if self._plain.owner(hook, name) == self._plugin]

    def _probe(self, reward: RewardType) -> RewardType:
        def lower(form: Form) -> tuple[Award, ...] | Opaque:
            self._used.add(reward.name)
            lowered = reward.lower(form)
            return self._watched(reward.name, lowered) if type(lowered) is Opaque else lowered

        return replace(reward, lower=lower)

    def _watched(self, name: str, opaque: Opaque) -> Opaque:
        def give(parameters: Mapping[str, Value], facts: Facts) -> int:
            self._found += (f"`{name}`: {fault}" for fault in opaque_faults(opaque, facts))
            return opaque.give(parameters, facts)

        return replace(opaque, give=give)

    def _noting(self, program: ProgramType) -> ProgramType:
        def lower(form: Form) -> Lowered:
            self._used.add(program.name)
            return program.lower(form)

        return replace(program, lower=lower)
