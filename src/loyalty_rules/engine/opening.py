"""An event made ready to be decided: amounts in minor units, declared fields as values."""

from __future__ import annotations

from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Basket, Event, Purchase
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind, Field
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.friends import of_friend
from loyalty_rules.engine.money import Money, money_of
from loyalty_rules.engine.order import prepare
from loyalty_rules.engine.paying import partner_at
from loyalty_rules.engine.plan import Plan

PROFILE = "profile"


def open_case(plan: Plan, state: MemberState, event: Event, kind: EventKind) -> Case:
    """The event made ready: amounts in minor units, declared fields as values.

    Errors: refused as `prepare`, `money_of`, `partner_at` and `Fields.read` do.
    """
    fields = Fields(plan.calendar)
    partner = partner_at(plan, event)
    day = local_day(event.occurred_at, plan.zone)
    if isinstance(event, Purchase):
        money = money_of(event, plan.model.currency)
        values = _purchase_fields(plan, event, kind, fields, money)
        order = prepare(event, money, kind.item_fields, fields)
        case = Case(plan, state, event, kind, day, values, order)
        if money.rate is not None:
            case.noted("~exchange", Fraction(money.rate))
            if event.exchange is not None:
                case.noted("~exchange_date", event.exchange.date)
    elif isinstance(event, Basket):
        money = money_of(event, plan.model.currency)
        values = fields.read(kind.fields, event.fields, "", money)
        order = prepare(event, money, kind.item_fields, fields)
        case = Case(plan, state, event, kind, day, values, order)
    else:
        is_ours = event.id.startswith("~")  # what we make ourselves nobody has told us more about
        own = optional(kind.fields) if is_ours or event.type == PROFILE else kind.fields
        values = fields.read(own, event.fields, "", Money(plan.model.currency))
        case = Case(plan, state, event, kind, day, values)
    if partner and values.get("partner", partner) is None:
        values["partner"] = partner
    if state.clock is not None and event.occurred_at < state.clock:
        case.noted("~late", True)
    return case


def _purchase_fields(
    plan: Plan, event: Purchase, kind: EventKind, fields: Fields, money: Money
) -> dict[str, Value]:
    """What a purchase says beyond its lines; what the file adds may stand beside it or in ``attributes``."""
    values: dict[str, Value] = {
        "id": event.id,
        "order": event.order or event.id,
        "currency": event.currency,
        "channel": event.channel,
        "store": event.store,
        "partner": event.partner,
        "coupons": event.coupons,
    }
    added = tuple(field for field in kind.fields if field.name not in values)
    if added:
        values |= fields.read(added, {**event.attributes, **event.fields}, "", money)
    if event.type == FRIEND_ORDER:
        values |= of_friend(plan, fields, event, money)
    return values


def optional(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """A profile event may tell any part of the profile."""
    return tuple(replace(field, optional=True) for field in fields)
