"""The tree of a rule set to its model: the builders in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.model import Counter, Figure, Group, Model, Rule, Table
from loyalty_rules.ruleset.context import SHIPPED_COUNTERS, Context, Lazy
from loyalty_rules.ruleset.counters import CounterReader
from loyalty_rules.ruleset.during import read_range
from loyalty_rules.ruleset.expressions import Expressions
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.gives import Gives
from loyalty_rules.ruleset.head import read_head
from loyalty_rules.ruleset.kinds import read_kinds
from loyalty_rules.ruleset.level_events import with_levels
from loyalty_rules.ruleset.limits import Limits
from loyalty_rules.ruleset.meaning import check_meaning
from loyalty_rules.ruleset.membership_words import with_asking
from loyalty_rules.ruleset.names import check_names, unread_names
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.partners import with_partners
from loyalty_rules.ruleset.programs import ProgramReader
from loyalty_rules.ruleset.rewards import RewardReader, ids_of
from loyalty_rules.ruleset.rules import RuleReader, canonical
from loyalty_rules.ruleset.scopes import Scopes
from loyalty_rules.ruleset.slots import number_formulas
from loyalty_rules.ruleset.steady import with_steady
from loyalty_rules.ruleset.tables import TableReader, shape_of
from loyalty_rules.ruleset.words_read import with_words_read
from loyalty_rules.sdk import Lowered
from loyalty_rules.sdk.registry import Registry


def build_model(root: MappingNode, registry: Registry, findings: Findings) -> Model | None:
    """The model of a rule set, or None when ``findings`` holds a mistake afterwards."""
    context = Context(findings, registry, read_head(root, registry, findings))
    context.broken |= unread_names(root, findings.all())
    context.kinds = read_kinds(root.get("events"), registry.event_kinds, findings, context.broken)
    check_names(root, context)
    scopes, expressions = Scopes(context, root.get("define")), Expressions(context)
    gives = Gives(context, expressions, scopes, Limits(context, expressions, scopes))
    programs = ProgramReader(gives, root.get("programs"))
    context.declared = programs.declare()
    context.kinds = with_levels(context.kinds, context.declared)
    context.kinds = with_partners(context.kinds, context.program_types)
    counter_reader = CounterReader(context, expressions, scopes, root.get("counters"))
    counters = _declare_counters(context, counter_reader)
    tables = TableReader(context, _levels(context)).read(root.get("tables"))
    context.tables = {table.id: shape_of(table) for table in tables}
    parts = _Parts(list(counters.values()), programs.lower())
    reader = RuleReader(gives)
    groups, rules = _rules(root, reader, programs, parts)
    rewards = RewardReader(gives, reader, parts.scales()).rewards(
        root.get("rewards"), ids_of(rules)
    )
    scopes.check_unused_defines()
    figures = (*expressions.figures, *parts.figures())
    model = _assemble(context, root, parts, tables, groups, rules, figures)
    model = with_asking(replace(model, rewards=rewards))
    check_meaning(model, root, findings)
    return None if findings.has_errors else with_steady(with_words_read(number_formulas(model)))


def _levels(context: Context) -> dict[str, Kind]:
    """The level words of the rule set's tiers programs, by program."""
    return {
        program: declared.words["level"]
        for program, declared in sorted(context.declared.items())
        if "level" in declared.words
    }


def _rules(
    root: MappingNode, reader: RuleReader, programs: ProgramReader, parts: _Parts
) -> tuple[tuple[Group, ...], tuple[Rule, ...]]:
    """Groups, and all rules in canonical order, those that programs add among them."""
    groups = reader.groups(root.get("groups"))
    taken = {
        rule.id: programs.place_of(name)
        for name, part in parts.lowered.items()
        for rule in part.rules
    }
    rules = reader.rules(root.get("rules"), taken)
    return groups, canonical([*rules, *parts.rules()])


def _assemble(
    context: Context,
    root: MappingNode,
    parts: _Parts,
    tables: tuple[Table, ...],
    groups: tuple[Group, ...],
    rules: tuple[Rule, ...],
    figures: tuple[Figure, ...],
) -> Model:
    setting, effective = context.setting, root.get("effective")
    start, before = (
        read_range(effective, setting, context.findings)
        if isinstance(effective, MappingNode)
        else (None, None)
    )
    by_key = {figure.key: figure for figure in figures}
    return Model(
        id=setting.id,
        version=setting.version,
        currency=setting.currency,
        zone=setting.zone.key or "UTC",
        calendar=setting.calendar.name,
        week_starts=setting.week_starts,
        leap_day="mar_1" if setting.leap_day == "mar_1" else "feb_28",
        kinds=tuple(kind for _, kind in sorted(context.kinds.items())),
        accounts=tuple(one for part in parts.all() for one in part.accounts),
        level_tables=tuple(one for part in parts.all() for one in part.level_tables),
        spend_accounts=tuple(one for part in parts.all() for one in part.spend_accounts),
        challenges=tuple(one for part in parts.all() for one in part.challenges),
        partners=tuple(one for part in parts.all() for one in part.partners),
        memberships=tuple(one for part in parts.all() for one in part.memberships),
        raffles=tuple(one for part in parts.all() for one in part.raffles),
        referrals=tuple(one for part in parts.all() for one in part.referrals),
        coupons=tuple(one for part in parts.all() for one in part.coupons),
        counters=parts.counters(),
        figures=tuple(by_key[key] for key in sorted(by_key)),
        tables=tables,
        rules=rules,
        groups=groups,
        start=start,
        before=before,
        title=setting.title,
        replay=setting.replay,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Counters of the file and what its programs were lowered to."""

    own_counters: list[Counter]
    lowered: Mapping[str, Lowered]

    def all(self) -> list[Lowered]:
        return [self.lowered[name] for name in sorted(self.lowered)]

    def scales(self) -> dict[str, int]:
        """The scale of every program that holds points."""
        return {one.id: one.scale for part in self.all() for one in part.accounts}

    def figures(self) -> list[Figure]:
        return [figure for part in self.all() for figure in part.figures]

    def rules(self) -> list[Rule]:
        return [rule for part in self.all() for rule in part.rules]

    def counters(self) -> tuple[Counter, ...]:
        found = [*SHIPPED_COUNTERS, *self.own_counters]
        found.extend(counter for part in self.all() for counter in part.counters)
        return tuple(sorted(found, key=lambda counter: counter.id))


class _FigureKinds(Mapping[str, Kind]):
    """What ``within`` may read, with kinds; a counter of the file is built when its kind is asked for."""

    def __init__(self, known: Mapping[str, Kind], counters: Mapping[str, Counter]) -> None:
        self._known = known
        self._counters = counters

    def __getitem__(self, name: str) -> Kind:
        known = self._known.get(name)
        return self._counters[name].kind if known is None else known

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield from self._counters

    def __len__(self) -> int:
        return len(self._known) + len(self._counters)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._counters


def _declare_counters(context: Context, reader: CounterReader) -> Mapping[str, Counter]:
    known = {counter.id: counter.kind for counter in SHIPPED_COUNTERS}
    for program, declared in context.declared.items():
        known.update({f"{program}.{word}": kind for word, kind in declared.figures.items()})
    aliases = reader.aliases(known)
    context.aliases = aliases
    counters = Lazy(reader.names, reader.build, reader.cycle, reader.too_deep)
    context.figures = _FigureKinds({**known, **{a: known[f] for a, f in aliases.items()}}, counters)
    return counters
