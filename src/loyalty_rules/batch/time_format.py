"""How a shop's export writes its times: a pattern such as ``YYYY-MM-DD hh:mm:ss``, and its reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from loyalty_rules.base.zones import instant_of
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.values import YEAR_MAX, YEAR_MIN, shown

TOKENS: Final = {
    "YYYY": "(?P<year>[0-9]{4})",
    "MM": "(?P<month>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "DD": "(?P<day>[0-9]{2})",
    "D": "(?P<day>[0-9]{1,2})",
    "hh": "(?P<hour>[0-9]{2})",
    "h": "(?P<hour>[0-9]{1,2})",
    "mm": "(?P<minute>[0-9]{2})",
    "ss": "(?P<second>[0-9]{2})",
}
"""What stands for what; everything but letters stands for itself."""

_TOKEN: Final = re.compile("|".join(sorted(TOKENS, key=len, reverse=True)) + "|.", re.DOTALL)
_NEEDED: Final = (("year", "YYYY"), ("month", "MM"), ("day", "DD"))


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A checked pattern. What it leaves out (hours, minutes, seconds) is zero."""

    text: str
    pattern: re.Pattern[str]

    def instant(self, written: str, zone: ZoneInfo) -> datetime:
        """The instant of a wall time in ``zone``, as UTC. A time that comes twice when clocks go back
        is the first of the two; one that clocks skip counts as if they had not been set forward yet.

        Errors: `EventError` ``bad_time``.
        """
        match = self.pattern.fullmatch(written)
        if match is None:
            reason = f"expected a time written `{self.text}`, found {shown(written)}"
            raise EventError("bad_time", "", reason)
        parts = {name: int(digits) for name, digits in match.groupdict().items()}
        try:
            wall = datetime(**parts)  # type: ignore[arg-type]  # year, month, day, hour, ...
        except ValueError:
            reason = f"there is no such day or time as {shown(written)}"
            raise EventError("bad_time", "", reason) from None
        if not YEAR_MIN < wall.year < YEAR_MAX:  # a year's margin: UTC may be a day off
            reason = f"a year is between {YEAR_MIN} and {YEAR_MAX}, found {shown(written)}"
            raise EventError("bad_time", "", reason)
        return instant_of(wall, zone)


def compile_time_format(text: str) -> TimeFormat | str:
    """The pattern, or what is wrong with it as one sentence."""
    pattern, seen = "", list[str]()
    for part in _TOKEN.findall(text):
        token = TOKENS.get(part)
        if token is None and part.isalnum():
            return f"{shown(part)} stands for nothing in a time format"
        pattern += token or re.escape(part)
        seen += re.findall("<([a-z]+)>", token or "")
    for name, spelling in _NEEDED:
        if name not in seen:
            return f"the time format has no {name} (`{spelling}`)"
    if len(set(seen)) < len(seen):
        return "the time format has one part twice"
    return TimeFormat(text, re.compile(pattern))
