"""Days of a zone, for the plain model: when they begin, which box they are in, when points of a day end."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.torture.policies import Expiry

ONE_DAY = timedelta(days=1)


def day_of(at: datetime, zone: str) -> date:
    """The local day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


@cache
def start_of(day: date, zone: str) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@cache
def box_of(day: date, box: str) -> tuple[date, date]:
    """First and last day of the month, quarter or year of a day."""
    months = {"month": 1, "quarter": 3, "year": 12}[box]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, add_months(first, months) - ONE_DAY


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_good_day(form: Expiry, since: date) -> date:
    """The last day on which points are valid that count from a day."""
    if form.kind == "end_of":
        return box_of(since, form.unit)[1]
    last = since + form.number * ONE_DAY
    if form.unit == "months":
        last = add_months(since, form.number)
    if form.to_end_of in ("month", "quarter", "year"):
        return box_of(last, form.to_end_of)[1]
    if form.to_end_of:
        return _next_named(last, form.to_end_of)
    return last


def _next_named(day: date, name: str) -> date:
    """The next day of a name such as `09-30`, itself included; of 29 February the last of February."""
    month, number = (int(part) for part in name.split("-"))
    for year in (day.year, day.year + 1):
        named = date(year, month, min(number, monthrange(year, month)[1]))
        if named >= day:
            return named
    raise AssertionError("every year has every month")


def end_of(form: Expiry, since: datetime, zone: str) -> datetime:
    """The instant at which points are gone that count from another."""
    return start_of(last_good_day(form, day_of(since, zone)) + ONE_DAY, zone)
