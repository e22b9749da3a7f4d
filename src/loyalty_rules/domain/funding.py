"""Who pays for points: a partner by his rate, or the operator of the program. Points know their payers from
the day on which they are given to the day on which nothing of them is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from loyalty_rules.base.records import Record, Told, replace
from loyalty_rules.base.shares import split

OPERATOR: Final = "operator"
"""Who pays if no partner does: the one who runs the program. No partner has this name."""


class Part(Record, frozen=True):
    """Points that one payer pays for, in units of the scale of their program. ``rate`` is what he pays for
    one unit when it is given, ``cost`` what whoever honours it is expected to be paid; both in minor units
    of the rule set's currency, exact."""

    payer: str
    points: int
    rate: int | Fraction = 0
    cost: int | Fraction = 0

    @property
    def amount(self) -> Fraction:
        """What the payer pays for all of them, in minor units."""
        return Fraction(self.points * self.rate)


Funding = tuple[Part, ...]
"""The payers of some points, each once for each price, by name; nothing where nobody asked who pays."""


class Payer(Record, frozen=True):
    """Who pays which share (0 to 1) of what a rule gives of a program, and at which prices; the other fields
    are those of `Part`."""

    payer: str
    share: Fraction
    rate: int | Fraction = 0
    cost: int | Fraction = 0


class PartnerPaid(Told, frozen=True):
    """A partner took ``points`` of a program in payment and is due ``rate`` minor units for each; below zero
    because they came back to the member."""

    partner: str
    program: str
    points: int
    rate: int | Fraction


class PayersShifted(Told, frozen=True):
    """Points were taken back that other lots had to give than those that should: who is given back what he
    paid (``points`` above zero), and who pays for what another was given back before (below zero)."""

    program: str
    parts: tuple[Part, ...]


def funded(points: int, payers: Sequence[Payer]) -> Funding:
    """Points divided among payers by largest remainder; of equal ones the first in their order is served.

    >>> [part.points for part in funded(5, [Payer("gym", Fraction(1, 2)), Payer("shop", Fraction(1, 2))])]
    [3, 2]
    """
    if not payers:
        return ()
    shares = split(points, [one.share for one in payers])
    return merged(
        Part(one.payer, part, one.rate, one.cost) for one, part in zip(payers, shares, strict=True)
    )


def merged(parts: Iterable[Part], less: Iterable[Part] = ()) -> Funding:
    """The same points with one part for each payer and price, after those of ``less`` were taken away."""
    sums: dict[tuple[str, int | Fraction, int | Fraction], int] = {}
    for sign, some in ((1, parts), (-1, less)):
        for one in some:
            key = (one.payer, one.rate, one.cost)
            sums[key] = sums.get(key, 0) + sign * one.points
    return tuple(Part(key[0], sums[key], *key[1:]) for key in sorted(sums) if sums[key])


def points_of(funding: Funding) -> int:
    """All points of some payers together."""
    return sum(one.points for one in funding)


def leaving(held: Funding, points: int, wanted: Sequence[Part] = ()) -> Funding:
    """Whose points these are that leave a lot in which everybody of ``held`` has a part.

    They are taken from all in proportion, by largest remainder. ``wanted`` says whose points they should be,
    and (below zero) who should pay for more than he does: that is met as far as the lot goes, and the rest is
    taken in proportion.
    """
    if not held:
        return ()
    assert points <= points_of(held), "no more points leave a lot than are paid for"
    after = [one for one in merged(held, wanted) if one.points > 0]
    excess = points_of(tuple(after)) - (points_of(held) - points)
    if excess < 0:  # more is wanted than leaves
        return leaving(held, points)
    taken = split(excess, [one.points for one in after])
    left = [replace(one, points=one.points - part) for one, part in zip(after, taken, strict=True)]
    return merged(held, left)
