"""The tables of a SQLite file compared with those of this version, and the file copied while it is used."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.sqlite_errors import translated
from loyalty_rules.ledger.drivers.upgrade import version
from loyalty_rules.ledger.migrations import differences

_PAGES_AT_ONCE = 4_096


def checked(path: Path) -> tuple[str | None, tuple[str, ...]]:
    """The version of the tables in a file, and where they differ from those of this version.

    Errors: ``LedgerError`` when there is no such file or it is none of ours.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    name = f"sqlite:///{path}"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    except sqlite3.Error as problem:
        raise translated(problem, name) from problem
    try:
        found = version(connection, name)
        if found is None:
            return None, ()
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as handed:
            return found, differences(handed)
    except sqlite3.Error as problem:
        raise translated(problem, name) from problem
    finally:
        connection.close()


def copy(store: SqliteStore, to: Path) -> None:
    """Copy a store's file as it is at one instant to a new one, and wait until that is on disk.

    Errors: ``LedgerError``.
    """
    try:
        with to.open("xb"):
            pass
    except OSError as problem:
        reason = (problem.strerror or "unknown reason").lower()
        raise LedgerError(f"`{to}` cannot be made: {reason}") from problem
    try:
        target = sqlite3.connect(to, isolation_level=None)
        try:
            with store.lent() as source:  # within one look, so that no writer makes it begin again
                source.backup(target, pages=_PAGES_AT_ONCE)
            found = target.execute("PRAGMA integrity_check").fetchone()
        finally:
            target.close()
    except sqlite3.Error as problem:
        raise translated(problem, str(to)) from problem
    if found != ("ok",):
        raise LedgerError(f"`{to}`: the copy is damaged: {found[0] if found else 'no answer'}")


def settle(path: Path) -> None:
    """Leave one file that needs no other beside it, on disk.

    Errors: ``LedgerError``.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            connection.close()
    except sqlite3.Error as problem:
        raise translated(problem, str(path)) from problem
    with path.open("rb+") as file:
        os.fsync(file.fileno())
