"""PostgreSQL by psycopg 3: the hot path runs compiled text on its raw cursor."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import RawCursor, sql
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8BinaryDumper

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.compiled import Compiled, for_postgres
from loyalty_rules.ledger.drivers.postgres_address import address_of
from loyalty_rules.ledger.drivers.postgres_connections import Connection, Connections
from loyalty_rules.ledger.drivers.postgres_errors import translated
from loyalty_rules.ledger.drivers.postgres_upgrade import default_schema, prepare
from loyalty_rules.ledger.drivers.store import Execute, Passing
from loyalty_rules.ledger.schema import LEDGERS
from loyalty_rules.ledger.statements import Row, Rows, Statement

_GIVING: Final = ("read", "lock", "add_new", "swap")
_WRITE: Final = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_READ: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


_PLACE: Final = """
SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
 (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
 to_regclass($1)::oid::bigint
"""

Place = tuple[object, ...]
"""A running server by when it was started, a database and a table in it by their numbers."""


def place_of(connection: Connection, schema: str) -> Place:
    """Where the ledgers of a schema are, as a connection finds them. Errors: ``psycopg.Error``."""
    table = f"{sql.Identifier(schema, LEDGERS.name).as_string(connection)}"
    found = RawCursor(connection, row_factory=tuple_row).execute(_PLACE, (table,)).fetchone()
    assert found is not None, "there is one row"
    return tuple(found)


class _Own(threading.local):
    """What a thread has while it is inside a block of `writing` or `reading`."""

    connection: Connection | None = None
    is_writing: bool = False


class PostgresStore:
    """Ledgers in one schema of a PostgreSQL database: durable when a block of `writing` is left; writers lock
    the accounts that they touch, readers look at a snapshot. Each thread has a connection of its own while it
    is inside a block, so there are as many as there were threads at once; one that was lost is opened again.
    Not for use in a child that was forked after it was opened."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Errors: ``LedgerError`` when the server cannot be reached or does not let us in, commits without
        waiting for its disk, has tables of other software or of a later version in the way, or there is no
        ledger and ``create`` is false."""
        address = address_of(url)
        self.name = address.name
        self._own = _Own()
        self._place: Place = ()
        self._connections = Connections(address)
        try:
            connection = self._connections.opened()
            self.schema = address.schema or default_schema(connection, self.name)
            self._connections.give_back(connection)
            prepare(self._connections.plain, self.schema, self.name, create=create)
        except psycopg.Error as problem:
            self.close()
            raise translated(problem, self.name) from None
        except LedgerError:
            self.close()
            raise
        self._compiled = for_postgres(self.schema)

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """A transaction whose writes are on the server's disk when the block is left."""
        if self._own.connection is not None:
            raise LedgerError(
                f"`{self.name}`: whoever wants to write here is reading it or writing to it:"
                " that has to end first"
            )
        with self._transaction(_WRITE) as connection:
            self._own.is_writing = True
            try:
                # what is written is sent without waiting for each answer; the commit waits for all of them
                with connection.pipeline():
                    yield executor(connection, self._compiled, self.name)
                    done = connection.execute(b"COMMIT")
            except psycopg.Error as problem:
                raise translated(problem, self.name) from None
            if done.statusmessage != "COMMIT":  # a transaction in which something failed ends so
                text = "the transaction was rolled back by the server: try again"
                raise Passing(f"`{self.name}`: {text}")

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """A snapshot; writers go on beside it."""
        connection = self._own.connection
        if connection is not None:  # its view is the right one
            is_writing = self._own.is_writing
            yield executor(connection, self._compiled, self.name, locks=is_writing)
            return
        with self._transaction(_READ) as connection:
            self._own.is_writing = False
            yield executor(connection, self._compiled, self.name, locks=False)

    def lent(self) -> Connection:
        """The connection of the block that this thread is in."""
        connection = self._own.connection
        assert connection is not None, "it is inside a block"
        return connection

    def is_at(self, place: Place) -> bool:
        """Whether a place that another connection has found is that of this store."""
        if (
            place != self._place
        ):  # it may have moved: a server that was started again is another one
            with self._transaction(_READ) as connection:
                try:
                    self._place = place_of(connection, self.schema)
                except psycopg.Error as problem:
                    raise translated(problem, self.name) from None
        return place == self._place

    def close(self) -> None:
        """Close every connection; one that is in use when its block is left."""
        self._connections.close()

    @contextmanager
    def _transaction(self, begin: bytes) -> Iterator[Connection]:
        """A connection for a block; what was not committed in it is rolled back."""
        connection = self._own.connection = self._connections.begun(begin)
        try:
            yield connection
        finally:
            self._own.connection = None
            _roll_back(connection)
            self._connections.give_back(connection)


def _roll_back(connection: Connection) -> None:
    """End a transaction that was left. One that failed in the server is left as it is, and nobody gets its
    connection: the driver may believe of statements that they are prepared there, which were sent after the
    failure and never looked at."""
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
        return
    try:
        connection.execute(b"ROLLBACK")
    except psycopg.Error:  # it is lost, and with it the transaction
        return


def executor(
    connection: Connection,
    compiled: Mapping[str, Compiled],
    name: str,
    *,
    locks: bool = True,
) -> Execute:
    """Runs statements in the transaction that is open on a connection, whatever cursors it makes by itself.
    Where nothing is written nothing is locked."""
    cursor: RawCursor[Row] = RawCursor(connection, row_factory=tuple_row)
    # a number is of one type whatever its size, so that each statement is prepared once
    cursor.adapters.register_dumper(int, Int8BinaryDumper)

    def execute(statement: Statement, rows: Sequence[Row]) -> Rows:
        if statement.action == "lock" and not locks:
            return ()
        text, arrange = compiled[statement.name]
        gives = statement.action in _GIVING
        try:
            if len(rows) == 1:
                cursor.execute(text.encode(), rows[0] if arrange is None else arrange(rows[0]))
                return cursor.fetchall() if gives else ()
            laid = rows if arrange is None else map(arrange, rows)
            cursor.executemany(text.encode(), laid, returning=gives)
            return _every(cursor) if gives else ()
        except (psycopg.Error, OverflowError) as problem:
            raise translated(problem, name) from None

    return execute


def _every(cursor: RawCursor[Row]) -> list[Row]:
    """What each run of a statement gave."""
    found = cursor.fetchall()
    while cursor.nextset():
        found += cursor.fetchall()
    return found
