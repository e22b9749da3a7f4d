"""Grants that a return takes back only until something has happened: a pledge whose goods have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_rules.domain.effects import Granted, GrantKept, GrantWithdrawn, TimerSet
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Plan

Place = tuple[str, str]
"""Source and id of an order."""


def fixed_by(plan: Plan, state: MemberState, event: Event) -> Iterator[TimerSet]:
    """What an event fixes: the grants of the order that it names, or all that were given before it. A timer
    that never rings remembers when the last one was."""
    if event.type not in plan.index.fixing:
        return
    order = event.fields.get("order")
    timer = fixing_timer(event.type, (event.source, order) if isinstance(order, str) else None)
    known = state.timers.get(timer)
    if known is None or known < event.occurred_at:
        yield TimerSet(timer, event.occurred_at)


def as_fixed(
    state: MemberState,
    withdrawn: Sequence[GrantWithdrawn],
    granted: Sequence[Granted],
    order: Place | None = None,
) -> tuple[GrantWithdrawn | GrantKept, ...]:
    """What is ``withdrawn`` of ``granted`` (those of an order), where what is fixed stays and is a cost."""
    fixed = {one.grant for one in granted if _is_fixed(state, one, order)}
    return tuple(
        GrantKept(one.grant, one.kind, one.quantity, one.amount_minor)
        if one.grant in fixed
        else one
        for one in withdrawn
    )


def _is_fixed(state: MemberState, one: Granted, order: Place | None) -> bool:
    if not one.fixed_after:
        return False
    names = [fixing_timer(one.fixed_after, None)]
    if order is not None:
        names.append(fixing_timer(one.fixed_after, order))
    return any(name in state.timers and state.timers[name] >= one.granted_at for name in names)


def fixing_timer(kind: str, order: Place | None = None) -> str:
    """The timer that says when an event of a kind last fixed what was granted, for one order or for all."""
    return f"~fixed.{kind}" if order is None else f"~fixed.{kind}/{order[0]}/{order[1]}"
