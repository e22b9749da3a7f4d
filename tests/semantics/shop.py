"""A small shop for worked examples: a rule set from the part that matters, events from a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from textwrap import dedent, indent

from loyalty_rules import Decision, MemberState, RuleSet, parse_event
from loyalty_rules.service.loading import load_text

HEAD = """\
ruleset: example
version: "1"
currency: {currency}
timezone: {zone}
"""
BEANS = "{type: points, basis: {tax: included}, expiry: %s, value: 0.01%s}"
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"


def rules(
    *rule_lines: str,
    points: str = "",
    expiry: str = "never",
    programs: str = "",
    more: str = "",
    currency: str = "EUR",
    zone: str = "Europe/Berlin",
) -> RuleSet:
    """A rule set with the points program ``beans``; ``points`` adds to its keys, ``programs`` and ``more``
    are blocks of YAML, ``rule_lines`` are rules (default: one point per 1.00)."""
    text = HEAD.format(currency=currency, zone=zone)
    text += "programs:\n  beans: " + BEANS % (expiry, f", {points}" if points else "") + "\n"
    text += indent(dedent(programs), "  ") + "\n" + dedent(more) + "\n"
    text += "rules:\n" + "".join(f"  - {line}\n" for line in rule_lines or (BASE,))
    return load_text(text)


def purchase(
    *amounts: str | Mapping[str, object],
    at: str = "2026-03-10T12:00:00Z",
    id: str = "p-1",
    **fields: object,
) -> dict[str, object]:
    """A purchase of lines: an amount, or the fields of a line."""
    lines = [
        {"quantity": 1, "sku": "A", "amount": line}
        if isinstance(line, str)
        else {"quantity": 1, **line}
        for line in amounts
    ]
    return {
        "id": id,
        "type": "purchase",
        "member": "m-1",
        "occurred_at": at,
        "currency": "EUR",
        "lines": lines,
        **fields,
    }


def decide(
    rule_set: RuleSet, event: Mapping[str, object], state: MemberState | None = None
) -> Decision:
    """The decision of one event, which must not be refused."""
    decision = rule_set.decide(parse_event(event), state)
    assert decision.status == "decided", decision.refusal
    return decision


def points(
    rule_set: RuleSet, event: Mapping[str, object], state: MemberState | None = None
) -> int | Decimal:
    """The beans that one event gives."""
    return decide(rule_set, event, state).points["beans"]


def history(rule_set: RuleSet, events: Sequence[Mapping[str, object]]) -> list[Decision]:
    """The decisions of one member's events, one after the other."""
    state: MemberState | None = None
    decisions = []
    for event in events:
        decisions.append(decide(rule_set, event, state))
        state = decisions[-1].state
    return decisions


def given(decision: Decision) -> dict[str, int]:
    """What each rule gave, in units of the scale, rules that gave nothing left out."""
    totals: dict[str, int] = {}
    for trace in decision.trace:
        for one in trace.given:
            totals[trace.rule] = totals.get(trace.rule, 0) + one.points
    return {rule: total for rule, total in totals.items() if total}


def outcome(decision: Decision, rule: str) -> tuple[str, str, str]:
    """What became of a rule: outcome, reason, detail."""
    trace = next(trace for trace in decision.trace if trace.rule == rule)
    return trace.outcome, trace.reason, trace.detail
