"""What somebody does who has the tables open: any statement on either database, past the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from loyalty_rules.ledger.schema import METADATA
from tests.postgres.shared import shared


@contextmanager
def by_hand(url: str) -> Iterator[Any]:
    """A connection to the database of a ledger that commits each statement, and names its tables plainly."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as file:
            yield file
        return
    with psycopg.connect(shared().url(), autocommit=True) as server:
        server.execute("SELECT set_config('search_path', %s, false)", (schema_of(url),))
        yield server


def schema_of(url: str) -> str:
    return url.rpartition("schema=")[2]


def did(url: str, text: str) -> int:
    """Run one statement; how many rows it met."""
    with by_hand(url) as connection:
        return int(connection.execute(text).rowcount)


def found(url: str, text: str) -> list[tuple[Any, ...]]:
    """What a question is answered with."""
    with by_hand(url) as connection:
        return [tuple(row) for row in connection.execute(text).fetchall()]


def texts(url: str) -> str:
    """Everything that stands in any table of ours, a row a line."""
    with by_hand(url) as connection:
        rows = [
            row
            for table in METADATA.sorted_tables
            for row in connection.execute(f"SELECT * FROM {table.name}").fetchall()
        ]
    return "\n".join(map(repr, rows))


@contextmanager
def damaged(url: str, table: str, text: str) -> Iterator[None]:
    """A table with a damage, for as long as the block is in."""
    keys = [one.name for one in METADATA.tables[table].primary_key]
    rest = [one.name for one in METADATA.tables[table].columns if one.name not in keys]
    same = " AND ".join(f"{table}.{key} = kept.{key}" for key in keys)
    with by_hand(url) as connection:
        connection.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")
        try:
            assert connection.execute(text).rowcount, text
            yield
        finally:
            back = ", ".join(f'"{one}" = kept."{one}"' for one in rest)
            connection.execute(f"UPDATE {table} SET {back} FROM kept WHERE {same}")
            gone = f"SELECT 1 FROM {table} WHERE {same}"
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept WHERE NOT EXISTS ({gone})")
            connection.execute("DROP TABLE kept")
