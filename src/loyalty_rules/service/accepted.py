"""A redemption that was accepted stays accepted, though its points would not be there any more: what it took
is taken from what is there, and the rest is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    HistoryRetold,
    LotOpened,
    LotReduced,
    PartnerPaid,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.lots import first_expiring, usable
from loyalty_rules.engine.paying import leave

_KEPT: Final = (LotOpened, CounterAdded, Granted, PartnerPaid)
"""What a redemption gave and counted, which does not hang on the lots that paid for it."""


def may_stand(effects: Iterable[Effect]) -> bool:
    """Whether what was booked of an event says all that it did: it was not told again itself."""
    return not any(isinstance(one, HistoryRetold) for one in effects)


def standing(state: MemberState, event: Event, booked: Sequence[Effect]) -> list[Effect]:
    """The effects of a redemption on another state than that on which it was booked."""
    effects: list[Effect] = []
    if state.clock is None or event.occurred_at > state.clock:
        effects.append(ClockMoved(event.occurred_at))
    effects += _paid(state, booked)
    return effects + [one for one in booked if isinstance(one, _KEPT)]


def _paid(state: MemberState, booked: Sequence[Effect]) -> Iterator[Effect]:
    """Points from the lots that paid then, as far as they are there, then from others; the rest is owed."""
    owed: Counter[str] = Counter()
    first: dict[str, list[str]] = {}
    for one in booked:
        if isinstance(one, LotReduced) and one.cause == "spent":
            owed[one.program] += one.points
            first.setdefault(one.program, []).append(one.lot)
    for program, points in owed.items():
        lots = first_expiring(state, usable(state, program))
        lots.sort(key=lambda lot: lot.id not in first[program])
        for lot in lots:
            if taken := min(lot.left, points):
                yield leave(program, lot, taken, "spent")
                points -= taken
        if points:
            yield DeficitChanged(program, points, "spent")
