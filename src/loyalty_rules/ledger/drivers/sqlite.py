"""SQLite by the standard library's own module: the hot path runs compiled text on its cursor."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain
from pathlib import Path
from typing import Final
from urllib.parse import quote

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.compiled import ADDING, TOGETHER, for_sqlite, together_for_sqlite
from loyalty_rules.ledger.drivers.sqlite_errors import RAISED, translated
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.drivers.turnstile import turn
from loyalty_rules.ledger.drivers.upgrade import prepare
from loyalty_rules.ledger.statements import Row, Rows, Statement

_PATIENCE_MS: Final = 30_000
"""How long to wait for a writer that does not pass our turnstile."""


_CACHE_KIB: Final = 65_536

Told = Callable[[sqlite3.Error | OverflowError | UnicodeDecodeError], LedgerError]
"""Gives the error of ours that says what a problem of SQLite is."""


class SqliteStore:
    """Ledgers in one SQLite file: durable when a block of `writing` is left, one writer at a time, each in
    its turn (``fair``), any number of readers beside it. A connection for each thread; not for use in a
    child that was forked after it was opened."""

    def __init__(
        self, path: str, *, create: bool = True, beside: bool = False, fair: bool = True
    ) -> None:
        """Errors: ``LedgerError`` when there is no such file and ``create`` is false, when it is no database,
        a database of other software (unless ``beside`` it), or of a later version of this package."""
        self.name = f"sqlite:///{path}"
        self._address = Path(path).absolute()
        self._path = str(self._address)
        self._create = create
        self._fair = fair
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._closed = False
        self._file: tuple[int, int] | None = None
        try:
            prepare(self._connection, self._turn, self.name, create=create, beside=beside)
            self._file = self._found()
        except RAISED as problem:
            self.close()
            raise translated(problem, self.name) from problem
        except LedgerError:
            self.close()
            raise

    def is_one_of(self, paths: Iterable[str]) -> bool:
        """Whether one of these files is the one that this store is in."""
        here = self._found()
        return any(_identity(Path(path)) == here for path in paths)

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """A transaction that holds the write lock from its start; on disk when the block is left."""
        with self._turn():
            connection = self._connection()
            if connection.in_transaction:
                raise LedgerError(
                    f"`{self.name}`: whoever wants to write here is reading it or writing to it:"
                    " that has to end first"
                )
            try:
                self._plainly(connection, "BEGIN IMMEDIATE")
                yield executor(connection, self._told)
                self._plainly(connection, "COMMIT")
            except BaseException:
                with suppress(*RAISED):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """A snapshot; writers go on beside it."""
        connection = self._connection()
        if connection.in_transaction:  # inside our own writing: its view is the right one
            yield executor(connection, self._told)
            return
        try:
            self._plainly(connection, "BEGIN")
            yield executor(connection, self._told)
        finally:
            with suppress(*RAISED):
                connection.execute("ROLLBACK")

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, within one look."""
        with self.reading():
            yield self._connection()

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its own pages and indexes: an index that misses a row would say that
        an event was never received. It takes as long as reading the file.

        Errors: ``LedgerError`` when it cannot even look.
        """
        with self.reading():
            try:
                found = self._connection().execute("PRAGMA integrity_check(20)").fetchall()
            except RAISED as problem:
                raise translated(problem, self.name) from problem
        return [] if found == [("ok",)] else [str(text) for (text,) in found]

    def scrub(self) -> None:
        """Write the file anew, so that nothing of what was removed is left in free pages or in its log.

        Errors: ``LedgerError``, ``Retry`` when somebody reads or writes meanwhile.
        """
        with self._turn():
            connection = self._connection()
            self._plainly(connection, "VACUUM")
            self._plainly(connection, "PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections of all threads."""
        self._closed = True
        while self._all:
            connection = self._all.pop()
            if self._process == os.getpid():
                # somebody may still hold a statement of it, and then its end alone would not do this
                with suppress(*RAISED):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
                with suppress(*RAISED):
                    connection.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            waiting = turn(self._path) if self._fair else nullcontext()
            waiting.__enter__()
        except OSError as problem:
            reason = (problem.strerror or "unknown reason").lower()
            raise LedgerError(f"`{self.name}`: it cannot be written to: {reason}") from problem
        try:
            yield
        finally:
            waiting.__exit__(None, None, None)

    def _plainly(self, connection: sqlite3.Connection, text: str) -> None:
        try:
            connection.execute(text)
        except RAISED as problem:
            raise translated(problem, self.name) from problem

    def _told(self, problem: sqlite3.Error | OverflowError | UnicodeDecodeError) -> LedgerError:
        return translated(problem, self.name)

    def _connection(self) -> sqlite3.Connection:
        """This thread's own connection."""
        if self._closed:
            raise LedgerError(f"`{self.name}`: the store was closed: open the ledger again")
        if self._process != os.getpid():
            raise LedgerError(
                f"`{self.name}`: opened in another process: open it again in this one"
            )
        if self._file is not None and _identity(self._address) != self._file:
            raise LedgerError(
                f"`{self.name}`: the file was replaced or taken away since it was opened:"
                " open the ledger again"
            )
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._opened()
        return connection

    def _found(self) -> tuple[int, int]:
        place = _identity(self._address)
        if place is None:
            raise LedgerError(f"`{self.name}`: the file is gone")
        return place

    def _opened(self) -> sqlite3.Connection:
        mode = "rwc" if self._create else "rw"
        try:
            connection = sqlite3.connect(
                f"file:{quote(self._path)}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            self._all.append(connection)
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        except RAISED as problem:
            raise translated(problem, self.name) from problem
        return connection


def executor(connection: sqlite3.Connection, told: Told) -> Execute:
    """Runs statements on a connection; ``told`` says what its problems are."""
    cursor, compiled = connection.cursor(), for_sqlite()
    cursor.row_factory = None  # rows as they are, whatever the connection's owner makes of his

    def execute(statement: Statement, rows: Sequence[Row]) -> Rows:
        nonlocal cursor
        text, arrange = compiled[statement.name]
        if not text:
            return ()
        try:
            if len(rows) == 1:
                row = rows[0] if arrange is None else arrange(rows[0])
                return cursor.execute(text, row).fetchall()
            if statement.action == "add_new":
                return [id for row in rows for id in execute(statement, [row])]
            whole = len(rows) // TOGETHER * TOGETHER if statement.action in ADDING else 0
            for start in range(0, whole, TOGETHER):
                some = rows[start : start + TOGETHER]
                cursor.execute(together_for_sqlite(statement.name), [*chain.from_iterable(some)])
            rest = rows[whole:]
            cursor.executemany(text, rest if arrange is None else map(arrange, rest))
        except (*RAISED, OverflowError) as problem:
            with suppress(*RAISED):  # half done, it keeps what a closed connection has locked
                cursor.close()
                cursor = connection.cursor()
                cursor.row_factory = None
            raise told(problem) from problem
        return ()

    return execute


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that is put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
