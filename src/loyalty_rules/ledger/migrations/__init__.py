"""The history of the tables, one file for each change; Alembic runs them when a store is opened."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

VERSIONS: Final = ("0001", "0002", "0003", "0004")
"""Every version that a store may have, oldest first. Upgrades only add, so each can still be read."""

HEAD: Final = VERSIONS[-1]


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the tables to `HEAD` within the transaction that is open on ``connection``."""
    # loaded only here: a store that is up to date opens without Alembic
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as handed:
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
    return tuple(_said(*one) for one in flat)


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
