"""A connection of SQLAlchemy that a shop hands in: we write into its transaction and leave the rest to it.

It is never committed, rolled back or closed here. Our writes stand inside a savepoint of their own, so that
a booking that fails half-way leaves nothing in the shop's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.compiled import for_sqlite
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.sqlite_errors import translated
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.statements import FIND_LEDGER, LOCK_LEDGER, Row, Rows, Statement

_SAVEPOINT = "loyalty_booking"


@contextmanager
def handed(connection: object, store: Store, ledger: str, number: int) -> Iterator[Execute]:
    """Runs statements on the shop's connection, once the ledger's write lock is held in its transaction.

    Errors: ``LedgerError`` for another kind of connection, one that commits by itself, or one to another
    database than that of ``store``, where the ledger of that name and number is; ``Retry`` when somebody else
    is writing.
    """
    if not isinstance(connection, Connection):
        raise LedgerError(
            "a connection that is handed in is one of SQLAlchemy (`engine.connect()`)"
        )
    if connection.dialect.name != "sqlite":
        raise LedgerError(f"a ledger cannot be kept in {connection.dialect.name} yet")
    if connection.closed:
        raise LedgerError("the connection that was handed in is closed")
    elsewhere = (
        f"the connection that was handed in leads to another database than `{store.name}`,"
        f" where the ledger `{ledger}` is"
    )
    if isinstance(store, SqliteStore) and not store.is_one_of(_files(connection)):
        raise LedgerError(elsewhere)
    execute = _executor(connection)
    # the first write, before anything is read: from here on nobody else books until the shop is done
    execute(LOCK_LEDGER, [(ledger, ledger)])
    if not _is_in_transaction(connection):
        raise LedgerError(
            "the connection that was handed in commits every statement by itself (`AUTOCOMMIT`):"
            " hand in one with a transaction of yours"
        )
    found = execute(FIND_LEDGER, [(ledger,)])
    if not found or found[0][0] != number:
        raise LedgerError(elsewhere)
    _plainly(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield execute
    except BaseException:
        _plainly(connection, f"ROLLBACK TO {_SAVEPOINT}")
        raise
    finally:
        _plainly(connection, f"RELEASE {_SAVEPOINT}")


def _files(connection: Connection) -> list[str]:
    """The files that a connection reads and writes."""
    try:
        rows = connection.exec_driver_sql("PRAGMA database_list").fetchall()
    except DBAPIError as problem:
        raise _ours(problem) from problem
    return [str(row[2]) for row in rows if row[2]]


def _is_in_transaction(connection: Connection) -> bool:
    """Whether a transaction is open in the database itself, after a first write."""
    driver: Any = connection.connection.driver_connection
    return bool(getattr(driver, "in_transaction", True))


def _executor(connection: Connection) -> Execute:
    compiled = for_sqlite()

    def execute(statement: Statement, rows: Sequence[Row]) -> Rows:
        text, arrange = compiled[statement.name]
        laid: list[Any] = [tuple(row if arrange is None else arrange(row)) for row in rows]
        try:
            done = connection.exec_driver_sql(text, laid[0] if len(laid) == 1 else laid)
            return [tuple(row) for row in done.fetchall()] if done.returns_rows else ()
        except (DBAPIError, OverflowError) as problem:
            raise _ours(problem) from problem

    return execute


def _plainly(connection: Connection, text: str) -> None:
    try:
        connection.exec_driver_sql(text)
    except DBAPIError as problem:
        raise _ours(problem) from problem


def _ours(problem: DBAPIError | OverflowError) -> LedgerError:
    cause: Any = problem.orig if isinstance(problem, DBAPIError) else problem
    return translated(cause, "the connection that was handed in")
