"""Lots that wait: freed by time, or earlier by the event that they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from loyalty_rules.domain.effects import Effect, LotFreed
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.dating import changed, dates_from, in_force, start_of
from loyalty_rules.engine.plan import Due, Given, Plan, Trace


def next_free(plan: Plan, state: MemberState) -> datetime | None:
    """When the next lot has waited long enough."""
    ends = [lot.usable_at for _, lot in _waiting(state) if lot.usable_at is not None]
    return min(ends, default=None)


def freed(plan: Plan, state: MemberState, at: datetime) -> Due:
    """The lots that have waited long enough at ``at``. When they end was known before."""
    over = [
        (LotFreed(program, lot.id, lot.usable_at), _trace(plan, program, lot))
        for program, lot in _waiting(state)
        if lot.usable_at is not None and lot.usable_at <= at
    ]
    return Due(tuple(effect for effect, _ in over), tuple(trace for _, trace in over))


def freed_by(plan: Plan, state: MemberState, event: Event) -> Iterator[Effect]:
    """The lots that have waited for an event of this kind: those of the order that it names, or all."""
    order = event.fields.get("order")
    for program, lot in _waiting(state):
        if lot.freed_by != event.type or lot.opened_at > event.occurred_at:
            continue
        if isinstance(order, str) and not _is_of(lot, event.source, order):
            continue
        free = LotFreed(program, lot.id, event.occurred_at)
        yield free
        yield from _dated(plan, fold(state, (free,)), program, lot.id)


def _waiting(state: MemberState) -> Iterator[tuple[str, Lot]]:
    return (
        (program, lot) for program, lots in state.lots.items() for lot in Lots.of(lots).that_wait()
    )


def _trace(plan: Plan, program: str, lot: Lot) -> Trace:
    """``rounded`` is what may be spent from now on; it is given nobody."""
    account = plan.index.accounts.get(program)
    points = Fraction(lot.left, 10 ** (account.scale if account else 0))
    return Trace("", "passed", "freed", lot.id, (Given("", program, points, lot.left, 0),))


def _is_of(lot: Lot, source: str, order: str) -> bool:
    """Whether an order gave a lot; two sources may both have an order of one name."""
    return lot.order == order and lot.id.startswith(f"{source}/")


def _dated(plan: Plan, state: MemberState, program: str, id: str) -> Iterator[Effect]:
    """Points that count from when they can be spent end earlier if that comes earlier."""
    account = plan.index.accounts.get(program)
    lot = next(one for one in state.lots[program] if one.id == id)
    if account is None or not account.counts_from_use:
        return
    forms = in_force(plan, account, state)
    yield from changed(account, lot, dates_from(plan, forms, program, start_of(state, lot)))
