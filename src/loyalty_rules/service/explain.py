"""Makes the explanation of a decision: the trace, with what each condition saw and where the rule stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import PointsTaken, Value
from loyalty_rules.domain.event import Basket
from loyalty_rules.engine.basis import Choice, chosen_lines, chosen_tenders
from loyalty_rules.engine.decide import look
from loyalty_rules.engine.facts import NO_ROW, CaseFacts
from loyalty_rules.engine.model import Formula, Rule
from loyalty_rules.engine.paying import who_pays
from loyalty_rules.engine.plan import Facts, Outcome, Trace
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.expr import Tree
from loyalty_rules.planner.build import functions, lookups
from loyalty_rules.planner.witness import PartValue as Witnessed
from loyalty_rules.planner.witness import part_values
from loyalty_rules.sdk.types import OpaqueCall
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.explanation import (
    Condition,
    Explanation,
    PartValue,
    RuleReport,
    Share,
)
from loyalty_rules.service.grants import grant_text, grants_of
from loyalty_rules.service.level_reports import level_reports
from loyalty_rules.service.passages import passages
from loyalty_rules.service.reasons import why
from loyalty_rules.service.return_reports import return_reports
from loyalty_rules.service.table_rows import missing_row
from loyalty_rules.service.wording import Words, number_text

Called = Mapping[str, Callable[..., Value]]


def explain(decision: Decision) -> Explanation:
    """Why ``decision`` is what it is.

    Errors: ``PluginError`` when a plugin's function that a condition calls fails now.
    """
    plan, event = decision.rules.plan, decision.event
    words = Words(plan)
    points = dict(decision.outcome.points or {})
    decided = decision.status == "decided"
    refusal = decision.refusal
    return Explanation(
        event.id,
        event.type,
        event.member,
        words.instant(event.occurred_at),
        decision.status,
        None if refusal is None else (refusal.code, refusal.path, refusal.reason),
        points,
        {name: words.points(units, name) for name, units in points.items()},
        _rule_reports(decision, words) if decided else (),
        level_reports(*_in_force(decision)) if decided else (),
        _forgiven(decision, words),
        passages(decision, words) if decided else (),
    )


def _forgiven(decision: Decision, words: Words) -> tuple[tuple[str, int, str], ...]:
    """The points by program that a return did not take because they had expired."""
    units: Counter[str] = Counter()
    for effect in decision.outcome.effects:
        if isinstance(effect, PointsTaken):
            units[effect.program] += sum(points for _, points in effect.forgiven)
    return tuple((name, own, words.points(own, name)) for name, own in units.items() if own)


def _rule_reports(decision: Decision, words: Words) -> tuple[RuleReport, ...]:
    of_return = decision.event.type in RETURNS
    own = return_reports(decision, words) if of_return else _Rules(decision, words).reports()
    present, words = _in_force(decision)
    followed = (report for one in _followed(present) for report in _Rules(one, words).reports())
    return (*own, *followed)


def _in_force(decision: Decision) -> tuple[Decision, Words]:
    """A decision as the rules in force read it: levels, and what follows from them, are theirs."""
    rules = decision.today or decision.rules
    return replace(decision, rules=rules), Words(rules.plan)


def _followed(decision: Decision) -> Iterator[Decision]:
    """What followed from an event, each as a decision of its own."""
    for one in decision.outcome.followed:
        outcome = Outcome("decided", decision.state, decision.effects, trace=one.trace)
        yield Decision(decision.rules, one.event, one.before, outcome)


class _Watched(dict[str, Value]):
    """Facts that work themselves out when asked by ``get``, too."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, key: str) -> Value:
        return self._facts[key]

    def get(self, key: str, default: object = None) -> Value:
        return self._facts[key]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A stretch of the order as one rule saw it."""

    facts: CaseFacts
    name: str


class _Rules:
    """The reports on all rules of one decision."""

    def __init__(self, decision: Decision, words: Words) -> None:
        self._decision = decision
        self._words = words
        self._plan = decision.rules.plan
        self._stretches = look(self._plan, decision.judged, decision.event)
        self._tables: Called = lookups(self._plan.model)
        self._functions: Called = functions(decision.rules.registry)

    def reports(self) -> tuple[RuleReport, ...]:
        """One for each rule about this kind of event, in canonical order."""
        rules = {rule.id: rule for rule in self._plan.model.rules}
        rules |= {reward.id: reward.rule for reward in self._plan.model.rewards}
        return tuple(
            self._report(rules[trace.rule], trace)
            for trace in self._decision.outcome.own_trace
            if trace.outcome != "passed"
        )

    def _report(self, rule: Rule, trace: Trace) -> RuleReport:
        closed = trace.reason in ("outside_during", "no_items", "no_tenders", "holdout")
        seen = [] if closed else self._seen(rule)
        return RuleReport(
            rule.id,
            rule.title,
            trace.outcome,
            trace.reason,
            trace.detail,
            self._why(rule, trace, seen),
            self._shares(trace),
            tuple(self._condition(one, formula) for one in seen for formula in rule.when),
            None if closed else self._counted(rule),
            self._decision.rules.file,
            rule.span.line,
            tuple(
                a.rate.tree.opaque.text for a in rule.awards if isinstance(a.rate.tree, OpaqueCall)
            ),
            tuple(
                grant_text(self._words, grant)
                for grant in grants_of(self._decision.effects, rule.id)
            ),
            self._paid_by(trace),
        )

    def _paid_by(self, trace: Trace) -> tuple[tuple[str, str], ...]:
        """Who pays for what a rule gave. A reward is paid for with the points that it costs."""
        if trace.outcome != "gave" or not self._plan.model.partners:
            return ()
        shares = who_pays(self._plan, trace.rule, self._decision.event)
        return tuple((name, number_text(share * 100)) for name, share in shares)

    def _why(self, rule: Rule, trace: Trace, seen: list[_Seen]) -> str:
        said = ""
        if trace.reason == "no_table_row":
            facts = [_Watched(one.facts) for one in seen]
            said = missing_row(rule, facts, self._tables, self._functions, self._words)
        return said or why(self._decision, self._words, rule, trace)

    def _shares(self, trace: Trace) -> tuple[Share, ...]:
        return tuple(
            Share(
                given.program,
                given.points,
                self._words.points(given.points, given.program),
                self._words.points(given.rounded, given.program),
                self._words.exact_points(given.exact, given.program),
                given.extra,
            )
            for given in trace.given
        )

    def _seen(self, rule: Rule) -> list[_Seen]:
        """The facts of each stretch for what the rule chose of it."""
        several = len(self._stretches) > 1
        seen = []
        for number, facts in enumerate(self._stretches, start=1):
            order = facts.case.lines_order
            tenders = None
            if rule.tenders is not None and order.tenders is not None:
                tenders = chosen_tenders(self._plan, rule.tenders, order, facts)
            lines = chosen_lines(self._plan, rule.items, order, facts)
            name = f"part {number} of {len(self._stretches)} of the order" if several else ""
            seen.append(_Seen(facts.chosen(Choice(lines, tenders)), name))
        return seen

    def _counted(self, rule: Rule) -> tuple[str, ...] | None:
        event = self._decision.event
        if rule.items is None or not isinstance(event, Basket):
            return None
        facts = self._stretches[0]
        lines = chosen_lines(self._plan, rule.items, facts.case.lines_order, facts)
        return tuple(event.lines[line].id for line in lines)

    def _condition(self, seen: _Seen, formula: Formula) -> Condition:
        tree = cast(Tree, formula.tree)
        facts = _Watched(seen.facts)
        found = part_values(tree, facts, NO_ROW, self._tables, self._functions)
        truth = self._plan.code[formula.slot](seen.facts, NO_ROW)
        assert truth is None or isinstance(truth, bool), "a condition is a truth"
        parts = tuple(self._part(formula, part) for part in found)
        return Condition(formula.text, truth, parts, formula.span.line, seen.name)

    def _part(self, formula: Formula, part: Witnessed) -> PartValue:
        truth = part.value
        assert truth is None or isinstance(truth, bool), "a part of a condition is a truth"
        values = tuple((text, self._words.value(value, kind)) for text, value, kind in part.reads)
        unknown = tuple(text for text, value, _ in part.reads if value is None)
        return PartValue(_spelled(formula, part), truth, values, unknown if truth is None else ())


def _spelled(formula: Formula, part: Witnessed) -> str:
    """A part as the file spells it; what stands behind a name of ``define``, with that name."""
    written = formula.text[part.start : part.end]
    if written.isidentifier():
        return f"{part.text} ({written})"
    return written or part.text
