"""Why the rules decided as they did, told beside what is not as expected."""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.testing.scenarios.changed_lines import LineMap

Told = Receipt | Decision
"""What can be explained: what became of an event, or what time has done."""


class Teller:
    """Explains what happened in one scenario; ``lines`` lead from a changed rule set back to its file."""

    def __init__(self, lines: LineMap) -> None:
        self._lines = lines
        self._told_in_full: set[str] = set()

    def tell(self, happened: Sequence[Told], rules: Sequence[str]) -> str:
        """The explanation of everything that happened; of what ``rules`` have to do with, if there are any,
        the last time that one of them was asked."""
        if rules:
            asked = [one for one in happened if _asks(one, rules)] or list(happened)
            return "\n\n".join(self._explained(one, rules) for one in asked[-1:])
        return "\n\n".join(self._once(one) for one in happened)

    def _once(self, one: Told) -> str:
        """An explanation in full; a second time it would tell nothing new."""
        name = one.event.id if isinstance(one, Decision) else f"{one.event} {one.sequence}"
        if name in self._told_in_full:
            shown = name if isinstance(one, Decision) else one.event
            return f"event `{shown}` is explained above"
        self._told_in_full.add(name)
        return self._explained(one, ())

    def _explained(self, one: Told, rules: Sequence[str]) -> str:
        decision = one if isinstance(one, Decision) else one.decision
        if decision is None:
            assert isinstance(one, Receipt), "a decision explains itself"
            return _without_decision(one)
        try:
            explanation = decision.explain()
        except PluginError as problem:
            return str(problem)
        moved = (replace(rule, line=self._lines.origin(rule.line)) for rule in explanation.rules)
        return replace(explanation, rules=tuple(moved)).about(rules)


def _asks(one: Told, rules: Sequence[str]) -> bool:
    """Whether one of the rules was asked then."""
    decision = one if isinstance(one, Decision) else one.decision
    return decision is not None and any(trace.rule in rules for trace in decision.trace)


def _without_decision(receipt: Receipt) -> str:
    what = f"event `{receipt.event}` of member {receipt.member}"
    if receipt.refusal is not None:
        return f"{what}: refused, {receipt.refusal.code}: {receipt.refusal.reason}"
    if receipt.status == "held":
        return f"{what}: held until its purchase comes"
    return f"{what}: received before, nothing is booked twice"
