"""``calendar: jalali``: the solar calendar of Iran and Afghanistan, through the package persiantools.

The package is imported when a rule set names the calendar, and not before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from loyalty_rules.builtin.monthly import Monthly
from loyalty_rules.sdk import Calendar, hookimpl

YEARS: Final = range(1250, 1600)
GREGORIAN_YEARS: Final = range(1900, 2200)
ANY_DAY: Final = 739_696  # 1405-01-01
CURE: Final = "pip install loyalty-rules[calendars]"


class Jalali(Monthly):
    """Six months of 31 days, five of 30, and Esfand with 29, or 30 in a leap year. The year begins on the
    day of the March equinox."""

    name = "jalali"
    years = YEARS

    def prepare(self) -> None:
        """Errors: ``ImportError``, whose text is the cure, when the package is not installed."""
        try:
            _parts(ANY_DAY)
        except ImportError:
            raise ImportError(CURE) from None

    def days_in_month(self, year: int, month: int) -> int:
        """29 to 31."""
        return _days_in_month(year, month)

    def day_of(self, year: int, month: int, of_month: int) -> int:
        """The day of a date that there is."""
        return _first_of(year, month) + of_month - 1

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        return _parts(day)

    def elsewhere(self, year: int, month: int) -> str | None:
        """The year of somebody who thought in the calendar of ISO 8601."""
        if year not in GREGORIAN_YEARS:
            return None
        if month == 3:  # the solar year begins in it
            return f"read as gregorian it is {year - 622} or {year - 621}"
        return f"read as gregorian it is {year - (622 if month < 3 else 621)}"


@hookimpl
def loyalty_calendars() -> Iterable[Calendar]:
    """The jalali calendar."""
    return (Jalali(),)


@lru_cache(maxsize=8192)
def _days_in_month(year: int, month: int) -> int:
    from persiantools.jdatetime import JalaliDate

    return JalaliDate.days_in_month(month, year)


@lru_cache(maxsize=8192)
def _first_of(year: int, month: int) -> int:
    from persiantools.jdatetime import JalaliDate

    return JalaliDate(year, month, 1).to_gregorian().toordinal()


@lru_cache(maxsize=8192)
def _parts(day: int) -> tuple[int, int, int]:
    from persiantools.jdatetime import JalaliDate

    found = JalaliDate(date.fromordinal(day))
    return found.year, found.month, found.day
