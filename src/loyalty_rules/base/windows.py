"""Windows, boxes and durations in days: what a window sees, and how long something is valid or waits.

A stretch of days is ``(first, after)``: the first day in it and the first day after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from loyalty_rules.base.period import Calendar, Duration, Window
from loyalty_rules.base.zones import local_day, start_of_day

LeapDay = Literal["feb_28", "mar_1"]

FIRST_DAY: Final = 0
"""Where a window begins that has no beginning; every real day is later."""

LAST_DAY: Final = 3_286_818
"""1 January 9000: what lasts longer ends there, where every calendar still has days."""

_EARLY: Final = 365_000
"""1 January 1000, about: what begins earlier has no beginning."""

MEMBER_YEAR: Final = "member_year"
"""The box that is a year from a member's day of joining, or from an anniversary of it."""

_EXACT: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1)}
_LAST_INSTANT: Final = timedelta(microseconds=1)
_DAYS: Final = {"days": 1, "weeks": 7}
_MONTHS: Final = {"months": 1, "years": 12}


def window_days(
    window: Window,
    day: int,
    calendar: Calendar,
    week_starts: int,
    leap_day: LeapDay = "feb_28",
    joined: int | None = None,
) -> tuple[int, int]:
    """The days that a window sees as of ``day``, which is the last of them.

    A box begins at its own first day; ``last N units`` begins the day after ``day`` - N units, so on
    2026-05-10 ``last 12 months`` no longer sees 2025-05-10; ``ever`` begins at ``FIRST_DAY``. ``joined`` is
    the day that a ``member_year`` counts from.
    Errors: ``ValueError`` for ``order`` and ``line``, which are no stretch of days.
    """
    if window.form == "ever":
        return FIRST_DAY, day + 1
    if window.form == "box":
        return box_days(window, day, calendar, week_starts, leap_day, joined)[0], day + 1
    if window.form == "rolling":
        return shift(day, -window.count, window.unit, calendar, leap_day) + 1, day + 1
    raise ValueError(f"`{window}` is not a stretch of days")


def box_days(
    window: Window,
    day: int,
    calendar: Calendar,
    week_starts: int,
    leap_day: LeapDay = "feb_28",
    joined: int | None = None,
) -> tuple[int, int]:
    """The whole box that holds ``day``, days to come included: those that share one cap with it.

    ``ever`` is one box from ``FIRST_DAY`` on and ends, as far as is known, after ``day``; so is the
    ``member_year`` of somebody who never joined.
    Errors: ``ValueError`` for windows that are neither a box nor ``ever``.
    """
    if window.form == "ever":
        return FIRST_DAY, day + 1
    if window.form != "box":
        raise ValueError(f"`{window}` is not a box")
    if window.unit != MEMBER_YEAR:
        return calendar.box(window.unit, day, week_starts)
    return (FIRST_DAY, day + 1) if joined is None else member_year(joined, day, calendar, leap_day)


def member_year(
    joined: int, day: int, calendar: Calendar, leap_day: LeapDay = "feb_28"
) -> tuple[int, int]:
    """The year of a member that holds ``day``: from the day on which he joined, or an anniversary of it, up
    to the next one. Days before he joined lie in years that are counted backwards."""
    years = calendar.parts(day)[0] - calendar.parts(joined)[0]
    first = shift(joined, years, "years", calendar, leap_day)
    if first > day:
        return shift(joined, years - 1, "years", calendar, leap_day), first
    return first, shift(joined, years + 1, "years", calendar, leap_day)


def shift(day: int, count: int, unit: str, calendar: Calendar, leap_day: LeapDay = "feb_28") -> int:
    """The day ``count`` days, weeks, months or years later (earlier if negative).

    Months clamp to the end of a shorter month: 31 January and one month is 28 February. A leap day moved
    by years into a year without it becomes the day before, or with ``mar_1`` the day after, the gap. Beyond
    all calendars it is ``LAST_DAY``, or ``FIRST_DAY``.
    """
    about = day + count * (_DAYS.get(unit) or _MONTHS[unit] * 31)
    if about > LAST_DAY or about < _EARLY:
        return LAST_DAY if count > 0 else FIRST_DAY
    if unit in _DAYS:
        return about
    moved = calendar.add_months(day, count * _MONTHS[unit])
    if (
        unit == "years"
        and leap_day == "mar_1"
        and calendar.parts(moved)[2] < calendar.parts(day)[2]
    ):
        return moved + 1
    return moved


def end_of(
    start: datetime,
    duration: Duration,
    calendar: Calendar,
    zone: ZoneInfo,
    leap_day: LeapDay = "feb_28",
) -> datetime:
    """The first instant (UTC) at which what is *valid for* ``duration`` from ``start`` is over.

    Days and longer last through the day they name; minutes and hours are exact, with their last instant
    included only if ``duration.inclusive``.
    """
    if duration.unit in _EXACT:
        return _exact_end(start, duration)
    day = shift(local_day(start, zone), duration.count, duration.unit, calendar, leap_day)
    return start_of_day(day + 1, zone)


def free_at(
    start: datetime,
    duration: Duration,
    calendar: Calendar,
    zone: ZoneInfo,
    leap_day: LeapDay = "feb_28",
) -> datetime:
    """The first instant (UTC) at which what *waits* ``duration`` from ``start`` is free.

    Days and longer end at the start of the day they name; minutes and hours as in `end_of`.
    """
    if duration.unit in _EXACT:
        return _exact_end(start, duration)
    day = shift(local_day(start, zone), duration.count, duration.unit, calendar, leap_day)
    return start_of_day(day, zone)


def _exact_end(start: datetime, duration: Duration) -> datetime:
    end = start + duration.count * _EXACT[duration.unit]
    return end + _LAST_INSTANT if duration.inclusive else end
