"""Tabs where spaces must indent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loyalty_rules.ruleset.decode import Found

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
