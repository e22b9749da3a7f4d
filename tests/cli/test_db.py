"""``loyalty-rules db``: tables made, compared, told as DDL; a backup that is a ledger when it is restored."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from loyalty_rules.cli import main
from loyalty_rules.ledger.migrations import HEAD, VERSIONS
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, beans, bought
from tests.postgres.shared import new_url, shared

DATABASES = ("sqlite", "postgres")


def db(*words: str) -> Result:
    return CliRunner().invoke(main, ["db", *words], catch_exceptions=False)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}" if request.param == "sqlite" else new_url()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs of PostgreSQL are on the path."""
    programs = shared()._programs
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return programs


def opened(url: str) -> Ledger:
    return open_ledger(url, RULES, now=lambda: NOW)


def fill(url: str) -> None:
    with opened(url) as ledger:
        ledger.record_many([bought("10.00", id=f"p-{n}", member=f"m-{n % 3}") for n in range(30)])
        ledger.record(back("p-0", member="m-0"))


def run_sql(url: str, text: str) -> None:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.executescript(text)
        connection.close()
        return
    with psycopg.connect(shared().url(), autocommit=True) as connection:
        schema = url.rpartition("schema=")[2]
        connection.execute(f'SET search_path TO "{schema}"')
        connection.execute(text)


def ddl_for(url: str, *more: str) -> str:
    schema = url.rpartition("schema=")[2]
    place = ["--schema", schema] if url.startswith("postgres") else ["--for", "sqlite"]
    done = db("sql", *place, *more)
    assert done.exit_code == 0
    return done.stdout


def test_tables_are_made_once_and_are_then_those_of_this_version(url: str) -> None:
    if url.startswith("postgres"):
        nothing = db("check", "--store", url)
        assert (nothing.exit_code, "no tables of a ledger" in nothing.stdout) == (1, True)
    for _ in range(2):
        done = db("upgrade", "--store", url)
        assert (done.exit_code, done.stdout) == (0, f"the tables are those of version {HEAD}\n")
    checked = db("check", "--store", url)
    assert checked.exit_code == 0
    assert (
        checked.stdout == f"the tables are those of version {HEAD}, known here are up to {HEAD}\n"
    )
    as_object = json.loads(db("check", "--store", url, "--format", "json").stdout)
    assert as_object == {"current": True, "version": HEAD, "known": HEAD, "differences": []}


def test_what_somebody_changed_in_the_tables_is_told(url: str) -> None:
    fill(url)
    run_sql(url, "DROP INDEX loyalty_accounts_due; ALTER TABLE loyalty_lots ADD COLUMN mine TEXT;")
    checked = db("check", "--store", url)
    assert checked.exit_code == 1
    assert "differs: add index: loyalty_accounts_due" in checked.stdout
    assert "differs: remove column:" in checked.stdout and "mine" in checked.stdout
    with opened(url) as ledger:  # it is in nobody's way
        assert beans(ledger, "m-1") == 100


def test_the_tables_of_a_shop_beside_ours_are_no_difference(url: str) -> None:
    db("upgrade", "--store", url)
    run_sql(url, "CREATE TABLE sales (id TEXT PRIMARY KEY);")
    assert db("check", "--store", url).exit_code == 0


def test_printed_statements_make_the_tables_and_bring_old_ones_up(url: str) -> None:
    run_sql(url, ddl_for(url))
    assert db("check", "--store", url).exit_code == 0
    fill(url)
    with opened(url) as ledger:
        assert ledger.verify().is_clean


@pytest.mark.parametrize("since", VERSIONS[:-1])
def test_printed_statements_begin_where_the_tables_are(
    since: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", new_url()):
        with monkeypatch.context() as before:
            before.setattr("loyalty_rules.ledger.migrations.HEAD", since)
            first = ddl_for(url)
        run_sql(url, first)
        told = db("check", "--store", url)
        assert (told.exit_code, f"version {since}, known here are up to {HEAD}" in told.stdout) == (
            1,
            True,
        )
        run_sql(url, ddl_for(url, "--from", since))
        assert db("check", "--store", url).exit_code == 0


def test_a_backup_of_a_file_is_a_ledger_while_others_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url)
    stop = threading.Event()

    def write() -> None:
        with opened(url) as ledger:
            number = 0
            while not stop.is_set():
                ledger.record(bought("1.00", id=f"more-{number}", member="m-9"))
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            done = db("backup", "--store", url, "--to", str(tmp_path / f"copy{number}.db"))
            assert done.exit_code == 0, done.output
    finally:
        stop.set()
        writer.join()
    assert sorted(one.name for one in tmp_path.glob("copy*")) == [
        f"copy{number}.db" for number in range(3)
    ]
    with opened(f"sqlite:///{tmp_path / 'copy2.db'}") as ledger:
        assert ledger.verify().is_clean
        assert beans(ledger, "m-1") == 100
        assert ledger.rebuild().is_identical


def test_a_backup_of_postgres_is_restored_into_another_database(
    client: Path, tmp_path: Path
) -> None:
    url, to = new_url(), tmp_path / "club.dump"
    fill(url)
    done = db("backup", "--store", url, "--to", str(to))
    assert done.exit_code == 0, done.output
    assert "checked: ledgers 1, entries 31" in done.stdout
    schema = url.rpartition("schema=")[2]
    with psycopg.connect(shared().url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
    restored = shared().url("restored", schema=schema)
    with psycopg.connect(shared().url("restored"), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    subprocess.run(
        [str(client / "pg_restore"), "--no-owner", "-d", shared().url("restored"), str(to)],
        check=True,
    )
    assert db("check", "--store", restored).exit_code == 0
    with opened(restored) as ledger:
        assert ledger.verify().is_clean
        assert beans(ledger, "m-1") == 100
        assert ledger.record(bought("1.00", id="p-99", member="m-99")).status == "booked"


def test_a_backup_is_never_put_over_a_file(url: str, client: Path, tmp_path: Path) -> None:
    fill(url)
    there = tmp_path / "there"
    there.write_text("mine")
    done = db("backup", "--store", url, "--to", str(there))
    assert (done.exit_code, "is there already" in done.output) == (2, True)
    assert there.read_text() == "mine"
    nowhere = db("backup", "--store", url, "--to", str(tmp_path / "no" / "where"))
    assert nowhere.exit_code == 2
    assert not (tmp_path / "no").exists()


def test_what_is_damaged_is_no_backup(url: str, client: Path, tmp_path: Path) -> None:
    fill(url)
    run_sql(url, "UPDATE loyalty_entries SET effects = '[]' WHERE member = 1 AND sequence = 2;")
    done = db("backup", "--store", url, "--to", str(tmp_path / "copy"))
    assert done.exit_code == 1
    assert "is damaged" in done.output
    assert list(tmp_path.glob("copy*")) == []


def test_without_pg_dump_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = new_url()
    fill(url)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = db("backup", "--store", url, "--to", str(tmp_path / "copy"))
    assert done.exit_code == 2
    assert "pg_dump, which is not on the PATH" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("upgrade", "--store", "memory:"), "a store in memory has no tables"),
        (("check", "--store", "memory:"), "only a database has tables"),
        (("check", "--store", "sqlite:///nowhere/shop.db"), "cannot be opened"),
        (("sql", "--for", "sqlite", "--schema", "x"), "SQLite has no schemas"),
        (("backup", "--store", "sqlite:///nowhere.db", "--to", "x"), "cannot be opened"),
    ],
)
def test_wrong_use_is_told(words: tuple[str, ...], says: str) -> None:
    done = db(*words)
    assert done.exit_code == 2
    assert says in done.output.replace("\n", " ")
