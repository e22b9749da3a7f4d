"""The texts that a booking writes, spelt by msgspec in a fraction of the time that Python takes.

They are read by `domain.record_codec`: a test holds that everything comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from fractions import Fraction
from itertools import compress
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from msgspec.json import Encoder

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption


def effects_text(effects: Iterable[Effect]) -> str:
    """Effects in their order, for `read_effects`."""
    every = list(effects)
    return plain_text(list(zip(map(_name_of, map(type, every)), every, strict=True)))


def order_parts(order: BookedOrder) -> dict[str, Any]:
    """What is kept of an order beside its purchase, for `plain_text`; a list that is empty is left out, as it
    is when it is read."""
    lists = _order_lists(order)
    parts: dict[str, Any] = dict(compress(zip(_ORDER_LISTS, lists, strict=True), lists))
    parts.update(zip(_ORDER_ALWAYS, _order_always(order), strict=True))
    return parts


def redemption_parts(redemption: BookedRedemption) -> dict[str, Any]:
    """What is kept of a redemption, for `plain_text`."""
    return dict(zip(_REDEMPTION_NAMES, _redemption_values(redemption), strict=True))


def plain_text(value: object) -> str:
    """Records, lists, objects, texts and numbers as JSON: keys of objects sorted, fields of records in their
    order, no blanks."""
    return _ENCODER.encode(value).decode()


def _other(value: object) -> object:
    """What msgspec has no word for."""
    if type(value) is MappingProxyType:  # nearly always; the general question is a slow one
        return value.copy()
    if isinstance(value, Fraction):
        return {"/": (value.numerator, value.denominator)}
    if isinstance(value, Mapping):
        return dict(value)
    raise AssertionError(f"no record holds {type(value)}")


_name_of: Final = attrgetter("__name__")
_ENCODER: Final = Encoder(enc_hook=_other, order="deterministic")
_ORDER_LISTS: Final = tuple(one.name for one in fields(BookedOrder) if one.default == ())
_order_lists: Final = attrgetter(*_ORDER_LISTS)
_ORDER_ALWAYS: Final = tuple(
    one.name for one in fields(BookedOrder) if one.default != () and one.name != "purchase"
)
_order_always: Final = attrgetter(*_ORDER_ALWAYS)
_REDEMPTION_NAMES: Final = tuple(one.name for one in fields(BookedRedemption))
_redemption_values: Final = attrgetter(*_REDEMPTION_NAMES)
