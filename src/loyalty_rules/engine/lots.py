"""Lots of points: which may be spent, in which order, and when they end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.model import LotAccount

_GRACE: Final = "~grace"


def grace_lot(lot: str) -> str:
    """The id of the lot that holds what came back of another one after its end."""
    return lot + _GRACE


def is_in_grace(lot: Lot) -> bool:
    """Whether a lot holds what came back of another one after its end."""
    return lot.id.endswith(_GRACE)


def ends_at(state: MemberState, lot: Lot) -> datetime | None:
    """The first instant at which a lot is gone, as far as is known now; None if it lasts for ever."""
    timer = state.timers.get(lot.ends_with) if lot.ends_with else None
    ends = [one for one in (lot.expires_at, timer) if one is not None]
    return min(ends, default=None)


def usable(state: MemberState, program: str) -> tuple[Lot, ...]:
    """The lots of a program that do not wait, in the order in which they were booked."""
    return tuple(lot for lot in state.lots.get(program, ()) if not lot.waits)


def balance(state: MemberState, program: str) -> int:
    """The points that may be spent, less what is owed, in units of the program's scale."""
    return Lots.of(state.lots.get(program)).usable - state.deficits.get(program, 0)


def pending(state: MemberState, program: str) -> int:
    """The points that wait, in units of the program's scale."""
    return Lots.of(state.lots.get(program)).waiting


def expiring(state: MemberState, program: str, before: datetime) -> int:
    """The points that may be spent and are gone at ``before``, in units of the program's scale."""
    return sum(lot.left for lot in ending(state, program, before) if not lot.waits)


def ending(state: MemberState, program: str, before: datetime) -> Iterator[Lot]:
    """The lots of a program that are gone at ``before``, in the order in which they were booked."""
    lots = Lots.of(state.lots.get(program))
    for lot in lots.that_may_end(before, due_timers(state, lots, before)):
        end = ends_at(state, lot)
        if end is not None and end <= before:
            yield lot


def due_timers(state: MemberState, lots: Lots, before: datetime) -> list[str]:
    """The timers with which lots end that have run out at ``before``, sorted."""
    known = state.timers
    return sorted(one for one in lots.timers if one in known and known[one] <= before)


def run_of(timer: str) -> str:
    """The mark that says when a timer with which lots end last ran out. Lots from before it are gone,
    though the timer may run again."""
    return f"{timer}.ended"


def in_spend_order(account: LotAccount, state: MemberState, lots: Iterable[Lot]) -> list[Lot]:
    """Lots in the order in which the program spends them: `first_expiring`, or the oldest first."""
    if account.spend_order == "oldest":
        return sorted(lots, key=lambda lot: (lot.opened_at, lot.id))
    return first_expiring(state, lots)


def first_expiring(state: MemberState, lots: Iterable[Lot]) -> list[Lot]:
    """Lots by when they end, those of one instant (and those that never end) by age."""

    def place(lot: Lot) -> tuple[object, ...]:
        ends = ends_at(state, lot)
        return (ends is None, ends or lot.opened_at, lot.opened_at, lot.id)

    return sorted(lots, key=place)
