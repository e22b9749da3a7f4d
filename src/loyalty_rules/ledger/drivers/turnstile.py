"""A turn for each writer of one file, across processes: whoever has waited longest goes next.

SQLite's own waiting is a lottery that a busy writer always wins. Here a writer passes two locks: the
turnstile, then the room. While it is in the room, one other holds the turnstile and all further ones wait
before it, so that whoever comes out stands at the end again. Both locks die with their process.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

try:
    import fcntl
except ImportError:  # no such locks on this system: SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]

_UNSUPPORTED: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def turn(path: str) -> Iterator[None]:
    """Wait for the turn to write to the file at ``path``, and hold it for the length of the block.

    Beside the file lie two empty ones that carry the locks. Errors: ``OSError`` when they cannot be made.
    """
    if fcntl is None:
        yield
        return
    room = _opened(f"{path}-room")
    try:
        gate = _opened(f"{path}-turnstile")
        try:
            _lock(gate)
            _lock(room)
        finally:
            os.close(gate)
        yield
    finally:
        os.close(room)


def _opened(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as problem:
        if problem.errno not in _UNSUPPORTED:
            raise
