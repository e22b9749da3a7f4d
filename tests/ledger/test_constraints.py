"""What a database can refuse by itself it refuses, whoever writes: of each law a row that breaks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import CheckConstraint, Table

from loyalty_rules.ledger.drivers.upkeep import check_tables
from loyalty_rules.ledger.schema import METADATA, PREFIX
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, back, bought
from tests.ledger.test_budgets import RULES, mugs
from tests.postgres.shared import new_url, shared

Run = Callable[[str], None]
"""Runs a statement in a transaction of its own."""

BROKEN: Final = {
    "ledgers_erasure_key_length": "UPDATE loyalty_ledgers SET erasure_key = {short}",
    "rule_texts_digest_length": "UPDATE loyalty_rule_texts SET digest = 'abc'",
    "members_salt_length": "UPDATE loyalty_members SET salt = salt || salt",
    "members_erased": "UPDATE loyalty_members SET external = '~erased/' || external",
    "accounts_sequence": "UPDATE loyalty_accounts SET sequence = 0",
    "accounts_head_length": "UPDATE loyalty_accounts SET head = {short}",
    "accounts_checksum_length": "UPDATE loyalty_accounts SET checksum = head",
    "states_sequence": "UPDATE loyalty_states SET sequence = -1",
    "states_head_length": "UPDATE loyalty_states SET head = checksum",
    "states_checksum_length": "UPDATE loyalty_states SET checksum = head",
    "events_status": "UPDATE loyalty_events SET status = 'gone', waits_for = NULL, sequence = NULL",
    "events_booked": "UPDATE loyalty_events SET sequence = NULL WHERE status = 'booked'",
    "events_held": "UPDATE loyalty_events SET waits_for = NULL WHERE status = 'held'",
    "events_sequence": "UPDATE loyalty_events SET sequence = 0 WHERE sequence = 1",
    "events_digest_length": "UPDATE loyalty_events SET digest = {short}",
    "events_checksum_of_held": "UPDATE loyalty_events SET checksum = {mark} WHERE status = 'booked'",
    "entries_sequence": "UPDATE loyalty_entries SET sequence = 0 WHERE sequence = 1",
    "entries_plan_length": "UPDATE loyalty_entries SET plan = ''",
    "entries_previous_length": "UPDATE loyalty_entries SET previous = {short}",
    "entries_hash_length": "UPDATE loyalty_entries SET hash = {short}",
    "postings_book": "UPDATE loyalty_postings SET book = 'pocket'",
    "lots_left": 'UPDATE loyalty_lots SET "left" = granted + 1',
    "orders_sequence": "UPDATE loyalty_orders SET sequence = 0",
    "refusals_code": "UPDATE loyalty_refusals SET code = ''",
    "refusals_checksum_length": "UPDATE loyalty_refusals SET checksum = {short}",
    "outbox_place": "UPDATE loyalty_outbox SET sequence = 0",
    "outbox_action": "UPDATE loyalty_outbox SET action = 'lost'",
    "outbox_status": "UPDATE loyalty_outbox SET status = ''",
    "shared_counters_name": "UPDATE loyalty_shared_counters SET counter = 'mine.' || counter",
    "shared_counters_changes": "UPDATE loyalty_shared_counters SET changes = 0",
    "shared_counters_checksum_length": "UPDATE loyalty_shared_counters SET checksum = {short}",
    "seals_place": "UPDATE loyalty_seals SET number = 0 WHERE number = 1",
    "seals_head_length": "UPDATE loyalty_seals SET head = {mark}",
    "seals_previous_length": "UPDATE loyalty_seals SET previous = {mark}",
    "seals_hash_length": "UPDATE loyalty_seals SET hash = {short}",
}
"""By the name of a check, a change that it does not let pass."""

MORE_THAN_KEYS: Final = {
    "lots_left": 'UPDATE loyalty_lots SET "left" = -1',
    "outbox_place": "UPDATE loyalty_outbox SET number = 0",
    "seals_place": "UPDATE loyalty_seals SET sequence = 0 WHERE number = 1",
    "events_held": "UPDATE loyalty_events SET waits_for = 'o-1' WHERE status = 'booked'",
    "members_erased": "UPDATE loyalty_members SET salt = {empty}",
}
"""The other side of laws that have two."""

TWICE: Final = {
    "a name of a ledger": ("ledgers", "id", "id + 100"),
    "what a shop calls a member": ("members", "id", "id + 100"),
    "an event of an entry": ("events", "event", "'x-' || event"),
    "an entry that is sealed": ("seals", "number", "number + 100"),
}
"""What there is once though it is no key: a table, and the column that makes a second row another one."""

LITERALS: Final = {
    "sqlite": {"short": "x'00'", "empty": "x''", "mark": f"x'{'00' * 16}'"},
    "postgres": {
        "short": "'\\x00'::bytea",
        "empty": "''::bytea",
        "mark": f"'\\x{'00' * 16}'::bytea",
    },
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ledger with a row in every table, which is sound when all is over."""
    path = tmp_path_factory.mktemp("laws") / "shop.db"
    address = f"sqlite:///{path}" if request.param == "sqlite" else new_url()
    with opened(address) as ledger:
        for number in range(16):
            ledger.record(bought("2.00", id=f"p-{number}"))
        ledger.record(mugs("m-1"))
        ledger.record(mugs("m-1", 9, id="too-many"))
        ledger.record(back("not-there"))
        ledger.seal()
    yield address
    with opened(address) as ledger:
        assert ledger.verify().findings == []
        assert ledger.rebuild().is_identical


def opened(url: str) -> Ledger:
    return open_ledger(url, RULES, now=lambda: NOW)


@pytest.fixture
def run(url: str) -> Iterator[Run]:
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        file.execute("PRAGMA foreign_keys = ON")  # as connections of ours do

        def in_file(text: str) -> None:
            assert file.execute(text.format(**LITERALS["sqlite"])).rowcount

        yield in_file
        file.close()
        return
    with psycopg.connect(shared().url(), autocommit=True) as server:
        server.execute(f"SET search_path TO {url.rpartition('schema=')[2]}")  # type: ignore[arg-type]

        def in_server(text: str) -> None:
            assert server.execute(text.format(**LITERALS["postgres"])).rowcount  # type: ignore[arg-type]

        yield in_server


def refused(run: Run, text: str) -> str:
    """What the database says to a statement that it refuses."""
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)) as found:
        run(text)
    return str(found.value)


def checks() -> set[str]:
    return {
        str(one.name).removeprefix(PREFIX)
        for table in METADATA.tables.values()
        for one in table.constraints
        if isinstance(one, CheckConstraint)
    }


def test_of_every_check_there_is_a_row_that_breaks_it() -> None:
    assert set(BROKEN) == checks()


@pytest.mark.parametrize(
    ("law", "change"), [*BROKEN.items(), *MORE_THAN_KEYS.items()], ids=lambda one: one[:40]
)
def test_a_row_that_breaks_a_law_is_refused(run: Run, law: str, change: str) -> None:
    assert f"{PREFIX}{law}" in refused(run, change)


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_no_row_stands_twice_and_nothing_is_left_out(run: Run, table: Table) -> None:
    run(f"UPDATE {table.name} SET {_first(table)} = {_first(table)}")  # there is one to begin with
    assert "nique" in refused(run, f"INSERT INTO {table.name} SELECT * FROM {table.name}").lower()
    for column in table.columns:
        if not column.nullable:
            told = refused(run, f'UPDATE {table.name} SET "{column.name}" = NULL')
            assert "null" in told.lower() or told == "datatype mismatch"  # of a rowid


def _first(table: Table) -> str:
    return f'"{next(iter(table.columns)).name}"'


@pytest.mark.parametrize("what", TWICE)
def test_what_there_is_once_is_there_once(run: Run, what: str) -> None:
    table, column, other = TWICE[what]
    columns = [one.name for one in METADATA.tables[PREFIX + table].columns]
    named = ", ".join(f'"{one}"' for one in columns)
    chosen = ", ".join(other if one == column else f'"{one}"' for one in columns)
    copied = f"INSERT INTO {PREFIX}{table} ({named}) SELECT {chosen} FROM {PREFIX}{table}"
    assert "unique" in refused(run, copied).lower()


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_nothing_hangs_on_what_is_not_there(run: Run, table: Table) -> None:
    for key in table.foreign_keys:
        told = refused(run, f"UPDATE {table.name} SET {key.parent.name} = 4711")
        assert "foreign key" in told.lower()


def test_a_check_that_is_gone_or_foreign_is_told(tmp_path: Path) -> None:
    url = new_url()
    opened(url).close()
    assert check_tables(url).is_current
    with psycopg.connect(shared().url(), autocommit=True) as server:
        server.execute(f"SET search_path TO {url.rpartition('schema=')[2]}")  # type: ignore[arg-type]
        server.execute("ALTER TABLE loyalty_lots DROP CONSTRAINT loyalty_lots_left")
        server.execute("ALTER TABLE loyalty_lots ADD CONSTRAINT mine CHECK (granted < 100)")
    lots = ("add check: loyalty_lots_left", "remove check: loyalty_lots has 1 that are not ours")
    assert check_tables(url).differences == lots
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    opened(url).close()
    with sqlite3.connect(tmp_path / "shop.db") as file:
        file.execute("PRAGMA writable_schema = ON")
        change = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'loyalty_lots'"
        file.execute(change, ('"left" <= granted', "granted < 100"))
    file.close()
    assert check_tables(url).differences == lots
