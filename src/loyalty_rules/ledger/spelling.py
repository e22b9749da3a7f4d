"""The texts that a booking writes, spelt by msgspec in a fraction of the time that Python takes.

They are read by `domain.record_codec`: a test holds that everything comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from fractions import Fraction
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from msgspec.json import Encoder

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption


def effects_text(effects: Iterable[Effect]) -> str:
    """Effects in their order, for `read_effects`."""
    return plain_text([(type(one).__name__, one) for one in effects])


def order_parts(order: BookedOrder) -> dict[str, Any]:
    """What is kept of an order beside its purchase, for `plain_text`."""
    return dict(zip(_ORDER_NAMES, _order_values(order), strict=True))


def redemption_parts(redemption: BookedRedemption) -> dict[str, Any]:
    """What is kept of a redemption, for `plain_text`."""
    return dict(zip(_REDEMPTION_NAMES, _redemption_values(redemption), strict=True))


def plain_text(value: object) -> str:
    """Records, lists, objects, texts and numbers as JSON: keys sorted, no blanks."""
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


_ENCODER: Final = Encoder(enc_hook=_other, order="sorted")
_ORDER_NAMES: Final = tuple(one.name for one in fields(BookedOrder) if one.name != "purchase")
_order_values: Final = attrgetter(*_ORDER_NAMES)
_REDEMPTION_NAMES: Final = tuple(one.name for one in fields(BookedRedemption))
_redemption_values: Final = attrgetter(*_REDEMPTION_NAMES)
