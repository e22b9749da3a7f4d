"""Points that a household shares, on their way between its members, and the names of what is made for it."""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType
from typing import Final

from loyalty_rules.domain.event import Event, Json

POOL: Final = "~pool"
"""The source of events that move points within a household."""

INTO_POOL: Final = "pool_given"
"""The kind of event that takes points out of the account of one who shares them."""

FROM_POOL: Final = "pool_received"
"""The kind of event that brings them to another one."""

PLACE: Final = "household_place"
"""The kind of event that says that somebody was taken into a household, for whoever looks for its members."""

PLACES: Final = "~household"
"""The source of these: their ids say which household, and are counted."""

MEMBERS_MAX: Final = 100
"""So many members a household may have had: so many accounts are locked for what concerns all of them."""


def place_name(household: str, number: int) -> str:
    """The id of the event that holds a place in a household. Its name stands there as a digest."""
    return f"{sha256(household.encode()).hexdigest()[:32]}/{number}"


def place(household: str, number: int, joining: Event) -> Event:
    """The event that takes a place in a household for who joins it."""
    return Event(place_name(household, number), PLACE, joining.member, joining.occurred_at, PLACES)


def given(name: str, cause: Event, member: str, program: str, points: int) -> Event:
    """The event that takes points (units of the scale) from who shares them, because of another event."""
    fields = MappingProxyType[str, Json]({"program": program, "points": points})
    return Event(name, INTO_POOL, member, cause.occurred_at, POOL, fields=fields)
