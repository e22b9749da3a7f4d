"""Files as bytes: plain or gzip, read from the front, written whole or not at all."""

from __future__ import annotations

import errno
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol, TextIO, cast

STANDARD_INPUT: Final = "-"

READ_ERRORS: Final = (OSError, EOFError, zlib.error)
"""What reading a damaged file may raise: the disk's errors, a cut gzip file, a broken one."""

_GZIP_MAGIC: Final = b"\x1f\x8b"


@contextmanager
def open_unpacked(file: str) -> Iterator[tuple[io.BufferedReader, BinaryIO]]:
    """The bytes of a file (`-`: standard input), unpacked if they are gzip, whatever its name.

    The second stream is the file as it lies on the disk; its position says how far reading came.
    Errors: ``OSError`` when it cannot be opened.
    """
    with ExitStack() as stack:
        is_input = file == STANDARD_INPUT
        packed = _standard_input() if is_input else stack.enter_context(Path(file).open("rb"))
        front = io.BufferedReader(cast("io.RawIOBase", packed))
        stack.callback(front.detach)  # else it would close standard input, which is not ours
        if front.peek(2)[:2] != _GZIP_MAGIC:
            yield cast("io.BufferedReader", front), packed
        else:
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=front, mode="rb"))
            yield cast("io.BufferedReader", unpacked), packed


def _standard_input() -> BinaryIO:
    # a process may be started without standard input; typeshed does not know
    stream: TextIO | None = sys.stdin
    if stream is None:
        raise OSError(errno.EBADF, "there is none", "standard input")
    return stream.buffer


def position(packed: BinaryIO) -> int:
    """How many bytes of the file were read; 0 where that cannot be known (a pipe)."""
    with suppress(OSError, ValueError):
        return packed.tell()
    return 0


def reason_of(problem: BaseException) -> str:
    """One of `READ_ERRORS` in the words of whoever handed the file over."""
    if isinstance(problem, EOFError):
        return "the gzip file is cut off here"
    if isinstance(problem, zlib.error | gzip.BadGzipFile):
        return "the gzip file is damaged here"
    text = problem.strerror if isinstance(problem, OSError) else None
    return f"the file cannot be read: {(text or 'unknown reason').lower()}"


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int: ...


@contextmanager
def write_whole(target: Path) -> Iterator[Sink]:
    """A stream to a new file that takes the place of ``target`` at the end, and only if all went well.

    Packed if the name ends in ``.gz``, with nothing of today inside, so that the same content gives
    the same bytes. What stood at ``target`` stays whole until the moment of the change. A link stays, and
    the file that it names is the one that changes. A pipe or a device (``/dev/null``) is no file to be
    replaced: it is written to.
    Errors: ``OSError`` with the name of ``target``.
    """
    if target.exists() and not target.is_file():
        with target.open("wb") as device, _packing(device, target) as sink:
            yield sink
        return
    file = Path(os.path.realpath(target))
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _opened(partial, target) as raw:
            with _packing(raw, target) as sink:
                yield sink
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _opened(partial: Path, target: Path) -> IO[bytes]:
    try:
        return partial.open("wb")
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(target)) from None


@contextmanager
def _packing(raw: IO[bytes], target: Path) -> Iterator[Sink]:
    if not target.name.endswith(".gz"):
        yield raw
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        yield packed
