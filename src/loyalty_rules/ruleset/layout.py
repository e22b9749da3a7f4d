"""Lines, indentation and brackets of a text that is not YAML: how far a mistake reaches."""

from __future__ import annotations

import re

_INDENT = re.compile(r" *")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_COMMENT = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'|(?<=[ \t])#[^\r\n]*")


def line_start(text: str, at: int) -> int:
    """Offset at which the line that holds ``at`` begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """Offset at which that line ends, its line break excluded."""
    match = _REST_OF_LINE.match(text, at)
    return at if match is None else match.end()


def indent_of(text: str, line: int) -> int:
    """Spaces at the beginning of the line that begins at ``line``."""
    match = _INDENT.match(text, line)
    return 0 if match is None else match.end() - line


def _next_line(text: str, at: int) -> int:
    end = line_end(text, at)
    return end + (2 if text.startswith("\r\n", end) else 1 if end < len(text) else 0)


def block_end(text: str, line: int, *, with_siblings: bool = False) -> int:
    """End of the line that begins at ``line`` and of the deeper lines below it.

    ``with_siblings``: also of the lines below that begin at the same column and are like it (both list
    items or both not): lines that are indented wrongly together are one mistake.
    """
    indent, end = indent_of(text, line), line_end(text, line)
    following = _next_line(text, line)
    while following < len(text) and following > end:
        stop = line_end(text, following)
        if text[following:stop].strip() and not (
            indent_of(text, following) > indent
            or (with_siblings and _are_siblings(text, line, following, indent))
        ):
            break
        end, following = stop, _next_line(text, following)
    return end


def _are_siblings(text: str, line: int, other: int, indent: int) -> bool:
    if indent_of(text, other) != indent:
        return False
    return (text[line + indent] == "-") == (text[other + indent] == "-")


def flow_end(text: str, opened: int) -> int:
    """End of the lines that brackets opened at ``opened`` fill, as far as the indentation tells."""
    line = line_start(text, opened)
    end = block_end(text, line)
    following = _next_line(text, end)
    if text[following : line_end(text, following)].lstrip(" ")[:1] in ("]", "}"):
        return line_end(text, following)
    return end


def entry_start(text: str, opened: int, at: int) -> int:
    """Start of the list item or value inside brackets that ``at`` belongs to."""
    start, depth, quoted = opened + 1, 0, ""
    for place in range(opened + 1, at):
        char = text[place]
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "\"'":
            quoted = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth == 0 and (char == "," or text.startswith(": ", place)):
            start = place + 1
    return start + len(text[start:at]) - len(text[start:at].lstrip())


def expression_end(text: str, start: int) -> int:
    """End of an expression inside braces: the comma or bracket that its own brackets do not hold."""
    depth, quoted, end = 0, "", line_end(text, start)
    for at in range(start, end):
        char = text[at]
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "\"'":
            quoted = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return at
        elif char == "," and depth == 0:
            return at
    return end


def comment_with(char: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the first comment lies, between two offsets, that holds ``char``; not in quotes."""
    for one in _COMMENT.finditer(text, start, end):
        if one[0].startswith("#") and char in one[0]:
            return one.span()
    return None
