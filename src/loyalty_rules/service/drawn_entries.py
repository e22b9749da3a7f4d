"""The entries with which a member took part in a draw: they stay what the draw was made of, whatever comes to
light of him later, so that anybody can still repeat it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.raffles import DRAW, DRAWN_BY, ENTRY, numbers_of
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.raffles import WON
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.service.late_grants import standing_grants

TookPart = Mapping[str, Mapping[str, Granted]]
"""By raffle, the entries of a member that were drawn among, by grant."""


def took_part(past: Sequence[PastEntry]) -> TookPart:
    """With what a member took part in draws, under any of his names."""
    found: dict[str, dict[str, Granted]] = {}
    for raffle, entries in _parts(past):
        known = found.setdefault(raffle, {})
        for grant, one in entries.items():  # the clock may have given one to each of his names
            before = known[grant].quantity if grant in known else 0
            known[grant] = replace(one, quantity=before + one.quantity)
    return found


def _parts(past: Sequence[PastEntry]) -> Iterator[tuple[str, dict[str, Granted]]]:
    for place, entry in enumerate(past):
        yield from _parts(entry.merged)
        if is_part_of_draw(entry.event):
            raffle = str(entry.event.fields["raffle"])
            yield raffle, _entries(past[:place], raffle)


def _entries(past: Sequence[PastEntry], raffle: str) -> dict[str, Granted]:
    """The entries in a raffle that are out after what was booked so far."""
    given = standing_grants(effect for one in everything(past) for effect in one.effects)
    return {one.grant: one for one in given.values() if one.kind == ENTRY and one.to == raffle}


def is_part_of_draw(event: Event) -> bool:
    """Whether an event is what a draw means for one who took part."""
    return event.type == DRAW and event.source == DRAWN_BY and WON in event.fields


def as_drawn(
    state: MemberState, event: Event, known: TookPart
) -> Iterator[Granted | GrantWithdrawn]:
    """What makes of a member's entries, just before his part of a draw is told again, those that it was made
    of. What he would have had more was in no draw; what he would not have had was, and stays."""
    raffle = str(event.fields["raffle"])
    wanted, there = known.get(raffle, {}), numbers_of(state, raffle)
    for grant in sorted({*wanted, *there}):
        had, has = wanted.get(grant), there.get(grant, 0)
        number = 0 if had is None else had.quantity
        if has > number:
            yield GrantWithdrawn(grant, ENTRY, has - number)
        elif had is not None and has < number:
            if has:
                yield GrantWithdrawn(grant, ENTRY, has)
            yield had
