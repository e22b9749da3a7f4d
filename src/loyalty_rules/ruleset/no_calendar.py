"""What stands in for a calendar that cannot be had, so that the days of the file are not mistakes, too."""

from __future__ import annotations

import re
from typing import Final

_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTH_DAYS: Final = 32
_YEAR_DAYS: Final = 13 * _MONTH_DAYS


class NoCalendar:
    """Reads every day, in the order of their dates; knows nothing else, as no event is decided with it."""

    name = "gregorian"

    def parse(self, text: str) -> int:
        """A number that grows with the date; ``ValueError`` for a text that is no date in any calendar."""
        match = _DAY.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` is not a day written as `YYYY-MM-DD`")
        year, month, of_month = (int(part) for part in match.groups())
        return min(year, 5000) * _YEAR_DAYS + min(month, 12) * _MONTH_DAYS + min(of_month, 31)

    def write(self, day: int) -> str:
        """The date again."""
        year, rest = divmod(day, _YEAR_DAYS)
        return f"{year:04}-{rest // _MONTH_DAYS:02}-{rest % _MONTH_DAYS:02}"

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        """The day alone."""
        return day, day + 1

    def add_months(self, day: int, months: int) -> int:
        """As if months had the length that they have in `parse`."""
        return day + months * _MONTH_DAYS

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        year, rest = divmod(day, _YEAR_DAYS)
        return year, rest // _MONTH_DAYS, rest % _MONTH_DAYS
