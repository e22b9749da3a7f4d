"""``calendar: gregorian``: boxes, months and days of the calendar that most rule sets use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from loyalty_rules.sdk import Calendar, hookimpl

YEARS: Final = range(1900, 2200)
JALALI_YEARS: Final = range(1250, 1600)
_FORM: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTHS_PER_BOX: Final = {"month": 1, "quarter": 3, "year": 12}


class Gregorian:
    """The calendar of ISO 8601; days in and out are proleptic ordinals (``date.toordinal``)."""

    name = "gregorian"

    def parse(self, text: str) -> int:
        """The day written as ``YYYY-MM-DD``, of the years 1900 to 2199.

        Errors: ``ValueError`` whose text is ready to be shown.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` is not a day written as `YYYY-MM-DD`")
        year, month, day = (int(part) for part in match.groups())
        if year not in YEARS:
            raise ValueError(_both_readings(text, year, month))
        if not 1 <= month <= 12:
            raise ValueError(f"`{text}` names month {month}, but a year has 12 months")
        if not 1 <= day <= days_in_month(year, month):
            raise ValueError(
                f"`{text}` names day {day}, but that month has {days_in_month(year, month)} days"
            )
        return date(year, month, day).toordinal()

    def write(self, day: int) -> str:
        """``YYYY-MM-DD``."""
        return date.fromordinal(day).isoformat()

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        """First day of the box that holds ``day`` and first day after it.

        ``unit`` is day, week, month, quarter or year; ``week_starts`` counts from Monday = 0.
        """
        if unit == "day":
            return day, day + 1
        if unit == "week":
            first = day - (day - 1 - week_starts) % 7  # ordinal 1 is a Monday
            return first, first + 7
        return _month_box(day, _MONTHS_PER_BOX[unit])

    def add_months(self, day: int, months: int) -> int:
        """The same day ``months`` later (or earlier), clamped to the end of a shorter month."""
        start = date.fromordinal(day)
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        return date(year, month + 1, min(start.day, days_in_month(year, month + 1))).toordinal()

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        return date.fromordinal(day).timetuple()[:3]


@hookimpl
def loyalty_calendars() -> Iterable[Calendar]:
    """The gregorian calendar."""
    return (Gregorian(),)


def days_in_month(year: int, month: int) -> int:
    """The length of a month in days."""
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


@lru_cache(maxsize=4096)
def _month_box(day: int, months: int) -> tuple[int, int]:
    """The box of ``months`` months that holds ``day``; remembered, as a run asks for few days often."""
    start = date.fromordinal(day)
    first = (start.month - 1) // months * months + 1
    year, month = divmod(start.year * 12 + first - 1 + months, 12)
    return date(start.year, first, 1).toordinal(), date(year, month + 1, 1).toordinal()


def _both_readings(text: str, year: int, month: int) -> str:
    """Why a year is out of range, and what the day would be to somebody who thought in solar years."""
    message = (
        f"`{text}` is outside the years {YEARS[0]} to {YEARS[-1]}: read as gregorian it is {year}"
    )
    if year not in JALALI_YEARS:
        return message
    # the solar year begins in March; its tenth month straddles New Year
    reading = {True: f"{year + 621}", False: f"{year + 622}"}[month < 10]
    if month == 10:
        reading = f"{year + 621} or {year + 622}"
    return f"{message}, read as jalali it is {reading}"
