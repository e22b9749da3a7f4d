"""Exact sums of money that balance, as whole minor units that balance."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def balanced(exact: Mapping[Key, Fraction]) -> dict[Key, int]:
    """Amounts that sum to zero, as `rounded_to` rounds them.

    >>> balanced({"a": Fraction(13, 10), "b": Fraction(-8, 10), "c": Fraction(-5, 10)})
    {'a': 1, 'b': -1, 'c': 0}
    """
    assert sum(exact.values()) == 0, "what is debited here is credited there"
    return rounded_to(0, exact)


def rounded_to(total: int, exact: Mapping[Key, Fraction]) -> dict[Key, int]:
    """Amounts, each rounded down or up, that sum to ``total``, which is their sum rounded down or up: what
    rounding down leaves over goes, one by one, to the largest fractions; of equal ones to the first.

    >>> rounded_to(3, {"a": Fraction(5, 4), "b": Fraction(5, 4), "c": Fraction(1, 4)})
    {'a': 2, 'b': 1, 'c': 0}
    """
    rounded = {key: amount.numerator // amount.denominator for key, amount in exact.items()}
    left = total - sum(rounded.values())
    place = {key: number for number, key in enumerate(exact)}
    by_rest = sorted(exact, key=lambda key: (rounded[key] - exact[key], place[key]))
    assert 0 <= left <= len(by_rest), f"{total} is not the sum, rounded down or up"
    for key in by_rest[:left]:
        rounded[key] += 1
    return rounded


def exact_text(minor: Fraction, scale: int) -> str:
    """An exact amount in units of a currency: as a decimal where it ends, else as a fraction.

    >>> exact_text(Fraction(425, 2), 2), exact_text(Fraction(1, 3), 2)
    ('2.125', '1/300')
    """
    amount = minor / 10**scale
    twos, rest = _without(amount.denominator, 2)
    fives, rest = _without(rest, 5)
    if rest != 1:
        return f"{amount.numerator}/{amount.denominator}"
    places = max(twos, fives, scale)
    digits = amount.numerator * 10**places // amount.denominator
    return f"{Decimal(digits).scaleb(-places):,f}".replace(",", "")


def minor_text(minor: int, scale: int) -> str:
    """Minor units as an amount of the currency.

    >>> minor_text(-5, 2)
    '-0.05'
    """
    return f"{Decimal(minor).scaleb(-scale):f}"


def _without(number: int, prime: int) -> tuple[int, int]:
    """How often a prime divides a number, and what is left of it."""
    count = 0
    while number % prime == 0:
        number //= prime
        count += 1
    return count, number
