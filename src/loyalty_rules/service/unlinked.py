"""Returns that name no order: they take from the latest purchases of their items, order by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.plan import Outcome, Refusal
from loyalty_rules.engine.return_lines import Unmatched, linked, match_unlinked
from loyalty_rules.service.decision import Decision

DecideOne = Callable[[Event, MemberState, BookedOrder], Decision]
"""Decides the return of one order, on a state."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a return without an order comes to: a decision for each order that it touches, each on top of the
    one before it; ``notes`` list what belongs to no order; or a ``refusal``, and nothing is decided."""

    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: Refusal | None = None


def skus_of(event: Event) -> frozenset[str]:
    """The items that a return without an order names."""
    lines = event.fields["lines"]
    assert isinstance(lines, tuple), "the door has read the lines"
    return frozenset(str(line["sku"]) for line in lines if isinstance(line, Mapping))


def decide_unlinked(
    event: Event, state: MemberState, orders: Sequence[BookedOrder], decide_one: DecideOne
) -> Parts:
    """Decide a return without an order. ``orders`` are the member's with any of its items, newest first."""
    matches, rest = match_unlinked(event, orders)
    notes = tuple(_not_matched(one) for one in rest)
    if not matches:
        return Parts(refusal=Refusal("no_matching_purchase", "lines", "; ".join(notes)))
    decisions: list[Decision] = []
    for part, match in enumerate(matches, 1):
        decision = decide_one(linked(event, match, part), state, match.order)
        if decision.refusal is not None:
            return Parts(refusal=decision.refusal)
        decisions.append(decision)
        state = decision.outcome.state
    return Parts(tuple(decisions), notes)


def _not_matched(one: Unmatched) -> str:
    why = "all of it went back before" if one.reason == "nothing_left" else "never bought"
    return f"{one.quantity:f} of {shown(one.sku)}: {why}"


def joined(event: Event, decisions: Sequence[Decision]) -> Decision:
    """Decisions about parts of one event, each made on top of the one before it, as one."""
    first, last = decisions[0], decisions[-1]
    points: Counter[str] = Counter()
    for one in decisions:
        points.update(one.outcome.points or {})
    later = (effect for one in decisions[1:] for effect in one.outcome.all_effects)
    outcome = Outcome(
        "decided",
        last.outcome.state,
        (*first.outcome.effects, *later),
        dict(points),
        first.outcome.facts,
        tuple(trace for one in decisions for trace in one.trace),
        passed=first.outcome.passed,
    )
    return Decision(first.rules, event, first.before, outcome, first.today)
