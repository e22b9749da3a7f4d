"""The positioned tree of a file: scalars, maps and lists that know where each of them stands.

Nodes hold character offsets into the file; lines and columns are worked out when somebody asks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.ruleset.positions import PlacedText, place_text
from loyalty_rules.ruleset.scalars import value_of

Style = Literal["plain", "single", "double", "literal", "folded"]
ScalarValue = int | Decimal | bool | str

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(slots=True, eq=False)
class Source:
    """One file's text (without byte order mark) and its lines: LF, CR LF and CR end a line."""

    file: str
    text: str
    line_starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.line_starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def span(self, start: int, end: int) -> Span:
        """The place of the characters from ``start`` up to ``end`` (excluded), both offsets."""
        line, column = self.place(start)
        end_line, end_column = self.place(max(start, end))
        return Span(line, column, end_line, end_column)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of one offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self.line_starts[number - 1]
        return self.text[start : self.line_end(start)]

    def line_start(self, offset: int) -> int:
        """Offset of the first character of the line that holds ``offset``."""
        return self.line_starts[bisect_right(self.line_starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Offset just behind the last character of the line that holds ``offset``, line end excluded."""
        line = bisect_right(self.line_starts, offset)
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        while end > offset and self.text[end - 1] in "\r\n":
            end -= 1
        return end


@dataclass(slots=True, eq=False)
class Scalar:
    """One text of the file. ``text`` is what YAML makes of it, ``value`` what it means by our own rules:
    a plain NUMBER is ``int`` or ``Decimal``, plain true and false are ``bool``, all else is the text.

    ``start`` and ``end`` are offsets into the file, quotes and block indicators included. ``broken`` marks
    a scalar at a place where a mistake was reported already: it stands for any value, say no more of it.
    """

    text: str
    style: Style
    start: int
    end: int
    source: Source
    broken: bool = False
    _placed: PlacedText | None = None
    _value: ScalarValue | None = None

    @property
    def span(self) -> Span:
        """Where it stands; a block of text ends with its last visible character."""
        end = self.end
        if self.style in ("literal", "folded"):
            text = self.source.text
            while end > self.start + 1 and text[end - 1].isspace():
                end -= 1
        return self.source.span(self.start, end)

    @property
    def value(self) -> ScalarValue:
        """What it means: see above. Worked out when asked for, as most keys never are."""
        if self._value is None:
            self._value = value_of(self.text) if self.style == "plain" else self.text
        return self._value

    @property
    def is_quoted(self) -> bool:
        """Whether the file marks it as text: in quotes or as a block."""
        return self.style != "plain"

    @property
    def number(self) -> int | Decimal | None:
        """The exact number, or None for everything else (true and false are no numbers)."""
        value = self.value
        return None if isinstance(value, bool | str) else value

    def span_at(self, start: int, end: int) -> Span:
        """The place in the file of the characters ``start`` up to ``end`` (excluded) of ``text``.

        Exact in every style: an escape, a folded line break, a cut indentation are where they stand.
        """
        if self._placed is None:
            self._placed = place_text(self.source.text, self.start, self.end, self.style, self.text)
        placed = self._placed
        if placed is None or not placed.starts:
            return self.span
        count = len(placed.starts)
        start = max(0, min(start, count))
        end = max(start, min(end, count))
        if start == end:
            at = placed.starts[start] if start < count else placed.ends[count - 1]
            return self.source.span(at, at)
        return self.source.span(placed.starts[start], placed.ends[end - 1])


@dataclass(slots=True, eq=False)
class Mapping:
    """A map: entries in file order, keys all different. ``incomplete`` marks a map that lost entries to
    a mistake that was reported already, so nobody may say that one of its keys is missing."""

    entries: tuple[tuple[Scalar, Node], ...]
    start: int
    end: int
    source: Source
    incomplete: bool = False

    @property
    def span(self) -> Span:
        return self.source.span(self.start, self.end)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries)

    def get(self, name: str) -> Node | None:
        """The value of the key written ``name``, or None."""
        for key, node in self.entries:
            if key.text == name:
                return node
        return None

    def key(self, name: str) -> Scalar | None:
        """The key written ``name`` itself, for its place, or None."""
        for key, _ in self.entries:
            if key.text == name:
                return key
        return None


@dataclass(slots=True, eq=False)
class Sequence:
    """A list: its items in file order."""

    items: tuple[Node, ...]
    start: int
    end: int
    source: Source

    @property
    def span(self) -> Span:
        return self.source.span(self.start, self.end)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node = Scalar | Mapping | Sequence
