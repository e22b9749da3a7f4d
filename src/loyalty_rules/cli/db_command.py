"""``loyalty-rules db upgrade|check|sql|backup``: the database below a ledger."""

from __future__ import annotations

import json
from pathlib import Path

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import format_option
from loyalty_rules.cli.stores import existing_store, store_option
from loyalty_rules.cli.terminal import complain, say
from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.drivers.upkeep import Checked, back_up, check_tables, ddl
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.ledger.migrations import HEAD, VERSIONS


@click.group("db")
def db_commands() -> None:
    """Make the tables of a ledger, compare them, print their DDL, back them up.

    \b
    Example:
      loyalty-rules db check --store sqlite:///club.db

    Exit: 0 done, 1 the tables are not those of this version, 2 wrong use.
    """


@db_commands.command("upgrade")
@store_option(required=True)
@click.option("--beside", is_flag=True, help="In a SQLite file that has tables of other software.")
def upgrade_command(store: str, beside: bool) -> int:
    """Make the tables of a ledger, or bring them to this version; nothing is done where they are.

    Whoever opens a ledger does the same. This is for a user of the database who may do it where the shop's
    own may not. What was there stays as it was: an upgrade only adds.

    \b
    Example:
      loyalty-rules db upgrade --store 'postgresql://dba@db.internal/shop?schema=loyalty'

    Exit: 0 done, 2 wrong use.
    """
    if store == "memory:":
        raise click.UsageError("a store in memory has no tables that could be made before")
    try:
        open_store(store, beside=beside).close()
    except LedgerError as problem:
        raise click.UsageError(printable(str(problem))) from None
    say(f"the tables are those of version {HEAD}")
    return 0


@db_commands.command("check")
@store_option(required=True)
@format_option
def check_tables_command(store: str, form: str) -> int:
    """Compare the tables of a database with those of this version. Nothing is written.

    \b
    Example:
      loyalty-rules db check --store sqlite:///club.db --format json

    Exit: 0 they are the same, 1 they are not, 2 wrong use.
    """
    try:
        checked = check_tables(store)
    except LedgerError as problem:
        raise click.UsageError(printable(str(problem))) from None
    if form == "json":
        say(
            json.dumps(
                {
                    "current": checked.is_current,
                    "version": checked.version,
                    "known": HEAD,
                    "differences": list(checked.differences),
                },
                indent=2,
            )
        )
    else:
        for line in _as_text(checked):
            say(printable(line))
    return 0 if checked.is_current else 1


def _as_text(checked: Checked) -> list[str]:
    if checked.version is None:
        return ["there are no tables of a ledger (`loyalty-rules db upgrade` makes them)"]
    lines = [f"the tables are those of version {checked.version}, known here are up to {HEAD}"]
    if checked.version != HEAD:
        return [*lines, "`loyalty-rules db upgrade` brings them there"]
    return [*lines, *(f"differs: {one}" for one in checked.differences)]


@db_commands.command("sql")
@click.option(
    "--for",
    "database",
    type=click.Choice(["postgresql", "sqlite"]),
    default="postgresql",
    show_default=True,
    help="The database that is to read it.",
)
@click.option(
    "--schema", default="", metavar="NAME", help="The schema of PostgreSQL for the tables."
)
@click.option(
    "--from",
    "since",
    type=click.Choice(VERSIONS[:-1]),
    help="The version that the tables have  [default: there are none]",
)
def sql_command(database: str, schema: str, since: str | None) -> int:
    """Print the statements that `db upgrade` would run, for whoever runs them by hand.

    They are one transaction, and write down the version, so that a ledger opens on the tables without a right
    to make any.

    \b
    Example:
      loyalty-rules db sql --schema loyalty > loyalty.sql

    Exit: 0 done, 2 wrong use.
    """
    if schema and database == "sqlite":
        raise click.UsageError("SQLite has no schemas")
    say(ddl(database, schema, since))
    return 0


@db_commands.command("backup")
@store_option(required=True)
@click.option(
    "--to",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The new file.",
)
def backup_command(store: str, to: Path) -> int:
    """Copy the database of a ledger to a new file while it is used, and check every ledger in the copy.

    A SQLite file becomes a SQLite file. Of PostgreSQL pg_dump writes the tables of the ledger, in its own
    format, for pg_restore; the very state that is written is the one that is checked.

    \b
    Example:
      loyalty-rules db backup --store sqlite:///club.db --to club-2026-11-28.db

    Exit: 0 done, 1 the ledger is damaged and there is no backup, 2 wrong use.
    """
    with existing_store(store) as opened:
        try:
            made = back_up(opened, store, to)
        except CorruptLedger as problem:
            complain(printable(str(problem)))
            return 1
        except LedgerError as problem:
            raise click.UsageError(printable(str(problem))) from None
    say(
        printable(
            f"`{made.path}`: {made.size_bytes:,} bytes; checked: ledgers {made.ledgers:,},"
            f" entries {made.entries:,}"
        )
    )
    return 0
