"""When something happened, as rules see it: whether a rule's ``during`` is open, birthdays, age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import end_of, shift
from loyalty_rules.base.zones import minute_of_day, start_of_day
from loyalty_rules.engine.model import During
from loyalty_rules.engine.plan import Plan


def is_open(
    plan: Plan, during: During, instant: datetime, day: int, birthday: int | None
) -> bool | None:
    """Whether an event at ``instant``, on the local ``day``, falls into ``during``; None if that hangs on
    a birthday that nobody knows. Weekdays, hours and days of the month are those on the wall."""
    if during.start is not None and instant < during.start:
        return False
    if during.before is not None and instant >= during.before:
        return False
    if during.weekdays and (day - 1) % 7 not in during.weekdays:
        return False
    if during.hours is not None and not _in_hours(during.hours, minute_of_day(instant, plan.zone)):
        return False
    if during.days_of_month and not _is_day_of_month(plan, during.days_of_month, day):
        return False
    if during.birthday is None:
        return True
    return None if birthday is None else _is_birthday(plan, during.birthday, instant, day, birthday)


def age(plan: Plan, birthday: int, day: int) -> int | None:
    """Whole years from ``birthday`` to ``day``; None for somebody not born yet."""
    if day < birthday:
        return None
    years = plan.calendar.parts(day)[0] - plan.calendar.parts(birthday)[0]
    return years if _anniversary(plan, birthday, years) <= day else years - 1


def _in_hours(hours: tuple[int, int], minute: int) -> bool:
    start, end = hours
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end


def _is_day_of_month(plan: Plan, days: tuple[int, ...], day: int) -> bool:
    first, after = plan.calendar.box("month", day, plan.model.week_starts)
    return day - first + 1 in days or day - after in days


def _anniversary(plan: Plan, birthday: int, years: int) -> int:
    return shift(birthday, years, "years", plan.calendar, plan.model.leap_day)


def _near_birthdays(plan: Plan, birthday: int, day: int) -> Iterator[int]:
    """The birthdays of last year, this year and next year: one near a turn of the year may matter on
    both sides of it."""
    years = plan.calendar.parts(day)[0] - plan.calendar.parts(birthday)[0]
    for count in (years - 1, years, years + 1):
        if count >= 0:
            yield _anniversary(plan, birthday, count)


def _is_birthday(
    plan: Plan, stretch: str | Duration, instant: datetime, day: int, birthday: int
) -> bool:
    """Whether ``day`` lies in the stretch around (or, for a duration, from) one of the birthdays."""
    for begins in _near_birthdays(plan, birthday, day):
        if isinstance(stretch, Duration):
            start = start_of_day(begins, plan.zone)
            end = end_of(start, stretch, plan.calendar, plan.zone, plan.model.leap_day)
            if start <= instant < end:
                return True
        else:
            first, after = plan.calendar.box(stretch, begins, plan.model.week_starts)
            if first <= day < after:
                return True
    return False
