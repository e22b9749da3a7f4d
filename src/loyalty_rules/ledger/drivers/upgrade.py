"""Makes a SQLite file ready for this version: creates the tables, refuses what is not ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.store import DamagedStore
from loyalty_rules.ledger.migrations import HEAD, VERSIONS, upgrade
from loyalty_rules.ledger.schema import PREFIX, VERSION_TABLE

Connect = Callable[[], sqlite3.Connection]
Turn = Callable[[], AbstractContextManager[None]]

_WAL: Final = "PRAGMA journal_mode = WAL"


def prepare(connect: Connect, turn: Turn, name: str, *, create: bool, beside: bool) -> None:
    """Bring the tables of a file to this version; nothing is written where they are there already.

    Errors: ``LedgerError`` for a file of other software, of a later version, or without a ledger where
    none may be created; what SQLite raises.
    """
    if version(connect(), name) == HEAD:
        return
    _look(connect(), name, create=create, beside=beside)
    with turn():
        connection = connect()
        if not beside:
            connection.execute(_WAL)
        _upgrade(connection, name)


def _upgrade(connection: sqlite3.Connection, name: str) -> None:
    """The migrations, whose problems are those that SQLite raises: a torn file may be of a version that its
    tables are not."""
    from sqlalchemy.exc import DBAPIError  # loaded by the migrations anyhow, and only there

    try:
        upgrade(connection, lambda: version(connection, name) == HEAD)
    except DBAPIError as problem:
        if isinstance(problem.orig, sqlite3.Error):
            raise problem.orig from problem
        raise


def version(connection: sqlite3.Connection, name: str) -> str | None:
    """The version of the tables, None where there are none.

    Errors: ``LedgerError`` for a version that this package does not know.
    """
    if VERSION_TABLE not in _tables(connection):
        return None
    found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall()
    if not found:
        if any(one.startswith(PREFIX) for one in _tables(connection) - {VERSION_TABLE}):
            raise DamagedStore(
                f"`{name}`: its tables are there and their version is gone: restore it from a backup"
            )
        return None
    version = str(found[0][0])
    if version not in VERSIONS:
        raise LedgerError(
            f"`{name}`: a later version of this package has written it"
            f" (its tables are `{version}`, known here are up to `{HEAD}`): update this one"
        )
    return version


def _look(connection: sqlite3.Connection, name: str, *, create: bool, beside: bool) -> None:
    tables = _tables(connection)
    if VERSION_TABLE in tables:
        return
    if ours := sorted(table for table in tables if table.startswith(PREFIX)):
        raise LedgerError(
            f"`{name}`: the table `{ours[0]}` is in the way and no ledger of this package made it"
        )
    if tables and not beside:
        raise LedgerError(
            f"`{name}`: this database belongs to other software (it has the table `{min(tables)}`):"
            " name another file, or open it with `beside=True` to keep a ledger beside its tables"
        )
    if not create:
        raise LedgerError(f"`{name}`: there is no ledger in it")


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {str(name) for (name,) in rows if not str(name).startswith("sqlite_")}
