"""A turn for each writer of one file, across processes: whoever has waited longest goes next.

SQLite's own waiting is a lottery that a busy writer always wins. Here a writer passes two locks: the
turnstile, then the room. While it is in the room, one other holds the turnstile and all further ones wait
before it, so that whoever comes out stands at the end again. Both locks die with their process.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_UNSUPPORTED: Final = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def turn(path: str) -> Iterator[None]:
    """Wait for the turn to write to the file at ``path``, and hold it for the length of the block.

    Beside the file lie two empty ones that carry the locks. Errors: ``OSError`` when they cannot be made.
    """
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


if sys.platform == "win32":  # no such locks there: SQLite's own waiting has to do

    def _lock(file: int) -> None:
        """Hold nothing."""

else:
    from fcntl import LOCK_EX, flock

    def _lock(file: int) -> None:
        """Wait for a file and hold it until it is closed."""
        try:
            flock(file, LOCK_EX)
        except OSError as problem:
            if problem.errno not in _UNSUPPORTED:
                raise
