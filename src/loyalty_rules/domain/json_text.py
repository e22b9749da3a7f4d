"""From what a caller hands over (JSON text, bytes, a Python mapping) to plain objects, under limits.

Numbers never pass through a float. The result holds nothing but dict, list, str, bool, None, int and
Decimal, and shares nothing with the input. Nothing of it has been looked at in meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.values import NESTING_MAX, shown, within

EVENT_BYTES_MAX: Final = 1_000_000
VALUES_MAX: Final = 200_000
"""A full order of 10,000 lines stays far below; it keeps a hostile text within its time and memory."""

_DIGITS_MAX: Final = 40
_DEPTH_MAX: Final = NESTING_MAX + 8


def read_plain(raw: str | bytes | Mapping[str, object]) -> dict[str, object]:
    """The one object that ``raw`` holds, as plain Python objects."""
    if isinstance(raw, Mapping):
        plain = _copied(raw)
    elif isinstance(raw, bytes | bytearray | str):
        plain = _decode(raw if isinstance(raw, str) else _text(bytes(raw)))
    else:
        raise EventError("bad_shape", "", "an event is JSON text or a mapping")
    if type(plain) is not dict:
        raise EventError("bad_shape", "", "an event is one JSON object")
    return plain


def _copied(raw: Mapping[str, object]) -> object:
    try:
        return _Copy().of(raw, _DEPTH_MAX)
    except EventError:
        raise
    except Exception:  # a caller's own classes may raise whatever they like
        raise EventError("bad_shape", "", "the mapping could not be read") from None


def _too_large() -> EventError:
    return EventError("too_large", "", f"an event has at most {EVENT_BYTES_MAX:_} bytes")


def _text(raw: bytes) -> str:
    if len(raw) > EVENT_BYTES_MAX:
        raise _too_large()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        reason = f"the text is not UTF-8 from byte {problem.start + 1} on"
        raise EventError("not_utf8", "", reason) from None


def _decode(text: str) -> object:
    if len(text) > EVENT_BYTES_MAX or (
        not text.isascii() and len(text.encode("utf-8", "surrogatepass")) > EVENT_BYTES_MAX
    ):
        raise _too_large()
    # Counted on the text, strings included: too many of these cost time before they can be seen.
    if text.count(",") + text.count("[") + text.count("{") > VALUES_MAX:
        raise EventError("too_large", "", f"an event has at most {VALUES_MAX:_} values")
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as problem:
        reason = f"the text is not JSON: line {problem.lineno}, column {problem.colno}"
        raise EventError("not_json", "", reason) from None
    except RecursionError:
        raise _too_deep() from None
    except ArithmeticError:  # an exponent beyond every exact number
        raise EventError("bad_number", "", "a number is too large") from None


def _too_deep() -> EventError:
    return EventError("too_deep", "", f"values nest at most {NESTING_MAX} deep")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        last = {key: index for index, (key, _) in enumerate(pairs)}
        twice = next(key for index, (key, _) in enumerate(pairs) if last[key] != index)
        path = twice if twice.isprintable() and len(twice) <= 200 else ""
        raise EventError("duplicate_key", path, f"the key {shown(twice)} stands here twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:  # Python's own conversion is slow on endless digits
        raise EventError("bad_number", "", "a number is too long")
    return int(digits)


def _constant(name: str) -> object:
    raise EventError("not_json", "", f"`{name}` is not a JSON number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_int=_whole, parse_constant=_constant
)


class _Copy:
    """Copies a caller's objects to plain ones, counting what it copies."""

    def __init__(self) -> None:
        self.values = 0
        self.characters = 0

    def of(self, value: object, depth: int) -> object:
        self.values += 1
        if self.values > VALUES_MAX:
            raise EventError("too_large", "", f"an event has at most {VALUES_MAX:_} values")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int):
            return int.__index__(value)
        if isinstance(value, Decimal):
            return Decimal(value)
        if isinstance(value, float):
            reason = "a float is not exact: write the number as text or Decimal"
            raise EventError("inexact_number", "", reason)
        if isinstance(value, date):
            return value.isoformat()
        return self.container(value, depth)

    def text(self, value: str) -> str:
        self.characters += len(value)
        if self.characters > EVENT_BYTES_MAX:
            raise _too_large()
        return str.__str__(value)  # a subclass may say anything of itself

    def container(self, value: object, depth: int) -> object:
        if depth == 0:
            raise _too_deep()
        if isinstance(value, list | tuple):
            return [self.inner(item, f"[{at}]", depth) for at, item in enumerate(value)]
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        raise EventError("bad_shape", "", "expected text, a number, a list or a mapping")

    def mapping(self, value: Mapping[object, object], depth: int) -> dict[str, object]:
        plain: dict[str, object] = {}
        for key in value:
            if not isinstance(key, str):
                raise EventError("bad_shape", "", "the keys of an event are text")
            name = self.text(key)
            plain[name] = self.inner(value[key], name if name.isprintable() else "", depth)
        return plain

    def inner(self, value: object, step: str, depth: int) -> object:
        try:
            return self.of(value, depth - 1)
        except EventError as problem:
            raise within(problem, step[:200]) from None
