"""Bytes to text: size, encoding, and the characters that no rule set may hold."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from loyalty_rules.base.codes import CODES
from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.base.report import in_file_order
from loyalty_rules.ruleset.nodes import Source

BYTES_MAX = 4_000_000
"""The largest file that is read. Looked at before a single byte is decoded."""

DIAGNOSTICS_MAX = 100
"""More mistakes than this help nobody; the rest is told by one last message."""

_CONTROLS = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]"  # a whole terminal sequence is one mistake
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]+"
)
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]+")
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(slots=True)
class Found:
    """Diagnostics of one file, up to a bound. ``replaced``: stretches with forbidden characters.

    ``is_full``: there was one mistake more than is shown, so that looking on is of no use; warnings do not
    fill it. ``searches_left`` bounds how often the end of a torn value is looked for in vain.
    """

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)
    is_full: bool = False
    replaced: list[tuple[int, int]] = field(default_factory=list)
    searches_left: int = 200

    def add(
        self,
        name: str,
        message: str,
        start: int,
        end: int,
        help: str | None = None,
        related: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Report the mistake ``name`` at the characters from ``start`` up to ``end``."""
        is_error = CODES[name].severity == "error"
        if self.is_full:
            return
        if len(self.diagnostics) >= DIAGNOSTICS_MAX and not self._has_room(is_error):
            self.is_full = is_error
            return
        span = self.source.span(start, end)
        self.diagnostics.append(
            Diagnostic(name, message, self.source.file, span, help, related),
        )

    def begin_again(self, certain: list[Diagnostic]) -> None:
        """Forget everything but ``certain``: the file is read once more."""
        self.diagnostics, self.is_full = list(certain), False

    def _has_room(self, is_error: bool) -> bool:
        return sum(one.is_error == is_error for one in self.diagnostics) < DIAGNOSTICS_MAX

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Everything in file order; where the bound was reached, a last one says so."""
        ordered = in_file_order(self.diagnostics)
        if not self.is_full:
            return ordered
        return (*ordered, too_many(ordered[-1]))

    def drop_within(self, start: int, end: int) -> None:
        """Take back what was said of a stretch that is now reported as a whole."""
        inside = self.source.span(start, end)
        first, last = (inside.line, inside.column), (inside.end_line, inside.end_column)
        self.diagnostics = [
            each
            for each in self.diagnostics
            if each.span is None or not first <= (each.span.line, each.span.column) < last
        ]

    def note(self, start: int, end: int, text: str) -> tuple[Span, str]:
        """A related place for ``add``."""
        return self.source.span(start, end), text


def too_many(last: Diagnostic) -> Diagnostic:
    """What stands behind the last mistake that is shown."""
    message = f"more than {DIAGNOSTICS_MAX} mistakes: the rest is not shown"
    return Diagnostic("too_many_mistakes", message, last.file, last.span)


def decode(data: bytes, file: str) -> tuple[Source | None, str, Found]:
    """The file's text; the same text with forbidden characters replaced one for one; what was found.

    A file too large or not in UTF-8 is not read any further: the source is None.
    """
    nothing = Found(Source(file, ""))
    if len(data) > BYTES_MAX:
        _whole_file(
            nothing, "file_too_large", f"the file has {len(data):,} bytes",
            f"at most {BYTES_MAX:,} bytes are read: split the rule set",
        )  # fmt: skip
        return None, "", nothing
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            _whole_file(nothing, "not_utf8", f"the file is {encoding}", "save it as UTF-8")
            return None, "", nothing
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, "", _not_utf8(data, file, error.start)
    source = Source(file, text.removeprefix("\ufeff"))
    found = Found(source)
    return source, _without_forbidden(source, found), found


def _whole_file(found: Found, name: str, message: str, help: str) -> None:
    found.diagnostics.append(Diagnostic(name, message, found.source.file, None, help))


def _not_utf8(data: bytes, file: str, at: int) -> Found:
    before = data[:at].decode("utf-8").removeprefix("\ufeff")
    source = Source(file, before + "\ufffd")
    found = Found(source)
    found.add(
        "not_utf8",
        f"the byte `0x{data[at]:02x}` is not UTF-8",
        len(before),
        len(before) + 1,
        "save the file as UTF-8",
    )
    return found


def _without_forbidden(source: Source, found: Found) -> str:
    text = _replace(source, source.text, _CONTROLS, found, "control_character", _control_message)
    if text.isascii():
        return text
    return _replace(source, text, _BIDI, found, "bidi_control", _bidi_message)


def _replace(
    source: Source,
    text: str,
    forbidden: re.Pattern[str],
    found: Found,
    name: str,
    message: Callable[[str], tuple[str, str]],
) -> str:
    """``text`` with letters for what is forbidden; the first place of each line is reported."""
    until = -1
    for match in forbidden.finditer(text):
        start, end = match.span()
        if start > until:
            until = source.line_end(start)
            what, cure = message(match[0])
            found.add(name, what, start, end, cure)
            if found.is_full:
                return text  # nothing more is read of this file
            found.replaced.append((start, end))
        else:
            found.replaced[-1] = (found.replaced[-1][0], end)
    return forbidden.sub(_stand_in, text) if until >= 0 else text


def _stand_in(match: re.Match[str]) -> str:
    """Letters of the same length; a colon keeps a blank behind it, so that the line stays what it is."""
    after_colon = match.string[match.start() - 1 : match.start()] == ":"
    return (" " if after_colon else "x") + "x" * (len(match[0]) - 1)


def _control_message(characters: str) -> tuple[str, str]:
    return (
        f"an invisible control character, U+{ord(characters[0]):04X}",
        "delete it; it often comes along when text is copied",
    )


def _bidi_message(characters: str) -> tuple[str, str]:
    return (
        f"a character that turns the reading direction, U+{ord(characters[0]):04X}",
        "delete it: right-to-left text needs none, and it hides what a line really says",
    )
