"""What became of each rule in a return: what it lost, what it keeps, and why, for an explanation."""

from __future__ import annotations

from typing import Final

from loyalty_rules.engine.model import Rule
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.returning import PLAN_UNAVAILABLE
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.explanation import RuleReport, Share
from loyalty_rules.service.reasons import why
from loyalty_rules.service.wording import Words

_PLAIN: Final = {
    "": "",
    "nothing_left": "nothing of the order is left",
    "remainder": "what is left of the order earns less",
    "proportional": "in proportion to the money that came back",
    "plan_unavailable": "the rules of that day cannot be had again, so in proportion to what came back",
    "not_taken_back": "what was given stays: `claw_back: none`, or a program that these rules do not have",
    "worth_more": "what is left would earn more, and a return never gives",
    "nothing_booked": "the order has nothing booked by this rule",
    "outside_during": "not open on the day of the purchase",
    "recounted": "a challenge counted the order, and was counted again without what came back",
    "moved": "a challenge counted the order; its target is reached by a later one now",
    "zero": "what is left comes to less than one point",
}


def return_reports(decision: Decision, words: Words) -> tuple[RuleReport, ...]:
    """One for each rule of the order, in canonical order."""
    rules = {rule.id: rule for rule in decision.rules.plan.model.rules}
    if PLAN_UNAVAILABLE in decision.facts:  # a rule of that name may mean something else by now
        rules = {}
    return tuple(
        _report(decision, words, rules.get(one.rule), one)
        for one in decision.outcome.own_trace
        if one.outcome != "passed"
    )


def _report(decision: Decision, words: Words, rule: Rule | None, trace: Trace) -> RuleReport:
    return RuleReport(
        trace.rule,
        "" if rule is None else rule.title,
        trace.outcome,
        trace.reason,
        trace.detail,
        _why(decision, words, rule, trace),
        tuple(
            Share(
                given.program,
                given.points,
                words.points(given.points, given.program),
                words.points(given.rounded, given.program),
                words.exact_points(given.exact, given.program),
                given.extra,
            )
            for given in trace.given
        ),
        (),
        None,
        "" if rule is None else decision.rules.file,
        0 if rule is None else rule.span.line,
    )


def _why(decision: Decision, words: Words, rule: Rule | None, trace: Trace) -> str:
    """One sentence on the reason, and one on what stays; empty where nothing is to be said."""
    reason = _PLAIN.get(trace.reason)
    if reason is None and rule is not None:
        reason = f"of what is left: {why(decision, words, rule, trace)}"
    if reason is None or trace.outcome not in ("taken", "kept"):
        return reason or ""
    kept: dict[str, int] = {}
    for given in trace.given:
        kept[given.program] = kept.get(given.program, 0) + given.rounded
    stays = [words.points(units, program) for program, units in kept.items() if units]
    keeps = f"it keeps {' and '.join(stays)}" if stays else ""
    return "; ".join(part for part in (reason, keeps) if part)
