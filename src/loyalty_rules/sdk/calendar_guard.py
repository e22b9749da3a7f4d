"""A plugin's calendar behind a guard: it is the one offer that the engine calls by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from loyalty_rules.base.period import Calendar
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk.containment import contained, shown

METHODS: Final = ("parse", "write", "box", "add_months", "parts")


def calendar_fault(offer: object) -> str | None:
    """What a calendar lacks; None when nothing is missing."""
    missing = [name for name in METHODS if not callable(getattr(offer, name, None))]
    return f"a calendar needs `{missing[0]}`" if missing else None


def lacking(calendar: Calendar) -> str | None:
    """The cure for what is not installed on this machine and a calendar needs; None when nothing is lacking.

    A calendar may have a method ``prepare``, which is called when a rule set names it; an ``ImportError``
    that it raises holds the cure as its text.
    """
    prepare = getattr(calendar, "prepare", None)
    if prepare is None:
        return None
    try:
        prepare()
    except ImportError as problem:
        return str(problem)
    return None


@dataclass(frozen=True, slots=True)
class GuardedCalendar:
    """The calendar of a plugin; what it raises or answers wrongly is a ``PluginError`` of that plugin.

    ``parse`` alone may raise ``ValueError``, whose text goes to the designer.
    """

    name: str
    plugin: str
    calendar: Calendar

    def prepare(self) -> None:
        """``ImportError`` with the cure when the calendar needs what is not installed."""
        cure = contained(lambda: lacking(self.calendar), self._fault)
        if cure is not None:
            raise ImportError(cure)

    def parse(self, text: str) -> int:
        """The day that ``text`` names; ``ValueError`` when it names none."""
        day = contained(lambda: self._parsed(text), self._fault)
        if isinstance(day, ValueError):
            raise ValueError(str(day)) from day
        return self._day(day)

    def write(self, day: int) -> str:
        """``YYYY-MM-DD`` in this calendar."""
        text = contained(lambda: self.calendar.write(day), self._fault)
        if type(text) is not str:
            raise self._fault(f"`write` must return a text, not `{shown(text)}`")
        return text

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        """First day of the box that holds ``day``, and first day after it."""
        found = contained(lambda: self.calendar.box(unit, day, week_starts), self._fault)
        start, after = self._numbers(found, 2)
        if not start <= day < after:
            raise self._fault(f"the {unit} from {start} to {after} does not hold day {day}")
        return start, after

    def add_months(self, day: int, months: int) -> int:
        """The same day ``months`` later."""
        return self._day(contained(lambda: self.calendar.add_months(day, months), self._fault))

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        year, month, of_month = self._numbers(
            contained(lambda: self.calendar.parts(day), self._fault), 3
        )
        return year, month, of_month

    def _parsed(self, text: str) -> int | ValueError:
        try:
            return self.calendar.parse(text)
        except ValueError as error:
            return error

    def _day(self, day: object) -> int:
        if type(day) is not int or not 1 <= day <= date.max.toordinal():
            raise self._fault(f"`{shown(day)}` is not a day")
        return day

    def _numbers(self, found: object, count: int) -> tuple[int, ...]:
        if (
            not isinstance(found, tuple)
            or len(found) != count
            or any(type(one) is not int for one in found)
        ):
            raise self._fault(f"it must return {count} whole numbers, not `{shown(found)}`")
        return found

    def _fault(self, reason: str) -> PluginError:
        return PluginError(self.plugin, f"calendar `{self.name}`", "", reason)
