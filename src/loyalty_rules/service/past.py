"""A member's past as it is told again: its entries in business order, and what stood before some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.effects import (
    Effect,
)
from loyalty_rules.domain.kinds import BusinessKey, business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.ledger.accounts import REDEMPTION, Name
from loyalty_rules.ledger.history import PastEntry
from loyalty_rules.ledger.records import order_of, redemption_of
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.group import Group
from loyalty_rules.service.rule_set import RuleSet


def keys_of(past: Sequence[PastEntry]) -> list[BusinessKey]:
    """The place of each entry in business order. One that was booked alone stands where it was booked: it was
    judged by what was known then."""
    keys: list[BusinessKey] = []
    highest: BusinessKey | None = None
    for entry in past:
        key = business_key(entry.event)
        if highest is not None and entry.is_alone:
            key = max(key, highest)
        keys.append(key)
        highest = key if highest is None else max(key, highest)
    return keys


def split_at(keys: Sequence[BusinessKey], late: BusinessKey) -> int:
    """How many entries stand before the place of a late one, and before every entry behind them."""
    highest = list(accumulate(keys, max))
    split, lowest = len(keys), late
    while split and highest[split - 1] >= lowest:
        split -= 1
        lowest = min(lowest, keys[split])
    return split


def versions_of(group: Group, past: Iterable[PastEntry]) -> Work[Mapping[str, RuleSet] | None]:
    """The rules of every entry by digest; None if some cannot be had again."""
    found = {one.digest: one for one in group.setting.versions.present.versions}
    for plan in dict.fromkeys(entry.plan for entry in past):
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
    paid = {(one.event.source, one.event.id): one.event for one in past}
    found: dict[Name, BookedOrder] = {}
    for entry in before:
        for one in entry.orders:
            if one.order.startswith(REDEMPTION):
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
        if one.order.startswith(REDEMPTION)
    }
