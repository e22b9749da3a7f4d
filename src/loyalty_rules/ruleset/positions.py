"""Where each character of a scalar's text stands in the file.

YAML folds lines, cuts indentation and replaces escapes, so an offset into the text is no offset into
the file. Each style is read here a second time, with places; a reading that does not give exactly the
parser's text is thrown away (the caller then falls back to the whole scalar), so a place is never wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

_BLANKS = " \t"
_BREAKS = "\r\n"
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


@dataclass(slots=True, eq=False)
class PlacedText:
    """Offsets into the file of each character of a text: where it begins and where it ends."""

    chars: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, char: str, start: int, end: int) -> None:
        self.chars.append(char)
        self.starts.append(start)
        self.ends.append(end)

    def add_run(self, source: str, start: int, end: int) -> None:
        """The characters of ``source`` as they stand."""
        self.chars.extend(source[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))


def place_text(source: str, start: int, end: int, style: str, text: str) -> PlacedText | None:
    """The places of ``text``, the scalar of ``style`` that fills ``source[start:end]``; None if unsure."""
    for placed in _readings(source, start, end, style):
        if "".join(placed.chars) == text:
            return placed
    return None


def _readings(source: str, start: int, end: int, style: str) -> list[PlacedText]:
    if style == "plain":
        return [_read_flowing(source, start, end, "")]
    if style in ("single", "double"):
        return [_read_flowing(source, start + 1, end - 1, "'" if style == "single" else '"')]
    return _read_block(source, start, end, folded=style == "folded")


def _read_flowing(source: str, start: int, end: int, quote: str) -> PlacedText:
    """A plain or quoted scalar: lines are joined, blanks around a line end are dropped."""
    placed, at = PlacedText(), start
    while at < end:
        char = source[at]
        if char in _BLANKS or char in _BREAKS:
            at = _read_gap(source, at, end, placed)
        elif quote == "'" and char == "'":
            placed.add("'", at, at + 2)
            at += 2
        elif quote == '"' and char == "\\":
            at = _read_escape(source, at, end, placed)
        else:
            placed.add(char, at, at + 1)
            at += 1
    return placed


def _read_gap(source: str, at: int, end: int, placed: PlacedText, escaped: bool = False) -> int:
    """Blanks and line ends up to the next other character: as they stand on one line, else folded.

    After an escaped line end (``escaped``) the first break is gone already and gives no space.
    """
    start, breaks = at, list[tuple[int, int]]()
    while at < end and (source[at] in _BLANKS or source[at] in _BREAKS):
        if source[at] in _BREAKS:
            after = _after_break(source, at)
            breaks.append((at, after))
            at = after
        else:
            at += 1
    if escaped:
        for begin, after in breaks:
            placed.add("\n", begin, after)
    elif not breaks:
        placed.add_run(source, start, at)
    elif len(breaks) == 1:
        placed.add(" ", *breaks[0])
    else:
        for begin, after in breaks[1:]:
            placed.add("\n", begin, after)
    return at


def _read_escape(source: str, at: int, end: int, placed: PlacedText) -> int:
    sign = source[at + 1 : at + 2]
    if sign and sign in _BREAKS:
        return _read_gap(source, _after_break(source, at + 1), end, placed, escaped=True)
    digits = _HEX_DIGITS.get(sign, 0)
    after = at + 2 + digits
    if digits:
        placed.add(chr(int(source[at + 2 : after], 16)), at, after)
    else:
        placed.add(_ESCAPES.get(sign, "\\"), at, after)
    return after


def _after_break(source: str, at: int) -> int:
    return at + 2 if source.startswith("\r\n", at) else at + 1


def _read_block(source: str, start: int, end: int, *, folded: bool) -> list[PlacedText]:
    """The readings of a literal or folded scalar that its header allows, likeliest first.

    The indentation is that of the first line that is not blank, unless the header gives a number; how
    much the parent is indented is not known here, so with a number each possible indentation is tried.
    """
    head = start
    while head < end and source[head] not in _BREAKS:
        head += 1
    indicators = source[start + 1 : head].split("#")[0]
    chomp = "+" if "+" in indicators else "-" if "-" in indicators else ""
    lines = _lines(source, _after_break(source, head), end) if head < end else []
    first = next((line for line in lines if source[line[0] : line[1]].strip(" ")), None)
    if first is None:
        deepest = max((stop - begin for begin, stop, _ in lines), default=0)
        indents = [deepest, *range(deepest)]
    else:
        shown = source[first[0] : first[1]]
        deepest = len(shown) - len(shown.lstrip(" "))
        indents = [deepest, *range(deepest)] if any(c.isdigit() for c in indicators) else [deepest]
    return [_read_block_at(source, lines, indent, chomp, folded) for indent in indents]


def _lines(source: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Begin, end and end with line break of each line in ``source[start:end]``."""
    lines, at = list[tuple[int, int, int]](), start
    while at < end:
        stop = at
        while stop < end and source[stop] not in _BREAKS:
            stop += 1
        after = _after_break(source, stop) if stop < end else stop
        lines.append((at, stop, after))
        at = after
    return lines


def _read_block_at(
    source: str, lines: list[tuple[int, int, int]], indent: int, chomp: str, folded: bool
) -> PlacedText:
    """The text of a block whose lines are indented by ``indent`` columns."""
    content = list[tuple[int, int, int]]()
    for begin, stop, after in lines:
        text_begin = min(begin + indent, stop)
        if source[begin:text_begin].strip(" "):
            break  # a line that is indented less ends the block: what follows are comments
        content.append((text_begin, stop, after))
    filled = [number for number, (begin, stop, _) in enumerate(content) if begin < stop]
    placed = PlacedText()
    last = filled[-1] if filled else -1
    for begin, stop, after in content[: filled[0] if filled else 0]:
        placed.add("\n", stop, after)
        assert begin == stop
    for number, following in [*pairwise(filled), *([(last, -1)] if filled else [])]:
        begin, stop, _ = content[number]
        placed.add_run(source, begin, stop)
        if following >= 0:
            _add_breaks(source, content, number, following, folded, placed)
    if chomp != "-" and filled and content[last][1] < content[last][2]:
        placed.add("\n", content[last][1], content[last][2])
    if chomp == "+":
        for _, stop, after in content[last + 1 :]:
            if stop < after:
                placed.add("\n", stop, after)
    return placed


def _add_breaks(
    source: str,
    content: list[tuple[int, int, int]],
    number: int,
    following: int,
    folded: bool,
    placed: PlacedText,
) -> None:
    """The line ends between two filled lines; a folded block joins lines that begin with no blank."""
    ends = [(stop, after) for _, stop, after in content[number:following]]
    starts_blank = (source[content[i][0]] in _BLANKS for i in (number, following))
    if folded and not any(starts_blank):
        if len(ends) == 1:
            placed.add(" ", *ends[0])
            return
        ends = ends[1:]
    for stop, after in ends:
        placed.add("\n", stop, after)
