"""Walks through a plugin's calendar and says where days, months and boxes do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_rules.base.period import Calendar
from loyalty_rules.domain.errors import PluginError

FIRST_DAY: Final = 693_596  # 1900-01-01
LAST_DAY: Final = 803_168  # 2199-12-31
STEP_DAYS: Final = 487  # a prime: it meets every day of the month, every month and every weekday
UNITS: Final = ("day", "week", "month", "quarter", "year")


def calendar_faults(calendar: Calendar) -> list[str]:
    """What is wrong with a calendar; the first fault of each sort."""
    found: dict[str, str] = {}
    for day in range(FIRST_DAY, LAST_DAY, STEP_DAYS):
        try:
            for sort, text in _faults_at(calendar, day):
                found.setdefault(sort, f"calendar `{calendar.name}`, day {day}: {text}")
        except (PluginError, ValueError) as error:
            found.setdefault("failed", f"calendar `{calendar.name}`, day {day}: {error}")
    return list(found.values())


def _faults_at(calendar: Calendar, day: int) -> Iterator[tuple[str, str]]:
    written = calendar.write(day)
    if calendar.parse(written) != day:
        yield "parse", f"`{written}` is read as another day"
    year, month, of_month = calendar.parts(day)
    if written != f"{year:04}-{month:02}-{of_month:02}":
        yield "parts", f"`{written}` has the parts {year}, {month}, {of_month}"
    if calendar.add_months(day, 0) != day:
        yield "add_months", "no months later it is another day"
    for unit in UNITS:
        start, after = calendar.box(unit, day, 0)
        for place, other in (("first", start), ("last", after - 1)):
            if calendar.box(unit, other, 0) != (start, after):
                yield f"{place} {unit}", f"the {unit} of its {place} day is another"
        if calendar.box(unit, after, 0)[0] != after:
            yield f"next {unit}", f"the {unit} after its own begins elsewhere"
    for outer in ("month", "quarter"):
        inside, around = calendar.box(outer, day, 0), calendar.box("year", day, 0)
        if not around[0] <= inside[0] < inside[1] <= around[1]:
            yield f"{outer} in year", f"its {outer} does not lie in its year"
