"""What is not told as it was once two turn out to be one member: what they did with each other never was, and
codes that one of them had used stay his. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.codes import COUPON, own_code, own_uses
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.pools import FROM_POOL, POOL
from loyalty_rules.domain.referrals import (
    REFERRAL,
    REFERRED_BY,
    event_name,
    link_in,
    parted,
)
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.transfers import GIVEN_BY, TRANSFER
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import Name
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.service.late_grants import standing_grants

_BOTH = "both are one member"


class Fallen(NamedTuple):
    """Of a member's past, when others became him: events that would have been ``refused`` had it been known
    who he is, and the codes of coupons that he was given under any name, each with its grant."""

    refused: Mapping[Name, Refusal]
    codes: Mapping[str, Granted]

    def used_all_the_same(
        self, event: Event, state: MemberState
    ) -> Iterator[Granted | GrantWithdrawn]:
        """Codes that an order has used and that one member would not have been given, or not so often: each
        of the two had one of the same text."""
        texts = sorted({*event.coupons}) if isinstance(event, Purchase) else []
        for given in (self.codes[text] for text in texts if text in self.codes):
            own = own_code(state, given.to, given.name)
            if own is None:
                yield given
            elif own_uses(state, given.to, given.name) >= own.uses:
                yield GrantWithdrawn(given.grant, COUPON, own.uses)
                yield replace(given, quantity=own.uses + 1)


def fallen_of(past: Iterable[PastEntry]) -> Fallen | None:
    """What is not told as it was; None if nobody became this member."""
    entries = [*past]
    if not any(entry.merged for entry in entries):
        return None
    events = {(one.event.source, one.event.id): one.event for one in everything(entries)}
    found: dict[Name, Refusal] = {}
    for event in events.values():
        for name, refusal in _fallen(event, events):
            found[name] = refusal
    effects = (effect for one in everything(entries) for effect in one.effects)
    given = standing_grants(effects).values()
    return Fallen(found, {one.name: one for one in given if one.kind == COUPON})


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
