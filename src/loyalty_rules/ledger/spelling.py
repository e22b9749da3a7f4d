"""The texts that a booking writes. They are read by `domain.record_codec`: a test holds that everything comes
back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import Named, line_speller, names_of, speller
from loyalty_rules.domain.order_record import BookedOrder


def _other(value: object) -> object:
    """What is no record, list, object, text or number, as one of these."""
    if type(value) is MappingProxyType:  # nearly always; the general question is a slow one
        return value.copy()
    if isinstance(value, Fraction):
        return {"/": (value.numerator, value.denominator)}
    if isinstance(value, Mapping):
        return dict(value)
    raise AssertionError(f"no record holds {type(value)}")


plain_text: Final = speller(_other, is_sorted=True)
"""Records, lists, objects, texts and numbers as JSON: keys of objects sorted, no blanks."""

plain_texts: Final = line_speller(_other)
"""`plain_text` of each of many, in their order."""


class _OrderTold(Named, frozen=True):
    """What is kept of an order beside its purchase; by its names, in their order. What is never left out has
    a default that it never has."""

    added: object = ()
    facts: object = None
    first: object = ()
    granted: object = ()
    lots: object = ()
    plan: object = None
    returned: object = ()
    shares: object = ()
    unrecovered: object = ()


def order_parts(order: BookedOrder) -> object:
    """What is kept of an order beside its purchase, for `plain_text`."""
    return _OrderTold(*_parts_of(order))


_parts_of: Final = attrgetter(*names_of(_OrderTold))
