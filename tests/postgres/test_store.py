"""A ledger in PostgreSQL: what it refuses to be kept in, what it says, and how it comes back after a loss."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import create_engine

from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.ledger.compiled import for_postgres
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.ledger.migrations import HEAD
from loyalty_rules.ledger.schema import METADATA, VERSION_TABLE
from loyalty_rules.ledger.statements import FIND_LEDGER, STATEMENTS
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, beans, bought
from tests.postgres.server import SPEEDY, Server
from tests.postgres.shared import new_url, shared


def schema_of(url: str) -> str:
    return url.rpartition("schema=")[2]


def ask(text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(shared().url(), autocommit=True) as connection:
        done = connection.execute(sql.SQL(text))  # type: ignore[arg-type]
        return done.fetchall() if done.description else []


@pytest.fixture
def url() -> str:
    return new_url()


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of this test alone, which it may stop."""
    shared()
    with Server(SPEEDY) as server:
        yield server


def opened(url: str) -> Ledger:
    return open_ledger(url, RULES, now=lambda: NOW)


def test_the_migrations_make_the_tables_that_the_schema_says(url: str) -> None:
    PostgresStore(url).close()
    options = f"-csearch_path={schema_of(url)}"
    engine = create_engine(
        shared().url().replace("postgresql:", "postgresql+psycopg:"),
        connect_args={"options": options},
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_every_text_is_sorted_by_its_code_points(url: str) -> None:
    """Else the order of rows would hang on the language of a database."""
    PostgresStore(url).close()
    others = ask(
        "SELECT table_name, column_name FROM information_schema.columns"
        f" WHERE table_schema = '{schema_of(url)}' AND data_type IN ('text', 'character varying')"
        f" AND collation_name IS DISTINCT FROM 'C' AND table_name <> '{VERSION_TABLE}'"
    )
    assert others == []


def test_every_question_is_answered_by_an_index_over_what_it_asks_by(url: str) -> None:
    store = PostgresStore(url)
    for name, statement in STATEMENTS.items():
        if statement.action != "read" or not statement.where:
            continue
        text = for_postgres(store.schema)[name].text
        for number in reversed(range(1, len(statement.parameters) + 1)):
            text = text.replace(f"${number}", "NULL")
        plan = ask(f"SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN {text}")
        assert not any("Seq Scan" in str(row[0]) for row in plan), (name, plan)
    store.close()


def test_a_schema_that_is_not_there_is_made_and_one_without_a_ledger_is_told(url: str) -> None:
    with pytest.raises(LedgerError, match="there is no ledger in it"):
        open_store(url, create=False)
    with opened(url) as ledger:
        ledger.record(bought("10.00"))
    open_store(url, create=False).close()
    with opened(url) as ledger:
        assert beans(ledger) == 10


def test_it_stands_beside_the_tables_of_a_shop_in_the_default_schema(own: Server) -> None:
    with psycopg.connect(own.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE sales (id text PRIMARY KEY)")
    with opened(own.url()) as ledger:
        ledger.record(bought("10.00"))
    with opened(own.url(schema="public")) as ledger:
        assert beans(ledger) == 10


def test_tables_in_the_way_are_told_and_left_alone(url: str) -> None:
    schema = schema_of(url)
    ask(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.loyalty_lots (mine int)")
    with pytest.raises(LedgerError, match="the table `loyalty_lots` is in the way"):
        opened(url)
    assert ask(f"SELECT count(*) FROM {schema}.loyalty_lots") == [(0,)]
    assert len(ask(f"SELECT 1 FROM pg_tables WHERE schemaname = '{schema}'")) == 1


def test_tables_of_a_later_version_are_refused(url: str) -> None:
    opened(url).close()
    ask(f"UPDATE {schema_of(url)}.{VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(LedgerError, match="a later version of this package"):
        opened(url)


@pytest.mark.parametrize(
    "setting", ["?options=-csynchronous_commit%3Doff", "?options=-c+synchronous_commit%3Doff"]
)
def test_a_server_that_does_not_wait_for_its_disk_is_refused(setting: str) -> None:
    with pytest.raises(LedgerError, match="`synchronous_commit` is off"):
        opened(shared().url() + setting.replace("+", "%20"))


def test_a_commit_that_is_switched_off_later_stays_on_for_those_who_are_there(own: Server) -> None:
    store = PostgresStore(own.url())
    with psycopg.connect(own.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    with store.writing():
        assert store._own.connection is not None
        [row] = store._own.connection.execute("SHOW synchronous_commit").fetchall()
    assert row == ("on",)
    store.close()
    with pytest.raises(LedgerError, match="`synchronous_commit` is off"):
        PostgresStore(own.url())


def test_a_database_in_another_encoding_is_refused(own: Server) -> None:
    with psycopg.connect(own.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(LedgerError, match="keeps text as LATIN1"):
        opened(own.url("old"))


SECRET = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://shop:{secret}@127.0.0.1:1/club", "cannot be reached"),
        ("postgresql://postgres:{secret}@127.0.0.1:{port}/postgres", "name and password"),
        ("postgresql://shop:{secret}@127.0.0.1:{port}/club", "name and password"),
        ("postgresql://shop:{secret}@[127.0.0.1/club", "cannot be read"),
        ("postgresql://shop:%ZZ{secret}@h/club", "cannot be read"),
        ("postgresql://shop:{secret}@h/club?nonsense=1", "cannot be read"),
        ("postgresql://shop:{secret}@h/club?schema=", "names a schema"),
        ("mysql://shop:{secret}@h/club", "no store that is known here"),
    ],
)
def test_no_password_is_ever_repeated(url: str, says: str) -> None:
    address = url.replace("{secret}", SECRET).replace("{port}", str(shared().port))
    with pytest.raises(LedgerError) as caught:
        open_store(address)
    assert says in str(caught.value)
    told: BaseException | None = caught.value
    while told is not None:
        assert SECRET not in str(told)
        told = told.__cause__


def test_a_database_that_is_not_there_is_told() -> None:
    with pytest.raises(LedgerError, match="no such database"):
        opened(shared().url("nowhere"))


def test_a_user_without_rights_is_told(url: str) -> None:
    with opened(url):
        pass
    schema = schema_of(url)
    ask(f"CREATE ROLE {schema} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA {schema} TO {schema}")
    address = f"postgresql://{schema}:x@127.0.0.1:{shared().port}/postgres?schema={schema}"
    with pytest.raises(LedgerError, match="lacks a right"):
        opened(address)
    with pytest.raises(LedgerError, match="lacks a right"):
        opened(address.replace(f"schema={schema}", "schema=other"))
    ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {schema}")
    with opened(address) as ledger, pytest.raises(LedgerError, match="lacks a right"):
        ledger.record(bought("10.00"))


def test_sessions_that_only_read_by_default_are_written_in_all_the_same(url: str) -> None:
    with opened(url) as ledger:
        ledger.record(bought("10.00"))
    with opened(f"{url}&options=-cdefault_transaction_read_only%3Don") as ledger:
        assert ledger.record(bought("5.00", id="p-2")).status == "booked"
        assert beans(ledger) == 15


def test_a_server_that_was_started_again_is_met_again(own: Server) -> None:
    with opened(own.url()) as ledger:
        ledger.record(bought("10.00"))
        for number in range(3):
            own.kill()
            own.start()
            assert ledger.record(bought("1.00", id=f"p-1{number}")).status == "booked"
        own.kill()
        own.start()
        assert beans(ledger) == 13
        assert ledger.verify().findings == []


def test_a_server_that_stays_away_is_a_reason_to_try_again(
    own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty_rules.service.attempts.PAUSES_SECONDS", (0.01, 0.01))
    with opened(own.url()) as ledger:
        ledger.record(bought("10.00"))
        own.kill()
        with pytest.raises(Retry, match="cannot be reached"):
            ledger.record(bought("5.00", id="p-2"))
        with pytest.raises(Retry):
            ledger.balance("m-1")
        own.start()
        assert ledger.record(bought("5.00", id="p-2")).status == "booked"
        assert beans(ledger) == 15


def test_a_ledger_that_was_opened_before_a_fork_is_not_used_after_it(url: str) -> None:
    with opened(url) as ledger:
        child = os.fork()
        if child == 0:
            try:
                ledger.balance("m-1")
            except LedgerError as problem:
                os._exit(7 if "another process" in str(problem) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_texts_that_postgres_cannot_keep_are_refused_and_leave_nothing(url: str) -> None:
    store = PostgresStore(url)
    with pytest.raises(LedgerError, match="cannot be kept"), store.writing() as execute:
        execute(FIND_LEDGER, [("a\x00b",)])
    with store.writing() as execute:
        assert execute(FIND_LEDGER, [("main",)]) == []
    store.close()


def test_the_programs_that_were_named_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(Exception, match=r"initdb|postgres"):
        Server()
