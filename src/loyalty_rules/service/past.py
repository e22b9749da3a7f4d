"""A member's past as it is told again: its entries in business order, and what stood before some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, NamedTuple

from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.effects import (
    Effect,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import CORRECTION, OWN_KINDS, BusinessKey, business_key
from loyalty_rules.domain.merges import MERGED, cause_of
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.ledger.accounts import REDEMPTION, Account, Name
from loyalty_rules.ledger.history import PastEntry, everything, past_entries
from loyalty_rules.ledger.records import order_of, redemption_of
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.group import Group
from loyalty_rules.service.retelling import Told
from loyalty_rules.service.rule_set import RuleSet


def past_of(group: Group, account: Account) -> Work[list[PastEntry]]:
    """Every entry of an account, in the order of booking, with what a group has not written yet.

    Errors: ``CorruptLedger`` when the log is not what was written.
    """

    def brought(event: Event) -> Work[list[PastEntry]]:
        other = yield from group.owner_of(cause_of(event))
        assert other is not None, "what brought a history is in the log"
        return (yield from past_of(group, other))

    here = group.booked_here(account)
    return (yield from past_entries(here, account, group.received_at, brought))


class Place(NamedTuple):
    """Where an entry stands in business order: it changes what happened from ``first`` on, and nothing behind
    ``last``."""

    first: BusinessKey
    last: BusinessKey


def before_all(since: datetime) -> BusinessKey:
    """Before everything that occurred at an instant."""
    return (since, -(1 << 63), -1, "", "")


_ALWAYS: Final = before_all(datetime.min.replace(tzinfo=UTC))


def places_of(past: Sequence[PastEntry]) -> list[Place]:
    """The place of each entry in business order. One that was booked alone stands where it was booked: it was
    judged by what was known then."""
    places: list[Place] = []
    highest: BusinessKey | None = None
    for entry in past:
        place = _place(entry)
        if highest is not None and entry.is_alone:
            key = max(place.first, highest)
            place = Place(key, key)
        places.append(place)
        highest = place.last if highest is None else max(place.last, highest)
    return places


def _place(entry: PastEntry) -> Place:
    event = entry.event
    if event.type == CORRECTION:
        since = before_all(datetime.fromisoformat(str(event.fields["from"])))
        return Place(since, since)
    if event.type == MERGED:
        return Place(_ALWAYS, max((one.last for one in places_of(entry.merged)), default=_ALWAYS))
    return Place(business_key(event), business_key(event))


def split_at(places: Sequence[Place], late: BusinessKey) -> int:
    """How many entries stand before the place of a late one, and before every entry behind them."""
    highest = list(accumulate((one.last for one in places), max))
    split, lowest = len(places), late
    while split and highest[split - 1] >= lowest:
        split -= 1
        lowest = min(lowest, places[split].first)
    return split


def told_again(past: Sequence[PastEntry], split: int = 0) -> list[tuple[BusinessKey, Told]]:
    """The events of a past from an entry on, each with its place, as they are to be told again."""
    again: list[tuple[BusinessKey, Told]] = []
    for place, one in zip(places_of(past)[split:], past[split:], strict=True):
        if one.event.type == MERGED:
            again += told_again(one.merged)
        elif one.event.type not in OWN_KINDS:
            told = Told(one.event, one.received_at, one.plan, one.effects, one.is_corrected)
            again.append((place.first, told))
    return again


def versions_of(group: Group, past: Iterable[PastEntry]) -> Work[Mapping[str, RuleSet] | None]:
    """The rules of every entry by digest; None if some cannot be had again."""
    found = {one.digest: one for one in group.setting.versions.present.versions}
    for plan in dict.fromkeys(entry.plan for entry in everything(past)):
        rules = found.get(plan) or (yield from group.rules_of(plan))
        if rules is None:
            return None
        found[plan] = rules
    return found


def effects_of(entries: Iterable[PastEntry]) -> Iterator[Effect]:
    return (effect for entry in entries for effect in entry.effects)


def orders_before(
    before: Iterable[PastEntry], past: Iterable[PastEntry]
) -> dict[Name, BookedOrder]:
    """The member's orders as the entries ``before`` left them."""
    paid = {(one.event.source, one.event.id): one.event for one in everything(past)}
    found: dict[Name, BookedOrder] = {}
    for entry in before:
        for one in entry.orders:
            if one.parts is None or one.order.startswith(REDEMPTION):
                continue
            purchase = paid[one.source, one.event]
            text = content_text(purchase)
            found[one.source, one.order] = order_of(one.parts, one.source, text, purchase.member)
    return found


def redemptions_before(before: Iterable[PastEntry], member: str) -> dict[Name, BookedRedemption]:
    """What the member redeemed as the entries ``before`` left it, by its place among orders."""
    return {
        (one.source, one.order): redemption_of(one.parts, member)
        for entry in before
        for one in entry.orders
        if one.parts is not None and one.order.startswith(REDEMPTION)
    }
