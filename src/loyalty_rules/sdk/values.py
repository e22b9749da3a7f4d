"""What a plugin may hand back as a value: exact, immutable, of its kind, and of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.sdk.containment import shown

NUMBER_MAX: Final = 10**18
"""Numerators and denominators beyond it count nothing that a loyalty program has."""

TEXT_MAX: Final = 1_000
LIST_MAX: Final = 1_000
DEPTH_MAX: Final = 8


def value_fault(value: object, kind: Kind) -> str | None:
    """What is wrong with ``value`` as a known value of ``kind``; None when nothing is.

    Exact types only: a subclass may answer differently each time, and ``True`` is not the number 1.
    """
    if not _FORMS[kind.name](value):
        return f"it must return a value of kind `{kind.name}`, not `{shown(value)}`"
    if kind.whole and type(value) is not int:
        return f"it must return a whole number, not `{shown(value)}`"
    if kind.choices and value not in kind.choices:
        return f"`{shown(value)}` is not one of {', '.join(f'`{one}`' for one in kind.choices)}"
    return None


def is_value(value: object, depth: int = DEPTH_MAX) -> bool:
    """Whether ``value`` is a `Value` through and through: no float, nothing that can change."""
    if type(value) is tuple:
        return (
            depth > 0 and len(value) <= LIST_MAX and all(is_value(one, depth - 1) for one in value)
        )
    return value is None or type(value) is bool or _is_number(value) or _is_text(value)


def _is_number(value: object) -> bool:
    if type(value) is int:
        return abs(value) <= NUMBER_MAX
    return (
        type(value) is Fraction
        and abs(value.numerator) <= NUMBER_MAX
        and value.denominator <= NUMBER_MAX
    )


def _is_text(value: object) -> bool:
    return type(value) is str and len(value) <= TEXT_MAX


def _is_day(value: object) -> bool:
    return type(value) is int and 1 <= value <= date.max.toordinal()


def _is_list(value: object) -> bool:
    return type(value) is tuple and len(value) <= LIST_MAX and all(_is_text(one) for one in value)


_FORMS: Final[Mapping[str, Callable[[object], bool]]] = {
    "number": _is_number,
    "money": _is_number,
    "points": _is_number,
    "text": _is_text,
    "boolean": lambda value: type(value) is bool,
    "day": _is_day,
    "duration": _is_text,
    "list": _is_list,
    "level": lambda value: (
        False
    ),  # a level belongs to one program of a rule set, which no plugin knows
}
