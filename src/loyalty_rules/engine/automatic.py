"""Rewards that the clock takes for a member: at the end of a box as many whole units as he can have, and
what becomes of the points that are left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import ClockMoved, Effect
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.clock_boxes import judged_at
from loyalty_rules.engine.facts import Case, Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.lots import usable
from loyalty_rules.engine.model import Every, Reward
from loyalty_rules.engine.offers import Offer, Room, offer_of
from loyalty_rules.engine.opening import open_case
from loyalty_rules.engine.outcomes import outcome_of
from loyalty_rules.engine.paying import leave
from loyalty_rules.engine.plan import Given, Outcome, Plan, Trace
from loyalty_rules.engine.redeeming import NOTHING, REDEMPTION, redeemed
from loyalty_rules.engine.refused import Refused


@dataclass(frozen=True, slots=True)
class Taken:
    """What the clock takes: the redemption as an event of its own, what it comes to, and the effects and
    traces of points that are left and dropped."""

    event: Event
    outcome: Outcome
    dropped: tuple[Effect, ...] = ()
    traces: tuple[Trace, ...] = ()


def automatic_of(plan: Plan, everys: Sequence[Every]) -> tuple[Reward, ...]:
    """The rewards that are taken at the end of any of these boxes: the dearest first, then by id."""
    found = [
        one
        for one in plan.model.rewards
        if one.automatic is not None and one.automatic.every in everys
    ]
    return tuple(sorted(found, key=lambda one: (-one.cost, one.id)))


def take_automatic(
    plan: Plan, state: MemberState, rewards: Sequence[Reward], name: str, at: datetime
) -> Taken:
    """What the clock takes of ``rewards`` at the instant ``at`` at which their boxes end, as one redemption
    with that ``name``. The member's clock stays where it is. What would be more than an account can hold is
    not taken.

    Errors: what a plugin's function raises.
    """
    assert rewards[0].automatic is not None, "these are taken by the clock"
    event = Event(name, REDEMPTION, state.member, judged_at(rewards[0].automatic.every, at))
    kind = plan.index.kinds[REDEMPTION]
    case = open_case(plan, state, event, kind)
    facts = whole_facts(case, Segment())
    units, offers, traces = _units(case, [offer_of(case, (facts,), one) for one in rewards])
    if units:
        event = replace(event, fields=MappingProxyType({"take": MappingProxyType(units)}))
        case.event = event
    try:
        taken = redeemed(case, offers, units) if units else NOTHING
        outcome = outcome_of(case, (facts,), additions(case, facts), None, taken) if units else None
    except Refused as refused:
        traces = tuple(Trace(one.id, "not_gave", refused.refusal.code) for one in rewards)
        outcome = None
    outcome = outcome or Outcome("decided", state, facts=MappingProxyType(case.record))
    kept = tuple(one for one in outcome.effects if not isinstance(one, ClockMoved))
    after = fold(state, kept)
    outcome = replace(outcome, state=after, effects=kept, trace=(*outcome.trace, *traces))
    closed = {one.rule for one in traces if one.reason not in _SHORT}
    dropped = [*_dropped(plan, after, [one for one in rewards if one.id not in closed])]
    effects = tuple(effect for effect, _ in dropped)
    return Taken(event, outcome, effects, tuple(trace for _, trace in dropped))


_SHORT = ("insufficient_points", "below_minimum_points")
"""Why a reward was not taken for which the member has too few points."""


def _units(
    case: Case, offers: Sequence[Offer]
) -> tuple[dict[str, int], list[Offer], tuple[Trace, ...]]:
    """As many units of each reward as can be taken one after the other, and why of some there are none."""
    room = Room.of(case, case.state)
    units: dict[str, int] = {}
    found: list[Offer] = []
    traces: list[Trace] = []
    for offer in offers:
        name = offer.reward.id
        if offer.reason:
            traces.append(Trace(name, "not_gave", offer.reason, offer.detail))
            continue
        least = min(room.bounds(offer), key=lambda bound: (bound.units, bound.points))
        if least.units < offer.units_least or not least.units:
            reason = "insufficient_points" if least.word == "balance" else "no_room"
            if least.word == "balance" and least.units:
                reason = "below_minimum_points"
            traces.append(Trace(name, "not_gave", reason, least.word))
            continue
        room.take(offer, least.units)
        units[name] = least.units
        found.append(offer)
    return units, found, tuple(traces)


def _dropped(
    plan: Plan, state: MemberState, rewards: Sequence[Reward]
) -> Iterator[tuple[Effect, Trace]]:
    """What is left of the points of rewards whose rest is dropped. A reward that was not open to the member
    drops nothing."""
    for program in sorted({one.program for one in rewards if _drops(one)}):
        for lot in usable(state, program):
            yield (
                leave(program, lot, lot.left, "expired"),
                _rest(plan, program, lot),
            )


def _drops(reward: Reward) -> bool:
    return reward.automatic is not None and reward.automatic.rest == "drop"


def _rest(plan: Plan, program: str, lot: Lot) -> Trace:
    points = Fraction(-lot.left, 10 ** plan.index.accounts[program].scale)
    return Trace(
        "", "passed", "rest_dropped", lot.id, (Given("", program, points, -lot.left, -lot.left),)
    )
