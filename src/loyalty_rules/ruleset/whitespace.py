"""Tabs and no-break spaces where a space must stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loyalty_rules.ruleset.decode import Found

_NO_BREAK = "\u00a0\u2007\u202f"
_MARGIN = re.compile(
    rf"(?:^|(?<=[\r\n]))(?:( *[{_NO_BREAK}][ {_NO_BREAK}]*)(?=[^\s#])"
    rf"| *(?:- +)*[\w-]+:( *[{_NO_BREAK}][ {_NO_BREAK}]*)(?=\S)"
    rf"| *-( *[{_NO_BREAK}][ {_NO_BREAK}]*)(?=\S))"
)
_TABBED = re.compile(r"(?:^|(?<=[\r\n]))( *\t[ \t]*)(?=[^\s#])")


def tabbed_lines(text: str) -> list[int]:
    """Offset of the first tab of each line that is indented with one, but for blank and comment lines."""
    if "\t" not in text:
        return []
    return [match.start() + match[1].index("\t") for match in _TABBED.finditer(text)]


def spaces_for_tabs(text: str, tabs: Sequence[int]) -> str:
    """``text`` with one space for each tab in the indentation of those lines: same length, same offsets."""
    pieces, done = list[str](), 0
    for at in tabs:
        end = at
        while text[end] in " \t":
            end += 1
        pieces += [text[done:at], " " * (end - at)]
        done = end
    return "".join([*pieces, text[done:]])


def report_tabs(tabs: Sequence[int], found: Found) -> None:
    """One message for all of them: whoever made one made all."""
    if not tabs:
        return
    lines = "this line is" if len(tabs) == 1 else f"this line and {len(tabs) - 1} more are"
    found.add(
        "tab_indentation", f"{lines} indented with a tab", tabs[0], tabs[0] + 1,
        "indent with spaces, two for each level",
    )  # fmt: skip


def unbreakable(text: str) -> list[tuple[int, int]]:
    """Where no-break spaces indent a line, or follow its first colon or its dash: stretches by offsets."""
    if not any(char in text for char in _NO_BREAK):
        return []
    return [match.span(match.lastindex or 0) for match in _MARGIN.finditer(text)]


def spaces_for(text: str, stretches: Sequence[tuple[int, int]]) -> str:
    """``text`` with ordinary spaces in those stretches: same length, same offsets."""
    pieces, done = list[str](), 0
    for start, end in stretches:
        pieces += [text[done:start], " " * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


def report_unbreakable(text: str, stretches: Sequence[tuple[int, int]], found: Found) -> None:
    """One message for all of them: they came with what was copied."""
    start, end = stretches[0]
    begin = next(at for at in range(start, end) if text[at] in _NO_BREAK)
    more = f", and on {len(stretches) - 1} more" if len(stretches) > 1 else ""
    found.add(
        "no_break_space",
        f"a no-break space, U+{ord(text[begin]):04X}, where a space must stand on this line{more}",
        begin, end, "write ordinary spaces",
    )  # fmt: skip
