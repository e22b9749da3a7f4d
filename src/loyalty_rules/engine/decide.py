"""Deciding one event: plan and state in, outcome out. No clock, no randomness, nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind, Field
from loyalty_rules.engine.booking import SIGNUP, effects, points_of
from loyalty_rules.engine.crossing import segments
from loyalty_rules.engine.facts import Case, CaseFacts, Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.model import Model
from loyalty_rules.engine.money import Money, money_of
from loyalty_rules.engine.order import prepare
from loyalty_rules.engine.phases import settle
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.tracing import traces

PROFILE = "profile"


def decide(plan: Plan, state: MemberState, event: Event, order: None = None) -> Outcome:
    """What ``event`` gives and changes for the member whose ``state`` this is, under ``plan``.

    ``order`` is for events that speak of an earlier order; none of these is decided yet. A refused event
    has no effects. Errors: what a plugin's function raises.
    """
    assert event.member == state.member, "an event is decided with its own member's state"
    try:
        kind = _kind(plan.model, plan.index.kinds, event)
        if not kind.decided:
            return Outcome("not_yet_decided", state)
        return _decided(plan, state, event, kind)
    except Refused as refused:
        return Outcome("refused", state, refusal=refused.refusal)


def look(plan: Plan, state: MemberState, event: Event) -> tuple[CaseFacts, ...]:
    """The facts that `decide` judges an event by that it can decide, one for each stretch of the order
    between crossings of a level; for whoever explains a decision."""
    case = _case(plan, state, event, plan.index.kinds[event.type])
    before = whole_facts(case, Segment())
    return tuple(segments(case, before, additions(case, before)))


def _decided(plan: Plan, state: MemberState, event: Event, kind: EventKind) -> Outcome:
    if event.type == SIGNUP and SIGNUP in state.once:
        raise Refused("already_joined", "member", "the member has joined before")
    case = _case(plan, state, event, kind)
    told = _told(plan, event)
    before = whole_facts(case, Segment())
    added = additions(case, before)
    settled = settle(case, segments(case, before, added))
    changes, after = effects(case, settled, added, told)
    return Outcome(
        "decided",
        after,
        changes,
        MappingProxyType(points_of(case, settled.pieces)),
        MappingProxyType(case.record),
        traces(settled),
    )


def _kind(model: Model, kinds: Mapping[str, EventKind], event: Event) -> EventKind:
    kind = kinds.get(event.type)
    if kind is None:
        raise Refused(
            "unknown_event_type", "type", f"the rule set knows no event of type `{event.type}`"
        )
    too_early = model.start is not None and event.occurred_at < model.start
    too_late = model.before is not None and event.occurred_at >= model.before
    if too_early or too_late:
        raise Refused(
            "no_version_in_force",
            "occurred_at",
            f"version `{model.version}` of the rule set is not in force at that time",
        )
    return kind


def _case(plan: Plan, state: MemberState, event: Event, kind: EventKind) -> Case:
    """The event made ready: amounts in minor units, declared fields as values.

    Errors: refused as `prepare`, `money_of` and `Fields.read` do.
    """
    fields = Fields(plan.calendar)
    day = local_day(event.occurred_at, plan.zone)
    if isinstance(event, Purchase):
        money = money_of(event, plan.model.currency)
        values = _purchase_fields(event, kind, fields, money)
        order = prepare(event, money, kind.item_fields, fields)
        case = Case(plan, state, event, kind, day, values, order)
        if money.rate is not None:
            case.noted("~exchange", Fraction(money.rate))
    else:
        own = _optional(kind.fields) if event.type == PROFILE else kind.fields
        values = fields.read(own, event.fields, "", Money(plan.model.currency))
        case = Case(plan, state, event, kind, day, values)
    if state.clock is not None and event.occurred_at < state.clock:
        case.noted("~late", True)
    return case


def _purchase_fields(
    event: Purchase, kind: EventKind, fields: Fields, money: Money
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
    return values


def _told(plan: Plan, event: Event) -> dict[str, Value]:
    """The profile fields that a signup or profile event brings; one sent as null is taken away."""
    profile = plan.index.kinds.get(PROFILE)
    if profile is None or event.type not in (SIGNUP, PROFILE):
        return {}
    brought = tuple(field for field in profile.fields if field.name in event.fields)
    money = Money(plan.model.currency)
    return Fields(plan.calendar).read(_optional(brought), event.fields, "", money)


def _optional(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """A profile event may tell any part of the profile."""
    return tuple(replace(field, optional=True) for field in fields)
