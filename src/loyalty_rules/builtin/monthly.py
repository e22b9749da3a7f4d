"""What calendars of twelve months have in common: days as text, boxes, months that clamp."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTHS_PER_BOX: Final = {"month": 1, "quarter": 3, "year": 12}


class Monthly(ABC):
    """A calendar whose years have twelve months; days in and out are proleptic ordinals (``date.toordinal``).

    One that derives from it says its ``name`` and its ``years``, how long a month is, which day a date
    is and which date a day.
    """

    name: str
    years: range
    """The years that a rule set or an event may name."""

    @abstractmethod
    def days_in_month(self, year: int, month: int) -> int:
        """The length of a month in days."""

    @abstractmethod
    def day_of(self, year: int, month: int, of_month: int) -> int:
        """The day of a date that there is."""

    @abstractmethod
    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""

    @abstractmethod
    def elsewhere(self, year: int, month: int) -> str | None:
        """What a date outside of ``years`` would be in another calendar, ready to be shown; or nothing."""

    def parse(self, text: str) -> int:
        """The day written as ``YYYY-MM-DD``, of one of ``years``.

        Errors: ``ValueError`` whose text is ready to be shown.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` is not a day written as `YYYY-MM-DD`")
        year, month, of_month = (int(part) for part in match.groups())
        if year not in self.years:
            raise ValueError(self._both_readings(text, year, month))
        if not 1 <= month <= 12:
            raise ValueError(f"`{text}` names month {month}, but a year has 12 months")
        length = self.days_in_month(year, month)
        if not 1 <= of_month <= length:
            raise ValueError(f"`{text}` names day {of_month}, but that month has {length} days")
        return self.day_of(year, month, of_month)

    def write(self, day: int) -> str:
        """``YYYY-MM-DD``."""
        year, month, of_month = self.parts(day)
        return f"{year:04}-{month:02}-{of_month:02}"

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        """First day of the box that holds ``day`` and first day after it.

        ``unit`` is day, week, month, quarter or year; ``week_starts`` counts from Monday = 0.
        """
        if unit == "day":
            return day, day + 1
        if unit == "week":
            first = day - (day - 1 - week_starts) % 7  # ordinal 1 is a Monday
            return first, first + 7
        return _month_box(self, day, _MONTHS_PER_BOX[unit])

    def add_months(self, day: int, months: int) -> int:
        """The same day ``months`` later (or earlier), clamped to the end of a shorter month."""
        return _moved(self, day, months)

    def _both_readings(self, text: str, year: int, month: int) -> str:
        """Why a year is out of range, and what the day would be in another calendar."""
        message = (
            f"`{text}` is outside the years {self.years[0]} to {self.years[-1]}: "
            f"read as {self.name} it is {year}"
        )
        other = self.elsewhere(year, month)
        return message if other is None else f"{message}, {other}"


@lru_cache(maxsize=8192)
def _month_box(calendar: Monthly, day: int, months: int) -> tuple[int, int]:
    """The box of ``months`` months that holds ``day``; remembered, as a run asks for few days often."""
    year, month, _ = calendar.parts(day)
    first = (month - 1) // months * months + 1
    next_year, before = divmod(year * 12 + first - 1 + months, 12)
    return calendar.day_of(year, first, 1), calendar.day_of(next_year, before + 1, 1)


@lru_cache(maxsize=8192)
def _moved(calendar: Monthly, day: int, months: int) -> int:
    """`Monthly.add_months`, remembered likewise."""
    year, month, of_month = calendar.parts(day)
    year, before = divmod(year * 12 + month - 1 + months, 12)
    length = calendar.days_in_month(year, before + 1)
    return calendar.day_of(year, before + 1, min(of_month, length))
