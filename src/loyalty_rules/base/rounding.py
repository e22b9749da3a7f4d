"""Rounding of exact numbers to whole ones: the four modes, and nothing that ever saw a float."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Final, Literal

Mode = Literal["floor", "ceil", "half_up", "half_even"]


def round_exact(value: Fraction | int, mode: Mode) -> int:
    """The whole number that stands for ``value``.

    ``floor`` and ``ceil`` go down and up on the number line, so ``floor`` of -0.5 is -1. A half goes away
    from zero with ``half_up``, as on an invoice, and to the even neighbour with ``half_even``: both treat
    an amount and its reversal alike.

    >>> [round_exact(Fraction(25, 2), mode) for mode in ROUNDINGS]
    [12, 13, 13, 12]
    >>> [round_exact(Fraction(-25, 2), mode) for mode in ROUNDINGS]
    [-13, -12, -13, -12]
    """
    return value if isinstance(value, int) else ROUNDINGS[mode](value)


def _half_up(value: Fraction) -> int:
    away = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return away if value >= 0 else -away


ROUNDINGS: Final[Mapping[Mode, Callable[[Fraction], int]]] = MappingProxyType(
    {"floor": floor, "ceil": ceil, "half_up": _half_up, "half_even": round}
)
