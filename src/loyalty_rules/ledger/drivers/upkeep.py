"""The care of the database below a ledger: its tables told, compared with this version, backed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.accounts import whole, words
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Execute, Store, run
from loyalty_rules.ledger.drivers.urls import is_postgres
from loyalty_rules.ledger.migrations import HEAD, script
from loyalty_rules.ledger.statements import LIST_LEDGERS
from loyalty_rules.ledger.verifying import verify


@dataclass(frozen=True, slots=True)
class Checked:
    """What the tables are: their version (None: there are none), and where they differ from those of this
    version."""

    version: str | None
    differences: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """They are exactly what this version works with."""
        return self.version == HEAD and not self.differences


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: the file, its size, and how many entries of how many ledgers were checked."""

    path: Path
    size_bytes: int
    ledgers: int
    entries: int


def check_tables(url: str) -> Checked:
    """Compare the tables of a database with those of this version; nothing is written.

    Errors: ``LedgerError`` when there is no such database, or a later version has written it.
    """
    if is_postgres(url):
        from loyalty_rules.ledger.drivers import postgres_upkeep

        return Checked(*postgres_upkeep.checked(url))
    from loyalty_rules.ledger.drivers import sqlite_upkeep

    return Checked(*sqlite_upkeep.checked(_file_of(url)))


def back_up(store: Store, url: str, to: Path) -> Backup:
    """Copy the database of a store to a new file while others go on writing, and check every ledger in it.

    A SQLite file becomes a SQLite file; of PostgreSQL pg_dump writes the ledger's tables, in its own format.
    Errors: ``LedgerError`` when there is a file of that name or it cannot be made; ``CorruptLedger`` when
    what was copied is damaged. Then there is no file.
    """
    if to.exists():
        raise LedgerError(f"`{to}` is there already: a backup is always a new file")
    part = to.with_name(f"{to.name}.part")
    try:
        if isinstance(store, SqliteStore):
            from loyalty_rules.ledger.drivers import sqlite_upkeep

            sqlite_upkeep.copy(store, part)
            copied = SqliteStore(str(part), create=False, beside=True, fair=False)
            try:
                with copied.reading() as execute:
                    ledgers, entries = _verified(execute)
            finally:
                copied.close()
            sqlite_upkeep.settle(part)
        else:
            from loyalty_rules.ledger.drivers import postgres_upkeep

            with postgres_upkeep.snapshot(store, url) as (execute, snapshot):
                postgres_upkeep.dump(url, snapshot, part)
                ledgers, entries = _verified(execute)
        part.rename(to)
    finally:
        for left in (part, *(Path(f"{part}{end}") for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)
    return Backup(to, to.stat().st_size, ledgers, entries)


def _verified(execute: Execute) -> tuple[int, int]:
    """How many ledgers, and how many entries in all; every one of them is sound."""
    rows: Sequence[Any] = execute(LIST_LEDGERS, [()])
    entries = 0
    for row in rows:
        report = run(verify(whole(row[0])), execute)
        entries += report.entries
        if not report.is_clean:
            raise CorruptLedger(
                f"the ledger `{words(row[1])}` is damaged, so it is no backup"
                " (`loyalty-rules ledger verify` says what is wrong)"
            )
    return len(rows), entries


def _file_of(url: str) -> Path:
    path = url.removeprefix("sqlite:///")
    if path == url or not path or path.startswith(":"):
        raise LedgerError(
            "only a database has tables: it is `sqlite:///file.db` or `postgresql://user@host/database`"
        )
    return Path(path)


def ddl(database: str, schema: str, since: str | None) -> str:
    """The statements that bring the tables of a version (None: no tables) to this one, as one transaction.

    ``database`` is ``postgresql`` or ``sqlite``; ``schema`` is PostgreSQL's.
    """
    is_new_file = database == "sqlite" and since is None
    begin = ["PRAGMA journal_mode = WAL;", "BEGIN;"] if is_new_file else ["BEGIN;"]
    if schema:
        named = '"' + schema.replace('"', '""') + '"'
        begin += [f"CREATE SCHEMA IF NOT EXISTS {named};", f"SET LOCAL search_path TO {named};"]
    return "\n\n".join([*begin, script(database, since).strip(), "COMMIT;"])
