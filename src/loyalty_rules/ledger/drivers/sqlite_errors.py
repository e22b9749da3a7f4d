"""What SQLite says when it cannot, in words that name the cause and the cure."""

from __future__ import annotations

import sqlite3
from typing import Final

from loyalty_rules.domain.errors import CorruptLedger, LedgerError, Retry
from loyalty_rules.ledger.drivers.store import DamagedStore, RefusedByStore

_SAID: Final[tuple[tuple[str, type[LedgerError], str], ...]] = (
    ("SQLITE_BUSY", Retry, "somebody else is writing to it: try again"),
    ("SQLITE_LOCKED", Retry, "somebody else is writing to it: try again"),
    ("SQLITE_INTERRUPT", Retry, "a statement was interrupted: nothing of this was booked"),
    ("SQLITE_READONLY", LedgerError, "it may only be read: give the process the right to write"),
    ("SQLITE_PERM", LedgerError, "it may not be opened: give the process the right to"),
    (
        "SQLITE_CANTOPEN",
        LedgerError,
        "it cannot be opened: is it there, does its folder exist, and may it be used",
    ),
    ("SQLITE_FULL", LedgerError, "the disk is full: nothing of this was booked"),
    ("SQLITE_IOERR", LedgerError, "the disk failed: nothing of this is acknowledged"),
    ("SQLITE_NOTADB", LedgerError, "it is not a SQLite database"),
    ("SQLITE_CORRUPT", DamagedStore, "the file is damaged: restore it from a backup"),
    ("SQLITE_CONSTRAINT", RefusedByStore, "a constraint stood against what was to be written"),
)


_MISUSED: Final = (
    ("Cannot operate on a closed", "it is closed"),
    (
        "SQLite objects created in a thread",
        "it belongs to another thread: use one that was opened in this one",
    ),
)
"""How the driver itself says that a connection cannot be used."""


RAISED: Final = (sqlite3.Error, UnicodeDecodeError)
"""What the driver raises: of a damaged file SQLite may name a table by bytes that are no text."""


def translated(
    problem: sqlite3.Error | OverflowError | UnicodeDecodeError, name: str
) -> LedgerError:
    """The error of ours that says what ``problem`` is, of the store called ``name``."""
    if isinstance(problem, UnicodeDecodeError):
        return DamagedStore(f"`{name}`: the file is damaged: restore it from a backup")
    if isinstance(problem, OverflowError):
        return RefusedByStore(f"`{name}`: a number is larger than a store can hold")
    code = getattr(problem, "sqlite_errorname", None) or ""
    for start, kind, text in _SAID:
        if code.startswith(start):
            return kind(f"`{name}`: {text}")
    for start, text in _MISUSED:
        if str(problem).startswith(start):
            return LedgerError(f"`{name}`: {text}")
    if "decode to UTF-8" in str(problem):
        return CorruptLedger(f"`{name}`: a text in it was damaged ({problem})")
    return LedgerError(f"`{name}`: {problem}")
