"""Every store passes the kit, and the kit finds what is wrong with one."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import count
from pathlib import Path
from threading import Barrier, current_thread, main_thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, create_engine

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.compiled import for_sqlite
from loyalty_rules.ledger.drivers.memory import KEYS, MemoryStore
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.drivers.upgrade import prepare, version
from loyalty_rules.ledger.migrations import HEAD, VERSIONS
from loyalty_rules.ledger.schema import METADATA, PREFIX, VERSION_TABLE
from loyalty_rules.ledger.statements import (
    LIST_SHARED,
    STATEMENTS,
    SWAP_SHARED,
    Row,
    Rows,
    Statement,
)
from loyalty_rules.service.ledger import open_ledger
from loyalty_rules.testing.store_kit import check_store
from tests.ledger.shop import NOW, RULES, beans, bought
from tests.postgres.shared import new_url

DIES = """
import os, signal, sqlite3
from contextlib import nullcontext
from loyalty_rules.ledger.drivers.upgrade import prepare
left = {statements}
def step(statement):
    global left
    if connection.in_transaction:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
connection = sqlite3.connect({path!r}, isolation_level=None)
connection.set_trace_callback(step)
prepare(lambda: connection, nullcontext, "shop.db", create=True, beside=False)
"""
"""Makes the tables of a file and dies at one of the statements."""


def test_the_store_in_memory_passes_the_kit() -> None:
    assert check_store(MemoryStore) == ()


@pytest.mark.parametrize("fair", [True, False])
def test_the_store_in_a_file_passes_the_kit(fair: bool, tmp_path: Path) -> None:
    numbers = count()
    assert check_store(lambda: SqliteStore(str(tmp_path / f"{next(numbers)}.db"), fair=fair)) == ()


@pytest.mark.parametrize("beside", [True, False])
def test_the_tables_of_a_file_are_there_all_at_once(beside: bool, tmp_path: Path) -> None:
    """Whoever looks while they are made sees none, and whoever is killed then leaves none."""
    path, seen = tmp_path / "shop.db", set[str | None]()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        if beside:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.set_trace_callback(look)
        return connection

    def look(statement: str) -> None:
        if "loyalty_" in statement:
            with closing(sqlite3.connect(path)) as other:
                seen.add(version(other, "shop.db"))

    made = connect()
    prepare(lambda: made, nullcontext, "shop.db", create=True, beside=beside)
    assert seen == {None}
    made.set_trace_callback(None)
    assert version(made, "shop.db") == HEAD
    made.close()


@pytest.mark.parametrize("statements", [1, 5, 40])
def test_who_is_killed_while_he_makes_the_tables_leaves_a_file_as_it_was(
    statements: int, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    program = DIES.format(path=str(path), statements=statements)
    ended = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        ledger.record(bought("8.00"))
        assert ledger.verify().is_clean


def test_the_store_in_postgres_passes_the_kit() -> None:
    assert check_store(lambda: PostgresStore(new_url())) == ()


def test_the_kit_finds_a_store_that_forgets_to_undo() -> None:
    class Careless(MemoryStore):
        @contextmanager
        def writing(self) -> Iterator[Execute]:
            with super().writing() as execute:
                try:
                    yield execute
                finally:
                    assert self._undo is not None
                    self._undo.clear()

    findings = " ".join(check_store(Careless))
    assert "a block that ends with an error leaves something behind" in findings


def test_the_kit_finds_a_store_that_swaps_whatever_stands_there() -> None:
    class Blind(MemoryStore):
        @contextmanager
        def writing(self) -> Iterator[Execute]:
            with super().writing() as execute:
                at_all = replace(SWAP_SHARED, where=SWAP_SHARED.where[:-1])
                yield (
                    lambda asked, rows: (
                        execute(at_all, [row[:-1] for row in rows])
                        if asked is SWAP_SHARED
                        else execute(asked, rows)
                    )
                )

    findings = " ".join(check_store(Blind))
    assert "`swap` of a row that was changed since says that it was written" in findings


def test_the_kit_finds_a_store_that_locks_nothing() -> None:
    """All four writers have read the row before any of them writes it."""
    together = Barrier(4)

    class Open(PostgresStore):
        @contextmanager
        def writing(self) -> Iterator[Execute]:
            with super().writing() as execute:
                yield lambda asked, rows: self._asked(execute, asked, rows)

        def _asked(self, execute: Execute, asked: Statement, rows: Sequence[Row]) -> Rows:
            if asked.action == "lock":
                return ()
            found = execute(asked, rows)
            if asked is LIST_SHARED and current_thread() is not main_thread():
                together.wait()
            return found

    findings = " ".join(check_store(lambda: Open(new_url())))
    assert "75 of 100" in findings


def test_the_store_in_memory_knows_the_keys_of_the_tables() -> None:
    by_table = {table.name.removeprefix(PREFIX): table for table in METADATA.tables.values()}
    assert set(KEYS) == set(by_table)
    for name, key in KEYS.items():
        unique = [
            {column.name for column in one.columns}
            for one in by_table[name].constraints
            if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)
        ]
        assert set(key) in unique


def test_every_statement_names_columns_of_its_table() -> None:
    for statement in STATEMENTS.values():
        table = METADATA.tables[PREFIX + statement.table]
        named = {
            *statement.columns,
            *statement.where,
            *(c.removeprefix("-") for c in statement.order),
        }
        assert named <= set(table.columns.keys()), statement.name


def test_a_store_is_what_the_protocol_says(tmp_path: Path) -> None:
    stores: list[Store] = [MemoryStore(), SqliteStore(str(tmp_path / "a.db"))]
    for store in stores:
        store.close()


def test_every_question_is_answered_by_an_index_over_all_that_it_asks_by(tmp_path: Path) -> None:
    """A ledger of millions of events must not be looked through for one of them."""
    store = SqliteStore(str(tmp_path / "a.db"))
    for name, statement in STATEMENTS.items():
        if statement.action != "read" or not statement.where:
            continue
        text = f"EXPLAIN QUERY PLAN {for_sqlite()[name].text}"
        plan = store._connection().execute(text, [1] * len(statement.parameters)).fetchall()
        used = str(plan[0][3])
        asked = (
            ("rowid=?",) if "INTEGER PRIMARY KEY" in used else [f"{c}=?" for c in statement.where]
        )
        assert used.startswith("SEARCH") and all(one in used for one in asked), (name, used)
    store.close()


def test_the_migrations_make_the_tables_that_the_schema_says(tmp_path: Path) -> None:
    SqliteStore(str(tmp_path / "a.db")).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == HEAD == VERSIONS[-1]
    engine.dispose()


def test_a_file_that_was_replaced_under_an_open_ledger_is_not_written_to(tmp_path: Path) -> None:
    """What is booked into a file that nobody can open any more would be lost."""
    path, backup = tmp_path / "shop.db", tmp_path / "backup.db"
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        ledger.record(bought("10.00"))
    backup.write_bytes(path.read_bytes())
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        ledger.record(bought("5.00", id="p-2"))
        backup.replace(path)
        for end in ("-wal", "-shm"):
            path.with_name(f"shop.db{end}").unlink()
        with pytest.raises(LedgerError, match="was replaced"):
            ledger.record(bought("5.00", id="p-3"))
        with pytest.raises(LedgerError, match="was replaced"):
            ledger.balance("m-1")
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        assert beans(ledger) == 10
        assert ledger.record(bought("5.00", id="p-2")).status == "booked"
        assert ledger.verify().is_clean


def test_a_file_that_was_taken_away_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(LedgerError, match="taken away"):
            ledger.record(bought("5.00"))
