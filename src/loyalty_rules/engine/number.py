"""Exact numbers as the engine passes them around: whole ones as ``int``, all others as ``Fraction``."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from loyalty_rules.domain.effects import Value

Number = int | Fraction


def whole(number: Number) -> Number:
    """The same number, as an ``int`` if it is one: equal facts must also be of equal kind."""
    if type(number) is int:  # nearly always
        return number
    return number.numerator if number.denominator == 1 else number


def exact(decimal: Decimal) -> Number:
    """The number that a decimal writes."""
    top, bottom = decimal.as_integer_ratio()
    return top if bottom == 1 else Fraction(top, bottom)


def ratio(part: Number, of: Number) -> Number:
    """``part / of`` without rounding."""
    if of == 1:
        return whole(part)
    if isinstance(part, int) and isinstance(of, int) and not part % of:
        return part // of
    return whole(Fraction(part, of))


def positive(number: Number) -> bool:
    """Whether a number is above zero (by its numerator: comparing fractions takes far longer)."""
    return number.numerator > 0


def total(numbers: Iterable[Number]) -> Number:
    """The sum, in the form that `whole` gives it."""
    summands = list(numbers)
    return whole(summands[0] if len(summands) == 1 else sum(summands))


def numbers(values: Iterable[Value]) -> list[Number]:
    """The values that are known, of those that the rule set's check knows to be numbers."""
    return [value for value in values if isinstance(value, (int, Fraction))]


def number_of(value: Value) -> Number | None:
    """The number in a value that the rule set's check knows to be one, or unknown."""
    if type(value) is int or value is None:  # nearly always
        return value
    if isinstance(value, (int, Fraction)):
        return value
    raise AssertionError(f"expected a number, found {value!r}")
