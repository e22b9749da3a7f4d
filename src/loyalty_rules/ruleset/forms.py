"""The small forms of the language: durations, windows, hours, shares, instants, days, exact numbers.

Every reader gives the value, or a text: the cure, ready to stand as the help line of a diagnostic.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from loyalty_rules.base.elsewhere import (
    day_elsewhere,
    duration_elsewhere,
    hours_elsewhere,
    instant_elsewhere,
    plain_letters,
    share_elsewhere,
)
from loyalty_rules.base.period import Calendar, Duration, Window
from loyalty_rules.base.suggest import nearest
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar
from loyalty_rules.ruleset.scalars import ascii_digits, plain_decimal, read_number

ID: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
RULE_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")

COUNT_MAX: Final = 100_000
"""The largest N of a duration or rolling window: more than any program lasts in any unit."""

YEARS: Final[dict[str, tuple[int, int]]] = {
    "gregorian": (1900, 2199),
    "jalali": (1250, 1599),
    "hijri": (1317, 1626),
}
"""First and last year that each calendar may name; the three cover about the same time."""

BOXES: Final = ("day", "week", "month", "quarter", "year", "member_year")
WHOLE: Final[tuple[Literal["ever", "order", "line"], ...]] = ("ever", "order", "line")

Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
_UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
_ROLLING_UNITS: Final = _UNITS[2:]
_DURATION = re.compile(r"([0-9]{1,9}) ([a-z]+)( inclusive)?")
_ROLLING = re.compile(r"last ([0-9]{1,9}) ([a-z]+)")
_PERIOD = re.compile(r"([a-z][a-z0-9_]{0,39})\.period")
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) %")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def read_duration(text: str) -> Duration | str:
    """``30 days``, ``1 month``, ``168 hours inclusive``; or the cure."""
    match = _DURATION.fullmatch(" ".join(text.split()))
    if match is None:
        return _ascii_cure(text) or _count_cure(
            text, "a duration is a whole number and a unit, such as `30 days`", ""
        )
    unit = _unit(match[2], _UNITS)
    if unit is None:
        if (meant := duration_elsewhere(text)) is not None:
            return f"write `{meant}`"
        near = nearest(match[2], _UNITS)
        return f"write `{int(match[1])} {near}`" if near else f"the units are {_listed(_UNITS)}"
    count = int(match[1])
    if not 1 <= count <= COUNT_MAX:
        return f"write a number from 1 to {COUNT_MAX}, or `none` where that is meant"
    inclusive = match[3] is not None
    if inclusive and unit not in ("minutes", "hours"):
        return f"write `{count} {unit}`: whole days always include the last one"
    return Duration(count, unit, inclusive)


def read_window(text: str) -> Window | str:
    """``month``, ``last 30 days``, ``ever``, ``plus.period``; or the cure.

    ``member_year`` and ``PROGRAM.period`` are boxes whose unit is the text itself.
    """
    written = " ".join(text.split())
    if written in BOXES or _PERIOD.fullmatch(written):
        return Window("box", written)
    for form in WHOLE:
        if written == form:
            return Window(form)
    match = _ROLLING.fullmatch(written)
    if match is None:
        return _ascii_cure(text) or _window_cure(written)
    unit = _unit(match[2], _ROLLING_UNITS)
    if unit is None:
        near = nearest(match[2], _ROLLING_UNITS)
        return f"write `last {int(match[1])} {near or 'days'}`"
    count = int(match[1])
    if not 1 <= count <= COUNT_MAX:
        return f"write a number from 1 to {COUNT_MAX}, or `ever`"
    return Window("rolling", unit, count)


def read_hours(text: str) -> tuple[int, int] | str:
    """``17:00-19:00`` as minutes of the day, start included, end not; may pass midnight; or the cure."""
    match = _HOURS.fullmatch(text.replace(" ", ""))
    if match is None:
        if (meant := hours_elsewhere(text)) is not None:
            return f'write `"{meant}"`'
        return _ascii_cure(text) or 'write hours as `"17:00-19:00"`, from 00:00 to 24:00'
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4])
    if start >= 24 * 60 or end > 24 * 60:
        return "the day ends at 24:00"
    if start == end:
        return "start and end are the same: leave `hours` out for the whole day"
    return start, end


def read_share(text: str) -> Fraction | str:
    """``12.5 %`` as an exact fraction from 0 to 1, or the cure."""
    match = _SHARE.fullmatch(text)
    if match is None:
        bare = read_number(text.replace("%", "").strip())
        if bare is not None and 0 < bare < 1 and "%" not in text:
            percent = Fraction(bare) * 100
            shown = plain_decimal(percent)
            return f"write `{shown} %`, or `{text.strip()} %` if it is that little"
        if bare is not None and 0 <= bare <= 100:
            return f"write `{text.replace('%', '').strip()} %`"
        if (meant := share_elsewhere(text)) is not None:
            return f"write `{meant}`"
        return "write a share such as `50 %` or `12.5 %`"
    share = Fraction(match[1]) / 100
    return share if share <= 1 else "a share is at most `100 %`"


def read_instant(text: str, zone: ZoneInfo) -> datetime | str:
    """``2026-03-31T18:00`` as UTC; local wall time of ``zone`` unless it has an offset or Z; or the cure.

    A local time that a change of clocks skips is an error; one that it repeats means the first.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        if (meant := instant_elsewhere(text)) is not None:
            return f"write `{meant}`"
        return "write an instant as `2026-03-31T18:00`, with `Z` or `+01:00` behind it if it is not local"
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        return "there is no such time: check month, day, hour and minute"
    first, last = YEARS["gregorian"]
    if not first <= written.year <= last:
        return (
            f"an instant is written in the gregorian calendar: write a year from {first} to {last}"
        )
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    utc = written.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != written:
        shown = (utc.astimezone(zone)).isoformat(timespec="minutes")[:16]
        return f"the clocks skip this time in {zone.key}: write `{shown}`"
    return utc


def read_day(text: str, calendar: Calendar) -> int | str:
    """A day of ``calendar`` as a proleptic ordinal, or the cure.

    A year outside the calendar's bounds was mostly meant in another calendar: both readings are told.
    """
    match = _DAY.fullmatch(text)
    if match is None:
        return _ascii_cure(text) or day_cure(text)
    year = int(match[1])
    first, last = YEARS.get(calendar.name, (1, 9999))
    if not first <= year <= last:
        return _both_readings(year, calendar.name)
    try:
        return calendar.parse(text)
    except ValueError as error:
        return str(error)


def day_cure(text: str) -> str:
    """What to write instead of ``text`` where a day must stand."""
    days = day_elsewhere(text)
    if days:
        return "write " + " or ".join(f"`{day}`" for day in days)
    return "write a day as year-month-day, such as `2026-03-31`"


def text_of(node: Node, language: str = "en") -> str:
    """A text, or the text in ``language`` (else the first) of a map of texts by language; else nothing."""
    if isinstance(node, Mapping):
        texts = {key.text: value for key, value in node if isinstance(value, Scalar)}
        chosen = texts.get(language) or next(iter(texts.values()), None)
        return "" if chosen is None else chosen.text
    return node.text if isinstance(node, Scalar) else ""


def id_cure(text: str, form: re.Pattern[str] = ID) -> str | None:
    """What to write instead of ``text`` as an id, or None if it is one."""
    if form.fullmatch(text):
        return None
    joint = "-" if form is RULE_ID else "_"
    better = re.sub(r"[^a-z0-9]+", joint, plain_letters(text)).strip(joint)[:40]
    dash = ", `-`" if form is RULE_ID else ""
    rule = f"an id has small letters, digits, `_`{dash}, begins with a letter and has at most 40"
    return f"write `{better}`: {rule}" if form.fullmatch(better) else rule


_ANY_ZONE: Final = ZoneInfo("UTC")

FORMS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "lr-duration": ("a duration", read_duration),
    "lr-window": ("a window", read_window),
    "lr-hours": ("a stretch of hours", read_hours),
    "lr-share": ("a share", read_share),
    "lr-day": ("a day", lambda text: _shape_of_day(text)),
    "lr-instant": ("an instant", lambda text: read_instant(text, _ANY_ZONE)),
    "lr-moment": ("a day or an instant", lambda text: _shape_of_moment(text)),
}
"""By format keyword: what the form is called, and its reader (a text that comes back is a cure).

Days and local instants are only looked at here; calendar and zone of the rule set decide later.
"""


def _shape_of_moment(text: str) -> object:
    if "T" in text or instant_elsewhere(text) is not None:
        return read_instant(text, _ANY_ZONE)
    return _shape_of_day(text)


def _shape_of_day(text: str) -> str | None:
    if _DAY.fullmatch(text):
        return None
    cure = read_day(text, _NO_CALENDAR)
    return cure if isinstance(cure, str) else None


class _NoCalendar:
    """Reads no day at all: for looking at the shape of a day before its calendar is known."""

    name = ""

    def parse(self, text: str) -> int:
        return 0

    def write(self, day: int) -> str:
        return ""

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        return day, day

    def add_months(self, day: int, months: int) -> int:
        return day

    def parts(self, day: int) -> tuple[int, int, int]:
        return 0, 0, 0


_NO_CALENDAR: Final = _NoCalendar()


def _ascii_cure(text: str) -> str | None:
    ascii_text = ascii_digits(text)
    return None if ascii_text == text else f"write it with the digits 0 to 9: `{ascii_text}`"


def _unit(word: str, units: tuple[Unit, ...]) -> Unit | None:
    for unit in units:
        if word in (unit, unit[:-1]):
            return unit
    return None


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _count_cure(text: str, rule: str, lead: str) -> str:
    """The cure of a count and a unit that are not written as they should be: ``30days``, ``1.5 hours``."""
    if (meant := duration_elsewhere(text)) is not None:
        return f"write `{lead}{meant}`"
    if re.fullmatch("[1-9][0-9]{0,4}", text.strip()):
        units = [f"`{lead}{text.strip()} {unit}`" for unit in ("days", "weeks", "months")]
        return f"write a unit behind it: {', '.join(units[:2])} or {units[2]}"
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([a-zA-Z]+)", text.strip())
    if match is None:
        return rule
    unit = nearest(match[2].lower(), _UNITS)
    if "." in match[1] and unit == "hours":
        minutes = Fraction(match[1]) * 60
        return f"write `{lead}{minutes} minutes`" if minutes.denominator == 1 else rule
    return rule if unit is None or "." in match[1] else f"write `{lead}{int(match[1])} {unit}`"


_BOX_OF: Final = {
    (1, "days"): "day", (7, "days"): "week", (90, "days"): "quarter", (365, "days"): "year",
    (3, "months"): "quarter", (12, "months"): "year", (52, "weeks"): "year",
}  # fmt: skip
"""The box of the calendar that is about as long, where it is not that of the unit."""


def _window_cure(written: str) -> str:
    duration = _DURATION.fullmatch(written)
    unit = _unit(duration[2], _ROLLING_UNITS) if duration else None
    if duration and unit:
        count = int(duration[1])
        box = _BOX_OF.get((count, unit), "month" if unit == "days" else unit[:-1])
        return f"write `last {count} {unit}` or `{box}`"
    bare = re.fullmatch(r"last ([a-z]+)", written)
    unit = _unit(bare[1], _ROLLING_UNITS) if bare else None
    if unit:
        return f"write `{unit[:-1]}` for the one of the calendar, or `last 1 {unit}`"
    words = (*BOXES, *WHOLE)
    near = nearest(written, [*words, *(f"last {unit}" for unit in _ROLLING_UNITS)])
    if near not in words:
        near = next((word for word in written.split() if word in words), near)
    if near is not None and near in words:
        return f"did you mean `{near}`?"
    return (
        "write `day`, `week`, `month`, `quarter`, `year`, `last 30 days`, `ever`, `order` or `line`"
    )


def _both_readings(year: int, calendar: str) -> str:
    first, last = YEARS[calendar]
    bounds = f"write a year from {first} to {last}"
    other = {"gregorian": ("jalali", 621), "jalali": ("gregorian", -621)}.get(calendar)
    if other is None:
        return bounds
    name, shift = other
    low, high = YEARS[name]
    if not low <= year <= high:
        return bounds
    begin, end = (year + shift, year + shift + 1) if shift > 0 else (year + shift - 1, year + shift)
    return (
        f"read as {calendar} it is the year {year}; read as {name} it is {calendar} {begin} or {end}: "
        f"{bounds}, or set `calendar: {name}`"
    )
