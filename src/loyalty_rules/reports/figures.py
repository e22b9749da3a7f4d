"""The figures of a program as formulas, exact. Each is explained, with its source, in ``docs/reports.md``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

INDEX_ANSWERS: Final = 6
"""Answers of the loyalty index are from 1 (best) to this."""


def liability(points: Fraction, value_minor: Fraction, expected: Fraction) -> Fraction:
    """What points that members hold are expected to cost, in minor units.

    >>> liability(Fraction(1_000_000), Fraction("0.8"), Fraction(3, 4))
    Fraction(600000, 1)
    """
    return points * value_minor * expected


def share(part: int | Fraction, whole: int | Fraction) -> Fraction | None:
    """A part of a whole; None where there is no whole.

    >>> share(450_000, 600_000), share(1, 0)
    (Fraction(3, 4), None)
    """
    return Fraction(part) / Fraction(whole) if whole else None


class Allocation(NamedTuple):
    """A sale divided between goods and points, and what of the points' part is recognised; minor units."""

    goods: Fraction
    points: Fraction
    recognised: Fraction


def allocation(sale: Fraction, stand_alone: Fraction, redeemed: Fraction | None) -> Allocation:
    """A sale divided by stand-alone prices, that of the goods being what they were sold for. ``redeemed`` is
    the part (at most 1) of the points expected to be spent that has been.

    >>> parts = allocation(Fraction(100_000_00), Fraction(9_500_00), Fraction(45, 95))
    >>> [round(part) for part in parts]
    [9132420, 867580, 410959]
    """
    both = sale + stand_alone
    points = sale * stand_alone / both if both else Fraction(0)
    done = min(redeemed or Fraction(0), Fraction(1))
    return Allocation(sale - points, points, points * done)


class Retention(NamedTuple):
    """Members who bought in the period before, in this one, and in this one but not in the one before."""

    before: int
    now: int
    new: int

    @property
    def rate(self) -> Fraction | None:
        """The part of those before who bought again."""
        return share(self.now - self.new, self.before)

    @property
    def churn(self) -> Fraction | None:
        """The part of those before who did not."""
        rate = self.rate
        return None if rate is None else 1 - rate


def retention(before: Collection[int], now: Collection[int]) -> Retention:
    """Who stayed, from who bought in two periods that follow each other.

    >>> found = retention(range(200), range(30, 240))
    >>> found, found.rate, found.churn
    (Retention(before=200, now=210, new=40), Fraction(17, 20), Fraction(3, 20))
    """
    return Retention(len(before), len(now), len(set(now) - set(before)))


def lifetime_value(
    margin_minor: Fraction, retained: Fraction | None, discount: Fraction
) -> Fraction | None:
    """The worth of a member from what he leaves in a period, in minor units; None if nobody knows who stays.

    >>> lifetime_value(Fraction(100_00), Fraction(4, 5), Fraction(1, 10))
    Fraction(80000, 3)
    """
    if retained is None or retained >= 1 + discount:
        return None
    return margin_minor * retained / (1 + discount - retained)


def promoter_score(scores: Iterable[Fraction]) -> Fraction | None:
    """Promoters (9 and 10) less detractors (0 to 6), in hundredths of all answers.

    >>> promoter_score([Fraction(score) for score in [10] * 60 + [8] * 25 + [3] * 15])
    Fraction(45, 1)
    """
    answers = list(scores)
    promoters = sum(1 for score in answers if score >= 9)
    detractors = sum(1 for score in answers if score <= 6)
    found = share(promoters - detractors, len(answers))
    return None if found is None else found * 100


def loyalty_index(answers: Iterable[Fraction]) -> Fraction | None:
    """The mean of answers from 1 (100) to 6 (0).

    >>> loyalty_index([Fraction(2), Fraction(1), Fraction(3)])
    Fraction(80, 1)
    """
    points = [(INDEX_ANSWERS - one) * 100 / (INDEX_ANSWERS - 1) for one in answers]
    return share(sum(points, Fraction(0)), len(points))


def upsell_ratio(kinds: Iterable[int]) -> Fraction | None:
    """Members who bought several kinds of products, for each who bought one.

    >>> upsell_ratio([2] * 300 + [1] * 600)
    Fraction(1, 2)
    """
    counts = list(kinds)
    return share(sum(1 for one in counts if one > 1), sum(1 for one in counts if one == 1))


def fifths(values: Mapping[int, Fraction]) -> dict[int, int]:
    """A grade from 1 to 5 for each member, by his place among all: 5 for the highest fifth. Equal values have
    equal grades.

    >>> fifths({1: Fraction(10), 2: Fraction(20), 3: Fraction(20), 4: Fraction(30), 5: Fraction(40)})
    {1: 1, 2: 3, 3: 3, 4: 4, 5: 5}
    """
    ordered = sorted(values.values())
    place = {value: number for number, value in enumerate(ordered)}  # of equals the last
    return {member: -(-(place[value] + 1) * 5 // len(ordered)) for member, value in values.items()}


def cells(graded: Sequence[Mapping[int, int]]) -> dict[str, int]:
    """How many members have which grades: ``543`` is 5 in the first, 4 in the second, 3 in the third.

    >>> cells([{1: 5, 2: 5}, {1: 4, 2: 4}, {1: 3, 2: 1}])
    {'543': 1, '541': 1}
    """
    found: dict[str, int] = {}
    for member in graded[0] if graded else ():
        cell = "".join(str(one[member]) for one in graded)
        found[cell] = found.get(cell, 0) + 1
    return dict(sorted(found.items(), reverse=True))
