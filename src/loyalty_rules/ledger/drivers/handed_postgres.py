"""A connection of psycopg that a shop hands in: how a booking and a look stand in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
from psycopg import RawCursor
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import tuple_row

from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.ledger.compiled import for_postgres
from loyalty_rules.ledger.drivers.frameworks import HANDED, Lent, elsewhere, no_transaction
from loyalty_rules.ledger.drivers.postgres import PostgresStore, executor, place_of
from loyalty_rules.ledger.drivers.postgres_connections import Connection
from loyalty_rules.ledger.drivers.postgres_errors import translated
from loyalty_rules.ledger.drivers.store import Execute, Passing, Store
from loyalty_rules.ledger.statements import Row, Rows, Statement

_SETTINGS: Final = """
SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'),
 current_setting('synchronous_commit')
"""
_COMMITTED: Final = ("read committed", "read uncommitted")
"""What PostgreSQL does the same for: each statement sees what was committed before it."""

_BEGIN: Final = "SAVEPOINT loyalty_booking"
_KEEP: Final = ("RELEASE loyalty_booking",)
_UNDO: Final = ("ROLLBACK TO loyalty_booking", "RELEASE loyalty_booking")


@contextmanager
def writing(lent: Lent, store: Store, ledger: str) -> Iterator[Execute]:
    """A savepoint in the shop's transaction, in which accounts are locked until that ends.

    Errors: ``LedgerError`` when it commits by itself, leads elsewhere, has failed, may only be read, does not
    wait for the disk or looks at a snapshot; ``Retry`` when somebody else was in the way.
    """
    if _status(lent) == TransactionStatus.IDLE and lent.driver.autocommit:
        raise no_transaction(lent)
    lent.begin()
    with _savepoint(lent.driver, _KEEP):
        placed = _placed(lent.driver, store, ledger)
        isolation, read_only, durable = _settings(lent.driver)
        if read_only == "on":
            raise LedgerError(f"the transaction of {HANDED} may only read")
        if durable == "off":
            raise LedgerError(
                f"{HANDED} has `synchronous_commit` off, so a sale that was committed could be lost:"
                " set it to `on`"
            )
        if isolation not in _COMMITTED:
            raise LedgerError(
                f"the transaction of {HANDED} is {isolation.upper()}: a booking has to see what others"
                " have booked meanwhile. Begin it READ COMMITTED"
            )
        yield _advised(executor(lent.driver, for_postgres(placed.schema), HANDED))


@contextmanager
def reading(lent: Lent, store: Store, ledger: str) -> Iterator[Execute]:
    """One look, at what the shop's transaction has written, too. Where each statement would see another
    moment the account is locked for the length of the look; outside of a transaction it is one of its own,
    which changes nothing."""
    connection: Connection = lent.driver
    if _status(lent) == TransactionStatus.IDLE and connection.autocommit:
        with _snapshot(connection):
            placed = _placed(connection, store, ledger)
            yield executor(connection, for_postgres(placed.schema), HANDED, locks=False)
        return
    lent.begin()
    with _savepoint(connection, _UNDO):  # which lets go of the locks
        placed = _placed(connection, store, ledger)
        isolation, read_only, _ = _settings(connection)
        is_moving = isolation in _COMMITTED
        if is_moving and read_only == "on":
            raise LedgerError(
                f"the transaction of {HANDED} may only read and is READ COMMITTED, where a look would see"
                " several moments: begin it REPEATABLE READ"
            )
        execute = executor(connection, for_postgres(placed.schema), HANDED, locks=is_moving)
        yield _advised(_silently_locking(execute))


def _status(lent: Lent) -> TransactionStatus:
    """How a connection stands. Errors: ``LedgerError`` when nothing can be done on it."""
    connection: Connection = lent.driver
    if connection.broken:
        raise LedgerError(f"{HANDED} is lost: roll back, and do it again on a new one")
    if connection.closed:
        raise LedgerError(f"{HANDED} is closed")
    status = connection.info.transaction_status
    if status == TransactionStatus.INERROR:
        raise LedgerError(
            f"the transaction of {HANDED} has failed already: roll back, and do it again"
        )
    is_piped = connection.pgconn.pipeline_status != PipelineStatus.OFF
    if status == TransactionStatus.ACTIVE or is_piped:
        raise LedgerError(
            f"{HANDED} is at work with something else: another thread, a pipeline or a COPY"
        )
    return status


def _placed(connection: Connection, store: Store, ledger: str) -> PostgresStore:
    """The store, if that is where a connection leads."""
    if not isinstance(store, PostgresStore):
        raise elsewhere(store, ledger)
    try:
        place = place_of(connection, store.schema)
    except psycopg.Error as problem:
        raise _told(problem) from None
    if None in place or not store.is_at(place):
        raise elsewhere(store, ledger)
    return store


def _settings(connection: Connection) -> tuple[str, str, str]:
    try:
        found = RawCursor(connection, row_factory=tuple_row).execute(_SETTINGS).fetchone()
    except psycopg.Error as problem:
        raise _told(problem) from None
    assert found is not None, "there is one row"
    isolation, read_only, durable = map(str, found)
    return isolation, read_only, durable


@contextmanager
def _savepoint(connection: Connection, end: Sequence[str]) -> Iterator[None]:
    try:
        _plainly(connection, _BEGIN)
        yield
        for text in end:
            _plainly(connection, text)
    except BaseException:
        with suppress(LedgerError):  # what went wrong before is what matters
            for text in _UNDO:
                _plainly(connection, text)
        raise


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """A transaction of ours on a connection that has none."""
    _plainly(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        with suppress(LedgerError):
            _plainly(connection, "ROLLBACK")


def _plainly(connection: Connection, text: str) -> None:
    try:
        RawCursor(connection).execute(text.encode())
    except psycopg.Error as problem:
        raise _told(problem) from None


def _advised(execute: Execute) -> Execute:
    """The same; where something passes by itself it says what the owner of the transaction does."""

    def advised(statement: Statement, rows: Sequence[Row]) -> Rows:
        try:
            return execute(statement, rows)
        except Passing as problem:
            raise _to_do_again(problem) from None

    return advised


def _silently_locking(execute: Execute) -> Execute:
    """The same; a look takes its locks one by one, and none of them is news."""

    def silent(statement: Statement, rows: Sequence[Row]) -> Rows:
        found = execute(statement, rows)
        return () if statement.action == "lock" else found

    return silent


def _told(problem: psycopg.Error) -> LedgerError:
    error = translated(problem, HANDED)
    return _to_do_again(error) if isinstance(error, Passing) else error


def _to_do_again(problem: Passing) -> Retry:
    return Retry(f"{str(problem).removesuffix(': try again')}: roll back, and do it again")
