"""The history of the tables, one file for each change; Alembic runs them when a store is opened."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

VERSIONS: Final = ("0001", "0002", "0003")
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


def run(handed: Any) -> None:
    """Bring the tables to `HEAD` over a connection of SQLAlchemy; its transaction stays open."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from loyalty_rules.ledger.schema import METADATA, VERSION_TABLE

    config = Config()
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory(__path__[0])

    def steps(present: Any, context: Any) -> Any:
        return script._upgrade_revs(HEAD, present)

    with EnvironmentContext(config, script, fn=steps, destination_rev=HEAD) as environment:
        environment.configure(
            connection=handed,
            target_metadata=METADATA,
            version_table=VERSION_TABLE,
            transactional_ddl=False,
        )
        environment.run_migrations()
