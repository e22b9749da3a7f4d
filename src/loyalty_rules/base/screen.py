"""Text as a terminal shows it: how wide it is, and how to show what must not reach a terminal raw."""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

TAB_COLUMNS = 4
"""A tab is shown as this many columns; its own stops would tear the carets from their letters."""

_JOINERS = "‌‍"
"""Persian and Indic spelling needs them; they are invisible but change nothing around them."""


def printable(text: str) -> str:
    """``text`` with every control, bidi control and line separator written as an escape.

    Nothing that a file holds can move a cursor, colour a screen or turn the reading direction.

    >>> printable("a\\x1b[31m")
    'a\\\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def display_line(text: str) -> tuple[str, list[int]]:
    """One source line as shown, and the display column at which each of its characters begins.

    The list has one entry more than ``text`` has characters: the width of the whole line.
    """
    shown: list[str] = []
    columns = [0]
    for char in text:
        piece = " " * TAB_COLUMNS if char == "\t" else _shown(char)
        shown.append(piece)
        columns.append(columns[-1] + width(piece))
    return "".join(shown), columns


def width(text: str) -> int:
    """Columns that ``text`` takes: wide characters two, combining marks and joiners none."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if combining(char) or char in _JOINERS or category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _shown(char: str) -> str:
    code = ord(char)
    if char in _JOINERS:
        return char
    if category(char) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"):
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char
