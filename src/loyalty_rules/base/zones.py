"""Local days of a time zone: which day an instant belongs to, and at which instant a day begins.

Instants are aware datetimes; results are in UTC. Days are proleptic ordinals (``date.toordinal``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def local_day(instant: datetime, zone: ZoneInfo) -> int:
    """The day that a calendar on the wall shows at ``instant``."""
    return instant.astimezone(zone).toordinal()


def minute_of_day(instant: datetime, zone: ZoneInfo) -> int:
    """The minutes (0 .. 1439) that a clock on the wall shows at ``instant``; on the day when clocks go
    back an hour of them comes twice."""
    wall = instant.astimezone(zone)
    return wall.hour * 60 + wall.minute


def start_of_day(day: int, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins: from it on, no clock on the wall shows an earlier day.

    Usually that is local midnight. Where clocks skip midnight it is the moment of the jump, where they go
    back from 01:00 it is the first midnight, and where they go back into the day before it is the second
    one, so that what is valid through a day is never cut short. A day that a zone left out altogether
    (Apia, 2011-12-30) begins, and ends, where the next one begins.
    """
    midnight = datetime.fromordinal(day).replace(tzinfo=zone)
    # PEP 495: the two folds differ only if midnight happens twice (first < second) or never (first > second)
    first = midnight.astimezone(UTC)
    second = midnight.replace(fold=1).astimezone(UTC)
    if first == second:
        return first
    if first > second:
        return _jump(second, first, day, zone)
    return second if local_day(second - _SECOND, zone) < day else first


def _jump(before: datetime, after: datetime, day: int, zone: ZoneInfo) -> datetime:
    """The first instant in ``(before, after]`` that shows ``day`` or a later one."""
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if local_day(middle, zone) >= day:
            after = middle
        else:
            before = middle
    return after


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time that was written without an offset: the first one if it comes twice;
    a time that the clocks skip counts as if they had not been set forward yet."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
