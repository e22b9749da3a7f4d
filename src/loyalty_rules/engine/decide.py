"""Deciding one event: plan and state in, outcome out. No clock, no randomness, nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.adjusting import ADJUSTMENT, adjust
from loyalty_rules.engine.booking import SIGNUP
from loyalty_rules.engine.crossing import segments
from loyalty_rules.engine.facts import CaseFacts, Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.level_events import with_level_events
from loyalty_rules.engine.model import Model
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.opening import PROFILE, open_case, optional
from loyalty_rules.engine.outcomes import outcome_of
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.points_back import points_back
from loyalty_rules.engine.redeeming import NOTHING, REDEMPTION, redeem
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.returning import take_back, take_in_proportion
from loyalty_rules.engine.time import in_time
from loyalty_rules.engine.undoing import UNDOING, undo


def decide(
    plan: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder | None = None,
    *,
    today: Plan | None = None,
    redemptions: Sequence[BookedRedemption] = (),
) -> Outcome:
    """What ``event`` gives and changes for the member whose ``state`` this is, under ``plan``.

    A return or cancellation comes with the record of its ``order`` and with the plan that decided it;
    ``today`` is then the plan in force (default: the same), by which levels are read afterwards. Without
    its order it is not decided, nor is a cancellation of a redemption without the record of that in
    ``redemptions``; there a return finds those by which its order was paid with points. What falls due up to
    the event happens before it. A refused event has no effects, and nothing has passed.

    Errors: what a plugin's function raises.
    """
    assert event.member == state.member, "an event is decided with its own member's state"
    in_force = today or plan
    return in_time(
        in_force,
        state,
        event.occurred_at,
        lambda now: _followed(
            in_force, now, event, _decided_then(plan, now, event, order, in_force, redemptions)
        ),
    )


def decide_in_proportion(
    today: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder,
    redemptions: Sequence[BookedRedemption] = (),
) -> Outcome:
    """What a return or cancellation takes when the plan that decided its ``order`` cannot be had again: a
    part of the shares that were recorded, as large as the part of the money that came back."""
    assert event.member == state.member, "an event is decided with its own member's state"
    assert event.type in RETURNS, "only returns and cancellations speak of an order"

    def then(now: MemberState) -> Outcome:
        try:
            back = points_back(today, now, event, order, redemptions)
            taken = take_in_proportion(back.state, event, order, today, back.minor)
            return _followed(today, now, event, back.joined(taken))
        except Refused as refused:
            return Outcome("refused", now, refusal=refused.refusal)

    return in_time(today, state, event.occurred_at, then)


def look(plan: Plan, state: MemberState, event: Event) -> tuple[CaseFacts, ...]:
    """The facts that `decide` judges an event by that it can decide, one for each stretch of the order
    between crossings of a level; for whoever explains a decision."""
    case = open_case(plan, state, event, plan.index.kinds[event.type])
    before = whole_facts(case, Segment())
    return tuple(segments(case, before, additions(case, before)))


def _followed(plan: Plan, state: MemberState, event: Event, outcome: Outcome) -> Outcome:
    try:
        return with_level_events(plan, state, event, outcome)
    except Refused as refused:
        return Outcome("refused", state, refusal=refused.refusal)


def _decided_then(
    plan: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder | None,
    today: Plan,
    redemptions: Sequence[BookedRedemption],
) -> Outcome:
    try:
        if order is not None:
            assert event.type in RETURNS, "only returns and cancellations speak of an order"
            back = points_back(plan, state, event, order, redemptions)
            return back.joined(take_back(plan, back.state, event, order, today, back.minor))
        if event.type == UNDOING and redemptions:
            return undo(today, state, event, redemptions[0])
        kind = _kind(plan.model, plan.index.kinds, event)
        if not kind.decided:
            return Outcome("not_yet_decided", state)
        if event.type == ADJUSTMENT:
            return adjust(plan, state, event, kind)
        return _decided(plan, state, event, kind)
    except Refused as refused:
        return Outcome("refused", state, refusal=refused.refusal)


def _decided(plan: Plan, state: MemberState, event: Event, kind: EventKind) -> Outcome:
    if event.type == SIGNUP and SIGNUP in state.once:
        raise Refused("already_joined", "member", "the member has joined before")
    case = open_case(plan, state, event, kind)
    told = _told(plan, event)
    before = whole_facts(case, Segment())
    added = additions(case, before)
    stretches = segments(case, before, added)
    redeemed = redeem(case, stretches) if event.type == REDEMPTION else NOTHING
    return outcome_of(case, stretches, added, told, redeemed)


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


def _told(plan: Plan, event: Event) -> dict[str, Value]:
    """The profile fields that a signup or profile event brings; one sent as null is taken away."""
    profile = plan.index.kinds.get(PROFILE)
    if profile is None or event.type not in (SIGNUP, PROFILE):
        return {}
    brought = tuple(field for field in profile.fields if field.name in event.fields)
    money = Money(plan.model.currency)
    return Fields(plan.calendar).read(optional(brought), event.fields, "", money)
