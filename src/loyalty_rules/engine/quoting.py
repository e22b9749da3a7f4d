"""What a member could take now: the rewards worth most to him and then cheapest in points, and what bounds
each.

The search is exact: it looks at every set of units that could be better than the best one found. It gives up
after `STEPS_MAX` steps, keeps the best one so far, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.crossing import segments
from loyalty_rules.engine.facts import Case, Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.number import Number, total, whole
from loyalty_rules.engine.offers import Bound, Offer, Room, Word, offer_of
from loyalty_rules.engine.opening import open_case
from loyalty_rules.engine.plan import Plan, Refusal
from loyalty_rules.engine.redeeming import in_order
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.time import advance

STEPS_MAX: Final = 5_000
"""So many sets are looked at."""

Binding = Word | Literal["at_least", "cost"]


@dataclass(frozen=True, slots=True)
class Option:
    """One reward: ``units`` that are proposed of it for ``points`` (units of the scale of ``program``), and
    how many could be taken beside the rest of the proposal at most.

    ``binding`` are the words that bound it, the one that bounds most first; ``reason`` (with ``detail``) says
    why nothing of it can be taken. ``worth_minor`` is what a unit is worth in money, None if nobody knows.
    """

    reward: str
    program: str
    units: int
    units_most: int
    points: int
    worth_minor: int | None
    binding: tuple[Binding, ...] = ()
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The proposal: what is worth most (``worth_minor``), of that what costs fewest points. ``cash_minor`` is
    what is left to pay of the cart, None without one. ``refusal`` says why nothing could be quoted."""

    options: tuple[Option, ...] = ()
    worth_minor: int = 0
    cash_minor: Number | None = None
    is_exact: bool = True
    refusal: Refusal | None = None


def quote(plan: Plan, state: MemberState, cart: Event) -> Quoted:
    """What the member could take at the instant of ``cart``, a redemption that names nothing yet.

    Errors: what a plugin's function raises.
    """
    assert cart.member == state.member, "a quote is made for the member's own state"
    passed = advance(plan, state, cart.occurred_at)
    state = passed[-1].state if passed else state
    try:
        case = open_case(plan, state, cart, plan.index.kinds[cart.type])
    except Refused as refused:
        return Quoted(refusal=refused.refusal)
    before = whole_facts(case, Segment())
    stretches = segments(case, before, additions(case, before))
    offers = in_order([offer_of(case, stretches, one) for one in plan.index.rewards.values()])
    room = Room.of(case, state)
    proposed = [one for one in offers if _is_proposed(room, one)]
    units, is_exact = _best(room, sorted(proposed, key=_promise))
    options = tuple(
        sorted((_option(room, one, offers, units) for one in offers), key=lambda one: one.reward)
    )
    worth = sum(one.units * (one.worth_minor or 0) for one in options)
    return Quoted(options, worth, _cash(case, offers, units), is_exact)


def _cash(case: Case, offers: Sequence[Offer], units: Mapping[str, int]) -> Number | None:
    if case.order is None:
        return None
    off = sum(
        cut.unit_minor * units.get(offer.reward.id, 0) for offer in offers for cut in offer.cuts
    )
    return whole(case.order.total - off)


def _is_proposed(room: Room, offer: Offer) -> bool:
    """Whether a reward could be part of a proposal: it is worth money, and some of it can be taken."""
    return not offer.reason and bool(offer.worth_minor) and _most(room, offer) > 0


def _promise(offer: Offer) -> tuple[int, Fraction]:
    """The place of a reward in the search: those on fewer lines first, as they find their room, and of these
    the ones that are worth most for a point."""
    return offer.width, -Fraction(offer.worth_minor or 0, offer.reward.cost)


def _most(room: Room, offer: Offer) -> int:
    """The most units that can be taken now; 0 if that is fewer than the least."""
    most = min(bound.units for bound in room.bounds(offer))
    return most if most >= offer.units_least else 0


def _option(room: Room, offer: Offer, offers: Sequence[Offer], units: Mapping[str, int]) -> Option:
    reward = offer.reward
    own = units.get(reward.id, 0)
    option = Option(
        reward.id, reward.program, own, 0, own * reward.cost, offer.worth_minor, (), offer.reason
    )
    if offer.reason:
        return _with_detail(option, offer.detail)
    beside = room.copy()
    for other in offers:
        if other is not offer and units.get(other.reward.id):
            beside.take(other, units[other.reward.id])
    least = min(beside.bounds(offer), key=lambda bound: (bound.units, bound.points))
    return _bounded(option, offer, least)


def _with_detail(option: Option, detail: str) -> Option:
    parts = (option.reward, option.program, 0, 0, 0, None, (), option.reason, detail)
    return Option(*parts)


def _bounded(option: Option, offer: Offer, bound: Bound) -> Option:
    """An option with what bounds it: the tightest bound, and whole units or the least number of them."""
    binding: tuple[Binding, ...] = (bound.word,)
    reason, most = "", bound.units
    if most < offer.units_least:
        reason = "insufficient_points" if bound.word == "balance" else "not_enough"
        if offer.reward.at_least is not None and most > 0:
            reason = "below_minimum_points"
            binding = (bound.word, "at_least")
        most = 0
    elif most * offer.reward.cost < bound.points:
        binding = (bound.word, "cost")
    return Option(
        option.reward,
        option.program,
        option.units,
        max(most, option.units),  # what is on fewer lines finds its room before the others
        option.points,
        option.worth_minor,
        binding,
        reason,
        bound.word if reason == "not_enough" else "",
    )


@dataclass(slots=True)
class _Frame:
    """A place in the search: rewards before ``number`` are settled; ``next`` units of it come next."""

    number: int
    room: Room
    units: tuple[int, ...]
    worth: int
    cost: Fraction
    next: int


def _best(room: Room, offers: Sequence[Offer]) -> tuple[dict[str, int], bool]:
    """The units of each reward that are worth most and then cheapest, and whether all sets were looked at."""
    best: tuple[int, Fraction, tuple[int, ...]] = (0, Fraction(0), (0,) * len(offers))
    frames = [_Frame(0, room, (), 0, Fraction(0), _most(room, offers[0]))] if offers else []
    steps = 0
    while frames:
        frame = frames[-1]
        here = offers[frame.number :]
        if frame.next < 0 or not _may_be_better(
            frame.room, here, frame.worth, frame.cost, best[:2]
        ):
            frames.pop()
            continue
        steps += 1
        if steps > STEPS_MAX:
            break
        offer, units = offers[frame.number], frame.next
        frame.next = _fewer(offer, units)
        after = frame.room if not units else frame.room.copy()
        if units:
            after.take(offer, units)
        worth = frame.worth + units * (offer.worth_minor or 0)
        cost = frame.cost + _points(after, offer, units)
        chosen = (*frame.units, units)
        rest = offers[frame.number + 1 :]
        if (worth, -cost) > (best[0], -best[1]):
            best = (worth, cost, chosen + (0,) * len(rest))
        if not rest or not _may_be_better(after, rest, worth, cost, best[:2]):
            if not rest or not units:
                frame.next = -1  # fewer units of the last are worth less
            continue
        most = _most(after, rest[0])
        frames.append(_Frame(frame.number + 1, after, chosen, worth, cost, most))
    found = {offer.reward.id: units for offer, units in zip(offers, best[2], strict=True) if units}
    return found, not frames


def _fewer(offer: Offer, units: int) -> int:
    """The next smaller number of units that may be taken; below zero if there is none."""
    if units == 0:
        return -1
    return units - 1 if units > offer.units_least else 0


def _points(room: Room, offer: Offer, units: int) -> Fraction:
    """What units cost in points, whatever the scale of their program."""
    scale = room.case.plan.index.accounts[offer.reward.program].scale
    return Fraction(units * offer.reward.cost, 10**scale)


def _may_be_better(
    room: Room, rest: Sequence[Offer], worth: int, cost: Fraction, best: tuple[int, Fraction]
) -> bool:
    """Whether what can still be added might beat the best set: for each program the rewards that are worth
    most for a point are taken first, in parts, and no more is taken off than there is."""
    most, rate = Fraction(0), Fraction(0)
    for program in {offer.reward.program for offer in rest}:
        left = room.points[program]
        own = [offer for offer in rest if offer.reward.program == program]
        for density, units_cost in sorted(_densities(room, own), reverse=True):
            part = min(left, units_cost)
            most += density * part
            left -= part
            if part:
                scale = room.case.plan.index.accounts[program].scale
                rate = max(rate, density * 10**scale)
    off = _left(room)
    if off is not None and all(_takes_off_only(offer) for offer in rest):
        most = min(most, Fraction(off))
    if worth + most != best[0] or not rate:
        return worth + most > best[0]
    return cost + Fraction(best[0] - worth) / rate < best[1]


def _densities(room: Room, offers: Sequence[Offer]) -> Iterator[tuple[Fraction, int]]:
    """What a point is worth in each reward, and how many points it may take (units of the scale)."""
    for offer in offers:
        cost = offer.reward.cost
        yield Fraction(offer.worth_minor or 0, cost), _most(room, offer) * cost


def _takes_off_only(offer: Offer) -> bool:
    return offer.worth_minor == sum(cut.unit_minor for cut in offer.cuts)


def _left(room: Room) -> Number | None:
    """What is left to take off, in minor units; None without a cart."""
    order = room.case.order
    if order is None:
        return None
    return total([room.owed.of(line) for line in range(len(order.lines))])
