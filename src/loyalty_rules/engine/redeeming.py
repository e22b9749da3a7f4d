"""Deciding a redemption: the rewards that an event names are taken whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from loyalty_rules.domain.effects import PartnerPaid
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.redemption_record import SpentLot
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.facts import Case, CaseFacts
from loyalty_rules.engine.limits import Uses
from loyalty_rules.engine.model import Reward
from loyalty_rules.engine.number import whole
from loyalty_rules.engine.offers import Bound, Offer, Room, Word, offer_of
from loyalty_rules.engine.paying import paid_to
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.spending import spend

REDEMPTION: Final = "redemption"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Rewards that are taken: units by reward, what a decision needs to know of each, the lots that pay, the
    uses of limits so far, and what the partner is due with whom they are taken."""

    units: tuple[tuple[str, int], ...] = ()
    candidates: tuple[Candidate, ...] = ()
    spent: tuple[SpentLot, ...] = ()
    uses: Uses | None = None
    paid: tuple[PartnerPaid, ...] = ()

    def points(self, program: str) -> int:
        """Points of a program that are spent, in units of its scale."""
        return sum(one.points for one in self.spent if one.program == program)


NOTHING: Final = Redeemed()
"""What all events take that are no redemptions."""


def redeem(case: Case, segments: Sequence[CaseFacts]) -> Redeemed:
    """What a redemption takes and what it costs.

    Errors: refused as ``no_reward``, ``unknown_reward``, ``reward_not_available``, ``no_cart``,
    ``below_minimum_points``, ``above_maximum_points``, ``rewards_exclude_each_other``, ``reward_limit``,
    ``out_of_stock``, ``above_share``, ``worth_more_than_order``, ``insufficient_points`` or
    ``partner_without_rate``.
    """
    plan, state = case.plan, case.state
    units = named_units(plan, case.event)
    offers = [offer_of(case, segments, plan.index.rewards[one]) for one in units]
    for offer in offers:
        _check_open(offer, _path(case.event, offer.reward))
        _check_least(case, offer, units[offer.reward.id])
    room = Room.of(case, state)
    for offer in in_order(offers):
        count = units[offer.reward.id]
        for bound in room.bounds(offer):
            if count > bound.units:
                raise _too_many(case, offer, bound, count)
        room.take(offer, count)
    return redeemed(case, in_order(offers), units)


def redeemed(case: Case, offers: Sequence[Offer], units: Mapping[str, int]) -> Redeemed:
    """What it means that so many units of each offer are taken, for which there is room."""
    plan, room = case.plan, Room.of(case, case.state)
    taken: list[Candidate] = []
    cost: dict[str, int] = {}
    for offer in offers:
        reward, count = offer.reward, units[offer.reward.id]
        room.take(offer, count)
        taken.append(_times(case, offer.candidate, count, len(taken)))
        cost[reward.program] = cost.get(reward.program, 0) + reward.cost * count
    accounts = plan.index.accounts
    spent = [
        one
        for program in sorted(cost)
        for one in spend(accounts[program], case.state, cost[program])
    ]
    paid = paid_to(plan, case.event, cost)
    return Redeemed(tuple(sorted(units.items())), tuple(taken), tuple(spent), room.uses, paid)


def in_order(offers: Sequence[Offer]) -> list[Offer]:
    """The order in which rewards find their room: those on fewer lines first, then by id."""
    return sorted(offers, key=lambda offer: (offer.width, offer.reward.id))


def _times(case: Case, one: Candidate, units: int, number: int) -> Candidate:
    """So many units of a reward: its points as often, what it gives beside points by ``units``. Its place is
    behind the rules and the rewards before it."""
    one.place = len(case.plan.index.rules.get(case.event.type, ())) + number
    one.units = units
    one.worths = [
        worth
        if worth.award.benefit is not None
        else worth._replace(unit=whole(worth.unit * units), points=whole(worth.points * units))
        for worth in one.worths
    ]
    return one


def named_units(plan: Plan, event: Event) -> dict[str, int]:
    """The units of each reward that a redemption names, by id.

    Errors: refused as ``no_reward`` or ``unknown_reward``.
    """
    take, reward = event.fields.get("take"), event.fields.get("reward")
    units: dict[str, int] = {}
    if isinstance(take, Mapping):
        units = {name: count for name, count in take.items() if isinstance(count, int)}
    if reward is not None:
        if units:
            reason = "`reward` is one unit of one reward: write it under `take`"
            raise Refused("two_ways_to_name", "reward", reason)
        units = {str(reward): 1}
    if not units:
        reason = "a redemption names its `reward`, or units of several under `take`"
        raise Refused("no_reward", "take", reason)
    for name in units:
        if name not in plan.index.rewards:
            path = "reward" if reward is not None else f"take.{name}"
            raise Refused("unknown_reward", path, f"the rule set has no reward {shown(name)}")
    return dict(sorted(units.items()))


def _path(event: Event, reward: Reward) -> str:
    return "reward" if event.fields.get("take") is None else f"take.{reward.id}"


_CLOSED: Final[Mapping[str, str]] = {
    "condition_false": "its condition is not met",
    "outside_during": "it is not open at this time",
    "no_items": "nothing in the cart is what it is for",
    "no_table_row": "a table has no row for it",
    "zero": "it gives nothing here",
}


def _check_open(offer: Offer, path: str) -> None:
    name = shown(offer.reward.id)
    if offer.reason == "no_cart":
        reason = f"{name} depends on the cart: send its `lines` and `currency`"
        raise Refused("no_cart", "lines", reason)
    if offer.reason:
        why = _CLOSED.get(offer.reason, f"`{offer.detail}` is not known")
        raise Refused("reward_not_available", path, f"{name} cannot be taken: {why}")


def _check_least(case: Case, offer: Offer, units: int) -> None:
    if units >= offer.units_least:
        return
    if units < offer.units_of_share:
        reason = f"{shown(offer.reward.id)} has to take off more of the cart than {units} units do"
        raise Refused("below_share", _path(case.event, offer.reward), reason)
    least = points_text(case, offer.reward, offer.reward.at_least or 0)
    points = points_text(case, offer.reward, offer.reward.cost * units)
    reason = f"{shown(offer.reward.id)} is taken from {least} on, this is {points}"
    raise Refused("below_minimum_points", _path(case.event, offer.reward), reason)


_CODES: Final[Mapping[Word, str]] = {
    "group": "rewards_exclude_each_other",
    "at_most": "above_maximum_points",
    "limit": "reward_limit",
    "budget": "out_of_stock",
    "share_at_most": "above_share",
    "order": "worth_more_than_order",
    "balance": "insufficient_points",
}
_WHY: Final[Mapping[Word, str]] = {
    "group": "another reward of its group is taken already",
    "at_most": "one redemption takes no more",
    "limit": "its limit leaves no more",
    "budget": "no more are left for all members together",
    "share_at_most": "more would take off too large a part of the cart",
    "order": "more would be worth more than the cart",
    "balance": "the member has no more points",
}


def _too_many(case: Case, offer: Offer, bound: Bound, units: int) -> Refused:
    reward = offer.reward
    wanted = points_text(case, reward, reward.cost * units)
    most = points_text(case, reward, bound.points)
    reason = f"{shown(reward.id)} for {wanted}, at most {most}: {_WHY[bound.word]}"
    path = _path(case.event, reward)
    return Refused(_CODES[bound.word], "member" if bound.word == "balance" else path, reason)


def points_text(case: Case, reward: Reward, units: int) -> str:
    """Points of a reward's program, to be read."""
    scale = case.plan.index.accounts[reward.program].scale
    return f"{_decimal(units, scale)} `{reward.program}`"


def _decimal(units: int, scale: int) -> str:
    if not scale:
        return str(units)
    front, back = divmod(abs(units), 10**scale)
    return f"{'-' if units < 0 else ''}{front}.{back:0{scale}d}"
