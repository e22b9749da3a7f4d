"""Days, windows, durations and hours. Local days are proleptic ordinals (``date.toordinal``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of history: a calendar box, the last N units, ever, this order, one line.

    ``unit`` is ``day week month quarter year`` for boxes and ``days weeks months years`` for rolling
    windows; ``count`` is N of a rolling window, else 0. ``str(window)`` is the canonical spelling.
    """

    form: Literal["box", "rolling", "ever", "order", "line"]
    unit: str = ""
    count: int = 0

    def __str__(self) -> str:
        if self.form == "rolling":
            return f"last {self.count} {self.unit}"
        return self.unit if self.form == "box" else self.form


Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)


@dataclass(frozen=True, slots=True)
class Duration:
    """N units of time. Minutes and hours are exact; days and longer are whole local days."""

    count: int
    unit: Unit
    inclusive: bool = False

    @classmethod
    def of(cls, text: str) -> Duration | None:
        """The duration that a text writes, such as ``30 days``; None for any other text."""
        words = text.split()
        is_inclusive = words[2:] == ["inclusive"]
        if len(words) != 2 + is_inclusive or not (words[0].isascii() and words[0].isdecimal()):
            return None
        unit: Unit | None = next(
            (one for one in UNITS if one.rstrip("s") == words[1].rstrip("s")), None
        )
        return None if unit is None else cls(int(words[0]), unit, is_inclusive)


class Calendar(Protocol):
    """What the engine asks of a calendar; days in and out are proleptic ordinals."""

    @property
    def name(self) -> str:
        """What a rule set writes under ``calendar:``."""
        ...

    def parse(self, text: str) -> int:
        """The day written as ``YYYY-MM-DD`` in this calendar; ``ValueError`` names what is wrong."""
        ...

    def write(self, day: int) -> str:
        """``YYYY-MM-DD`` in this calendar."""
        ...

    def box(self, unit: str, day: int, week_starts: int) -> tuple[int, int]:
        """First day of the box that holds ``day`` and first day after it (unit: day .. year)."""
        ...

    def add_months(self, day: int, months: int) -> int:
        """The same day ``months`` later (or earlier), clamped to the end of a shorter month."""
        ...

    def parts(self, day: int) -> tuple[int, int, int]:
        """Year, month and day of month."""
        ...
