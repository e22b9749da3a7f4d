"""The connections of one process to a PostgreSQL database: opened when needed, checked, used again."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any, Final

import psycopg

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.postgres_address import Address
from loyalty_rules.ledger.drivers.postgres_errors import translated, unreachable

Connection = psycopg.Connection[Any]

LOCK_PATIENCE: Final = "30s"
"""How long a writer waits for another one, unless the server or the user has a time of its own."""

PREPARED_MAX: Final = 500
"""Room for every statement, prepared once for each connection."""

# what was found is set for the session, so that nobody changes it under a connection that was checked
_SETTINGS: Final = """
SELECT current_setting('synchronous_commit'), current_setting('server_encoding'),
 set_config('synchronous_commit', current_setting('synchronous_commit'), false),
 set_config('lock_timeout',
  CASE current_setting('lock_timeout') WHEN '0' THEN %s ELSE current_setting('lock_timeout') END, false)
"""


class Connections:
    """Those that nobody uses wait for the next one who asks. May be shared between threads, not with a child
    that was forked after they were opened."""

    def __init__(self, address: Address) -> None:
        self.name = address.name
        self._parts: dict[str, Any] = dict(address.parts)
        self._free: list[Connection] = []
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    def begun(self, begin: bytes) -> Connection:
        """A connection in a transaction that ``begin`` opens. One that was lost since it was last used is
        found out here, and another one is taken.

        Errors: ``LedgerError`` when none can be had.
        """
        while True:
            free = self._waiting()
            connection = self.opened() if free is None else free
            try:
                connection.execute(begin)
                return connection
            except psycopg.Error as problem:
                is_lost = connection.closed
                self.give_back(connection)
                if free is None or not is_lost:
                    raise translated(problem, self.name) from problem

    def give_back(self, connection: Connection) -> None:
        """Let the next one have it; one that is lost or still in a transaction nobody gets."""
        idle = psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if not self._closed and connection.info.transaction_status == idle:
                self._free.append(connection)
                return
        _close(connection)

    def close(self) -> None:
        """Close those that nobody uses; the others when they are given back."""
        self._closed = True
        with self._lock:
            connections, self._free = self._free, []
        if self._process == os.getpid():
            for connection in connections:
                _close(connection)

    def opened(self) -> Connection:
        """A new connection that may be booked on.

        Errors: ``LedgerError`` when the server cannot be reached, does not let us in, does not wait for its
        disk, or keeps text in another way.
        """
        connection = self.plain()
        try:
            self._check(connection)
        except BaseException:
            _close(connection)
            raise
        connection.prepared_max = PREPARED_MAX
        return connection

    def plain(self) -> Connection:
        """A new connection as the server gives it, which commits each statement by itself."""
        try:
            return psycopg.connect("", autocommit=True, client_encoding="utf8", **self._parts)
        except psycopg.Error as problem:
            raise unreachable(problem, self.name) from None

    def _waiting(self) -> Connection | None:
        if self._closed:
            raise LedgerError(f"`{self.name}`: the store was closed: open the ledger again")
        if self._process != os.getpid():
            raise LedgerError(
                f"`{self.name}`: opened in another process: open it again in this one"
            )
        with self._lock:
            return self._free.pop() if self._free else None

    def _check(self, connection: Connection) -> None:
        try:
            row = connection.execute(_SETTINGS, (LOCK_PATIENCE,)).fetchone()
        except psycopg.Error as problem:
            raise translated(problem, self.name) from problem
        assert row is not None, "settings have values"
        if row[0] == "off":
            raise LedgerError(
                f"`{self.name}`: `synchronous_commit` is off there, so a booking that was acknowledged"
                " could be lost: set it to `on` for this user or database"
            )
        if row[1] != "UTF8":
            raise LedgerError(
                f"`{self.name}`: the database keeps text as {row[1]}: create one with ENCODING 'UTF8'"
            )


def _close(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()
