"""The tables in a schema of PostgreSQL compared with those of this version, and dumped by pg_dump."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.postgres_address import address_of
from loyalty_rules.ledger.drivers.postgres_connections import Connections
from loyalty_rules.ledger.drivers.postgres_errors import translated
from loyalty_rules.ledger.drivers.postgres_upgrade import default_schema, version
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.migrations import differences
from loyalty_rules.ledger.schema import PREFIX


def checked(url: str) -> tuple[str | None, tuple[str, ...]]:
    """The version of the tables in a schema, and where they differ from those of this version.

    Errors: ``LedgerError`` when the server cannot be reached, or a later version has written them.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    address = address_of(url)
    connection = Connections(address).plain()
    try:
        schema = address.schema or default_schema(connection, address.name)
        found = version(connection, schema, address.name)
        if found is None:
            return None, ()
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool
        )
        with engine.connect() as handed:
            return found, differences(handed)
    except psycopg.Error as problem:
        raise translated(problem, address.name) from problem
    finally:
        connection.close()


@contextmanager
def snapshot(store: Store, url: str) -> Iterator[tuple[Execute, str]]:
    """One look at a store, and the name by which pg_dump has the same one."""
    if not isinstance(store, PostgresStore):
        raise LedgerError("a backup is made of a database: SQLite or PostgreSQL")
    with store.reading() as execute:
        [row] = store.lent().execute("SELECT pg_export_snapshot()").fetchall()
        yield execute, str(row[0])


def dump(url: str, snapshot: str, to: Path) -> None:
    """Have pg_dump write the ledger's tables as they are in a snapshot.

    Errors: ``LedgerError`` when pg_dump is not there or fails.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise LedgerError(
            "a backup of PostgreSQL is made by pg_dump, which is not on the PATH: install the client"
            " programs of PostgreSQL (or write the ledger with `loyalty-rules ledger export`)"
        )
    address = address_of(url)
    with Connections(address).plain() as connection:
        schema = address.schema or default_schema(connection, address.name)
    parts = {key: value for key, value in address.parts.items() if key != "password"}
    tables = f'"{schema.replace(chr(34), chr(34) * 2)}".{PREFIX}*'
    environment = dict(os.environ)
    if "password" in address.parts:  # never on the command line, which others see
        environment["PGPASSWORD"] = address.parts["password"]
    command = [
        *(program, "--format=custom", "--no-password", f"--snapshot={snapshot}"),
        *(f"--table={tables}", f"--file={to}"),
        make_conninfo("", **parts),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise LedgerError(f"`{address.name}`: pg_dump failed: {said[0]}")
