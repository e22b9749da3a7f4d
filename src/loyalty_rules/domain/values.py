"""Readers of single values of an event: ids, texts, exact amounts, instants, days, free JSON.

Each takes one decoded value and returns it in our form, or raises an `EventError` whose path is empty:
whoever reads the record knows the key and puts it in front (``records.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from unicodedata import is_normalized, normalize

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Json

ID_CHARACTERS_MAX: Final = 200
NAME_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 10_000
LIST_ITEMS_MAX: Final = 1_000
OWN_FIELDS_MAX: Final = 100
NESTING_MAX: Final = 16
INTEGER_DIGITS_MAX: Final = 15
DECIMALS_MAX: Final = 12
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2199

EXACT: Final = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that cannot round: the caller's own decimal context must never change an amount."""

_BOUND: Final = 10**INTEGER_DIGITS_MAX
_LOWEST: Final = -_BOUND
_ZERO: Final = Decimal(0)
_AMOUNT: Final = re.compile(
    rf"-?(?:0|[1-9][0-9]{{0,{INTEGER_DIGITS_MAX - 1}}})(?:\.[0-9]{{1,{DECIMALS_MAX}}})?"
)
_INSTANT: Final = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(Z|z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?")
# Control characters but tab and line ends, halves of surrogate pairs, and the controls that turn
# the direction of text around (a name must not read other than it is stored).
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)


def shown(text: str, longest: int = 60) -> str:
    """A text as a message may hold it: short, in back-ticks, nothing in it that a terminal obeys."""
    cut = text[:longest] + ("..." if len(text) > longest else "")
    safe = "".join(
        char if char.isprintable() and char != "`" else f"\\u{ord(char):04x}" for char in cut
    )
    return f"`{safe}`"


def what_it_is(value: object) -> str:
    """A value in the words of whoever writes JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return "a number"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    return "an object" if isinstance(value, Mapping) else "a list"


def _expected(what: str, value: object) -> EventError:
    return EventError("bad_shape", "", f"expected {what}, found {what_it_is(value)}")


BY_CLOCK: Final = "~clock/"
"""How the names begin of what passing time does."""


def _is_plain(value: object) -> bool:
    """Whether it is a short ASCII text without control characters, as nearly all of them are."""
    return (
        type(value) is str
        and 0 < len(value) <= NAME_CHARACTERS_MAX
        and value.isascii()
        and value.isprintable()
    )


def read_id(value: object) -> str:
    """An id: 1 to 200 printable characters in normal form (NFC); those that begin with `~` are ours."""
    if _is_plain(value) and isinstance(value, str) and value[0] != "~":
        return value
    if type(value) is not str:
        raise _expected("text in quotes", value)
    if not 0 < len(value) <= ID_CHARACTERS_MAX:
        raise EventError("bad_id", "", f"an id has 1 to {ID_CHARACTERS_MAX} characters")
    if not value.isprintable():
        raise EventError("bad_id", "", f"an id has printable characters only, found {shown(value)}")
    if not (value.isascii() or is_normalized("NFC", value)):
        raise EventError("bad_id", "", f"the id {shown(value)} is not in normal form (NFC)")
    if value[0] == "~":
        raise EventError("bad_id", "", f"an id must not begin with `~`, found {shown(value)}")
    return value


def read_redemption(value: object) -> str:
    """The id of a redemption: that of an event, or the name of one that the clock made."""
    if type(value) is str and value.startswith(BY_CLOCK):
        read_id(value[1:])
        return value
    return read_id(value)


def read_text(value: object, longest: int = TEXT_CHARACTERS_MAX) -> str:
    """Text, brought to normal form (NFC) so that equal words compare as equal."""
    if type(value) is not str:
        raise _expected("text", value)
    if len(value) > longest:
        raise EventError("bad_text", "", f"a text here has at most {longest:_} characters")
    if value.isascii() and value.isprintable():
        return value
    if (found := _FORBIDDEN.search(value)) is not None:
        raise EventError("bad_text", "", f"the character {shown(found.group())} is not allowed")
    return value if value.isascii() else normalize("NFC", value)


def read_name(value: object) -> str:
    """A short text that names something: an item, a channel, a tag. Not empty."""
    if _is_plain(value) and isinstance(value, str):
        return value
    text = read_text(value, NAME_CHARACTERS_MAX)
    if not text:
        raise EventError("bad_text", "", "expected a name, found an empty text")
    return text


def read_names(value: object) -> tuple[str, ...]:
    """A list of names."""
    if type(value) is not list:
        raise _expected("a list", value)
    if len(value) > LIST_ITEMS_MAX:
        raise EventError("too_many", "", f"a list here has at most {LIST_ITEMS_MAX:_} entries")
    names: list[str] = []
    for index, item in enumerate(value):
        try:
            names.append(read_name(item))
        except EventError as problem:
            raise EventError(problem.code, f"[{index}]", problem.reason) from None
    return tuple(names)


def read_decimal(value: object) -> Decimal:
    """An exact number with at most 15 digits before and 12 behind the point; text or JSON number."""
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, Decimal):
        return _bounded(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not _LOWEST < value < _BOUND:
            raise EventError("bad_number", "", _TOO_LONG)
        return Decimal(value)
    raise _expected("a number", value)


@lru_cache(maxsize=4096)  # a shop has few prices, and most of reading an order is reading these
def _written(text: str) -> Decimal:
    if _AMOUNT.fullmatch(text) is None:
        raise EventError("bad_number", "", _no_number(text))
    return Decimal(text) or _ZERO  # never minus zero


_TOO_LONG: Final = (
    f"a number has at most {INTEGER_DIGITS_MAX} digits before and {DECIMALS_MAX} behind the point"
)


def _no_number(text: str) -> str:
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) and not re.match(r"-?0[0-9]", text):
        return _TOO_LONG
    return f"expected a number such as `12.50`, found {shown(text)}"


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise EventError("bad_number", "", "expected a number, found one that is none or endless")
    if not value:
        return _ZERO
    exponent = value.as_tuple().exponent
    if not _LOWEST < value < _BOUND or not isinstance(exponent, int) or exponent < -DECIMALS_MAX:
        raise EventError("bad_number", "", _TOO_LONG)
    return Decimal(int(value)) if exponent > 0 else value


def read_not_negative(value: object) -> Decimal:
    """An exact number of zero or more."""
    number = read_decimal(value)
    if number < 0:
        raise EventError("negative_amount", "", f"expected zero or more, found `{number}`")
    return number


def read_positive(value: object) -> Decimal:
    """An exact number above zero."""
    number = read_decimal(value)
    if number <= 0:
        raise EventError("not_positive", "", f"expected more than zero, found `{number}`")
    return number


def read_whole(value: object) -> int:
    """A whole number, written without a point."""
    if type(value) is not int:
        raise _expected("a whole number", value)
    if not _LOWEST < value < _BOUND:
        raise EventError("bad_number", "", _TOO_LONG)
    return value


def read_flag(value: object) -> bool:
    """true or false."""
    if type(value) is not bool:
        raise _expected("`true` or `false`", value)
    return value


def read_instant(value: object) -> datetime:
    """An instant with its offset from UTC, as UTC; years 1900 to 2199."""
    if type(value) is not str:
        raise _expected("a time such as `2026-03-07T10:15:00+01:00`", value)
    match = _INSTANT.fullmatch(value)
    if match is None:
        reason = f"expected a time such as `2026-03-07T10:15:00+01:00`, found {shown(value)}"
        raise EventError("bad_time", "", reason)
    if match[2] is None:
        reason = f"the time {shown(value)} has no offset: add one such as `+01:00`, or `Z` for UTC"
        raise EventError("naive_time", "", reason)
    # The year is looked at first: next to year 1 or 9999 the way to UTC would leave the calendar.
    if YEAR_MIN - 1 <= int(match[1]) <= YEAR_MAX + 1:
        try:
            instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except ValueError:
            reason = f"there is no such day or time as {shown(value)}"
            raise EventError("bad_time", "", reason) from None
        if YEAR_MIN <= instant.year <= YEAR_MAX:
            return instant
    reason = f"a year is between {YEAR_MIN} and {YEAR_MAX}, found {shown(value)}"
    raise EventError("bad_time", "", reason)


def read_day(value: object) -> str:
    """A day as text, ``YYYY-MM-DD``. Which calendar it is of, only the rule set knows."""
    if type(value) is not str or _DAY.fullmatch(value) is None:
        raise EventError(
            "bad_day", "", f"expected a day such as `1990-05-04`, found {what_it_is(value)}"
        )
    return value


def read_currency(value: object) -> str:
    """A currency by its three capital letters."""
    if type(value) is not str or _CURRENCY.fullmatch(value) is None:
        reason = f"expected a currency such as `EUR`, found {what_it_is(value)}"
        raise EventError("bad_currency", "", reason)
    return value


def read_kind(value: object) -> str:
    """The type of an event: small letters, digits, `_`; a plugin's has its name and a dot in front."""
    if type(value) is not str or _KIND.fullmatch(value) is None:
        reason = f"expected a type such as `purchase`, found {what_it_is(value)}"
        raise EventError("bad_type", "", reason)
    return value


def read_json(value: object, depth: int = NESTING_MAX) -> Json:
    """Any JSON value, frozen, its numbers and texts within the bounds of all others."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_text(value)
    if isinstance(value, int | Decimal):
        return read_decimal(value)
    if depth == 0:
        raise EventError("too_deep", "", f"values nest at most {NESTING_MAX} deep")
    if isinstance(value, dict):
        return read_fields(value, depth)
    if not isinstance(value, list):
        raise _expected("a JSON value", value)
    if len(value) > LIST_ITEMS_MAX:
        raise EventError("too_many", "", f"a list here has at most {LIST_ITEMS_MAX:_} entries")
    items: list[Json] = []
    for index, item in enumerate(value):
        try:
            items.append(read_json(item, depth - 1))
        except EventError as problem:
            raise within(problem, f"[{index}]") from None
    return tuple(items)


def read_fields(extra: dict[str, object], depth: int = NESTING_MAX) -> Mapping[str, Json]:
    """Fields of the caller's own: any short names with any JSON values; read-only."""
    if len(extra) > OWN_FIELDS_MAX:
        reason = f"an object has at most {OWN_FIELDS_MAX} fields of its own"
        raise EventError("too_many", "", reason)
    fields: dict[str, Json] = {}
    for key, value in extra.items():
        name = key if _is_plain(key) else _field_name(key, fields)
        try:
            fields[name] = read_json(value, depth - 1)
        except EventError as problem:
            raise within(problem, name) from None
    return MappingProxyType(fields)


def _field_name(key: str, fields: Mapping[str, Json]) -> str:
    try:
        name = read_name(key)
    except EventError as problem:
        raise EventError(problem.code, "", f"the name of a field: {problem.reason}") from None
    if name in fields:  # two spellings of one name, told apart only by their normal form
        raise EventError("duplicate_key", name, f"the key {shown(name)} stands here twice")
    return name


def within(problem: EventError, step: str) -> EventError:
    """The same mistake, its path seen from one step further out."""
    path = problem.path
    if not step:
        return problem
    joined = f"{step}{path}" if not path or path[0] == "[" else f"{step}.{path}"
    return EventError(problem.code, joined, problem.reason)
