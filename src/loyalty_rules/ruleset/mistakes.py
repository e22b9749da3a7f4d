"""A mistake of writing by its place, and what is read in its stead."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from loyalty_rules.ruleset.layout import line_end
from loyalty_rules.ruleset.traps import quote

_NO_LINE_END: Final = re.compile(r"[^\r\n]")
_SHOWN_MAX: Final = 80


class Failure(NamedTuple):
    """What the parser says: offsets of the problem and of what it was reading, and its words for both."""

    at: int
    problem: str
    context_at: int
    context: str

    @property
    def is_too_deep(self) -> bool:
        """Whether the parser met its own bound of nesting (newer ones have one, of 1,000 levels)."""
        return "nesting depth" in self.problem


class Mistake(NamedTuple):
    """One mistake by offsets."""

    name: str
    message: str
    start: int
    end: int
    help: str


class Repair(NamedTuple):
    """Characters to replace: by a harmless word, or by blanks (``fill`` is one character)."""

    start: int
    end: int
    fill: str


Explained = tuple[Mistake, Repair | None]


def apply_repair(text: str, repair: Repair) -> str:
    """``text`` with the repaired characters, at the same length; a word fills one line, the rest is blank."""
    piece = text[repair.start : repair.end]
    first = line_end(piece, 0)
    rest = _NO_LINE_END.sub(" ", piece[first:])
    return text[: repair.start] + repair.fill * first + rest + text[repair.end :]


def in_quotes(lead: str, text: str) -> str:
    """A help line that shows ``text`` in quotes, unless it is too long to be worth showing."""
    return f"{lead}: `{quote(text)}`" if len(text) <= _SHOWN_MAX else lead
