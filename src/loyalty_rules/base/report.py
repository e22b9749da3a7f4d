"""Diagnostics as text for a terminal and as plain data for a program."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from loyalty_rules.base.codes import CODES
from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.base.screen import display_line, printable, width

COLUMNS_MAX = 100
"""Columns of a source line that are shown; a longer line is cut around the place."""

_KEPT_BEFORE = 30
"""Columns that stay in front of the place when a line is cut."""


def render_text(diagnostic: Diagnostic, source_text: str) -> str:
    """The report of one mistake: headline, the line with carets, related places, help. No newline at its end.

    ``source_text`` is the whole file; a leading byte order mark is ignored. Nothing raw from the file
    or the message reaches the result: control and bidi characters are written as escapes.
    """
    return _render(diagnostic, split_lines(source_text.removeprefix("\ufeff")))


def _render(diagnostic: Diagnostic, lines: list[str]) -> str:
    places = [(diagnostic.span, "^", "")] if diagnostic.span is not None else []
    places += [(span, "-", text) for span, text in diagnostic.related]
    gutter = max((len(str(span.line)) for span, _, _ in places), default=1)
    out = [headline(diagnostic)]
    for span, mark, text in places:
        out += _excerpt(lines, span, mark, text, gutter)
    if diagnostic.help:
        out.append(f"{' ' * gutter} = help: {printable(diagnostic.help)}")
    return "\n".join(out)


def render_all(diagnostics: Iterable[Diagnostic], source_text: str) -> str:
    """All reports in file order with an empty line between them; ends with a newline unless empty."""
    lines = split_lines(source_text.removeprefix("\ufeff"))
    reports = [_render(each, lines) for each in in_file_order(diagnostics)]
    return "\n\n".join(reports) + "\n" if reports else ""


def headline(diagnostic: Diagnostic) -> str:
    """``file:line:column: severity[CODE]: message`` on one line."""
    place = printable(diagnostic.file)
    if diagnostic.span is not None:
        at = f"{diagnostic.span.line}:{diagnostic.span.column}"
        place = f"{place}:{at}" if place else at
    code = CODES[diagnostic.name]
    head = f"{code.severity}[{code.number}]: {printable(diagnostic.message)}"
    return f"{place}: {head}" if place else head


def as_json(diagnostic: Diagnostic) -> dict[str, object]:
    """One mistake as plain data. Lines and columns count from 1, columns in characters, end excluded."""
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": CODES[diagnostic.name].severity,
        "file": diagnostic.file,
        **_place(diagnostic.span),
        "message": diagnostic.message,
        "help": diagnostic.help,
        "related": [{**_place(span), "message": text} for span, text in diagnostic.related],
    }


def in_file_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place within each file, files in the order of their first mistake; what has no place comes first.

    An exact repetition is dropped: one mistake, one message.
    """
    unique = list(dict.fromkeys(diagnostics))
    files = {file: number for number, file in enumerate(dict.fromkeys(d.file for d in unique))}
    start = Span(0, 0, 0, 0)
    return tuple(sorted(unique, key=lambda each: (files[each.file], each.span or start)))


def without_echoes(
    first: Sequence[Diagnostic], later: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """``later`` without the errors that touch a place where ``first`` has an error already.

    A later pass reads what an earlier one found broken; what it says there is the same mistake again.
    Both must belong to one file. Places of several lines in ``first`` count with all their lines.
    """
    broken = sorted(each.span for each in first if each.span is not None and each.is_error)
    starts = [span.line for span in broken]
    reach: list[int] = []
    for span in broken:
        reach.append(max(span.end_line, reach[-1] if reach else 0))

    def echoes(span: Span) -> bool:
        at = bisect_right(starts, span.end_line) - 1
        while at >= 0 and reach[at] >= span.line:
            if _touch(broken[at], span):
                return True
            at -= 1
        return False

    return tuple(each for each in later if each.span is None or not echoes(each.span))


def split_lines(text: str) -> list[str]:
    """The lines of a file as editors count them: LF, CR LF and CR end a line, nothing else does."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _touch(one: Span, other: Span) -> bool:
    one_start, one_end = (one.line, one.column), (one.end_line, one.end_column)
    start, end = (other.line, other.column), (other.end_line, other.end_column)
    return (one_start < end and start < one_end) or one_start == start


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _excerpt(lines: list[str], span: Span, mark: str, text: str, gutter: int) -> list[str]:
    """The three lines that show one place: a gutter line, the source line, the carets."""
    line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    first = min(span.column - 1, len(line))
    last = span.end_column - 1 if span.end_line == span.line else len(line)
    last = max(min(last, len(line)), first)
    shown, indent, length = _window(line, first, last)
    note = f" {printable(text)}" if text else ""
    empty = " " * gutter
    return [
        f"{empty} |",
        f"{span.line:>{gutter}} | {shown}".rstrip(),
        f"{empty} | {' ' * indent}{mark * max(1, length)}{note}",
    ]


def _window(line: str, first: int, last: int) -> tuple[str, int, int]:
    """What is shown of ``line``, and where and how wide its characters ``first`` to ``last`` stand in it."""
    begin, end = 0, len(line)
    before, after = "", ""
    if len(line) > COLUMNS_MAX or width(line) > COLUMNS_MAX:
        begin = max(0, first - _KEPT_BEFORE)
        end = min(len(line), begin + COLUMNS_MAX)
        while end > begin + 1 and width(line[begin:end]) > COLUMNS_MAX:
            end -= 1
        before, after = "…" if begin else "", "…" if end < len(line) else ""
    shown, columns = display_line(line[begin:end])
    last = max(min(last, end), first)
    indent = columns[first - begin] + len(before)
    return before + shown + after, indent, columns[last - begin] - columns[first - begin]
