"""Deciding the cancellation of a redemption: its points come back, what it gave is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import (
    ClockMoved,
    DeficitChanged,
    Effect,
    GrantWithdrawn,
    Value,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.correcting import corrections
from loyalty_rules.engine.fixing import as_fixed
from loyalty_rules.engine.level_setting import level_changes
from loyalty_rules.engine.lots import in_spend_order
from loyalty_rules.engine.paying import leave
from loyalty_rules.engine.plan import Given, Outcome, Plan, Trace
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.restoring import restore

UNDOING: Final = "redemption_cancelled"
"""The kind of event that undoes a redemption."""


def undo(plan: Plan, state: MemberState, event: Event, redemption: BookedRedemption) -> Outcome:
    """The outcome of cancelling a redemption, under the plan in force now.

    Errors: refused as ``other_members_redemption`` or ``already_cancelled``.
    """
    _check(event, redemption)
    back = [one.gone for one in redemption.spent]
    clock: list[Effect] = []
    if state.clock is None or event.occurred_at > state.clock:
        clock.append(ClockMoved(event.occurred_at))
    restored = restore(plan, fold(state, clock), event, redemption, back)
    effects = [*clock, *restored.effects]
    points = dict(restored.points)
    after = restored.state
    traces = list(restored.traces)
    for program, lot, units in redemption.opened:
        taken = _taken_back(plan, after, program, lot, units)
        points[program] = points.get(program, 0) - units
        traces.append(_trace(plan, program, lot, units))
        after = fold(after, taken)
        effects += taken
    back_beside = as_fixed(state, tuple(_withdrawn(redemption)), redemption.granted)
    effects += [*corrections(plan, redemption.added, ()), *back_beside]
    after = fold(state, effects)
    levels = level_changes(plan, state, after, returned=True)
    late = state.clock is not None and event.occurred_at < state.clock
    facts: dict[str, Value] = {"~late": True} if late else {}
    return Outcome(
        "decided",
        fold(after, levels),
        (*effects, *levels),
        MappingProxyType(points),
        MappingProxyType(facts),
        tuple(traces),
        redemptions=(replace(redemption, spent=restored.spent, added=(), cancelled=True),),
    )


def _check(event: Event, redemption: BookedRedemption) -> None:
    assert event.fields.get("redemption") == redemption.redemption, "the record is of another one"
    name = shown(redemption.redemption)
    if event.member != redemption.member:
        reason = f"redemption {name} is another member's"
        raise Refused("other_members_redemption", "redemption", reason)
    if redemption.cancelled:
        reason = f"redemption {name} was cancelled before"
        raise Refused("already_cancelled", "redemption", reason)


def _taken_back(
    plan: Plan, state: MemberState, program: str, lot: str, units: int
) -> Sequence[Effect]:
    """Points that a reward gave: from their lot, then from others in spend order, then as deficit."""
    account = plan.index.accounts.get(program)
    held = state.lots.get(program, ())
    first = [one for one in held if one.id == lot]
    others = [one for one in held if one.id != lot]
    found: list[Effect] = []
    for one in [*first, *(in_spend_order(account, state, others) if account else others)]:
        if part := min(units, one.left):
            found.append(leave(program, one, part, "taken_back"))
            units -= part
    if units:
        found.append(DeficitChanged(program, units))
    return found


def _trace(plan: Plan, program: str, lot: str, units: int) -> Trace:
    account = plan.index.accounts.get(program)
    points = Fraction(-units, 10 ** (account.scale if account else 0))
    return Trace("", "passed", "undone", lot, (Given("", program, points, 0, -units),))


def _withdrawn(redemption: BookedRedemption) -> Iterator[GrantWithdrawn]:
    for one in redemption.granted:
        yield GrantWithdrawn(one.grant, one.kind, one.quantity, one.amount_minor or 0)
