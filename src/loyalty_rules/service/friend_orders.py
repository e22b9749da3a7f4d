"""The events that tell somebody of another one's order, and of what became of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event, Json, Line, Purchase
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.referrals import FRIEND_ORDER, FRIEND_RETURN, REFERRED_BY
from loyalty_rules.domain.values import EXACT
from loyalty_rules.engine.plan import Plan

PREVIOUS: Final = "previous"
"""The field that says what the level below has got of the same order, in points."""

BACK: Final = "back"
"""How the ids of returns begin: a number comes next, where ids of orders have a level and a number."""

_NO_GOODS: Final = (Line("1", Decimal(1), Decimal(0), kind="service"),)
"""Stands for the lines of what is no order."""


def friend_order(
    plan: Plan, cause: Event, name: str, member: str, fields: Mapping[str, Json]
) -> Purchase:
    """What a member is told of another one's order: what was bought and what it cost; nothing that says who
    bought it, or with what."""
    told = MappingProxyType(dict(fields))
    if not isinstance(cause, Purchase):
        order = Purchase(name, FRIEND_ORDER, member, cause.occurred_at, REFERRED_BY, fields=told)
        return replace(order, currency=plan.model.currency.code, lines=_NO_GOODS, order=name)
    tenders = cause.tenders and tuple(
        replace(one, fingerprint=None, redemption=None) for one in cause.tenders
    )
    return replace(
        cause,
        id=name,
        type=FRIEND_ORDER,
        member=member,
        source=REFERRED_BY,
        sequence=None,
        fields=told,
        tenders=tenders,
        order=name,
        coupons=(),
        attributes=MappingProxyType({}),
    )


def friend_return(
    cause: Event,
    record: BookedOrder,
    number: int,
    less: Mapping[str, Decimal],
    previous: Decimal | None,
) -> Event:
    """What a member is told when less is left of such an order, or the level below has less of it. ``number``
    tells it from others of the same order."""
    order = record.purchase
    lines: tuple[Json, ...] = tuple(
        MappingProxyType({"line": line, "quantity": quantity}) for line, quantity in less.items()
    )
    fields: dict[str, Json] = {"order": record.order, "lines": lines}
    if previous is not None:
        fields[PREVIOUS] = previous
    return Event(
        f"{BACK}/{number}/{record.order}",
        FRIEND_RETURN,
        order.member,
        max(cause.occurred_at, order.occurred_at),
        REFERRED_BY,
        fields=MappingProxyType(fields),
    )


def less_of(told: BookedOrder, now: BookedOrder) -> dict[str, Decimal]:
    """What of each line was told of and is not left any more."""
    left = dict(now.left)
    found: dict[str, Decimal] = {}
    for line, quantity in told.left.items():
        if quantity > left.get(line, quantity):
            found[line] = EXACT.subtract(quantity, left[line])
    return found


def points_had(plan: Plan, record: BookedOrder) -> Decimal:
    """What a member has of such an order, in points, whatever their programs."""
    accounts = plan.index.accounts
    points = sum(
        (
            Fraction(one.points, 10 ** accounts[one.program].scale)
            for one in record.shares
            if one.program in accounts
        ),
        Fraction(0),
    )
    return Decimal(points.numerator) / Decimal(points.denominator)
