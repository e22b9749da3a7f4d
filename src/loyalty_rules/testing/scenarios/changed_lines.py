"""From the lines of a changed text back to the lines of the file that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LineMap:
    """``origins[n - 1]`` is the line of the file that line ``n`` of the changed text comes from; empty where
    nothing was changed."""

    origins: tuple[int, ...] = ()

    def origin(self, line: int) -> int:
        """The line of the file for a line of the changed text; both count from 1."""
        if not 0 < line <= len(self.origins):
            return line
        return self.origins[line - 1]

    def replaced(self, before: str, start: int, end: int, text: str) -> LineMap:
        """The map after ``before[start:end]`` became ``text``."""
        origins = self.origins or tuple(range(1, _count(before) + 1))
        first = _count(before[:start])  # the line on which the change begins
        cut = _count(before[start:end]) - 1
        added = _count(text) - 1
        own = origins[first - 1]
        return LineMap((*origins[:first], *(own,) * added, *origins[first + cut :]))


UNCHANGED: Final = LineMap()


def _count(text: str) -> int:
    return text.count("\n") + 1
