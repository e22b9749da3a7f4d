"""A connection of sqlite3 that a shop hands in: how a booking and a look stand in its transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final, TypeVar

from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.ledger.drivers.frameworks import HANDED, Lent, elsewhere, no_transaction
from loyalty_rules.ledger.drivers.sqlite import SqliteStore, executor
from loyalty_rules.ledger.drivers.sqlite_errors import RAISED, translated
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.statements import LOCK_LEDGER

_SAVEPOINT: Final = "loyalty_booking"
_ROLLED_BACK: Final = "SQLite has rolled back the whole transaction of the connection by itself"

_Gave = TypeVar("_Gave")


@contextmanager
def writing(lent: Lent, store: Store, ledger: str) -> Iterator[Execute]:
    """A savepoint in the shop's transaction, which holds the write lock of the file.

    Errors: ``LedgerError`` when it commits by itself, or leads elsewhere; ``Retry`` when somebody else is
    writing, or has written since the transaction began.
    """
    connection: sqlite3.Connection = lent.driver
    _check(connection, store, ledger)
    lent.begin()
    if _commits_by_itself(connection):
        raise no_transaction(lent)
    execute = executor(connection, _told)
    # the first write, before anything is read: from here on nobody else books until the shop is done
    execute(LOCK_LEDGER, [(ledger, ledger)])
    if not connection.in_transaction:
        raise no_transaction(lent)
    with _savepoint(connection):
        yield execute


@contextmanager
def reading(lent: Lent, store: Store, ledger: str) -> Iterator[Execute]:
    """One look, at what the shop's transaction has written, too. Outside of one it is a transaction of its
    own, which changes nothing."""
    _check(lent.driver, store, ledger)
    with _savepoint(lent.driver):
        yield executor(lent.driver, _told)


def _check(connection: sqlite3.Connection, store: Store, ledger: str) -> None:
    """That a connection's main database is the file that a store is in.

    Errors: ``LedgerError`` when it is not, or the connection cannot be used.
    """
    cursor = _in_our_words(connection.cursor)
    cursor.row_factory = None
    with closing(cursor):
        rows = _in_our_words(lambda: cursor.execute("PRAGMA database_list").fetchall())
    if connection.text_factory is not str:
        raise LedgerError(
            f"{HANDED} gives texts as something else: leave its `text_factory` at `str`"
        )
    files = [str(file) for _, name, file in rows if name == "main" and file]
    if not isinstance(store, SqliteStore) or not store.is_one_of(files):
        raise elsewhere(store, ledger)


def _commits_by_itself(connection: sqlite3.Connection) -> bool:
    """Whether the driver opens no transaction before a write (Python 3.12 has two ways to say so)."""
    by_itself = connection.isolation_level is None or getattr(connection, "autocommit", 0) is True
    return by_itself and not _in_our_words(lambda: connection.in_transaction)


@contextmanager
def _savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        _in_our_words(lambda: connection.execute(f"SAVEPOINT {_SAVEPOINT}"))
        yield
        _in_our_words(lambda: connection.execute(f"RELEASE {_SAVEPOINT}"))
    except BaseException as problem:
        with suppress(*RAISED):  # what went wrong before is what matters
            if connection.in_transaction:
                connection.execute(f"ROLLBACK TO {_SAVEPOINT}")
                connection.execute(f"RELEASE {_SAVEPOINT}")
            else:
                problem.add_note(_ROLLED_BACK)
        raise


def _in_our_words(act: Callable[[], _Gave]) -> _Gave:
    try:
        return act()
    except sqlite3.Error as problem:
        raise _told(problem) from problem


def _told(problem: sqlite3.Error | OverflowError | UnicodeDecodeError) -> LedgerError:
    """What the owner of a transaction does where somebody else is in the way is to begin it again."""
    code = getattr(problem, "sqlite_errorname", None) or ""
    if code == "SQLITE_BUSY_SNAPSHOT":
        return Retry(
            f"the transaction of {HANDED} began with a look, and somebody has written since:"
            " roll back, and do it again"
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Retry(
            f"somebody else is writing to the database of {HANDED}: roll back, and do it again"
        )
    return translated(problem, HANDED)
