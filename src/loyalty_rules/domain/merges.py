"""Two names of one member: the event that says so, and how it stands in the states and the logs of both."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import CounterAdded
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.referrals import event_name, joined, name_from, parted
from loyalty_rules.domain.state import MemberState

MERGE: Final = "merge"
"""The kind of event with which a member is said to be another one, too: it is the last of his own."""

MERGED: Final = "merged"
"""The kind under which his history comes to the other one."""

MERGED_BY: Final = "~merge"
"""The source of events that bring a member's history to another one."""

_OF: Final = "of"
_MARK: Final = "~merged"


def is_merged(state: MemberState) -> bool:
    """Whether a member is another one from now on."""
    return _MARK in state.counters


def merged_into(state: MemberState) -> tuple[str, str]:
    """The event, by source and id, with which a member's history came to the one who he is."""
    [link] = Days.of(state.counters[_MARK]).values()
    return parted(str(link))


def mark(day: int, own: Event) -> CounterAdded:
    """What remains with the member: the event that has brought his history to another one."""
    return CounterAdded(_MARK, "latest", day, joined(own.source, own.id))


def brought_to(member: str, cause: Event) -> Event:
    """The event that brings a history to a member, because of the one that says whose it is."""
    return Event(
        event_name(_OF, cause),
        MERGED,
        member,
        cause.occurred_at,
        MERGED_BY,
        fields=MappingProxyType({_OF: joined(cause.source, cause.id)}),
    )


def bringing(source: str, id: str) -> tuple[str, str]:
    """The event, by source and id, with which a merge of that name has brought a history to somebody."""
    return MERGED_BY, name_from(_OF, source, id)


def cause_of(event: Event) -> tuple[str, str]:
    """The event, by source and id, with which the history ends that this one has brought."""
    return parted(str(event.fields[_OF]))
