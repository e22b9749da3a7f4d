"""What is handed in and cannot be booked on: each is told with its cure, and nothing is booked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from django.db import connection as django_connection
from django.db import transaction
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.handing import AlchemyShop, DjangoShop, RawSqliteShop, raw_shop
from tests.ledger.shop import NOW, RULES, beans, bought


@pytest.fixture
def raw(tmp_path: Path) -> RawSqliteShop:
    return raw_shop(tmp_path)


@pytest.fixture
def ledger(raw: RawSqliteShop) -> Iterator[Ledger]:
    with open_ledger(raw.url, RULES, now=lambda: NOW, beside=True) as ledger:
        yield ledger
        assert ledger.verify().findings == []


@pytest.mark.parametrize("thing", ["a text", object(), 7, SimpleNamespace(closed=False)])
def test_what_is_no_connection_is_told_so(thing: object, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="one of SQLAlchemy, Django, psycopg or sqlite3"):
        ledger.record(bought("10.00"), connection=thing)


def test_what_is_near_to_a_connection_is_told_what_to_hand_in(
    ledger: Ledger, raw: RawSqliteShop
) -> None:
    engine = create_engine(raw.url)
    with pytest.raises(LedgerError, match=r"with engine.begin\(\) as connection"):
        ledger.record(bought("10.00"), connection=engine)
    with Session(engine) as session:
        with pytest.raises(LedgerError, match=r"`Session`: hand in `session.connection\(\)`"):
            ledger.record(bought("10.00"), connection=session)
        ledger.record(bought("10.00"), connection=session.connection())
        session.rollback()
        assert beans(ledger) == 0
        ledger.record(bought("10.00"), connection=session.connection())
        session.commit()
    engine.dispose()
    assert beans(ledger) == 10
    with raw.transaction() as connection, pytest.raises(LedgerError, match="its `connection`"):
        ledger.record(bought("10.00", id="p-2"), connection=connection.cursor())


def test_a_closed_connection_is_told_so(ledger: Ledger, raw: RawSqliteShop) -> None:
    engine = create_engine(raw.url)
    with engine.connect() as closed:
        pass
    with raw.transaction() as also_closed:
        pass
    for connection in (closed, also_closed):
        with pytest.raises(LedgerError, match="closed"):
            ledger.record(bought("10.00"), connection=connection)
        with pytest.raises(LedgerError, match="closed"):
            ledger.balance("m-1", connection=connection)
    engine.dispose()


def test_a_connection_that_was_lost_is_told_so(ledger: Ledger, raw: RawSqliteShop) -> None:
    shop = AlchemyShop(raw.url)
    with shop.engine.connect() as connection:
        connection.begin()
        connection.invalidate()
        with pytest.raises(LedgerError, match="lost: roll back"):
            ledger.record(bought("10.00"), connection=connection)
    shop.close()


def test_a_connection_without_a_ledger_is_told_so(ledger: Ledger, tmp_path: Path) -> None:
    other = RawSqliteShop(tmp_path / "other.db")
    for path in (tmp_path / "other.db", ":memory:"):
        with (
            sqlite3.connect(path) as connection,
            pytest.raises(LedgerError, match="another database"),
        ):
            ledger.record(bought("10.00"), connection=connection)
        connection.close()
    with other.transaction() as connection:
        connection.execute("ATTACH ? AS ours", (str(tmp_path / "shop.db"),))
        with pytest.raises(LedgerError, match="another database"):
            ledger.record(bought("10.00"), connection=connection)


@pytest.mark.parametrize("name", ["main", "other"])
def test_the_file_of_another_ledger_is_another_database(
    name: str, ledger: Ledger, tmp_path: Path
) -> None:
    """Its ledger has the same number, and may have the same name."""
    other = RawSqliteShop(tmp_path / "other.db")
    with open_ledger(other.url, RULES, ledger=name, now=lambda: NOW) as elsewhere:
        with other.transaction() as connection, pytest.raises(LedgerError, match="another"):
            ledger.record(bought("10.00"), connection=connection)
        assert (beans(ledger), beans(elsewhere)) == (0, 0)
        assert not elsewhere.statement("m-1").known


def test_one_file_by_another_name_is_the_same_database(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "shop.db")
    with RawSqliteShop(tmp_path / "link.db").transaction() as connection:
        ledger.record(bought("10.00"), connection=connection)
    assert beans(ledger) == 10


def in_another_thread(act: Callable[[], object]) -> list[BaseException]:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as problem:
            caught.append(problem)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return caught


def test_a_connection_of_another_thread_is_told_so(ledger: Ledger, raw: RawSqliteShop) -> None:
    shop = DjangoShop(raw.url, NAME=str(raw.path))
    with raw.transaction() as connection, shop.transaction() as wrapper:
        for handed in (connection, wrapper):
            caught = in_another_thread(partial(ledger.record, bought("10.00"), connection=handed))
            assert [type(one) for one in caught] == [LedgerError]
            assert "thread" in str(caught[0])
    shop.close()
    assert beans(ledger) == 0


def test_a_connection_that_may_be_used_by_all_threads_is_booked_on_by_another(
    ledger: Ledger, raw: RawSqliteShop
) -> None:
    connection = raw.connected(check_same_thread=False)
    assert in_another_thread(lambda: ledger.record(bought("7.00"), connection=connection)) == []
    connection.commit()
    connection.close()
    assert beans(ledger) == 7


def test_an_atomic_block_that_has_failed_is_told_so(ledger: Ledger, raw: RawSqliteShop) -> None:
    shop = DjangoShop(raw.url, NAME=str(raw.path))
    with transaction.atomic():
        shop.sell(django_connection, "p-1")
        transaction.set_rollback(True)
        with pytest.raises(LedgerError, match=r"has failed already: leave its `atomic\(\)`"):
            ledger.record(bought("10.00"), connection=django_connection)
    assert shop.sales() == []
    with transaction.atomic():
        assert ledger.record(bought("10.00"), connection=django_connection).status == "booked"
    shop.close()


def test_a_transaction_that_django_does_not_manage_is_the_shops_own(
    ledger: Ledger, raw: RawSqliteShop
) -> None:
    shop = DjangoShop(raw.url, NAME=str(raw.path))
    transaction.set_autocommit(False)
    ledger.record(bought("10.00"), connection=django_connection)
    transaction.rollback()
    assert beans(ledger) == 0
    ledger.record(bought("10.00"), connection=django_connection)
    transaction.commit()
    transaction.set_autocommit(True)
    shop.close()
    assert beans(ledger) == 10


def test_a_driver_that_no_ledger_is_booked_by_is_named(ledger: Ledger) -> None:
    foreign = type("connection", (), {"__module__": "psycopg2.extensions"})
    wrapper = type("DatabaseWrapper", (), {"__module__": "django.db.backends.base.base"})
    wrapper.__qualname__ = "BaseDatabaseWrapper"
    handed = wrapper()
    handed.__dict__.update(
        needs_rollback=False,
        connection=foreign(),
        validate_thread_sharing=lambda: None,
        ensure_connection=lambda: None,
    )
    with pytest.raises(LedgerError, match=r"`psycopg2.extensions.connection`: a ledger is booked"):
        ledger.record(bought("10.00"), connection=handed)


def test_rows_and_texts_are_the_ledgers_own_matter(ledger: Ledger, raw: RawSqliteShop) -> None:
    with raw.transaction() as connection:
        connection.row_factory = sqlite3.Row
        ledger.record(bought("10.00"), connection=connection)
    with raw.transaction() as connection:
        connection.text_factory = bytes
        with pytest.raises(LedgerError, match="leave its `text_factory` at `str`"):
            ledger.record(bought("10.00", id="p-2"), connection=connection)
    assert beans(ledger) == 10


def test_who_comes_second_is_told_to_roll_back_and_do_it_again(
    ledger: Ledger, raw: RawSqliteShop
) -> None:
    shop = AlchemyShop(raw.url, connect_args={"timeout": 0.1})
    with raw.transaction() as first, shop.engine.connect() as second:
        ledger.record(bought("10.00"), connection=first)
        with pytest.raises(Retry, match=r"somebody else is writing .* roll back, and do it again"):
            ledger.record(bought("20.00", id="p-2"), connection=second)
        assert second.in_transaction()
    with shop.transaction() as again:
        assert ledger.record(bought("20.00", id="p-2"), connection=again).status == "booked"
    shop.close()
    assert beans(ledger) == 30


def test_a_transaction_that_began_with_a_look_and_is_behind_is_begun_again(
    ledger: Ledger, raw: RawSqliteShop
) -> None:
    connection = raw.connected(isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    for _ in range(2):
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sales").fetchall()
        if not beans(ledger):
            ledger.record(bought("10.00"))  # somebody else, meanwhile
            with pytest.raises(Retry, match="began with a look, and somebody has written since"):
                ledger.record(bought("20.00", id="p-2"), connection=connection)
            assert connection.in_transaction
            connection.execute("ROLLBACK")
    ledger.record(bought("20.00", id="p-2"), connection=connection)
    connection.execute("COMMIT")
    connection.close()
    assert beans(ledger) == 30


def test_a_connection_that_may_only_read_is_told_so(ledger: Ledger, raw: RawSqliteShop) -> None:
    connection = raw.connected()
    connection.execute("PRAGMA query_only = 1")
    with pytest.raises(LedgerError, match="may only be read"):
        ledger.record(bought("10.00"), connection=connection)
    assert ledger.balance("m-1", connection=connection)["beans"].total == 0
    connection.close()


def test_who_goes_through_the_states_cannot_book_before_the_end(ledger: Ledger) -> None:
    ledger.record(bought("10.00"))
    with pytest.raises(LedgerError, match="has to end first"):
        for _ in ledger.states():
            ledger.record(bought("10.00", id="p-2"))
    assert ledger.record(bought("10.00", id="p-2")).status == "booked"
