"""What an order is worth in the plain model, whole and when a part of it came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from tests.torture.policies import Policy


@dataclass
class Line:
    """So many pieces for so much money; ``left`` have not come back."""

    quantity: int
    amount_minor: int
    left: int


@dataclass
class Order:
    """A purchase with what was known on its day. ``first`` points were given, ``booked`` are still."""

    id: str
    day: date
    lines: dict[str, Line]
    level: int
    vip: bool
    room: int | None
    first: int = 0
    booked: int = 0
    expired: int = 0

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
    money = order.left_minor / 100
    points = money * Fraction(policy.rate) * Fraction(policy.times[order.level])
    if policy.threshold_minor is not None and order.left_minor >= policy.threshold_minor:
        points += policy.threshold_points
    if order.vip and order.is_open:
        points += policy.vip_points
    whole = rounded(points, policy.mode)
    return whole if order.room is None else min(whole, order.room)


def kept(policy: Policy, order: Order) -> int:
    """What an order keeps after a return: never more than is booked."""
    if policy.claw_back == "none":
        return order.booked
    if policy.claw_back == "proportional":
        part = order.left_minor / order.whole_minor
        return min(order.booked, rounded(order.first * part, policy.mode))
    return min(order.booked, worth(policy, order))


def rounded(points: Fraction, mode: str) -> int:
    """A whole number of points."""
    if mode == "floor":
        return floor(points)
    if mode == "ceil":
        return ceil(points)
    if mode == "half_up":
        return floor(points + Fraction(1, 2))
    return round(points)  # of a fraction: halves to the even one
