"""What two members did with each other before it turned out that they are one: it never was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.pools import FROM_POOL, POOL
from loyalty_rules.domain.referrals import (
    REFERRAL,
    REFERRED_BY,
    event_name,
    link_in,
    parted,
)
from loyalty_rules.domain.transfers import GIVEN_BY, TRANSFER
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import Name
from loyalty_rules.ledger.history import PastEntry, everything

_BOTH = "both are one member"


def fallen_of(past: Iterable[PastEntry]) -> Mapping[Name, Refusal] | None:
    """The events of a member's past that would have been refused had it been known who he is; None if nobody
    became him."""
    entries = [*past]
    if not any(entry.merged for entry in entries):
        return None
    events = {(one.event.source, one.event.id): one.event for one in everything(entries)}
    found: dict[Name, Refusal] = {}
    for event in events.values():
        for name, refusal in _fallen(event, events):
            found[name] = refusal
    return found


def _fallen(event: Event, events: Mapping[Name, Event]) -> Iterator[tuple[Name, Refusal]]:
    own = (event.source, event.id)
    if event.type == TRANSFER:
        received = (GIVEN_BY, event_name("from", event))
        if received in events:
            refusal = Refusal("transfer_to_oneself", "to", _BOTH)
            yield from ((own, refusal), (received, refusal))
    elif event.type == FROM_POOL and event.id.startswith("in/"):
        left = (POOL, f"out/{event.id.removeprefix('in/')}")
        if left in events:
            refusal = Refusal("transfer_to_oneself", "member", _BOTH)
            yield from ((own, refusal), (left, refusal))
    elif event.type == REFERRAL and (link := link_in(event)) and parted(link) in events:
        refusal = Refusal("referral_of_oneself", "member", _BOTH)
        yield own, refusal
        if event.source == REFERRED_BY:
            yield parted(link), refusal  # he said whom he brings
        else:
            yield (REFERRED_BY, event_name("by", event)), refusal  # it was told who has the code
