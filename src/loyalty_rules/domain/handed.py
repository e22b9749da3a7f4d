"""What a caller hands in beside events, held against what is meant before anything is done with it.

Annotations say the same; whoever runs no type checker is told here, by the name of the argument in his call,
and not from deep inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event, checked_event
from loyalty_rules.domain.state import MemberState

YEAR_MAX: Final = 2199
"""No calendar of a rule set knows a day after it."""


def checked_instant(value: datetime, name: str) -> datetime:
    """An instant with an offset, up to the last year that rule sets know. ``name``: what the caller calls it.

    Errors: ``EventError`` (``bad_time``) for anything else.
    """
    if not isinstance(value, datetime):
        reason = f"expected a `datetime` with an offset, found {_shown(value)}"
        cure = (
            "`datetime.fromisoformat` reads a text"
            if isinstance(value, str)
            else "such as `datetime.now(UTC)`"
        )
        raise EventError("bad_time", name, f"{reason}: {cure}")
    if value.tzinfo is None:
        cure = "write `.replace(tzinfo=UTC)`, or `.astimezone()` for the zone of this machine"
        raise EventError("bad_time", name, f"`{value.isoformat()}` has no offset: {cure}")
    if value.year > YEAR_MAX:
        reason = f"`{value.isoformat()}` lies after {YEAR_MAX}, the last year that rule sets know"
        raise EventError("bad_time", name, reason)
    return value


def checked_member(value: str, name: str = "member") -> str:
    """The id of a member. Errors: ``EventError`` (``bad_shape``) for what is no text, such as a number:
    the account of ``"5"`` is not that of ``5``, and nobody shall find it empty."""
    if not isinstance(value, str):
        cure = f"write `str({value})`" if type(value) is int else "ids are texts"
        reason = f"expected the id of a member, found {_shown(value)}: {cure}"
        raise EventError("bad_shape", name, reason)
    return value


def asked_for(member: str, at: datetime | None) -> str:
    """The member that is asked for; what is no member, and no instant, is told before anything is read."""
    if at is not None:
        checked_instant(at, "at")
    return checked_member(member)


def checked_state(value: MemberState) -> MemberState:
    """Where a member stands. Errors: ``EventError`` (``bad_shape``) for anything else."""
    if not isinstance(value, MemberState):
        reason = f"expected a `MemberState`, found {_shown(value)}: `.state` of the decision before is one"
        raise EventError("bad_shape", "state", reason)
    return value


def checked_events(values: Iterable[Event]) -> Iterator[Event]:
    """The events that a caller hands over together, one after the other; from a generator as well.

    Errors: ``EventError`` (``bad_shape``) for what is no collection of events, at once, and for each that is
    none, when it is met.
    """
    if isinstance(values, Event | str | bytes | Mapping) or not isinstance(values, Iterable):
        one = isinstance(values, Event)
        cure = (
            "`record` books one" if one else "write a list of what `loyalty_rules.parse_event` made"
        )
        reason = f"expected several events, found {_shown(values)}: {cure}"
        raise EventError("bad_shape", "", reason)
    return map(checked_event, values)


def _shown(value: object) -> str:
    kind = type(value).__name__
    return (
        f"`{kind}`" if value is None or len(repr(value)) > 40 else f"`{value!r}`, of type `{kind}`"
    )
