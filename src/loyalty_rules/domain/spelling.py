"""How values are spelt in canonical JSON: exact numbers, instants, texts, lists, objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

from loyalty_rules.domain.event import Json
from loyalty_rules.domain.values import EXACT

quoted: Final = encode_basestring
"""A text between double quotes, with what JSON must escape and nothing else."""


def write_decimal(value: Decimal) -> str:
    """The shortest exact decimal: ``12.5`` for 12.50, never an exponent."""
    if not value:
        return "0"
    text = str(value)
    if "E" in text:
        return f"{EXACT.normalize(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_instant(instant: datetime) -> str:
    """An instant that is UTC already, with ``Z``; microseconds only where there are any."""
    return instant.isoformat().replace("+00:00", "Z")


def write_value(value: Json | object) -> str:
    """Any value that an event holds."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Decimal):
        return write_decimal(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, datetime):
        return f'"{write_instant(value)}"'
    if isinstance(value, tuple):
        return f"[{','.join([write_value(item) for item in value])}]"
    if isinstance(value, Mapping):
        return _write_pairs(dict(value))
    raise AssertionError(f"no event holds {type(value)}")


def _write_pairs(value: Mapping[str, object]) -> str:
    pairs = [f"{quoted(key)}:{write_value(value[key])}" for key in sorted(value)]
    return f"{{{','.join(pairs)}}}"
