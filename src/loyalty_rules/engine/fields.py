"""Fields that a kind of event declares, as the kinds of values that expressions know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from loyalty_rules.base.period import Calendar
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Json
from loyalty_rules.domain.vocabulary import Field, Kind
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.number import Number, exact
from loyalty_rules.engine.refused import Refused

EXAMPLE_DAY: Final = 726_591  # 1990-05-04


class _UnfitError(Exception):
    """A value that is not of its kind; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads declared fields. ``calendar`` reads days."""

    calendar: Calendar

    def read(
        self, fields: tuple[Field, ...], sent: Mapping[str, Json], path: str, money: Money
    ) -> dict[str, Value]:
        """The value of each field by name, None where the event has none. ``path`` begins the place of a
        field in the event (``lines[0].``).

        Errors: refused as ``missing_field`` or ``wrong_field``.
        """
        values: dict[str, Value] = {}
        for field in fields:
            raw = sent.get(field.name)
            if raw is None:
                if not field.optional:
                    place = path + field.name
                    raise Refused("missing_field", place, f"`{field.name}` is missing")
                values[field.name] = None
                continue
            values[field.name] = self._value(field, raw, path + field.name, money)
        return values

    def _value(self, field: Field, raw: Json, path: str, money: Money) -> Value:
        try:
            if field.kind.name == "money":
                return money.minor(Decimal(_number(raw)), path)
            if field.kind.name == "day":
                return self._day(raw)
            return _READERS[field.kind.name](field.kind, raw)
        except _UnfitError as unfit:
            raise Refused("wrong_field", path, f"`{field.name}` is not {unfit}") from None

    def _day(self, raw: Json) -> int:
        try:
            return self.calendar.parse(_text(raw))
        except ValueError:
            such = self.calendar.write(EXAMPLE_DAY)
            raise _UnfitError(f"a day of the rule set's calendar, such as `{such}`") from None


def _number(raw: Json) -> Decimal | int:
    """An amount or a number; JSON may carry an exact one as text, too."""
    if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.isascii():
        digits = raw.removeprefix("-").replace(".", "", 1)
        if digits.isdigit() and len(digits) <= 27 and raw[-1] != "." and raw[0] != ".":
            return Decimal(raw)
    raise _UnfitError("a number")


def _exact(kind: Kind, raw: Json) -> Number:
    number = exact(Decimal(_number(raw)))
    if kind.whole and not isinstance(number, int):
        raise _UnfitError("a whole number")
    return number


def _text(raw: Json) -> str:
    if not isinstance(raw, str):
        raise _UnfitError("a text")
    return raw


def _chosen(kind: Kind, raw: Json) -> str:
    text = _text(raw)
    if kind.choices and text not in kind.choices:
        raise _UnfitError("one of " + ", ".join(f"`{choice}`" for choice in kind.choices))
    return text


def _boolean(kind: Kind, raw: Json) -> bool:
    if not isinstance(raw, bool):
        raise _UnfitError("true or false")
    return raw


def _duration(kind: Kind, raw: Json) -> str:
    text = _text(raw)
    if not _DURATION.fullmatch(text):
        raise _UnfitError("a time such as `30 days`")
    return text


def _list(kind: Kind, raw: Json) -> tuple[str, ...]:
    if not isinstance(raw, tuple) or not all(isinstance(item, str) for item in raw):
        raise _UnfitError("a list of texts")
    return tuple(_chosen(kind, item) for item in raw)


_DURATION: Final = re.compile(r"[0-9]{1,6} (?:minute|hour|day|week|month|year)s?", re.ASCII)
_READERS: Final[Mapping[str, Callable[[Kind, Json], Value]]] = {
    "number": _exact,
    "points": _exact,
    "text": _chosen,
    "duration": _duration,
    "boolean": _boolean,
    "list": _list,
}
