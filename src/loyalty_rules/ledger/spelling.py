"""The texts that a booking writes, spelt by msgspec: byte for byte those of `domain.record_codec`, in a
fraction of the time. A test holds the two together; reading is the codec's alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec.json import Encoder

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import RECORDS, record_parts
from loyalty_rules.domain.spelling import write_decimal


def effects_text(effects: Iterable[Effect]) -> str:
    """`write_effects`."""
    return plain_text([(type(one).__name__, _plain(one)) for one in effects])


def order_parts(order: BookedOrder) -> dict[str, Any]:
    """What `write_order` writes of an order beside its purchase, for `plain_text`."""
    parts = record_parts(order)
    del parts["purchase"]
    return {name: _plain(one) for name, one in parts.items()}


def plain_text(value: object) -> str:
    """Lists, objects, texts and numbers as JSON: keys sorted, no blanks."""
    return _ENCODER.encode(value).decode()


def _plain(value: Any) -> Any:
    """A value without what msgspec spells otherwise than the codec: records that leave a field out (it
    writes every one) and decimals (it writes every digit)."""
    spelt = _SPELT.get(type(value))
    return value if spelt is None else spelt(value)


def _deep(record: object) -> dict[str, Any]:
    return {name: _plain(one) for name, one in record_parts(record).items()}


def _tuple(values: tuple[Any, ...]) -> list[Any]:
    return [_plain(one) for one in values]


def _spelt(made: type) -> Callable[[Any], Any] | None:
    """How records of a type are made plain; None for those that msgspec spells as the codec does."""
    inside = re.findall(r"\w+", " ".join(str(one.type) for one in fields(made)))
    if {"Decimal", *(one.__name__ for one in RECORDS)}.intersection(inside):
        return _deep
    has_defaults = any((one.default, one.default_factory) != _NO_DEFAULT for one in fields(made))
    return record_parts if has_defaults else None


_NO_DEFAULT: Final = (MISSING, MISSING)
_SPELT: Final[Mapping[type, Callable[[Any], Any] | None]] = {
    **{made: _spelt(made) for made in RECORDS},
    tuple: _tuple,
    Decimal: write_decimal,
}


def _other(value: object) -> object:
    """What msgspec has no word for."""
    if isinstance(value, Fraction):
        return {"/": (value.numerator, value.denominator)}
    if isinstance(value, Mapping):
        return dict(value)
    raise AssertionError(f"no record holds {type(value)}")


_ENCODER: Final = Encoder(enc_hook=_other, order="sorted")
