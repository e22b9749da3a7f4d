"""How two entries of a counter join that fall on one day, by its measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.number import Number, number_of, whole


def _numbers(first: Value, second: Value) -> tuple[Number, Number]:
    one, other = number_of(first), number_of(second)
    assert one is not None and other is not None, "a counter holds no unknown"
    return one, other


def _sum(held: Value, new: Value) -> Value:
    if type(held) is int and type(new) is int:  # nearly always
        return held + new
    one, other = _numbers(held, new)
    return whole(one + other)


def _highest(held: Value, new: Value) -> Value:
    return max(_numbers(held, new))


def _latest(held: Value, new: Value) -> Value:
    return new


def _distinct(held: Value, new: Value) -> Value:
    """The values met so far. Sorted, so that one set of values is one state whatever came first."""
    assert isinstance(held, tuple) and isinstance(new, tuple), "distinct values stand in lists"
    return tuple(sorted({*held, *new}, key=lambda value: (str(type(value)), value)))


JOINED: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "sum": _sum,
    "highest": _highest,
    "latest": _latest,
    "average": _latest,
    "distinct": _distinct,
}
"""What is held, and what comes: what is held then."""
