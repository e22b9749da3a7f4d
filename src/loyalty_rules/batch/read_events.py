"""Streams of events from files: one JSON object a line, plain or gzip, one line in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from errno import ESPIPE
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from loyalty_rules.batch.files import READ_ERRORS, open_unpacked, position, reason_of
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.json_text import EVENT_BYTES_MAX

Progress = Callable[[int], None]
"""Told now and then how many more bytes of the files (as they lie on the disk) were read."""

_TOLD_EVERY_LINES: Final = 500
_LONGEST: Final = EVENT_BYTES_MAX + 2  # room for CR LF
_SKIPPED: Final = 65_536


class ReadEvent(NamedTuple):
    """One line that was not blank: its file, its number from 1, and its event or what is wrong."""

    file: str
    line: int
    event: Event | EventError


def read_events(
    files: Iterable[str | Path], *, source: str = "", progress: Progress | None = None
) -> Iterator[ReadEvent]:
    """The events of ``files`` (`-`: standard input), one after the other, read as they are asked for.

    A wrong line is an `EventError` among the events; what comes after it is read all the same. A file
    that breaks off in the middle ends with a ``broken_file`` error; all before it counts.
    Errors: ``OSError`` when a file cannot be opened.
    """
    for file in files:
        name = str(file)
        with open_unpacked(name) as (stream, packed):
            told = 0
            for number, line in _lines(stream):
                yield ReadEvent(name, number, _event(line, source))
                if progress is not None and number % _TOLD_EVERY_LINES == 0:
                    told = tell(progress, packed, told)
            if progress is not None:
                tell(progress, packed, told)


def reading(
    files: Sequence[str | Path], *, progress: Progress | None = None
) -> Callable[[], Iterator[ReadEvent]]:
    """How to read the events of ``files`` from the beginning, as often as is asked.

    Errors: those of `read_events`; ``OSError`` the second time when standard input is among the files.
    """
    was_read = False

    def read() -> Iterator[ReadEvent]:
        nonlocal was_read
        if was_read and "-" in map(str, files):
            why = "accounts were merged in this history, so it is read twice: name a file"
            raise OSError(ESPIPE, why, "-")
        was_read = True
        return read_events(files, progress=progress)

    return read


def tell(progress: Progress, packed: BinaryIO, told: int) -> int:
    """Report what was read of a file since ``told`` bytes; how many bytes are reported now."""
    now = position(packed)
    progress(max(0, now - told))
    return max(now, told)


def _event(line: bytes | EventError, source: str) -> Event | EventError:
    if isinstance(line, EventError):
        return line
    try:
        return parse_event(line, source=source)
    except EventError as problem:
        return problem


def _lines(stream: BufferedIOBase) -> Iterator[tuple[int, bytes | EventError]]:
    """Lines by number, without their ends. One that is too long is read past and said to be so."""
    number = 0
    while True:
        number += 1
        try:
            line = _next_line(stream)
        except READ_ERRORS as problem:
            yield number, EventError("broken_file", "", reason_of(problem))
            return
        if line == b"":
            return
        if line is None:
            reason = f"a line has at most {EVENT_BYTES_MAX:_} bytes"
            yield number, EventError("too_large", "", reason)
        elif bare := line.strip():
            yield number, bare


def _next_line(stream: BufferedIOBase) -> bytes | None:
    """The next line with its end; nothing at the end of the file; None for one that is too long."""
    line = stream.readline(_LONGEST)
    if line.endswith(b"\n") or len(line) < _LONGEST:
        return line
    while (rest := stream.readline(_SKIPPED)) and not rest.endswith(b"\n"):
        pass  # a line that nobody will read is not kept either
    return None
