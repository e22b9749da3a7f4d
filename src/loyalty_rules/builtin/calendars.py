"""``calendar: gregorian``: boxes, months and days of the calendar that most rule sets use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from loyalty_rules.builtin.monthly import Monthly
from loyalty_rules.sdk import Calendar, hookimpl

YEARS: Final = range(1900, 2200)
JALALI_YEARS: Final = range(1250, 1600)


class Gregorian(Monthly):
    """The calendar of ISO 8601."""

    name = "gregorian"
    years = YEARS

    def days_in_month(self, year: int, month: int) -> int:
        """28 to 31."""
        return days_in_month(year, month)

    def day_of(self, year: int, month: int, of_month: int) -> int:
        """The day of a date that there is."""
        return date(year, month, of_month).toordinal()

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        return date.fromordinal(day).timetuple()[:3]

    def write(self, day: int) -> str:
        """``YYYY-MM-DD``."""
        return date.fromordinal(day).isoformat()

    def elsewhere(self, year: int, month: int) -> str | None:
        """The year of somebody who thought in solar years."""
        if year not in JALALI_YEARS:
            return None
        # the solar year begins in March; its tenth month straddles New Year
        if month == 10:
            return f"read as jalali it is {year + 621} or {year + 622}"
        return f"read as jalali it is {year + (621 if month < 10 else 622)}"


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
