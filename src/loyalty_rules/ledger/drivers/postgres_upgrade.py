"""Makes a schema of PostgreSQL ready for this version: creates the tables, refuses what is not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.postgres_connections import Connection
from loyalty_rules.ledger.migrations import HEAD, VERSIONS, run
from loyalty_rules.ledger.schema import PREFIX, VERSION_TABLE

Connect = Callable[[], Connection]

_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
_TABLES = """
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""


def prepare(connect: Connect, schema: str, name: str, *, create: bool) -> None:
    """Bring the tables in ``schema`` to this version; nothing is written where they are there already.

    ``connect`` gives a new connection of psycopg, with its own cursors. Errors: ``LedgerError`` for tables
    of a later version or of other software, or where there is no ledger and none may be created; what
    psycopg raises.
    """
    with connect() as connection:
        if version(connection, schema, name) == HEAD:
            return
        _look(connection, schema, name, create=create)
    _upgrade(connect, schema, name)


def default_schema(connection: Connection, name: str) -> str:
    """The schema in which the tables of a user are made who names none.

    Errors: ``LedgerError`` when there is none.
    """
    found = connection.execute("SELECT current_schema()").fetchone()
    if found is None or found[0] is None:
        raise LedgerError(
            f"`{name}`: none of the schemas that the user's `search_path` names is there:"
            " name one in the address (`?schema=...`)"
        )
    return str(found[0])


def version(connection: Connection, schema: str, name: str) -> str | None:
    """The version of the tables, None where there are none.

    Errors: ``LedgerError`` for a version that this package does not know.
    """
    if VERSION_TABLE not in tables(connection, schema):
        return None
    asked = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(schema, VERSION_TABLE))
    found = connection.execute(asked).fetchall()
    if not found:
        return None
    said = str(found[0][0])
    if said not in VERSIONS:
        raise LedgerError(
            f"`{name}`: a later version of this package has written it"
            f" (its tables are `{said}`, known here are up to `{HEAD}`): update this one"
        )
    return said


def tables(connection: Connection, schema: str) -> set[str]:
    """The names of all tables in a schema."""
    return {str(row[0]) for row in connection.execute(_TABLES, (schema,))}


def _look(connection: Connection, schema: str, name: str, *, create: bool) -> None:
    found = tables(connection, schema)
    if VERSION_TABLE in found:
        return
    if ours := sorted(table for table in found if table.startswith(PREFIX)):
        raise LedgerError(
            f"`{name}`: the table `{ours[0]}` is in the way and no ledger of this package made it:"
            " name another schema (`?schema=...`)"
        )
    if not create:
        raise LedgerError(f"`{name}`: there is no ledger in it")


def _upgrade(connect: Connect, schema: str, name: str) -> None:
    """In one transaction, which whoever else wants to do the same waits for."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    def transactional() -> Connection:
        connection = connect()
        connection.autocommit = False
        return connection

    engine = create_engine("postgresql+psycopg://", creator=transactional, poolclass=NullPool)
    try:
        with engine.begin() as handed:
            own: Any = handed.connection.driver_connection
            own.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"{PREFIX}{schema}",))
            if not own.execute(_SCHEMA, (schema,)).fetchall():
                own.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
            own.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))
            if version(own, schema, name) != HEAD:  # unless somebody else has done it meanwhile
                run(handed)
    except DBAPIError as problem:
        cause = problem.orig
        raise (cause if isinstance(cause, psycopg.Error) else problem) from None
    finally:
        engine.dispose()
