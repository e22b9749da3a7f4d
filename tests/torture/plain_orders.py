"""What an order is worth in the plain model, whole and when a part of it came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from tests.torture.plain_budgets import trimmed
from tests.torture.policies import Policy


@dataclass
class Line:
    """So many pieces for so much money; ``left`` have not come back."""

    quantity: int
    amount_minor: int
    left: int


@dataclass
class Order:
    """A purchase with what was known on its day. ``first`` points were given, ``booked`` are still. Points of
    the redemption ``paid_by`` paid the part ``paid`` of it."""

    id: str
    day: date
    lines: dict[str, Line]
    level: int
    vip: bool
    room: int | None
    shared_room: int | None = None
    first: int = 0
    booked: int = 0
    expired: int = 0
    paid: Fraction = Fraction(0)
    paid_by: str = ""

    @property
    def earning_minor(self) -> Fraction:
        """The money of what has not come back, without what points paid."""
        return self.left_minor * (1 - self.paid)

    @property
    def left_minor(self) -> Fraction:
        """The money of what has not come back."""
        return sum(
            (Fraction(one.amount_minor * one.left, one.quantity) for one in self.lines.values()),
            Fraction(0),
        )

    @property
    def whole_minor(self) -> int:
        return sum(one.amount_minor for one in self.lines.values())

    @property
    def is_open(self) -> bool:
        """Whether anything of it has not come back."""
        return any(one.left for one in self.lines.values())


def worth(policy: Policy, order: Order) -> int:
    """What the rest of an order earns under the facts of its day."""
    money = order.earning_minor / 100
    points = money * Fraction(policy.rate) * Fraction(policy.times[order.level])
    if policy.threshold_minor is not None and order.earning_minor >= policy.threshold_minor:
        points += policy.threshold_points
    if order.vip and order.is_open:
        points += policy.vip_points
    whole = rounded(points, policy.mode)
    whole = whole if order.room is None else min(whole, order.room)
    return trimmed(policy.budget, whole, order.shared_room)


def kept(policy: Policy, order: Order) -> int:
    """What an order keeps after a return: never more than is booked."""
    if policy.claw_back == "none":
        return order.booked
    if policy.claw_back == "proportional":
        part = order.left_minor / order.whole_minor
        return min(order.booked, rounded(order.first * part, policy.mode))
    return min(order.booked, worth(policy, order))


def paid_back(policy: Policy, order: Order) -> Fraction:
    """How much of the points that paid an order is due back, 0 to 1, after all that has come back of it."""
    back = 1 - order.left_minor / order.whole_minor
    if policy.spent == "points_first":
        back = min(back, order.paid)
    elif policy.spent == "cash_first":
        back = max(Fraction(0), back - (1 - order.paid))
    else:
        back *= order.paid
    return back / order.paid


def rounded(points: Fraction, mode: str) -> int:
    """A whole number of points."""
    if mode == "floor":
        return floor(points)
    if mode == "ceil":
        return ceil(points)
    if mode == "half_up":
        return floor(points + Fraction(1, 2))
    return round(points)  # of a fraction: halves to the even one
