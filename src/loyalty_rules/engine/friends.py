"""What a member who is rewarded for a friend's order is told of the friend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event, Json, Purchase
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.referrals import FRIEND_RETURN
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import DAY, LIST, EventKind, Field
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.plan import Plan

FRIEND: Final = "friend"
"""The field of an order of a friend that holds what is told of him."""

OF_ALL: Final = (Field("joined", DAY, optional=True), Field("segments", LIST, optional=True))
"""What may be asked of every friend."""


def friend_fields(profile: EventKind | None) -> tuple[Field, ...]:
    """What may be asked of a friend: when he joined, and what the rule set keeps of its members."""
    known = {one.name for one in OF_ALL}
    added = () if profile is None else profile.fields
    more = (one for one in added if one.name not in known and one.name != "birthday")
    return (*OF_ALL, *(replace(one, optional=True) for one in more))


def of_friend(plan: Plan, fields: Fields, event: Purchase, money: Money) -> dict[str, Value]:
    """The facts of the friend whose order an event tells of, by name (``friend.joined``).

    Errors: refused as `Fields.read` does.
    """
    told = event.fields.get(FRIEND)
    sent = told if isinstance(told, Mapping) else {}
    found = fields.read(_asked(plan), sent, f"{FRIEND}.", money)
    return {f"{FRIEND}.{name}": value for name, value in found.items()}


def told_of(plan: Plan, state: MemberState) -> Mapping[str, Json]:
    """What is told of a friend: only what some reward asks for."""
    return MappingProxyType(dict(_told(plan, state)))


def _told(plan: Plan, state: MemberState) -> Iterator[tuple[str, Json]]:
    for one in _asked(plan):
        value = state.profile.get(one.name)
        if value is not None:
            yield one.name, _as_sent(plan, one, value)


def _asked(plan: Plan) -> tuple[Field, ...]:
    words = {name.removeprefix(f"{FRIEND}.") for name in plan.model.friend_words}
    return tuple(one for one in friend_fields(plan.index.kinds.get("profile")) if one.name in words)


def _as_sent(plan: Plan, field: Field, value: Value) -> Json:
    """A fact of the profile as an event would bring it."""
    if field.kind.name == "day" and isinstance(value, int):
        return plan.calendar.write(value)
    if field.kind.name == "list" and isinstance(value, tuple):
        return tuple(str(one) for one in value)
    if isinstance(value, bool | str) or value is None:
        return value
    assert not isinstance(value, tuple), "only lists hold several"
    number = Decimal(value.numerator) / Decimal(value.denominator)
    if field.kind.name == "money":
        return number.scaleb(-plan.model.currency.scale)
    return number


def with_previous(order: BookedOrder, event: Event) -> BookedOrder:
    """The record of a friend's order as it is judged again when something of it has changed: of what the
    level below has got, only what that has now."""
    if event.type != FRIEND_RETURN or "previous" not in event.fields:
        return order
    fields = {**order.purchase.fields, "previous": event.fields["previous"]}
    return replace(order, purchase=replace(order.purchase, fields=MappingProxyType(fields)))
