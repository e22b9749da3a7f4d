"""Rewards as they stand for one member and one cart: what a unit gives and takes off, and how many units may
be taken beside what was taken already."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.candidates import Candidate, candidate
from loyalty_rules.engine.facts import Case, CaseFacts
from loyalty_rules.engine.granting import Owed, acted_on, counted_by, discount_minor
from loyalty_rules.engine.limits import Cap, Uses, caps_of
from loyalty_rules.engine.lots import balance
from loyalty_rules.engine.model import Reward
from loyalty_rules.engine.number import Number, total

Word = Literal["group", "at_most", "limit", "budget", "share_at_most", "order", "balance"]
"""What bounds the units of a reward, by the word of the language that says so."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One discount of a reward: what a unit takes off, and the money of each line that it acts on."""

    unit_minor: int
    lines: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward here and now. ``reason`` (with ``detail``) says why nobody can take it, empty if one can.

    ``cuts`` are its discounts; ``chosen_minor`` is the money of the lines that its ``items`` chose;
    ``worth_minor`` is what a unit is worth in money, None where that is not known (a product, a perk).
    """

    reward: Reward
    candidate: Candidate
    caps: tuple[Cap, ...] = ()
    reason: str = ""
    detail: str = ""
    cuts: tuple[Cut, ...] = ()
    chosen_minor: int = 0
    worth_minor: int | None = None

    @property
    def units_least(self) -> int:
        """The fewest units that may be taken at once."""
        in_points = -(-(self.reward.at_least or 0) // self.reward.cost)
        return max(1, in_points, self.units_of_share)

    @property
    def units_of_share(self) -> int:
        """The fewest units whose discounts take as large a part of the lines as the reward asks for."""
        unit = sum(cut.unit_minor for cut in self.cuts)
        if self.reward.share_at_least is None or not unit:
            return 0
        return -(-round_exact(self.reward.share_at_least * self.chosen_minor, "ceil") // unit)

    @property
    def width(self) -> int:
        """How many lines its discounts act on. Of two rewards the one with the fewer goes first, so that it
        finds room where it alone can take it."""
        return len({line for cut in self.cuts for line in cut.lines})


@dataclass(frozen=True, slots=True)
class Bound:
    """So many units may be taken at most, because of ``word``; ``points`` is the same in points (units of the
    scale) before whole units are made of it."""

    word: Word
    units: int
    points: int


def offer_of(case: Case, segments: Sequence[CaseFacts], reward: Reward) -> Offer:
    """What a reward is, for a member and a cart.

    Errors: what a plugin's function raises.
    """
    one = candidate(case, reward.rule, 0, segments)
    caps = caps_of(case, one) if one.fires else ()
    if not one.fires:
        reason = one.reason
        if reason == "no_items" and case.order is None:
            reason = "no_cart"
        return Offer(reward, one, reason=reason, detail=one.detail)
    awards = [award for award in reward.rule.awards if award.benefit is not None]
    cuts = []
    for award in awards:
        benefit = award.benefit
        if benefit is None or benefit.kind != "discount":
            continue
        if case.order is None and (benefit.unit == "share" or reward.has_share):
            return Offer(reward, one, reason="no_cart")
        lines = acted_on(case, one, benefit)
        cuts.append(Cut(discount_minor(case, one, award), lines))
    if not one.worths or (cuts and not any(cut.unit_minor for cut in cuts)):
        return Offer(reward, one, reason=one.reason or "zero", detail=one.detail)
    return Offer(
        reward,
        one,
        caps,
        cuts=tuple(cuts),
        chosen_minor=_chosen(case, one),
        worth_minor=_worth(one, cuts),
    )


def _chosen(case: Case, one: Candidate) -> int:
    lines = {line for stretch in one.stretches for line in stretch.facts.choice.lines}
    money = total([case.lines_order.lines[line].amount for line in lines])
    return round_exact(Fraction(money), "floor")


def _worth(one: Candidate, cuts: Sequence[Cut]) -> int | None:
    """Discounts and vouchers of money; anything else among what it gives makes the worth unknown."""
    worth = sum(cut.unit_minor for cut in cuts)
    for award in one.rule.awards:
        benefit = award.benefit
        if benefit is not None and benefit.kind == "discount":
            continue
        if benefit is None or benefit.kind != "voucher" or benefit.unit != "money":
            return None
        worth += round_exact(Fraction(counted_by(one, award)), "floor")
    return worth


@dataclass(slots=True)
class Room:
    """What is left to be taken: points of each program, money of each line, the room under limits, groups in
    which nothing was chosen yet."""

    case: Case
    uses: Uses
    owed: Owed
    points: dict[str, int] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case, state: MemberState) -> Room:
        """All that a member has before he takes anything."""
        programs = {reward.program for reward in case.plan.model.rewards}
        points = {name: max(0, balance(state, name)) for name in sorted(programs)}
        return cls(case, Uses(case), Owed(case), points)

    def copy(self) -> Room:
        """The same room, to be filled in another way."""
        uses = Uses(self.case, dict(self.uses.counted), dict(self.uses.lasting))
        owed = Owed(self.case, dict(self.owed.left))
        return Room(self.case, uses, owed, dict(self.points), dict(self.groups))

    def bounds(self, offer: Offer) -> list[Bound]:
        """What bounds the units of a reward now, what it says itself first."""
        reward, found = offer.reward, []
        cost = reward.cost
        if self._is_chosen_without(offer):
            found.append(Bound("group", 0, 0))
        if reward.at_most is not None:
            found.append(Bound("at_most", reward.at_most // cost, reward.at_most))
        for cap in offer.caps:
            room = self._room(offer, cap)
            found.append(Bound(cap.limit.word, int(room // cost), int(room)))
        unit = sum(cut.unit_minor for cut in offer.cuts)
        if reward.share_at_most is not None and unit:
            share = round_exact(reward.share_at_most * offer.chosen_minor, "floor")
            found.append(Bound("share_at_most", share // unit, share * cost // unit))
        if self.case.order is not None and unit:
            found.append(self._of_order(offer))
        left = self.points[reward.program]
        found.append(Bound("balance", left // cost, left))
        return found

    def take(self, offer: Offer, units: int) -> None:
        """Fill the room that units of a reward need, of which there must be enough."""
        reward = offer.reward
        self.points[reward.program] -= units * reward.cost
        if reward.rule.group is not None:
            self.groups.setdefault(reward.rule.group, reward.id)
        for cap in offer.caps:
            self.uses.use(cap, reward.id, self._used(offer, cap, units))
        if self.case.order is not None:
            for cut in offer.cuts:
                room = self.owed.room(cut.lines)
                self.owed.take(cut.unit_minor * units, room)

    def _is_chosen_without(self, offer: Offer) -> bool:
        group = offer.reward.rule.group
        if group is None or self.case.plan.index.groups[group].choose == "all":
            return False
        return self.groups.get(group, offer.reward.id) != offer.reward.id

    def _room(self, offer: Offer, cap: Cap) -> Number:
        """The room under a limit, in points that a reward costs (units of the scale)."""
        room = self.uses.room(cap)
        if cap.limit.what == "times":
            return room * offer.reward.cost
        return room * self._scale(offer)

    def _used(self, offer: Offer, cap: Cap, units: int) -> Number:
        if cap.limit.what == "times":
            return units
        return Fraction(units * offer.reward.cost, self._scale(offer))

    def _scale(self, offer: Offer) -> int:
        return int(10 ** self.case.plan.index.accounts[offer.reward.program].scale)

    def _of_order(self, offer: Offer) -> Bound:
        """How much the lines still bear. Several discounts of one reward must fit one after the other."""
        cost = offer.reward.cost
        units = points = None
        for cut in offer.cuts:
            if not cut.unit_minor:
                continue
            room = sum(self.owed.room(cut.lines).values())
            one, in_points = room // cut.unit_minor, room * cost // cut.unit_minor
            units = one if units is None else min(units, one)
            points = in_points if points is None else min(points, in_points)
        assert units is not None and points is not None, "it takes something off"
        if len(offer.cuts) > 1 and not self._fits(offer, units):
            units = bisect_left(range(units), True, key=lambda one: not self._fits(offer, one + 1))
            points = units * cost
        return Bound("order", units, points)

    def _fits(self, offer: Offer, units: int) -> bool:
        owed = Owed(self.case, dict(self.owed.left))
        for cut in offer.cuts:
            room = owed.room(cut.lines)
            if sum(room.values()) < cut.unit_minor * units:
                return False
            owed.take(cut.unit_minor * units, room)
        return True
