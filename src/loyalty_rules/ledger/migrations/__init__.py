"""The history of the tables, one file for each change; Alembic runs them when a store is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

VERSIONS: Final = ("0001", "0002", "0003", "0004")
"""Every version that a store may have, oldest first. Upgrades only add, so each can still be read."""

HEAD: Final = VERSIONS[-1]


def upgrade(connection: sqlite3.Connection, is_done: Callable[[], bool]) -> None:
    """Bring the tables to `HEAD` in one transaction of its own, unless somebody else has done it by the time
    that nobody else can write (``is_done``)."""
    # loaded only here: a store that is up to date opens without Alembic
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.begin() as handed:  # without that, each migration would be a transaction by itself
        connection.execute(
            "BEGIN IMMEDIATE"
        )  # no earlier: the pool takes back what was begun before
        if not is_done():
            run(handed)


def differences(handed: Any) -> tuple[str, ...]:
    """Where the tables that a connection of SQLAlchemy sees differ from those of `HEAD`, a sentence each."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from loyalty_rules.ledger.schema import METADATA, PREFIX, VERSION_TABLE

    def is_ours(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "table" or (name is not None and name.startswith(PREFIX))

    options = {"version_table": VERSION_TABLE, "compare_type": True, "include_name": is_ours}
    context = MigrationContext.configure(handed, opts=options)
    found = compare_metadata(context, METADATA)
    flat = [one for part in found for one in (part if isinstance(part, list) else [part])]
    return (*(_said(*one) for one in flat), *_laws_that_differ(handed))


def _laws_that_differ(handed: Any) -> Iterator[str]:
    """CHECK constraints, which Alembic does not compare: by name, and in a file by what they say, too."""
    from sqlalchemy import CheckConstraint

    from loyalty_rules.ledger.schema import METADATA

    is_file = handed.dialect.name == "sqlite"
    asked = _LAWS_OF_FILE if is_file else _LAWS_OF_SCHEMA
    rows = [(str(table), str(said)) for table, said in handed.exec_driver_sql(asked)]
    for table in METADATA.sorted_tables:
        there = {said for name, said in rows if name == table.name}
        laws = [one for one in table.constraints if isinstance(one, CheckConstraint)]
        if is_file:
            wanted = {str(one.name): f"CONSTRAINT {one.name} CHECK ({one.sqltext})" for one in laws}
            found = {name for name, said in wanted.items() if any(said in text for text in there)}
            known = sum(text.upper().count("CHECK (") for text in there)
        else:
            wanted = {str(one.name): "" for one in laws}
            found, known = there & set(wanted), len(there)
        if there or not is_file:  # of a table that is not there enough is said
            yield from (f"add check: {name}" for name in sorted(set(wanted) - found))
        if known > len(found):
            yield f"remove check: {table.name} has {known - len(found)} that are not ours"


_LAWS_OF_FILE: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
_LAWS_OF_SCHEMA: Final = """
SELECT t.relname, c.conname FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema() AND c.contype = 'c' AND c.convalidated
"""


def _said(what: str, *parts: Any) -> str:
    """A difference as Alembic tells it, as a sentence: what would have to be done."""
    named = [str(getattr(one, "name", one)) for one in parts if one is not None]
    return f"{what.replace('_', ' ')}: {', '.join(named)}"


def script(dialect: str, since: str | None = None) -> str:
    """What `upgrade` would do to tables of a version (None: no tables), in the words of ``sqlite`` or
    ``postgresql``."""
    from io import StringIO

    text = StringIO()
    options = {"dialect_name": dialect, "output_buffer": text, "literal_binds": True}
    _migrate({"as_sql": True, "starting_rev": since}, options)
    return text.getvalue()


def run(handed: Any) -> None:
    """Bring the tables to `HEAD` over a connection of SQLAlchemy; its transaction stays open."""
    _migrate({}, {"connection": handed})


def _migrate(how: dict[str, Any], options: dict[str, Any]) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from loyalty_rules.ledger.schema import METADATA, VERSION_TABLE

    config = Config()
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory(__path__[0])

    def steps(present: Any, context: Any) -> Any:
        return directory._upgrade_revs(HEAD, present)

    more = {"fn": steps, "destination_rev": HEAD, **how}
    with EnvironmentContext(config, directory, **more) as environment:
        environment.configure(
            target_metadata=METADATA,
            version_table=VERSION_TABLE,
            transactional_ddl=False,
            **options,
        )
        environment.run_migrations()
