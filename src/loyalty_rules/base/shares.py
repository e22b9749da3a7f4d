"""Dividing a whole number into whole shares by largest remainder."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm


def split(total: int, weights: Sequence[Fraction | int]) -> tuple[int, ...]:
    """Shares of ``total`` in proportion to ``weights``; they sum to ``total`` exactly.

    Each share is its quota rounded down or up. What rounding down leaves over goes, one by one, to the
    largest remainders; of equal remainders the first is served. Weights that are all zero count as equal.
    A negative total is shared as its opposite, with the sign put back.
    Errors: ``ValueError`` for a negative weight, and for a total that nobody is there to take.

    >>> split(50_00, [120, 230, 300])
    (923, 1769, 2308)
    >>> split(10_00, [50, 50, 50])
    (334, 333, 333)
    """
    if not weights:
        if total:
            raise ValueError(f"nothing to share {total} over")
        return ()
    if total < 0:
        return tuple(-share for share in split(-total, weights))
    if len(weights) == 1 and weights[0] >= 0:
        return (total,)
    parts = _whole_weights(weights)
    whole = sum(parts)
    shares = [total * part // whole for part in parts]
    left = total - sum(shares)
    if left:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-(total * parts[i] % whole), i))
        for index in by_remainder[:left]:
            shares[index] += 1
    return tuple(shares)


def whole_parts(total: int, numerators: Sequence[int], denominator: int) -> tuple[int, ...]:
    """Whole parts of ``total``, each the exact ``numerator / denominator`` rounded down or up.

    ``total`` is the sum of the exact parts, rounded. A part that is whole stays as it is; what rounding
    down leaves over goes, one by one, to the largest fractions, of equal ones to the first. Where that
    cannot be (negative parts were rounded away), the total is split in proportion.

    >>> whole_parts(69, [19_99, 50_00], 100)
    (19, 50)
    >>> whole_parts(13, [10_01, 2_99], 100)
    (10, 3)
    """
    parts = [numerator // denominator for numerator in numerators]
    left = total - sum(parts)
    fractions = sum(1 for numerator in numerators if numerator % denominator)
    if min(numerators, default=0) < 0 or not 0 <= left <= fractions:
        return split(total, [max(numerator, 0) for numerator in numerators])
    if left:
        order = sorted(range(len(parts)), key=lambda i: (-(numerators[i] % denominator), i))
        for index in order[:left]:
            parts[index] += 1
    return tuple(parts)


def _whole_weights(weights: Sequence[Fraction | int]) -> list[int]:
    """The same proportions in whole numbers, so that the division needs no fractions."""
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight must not be negative")
    if not any(weights):
        return [1] * len(weights)
    unit = lcm(*(weight.denominator for weight in weights))
    return [weight.numerator * (unit // weight.denominator) for weight in weights]
