"""A booking inside the shop's own transaction, which we never end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from loyalty_rules import ConflictingEvent
from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, beans, bought


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}", connect_args={"timeout": 0.2})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sales (id TEXT PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(tmp_path: Path, engine: Engine) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with open_ledger(url, RULES, now=lambda: NOW, beside=True) as ledger:
        yield ledger
        assert ledger.verify().findings == []


def sales(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(text("SELECT id FROM sales ORDER BY id"))]


def test_a_commit_by_the_shop_leaves_sale_and_points(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sales VALUES ('p-1')"))
        receipt = ledger.record(bought("45.00"), connection=connection)
        assert (receipt.status, receipt.provisional) == ("booked", True)
        assert connection.in_transaction()
        assert beans(ledger) == 0  # nobody else sees it yet
    assert sales(engine) == ["p-1"]
    assert beans(ledger) == 45
    again = ledger.record(bought("45.00"))
    assert (again.status, again.provisional) == ("duplicate", False)


def test_a_rollback_by_the_shop_leaves_nothing(engine: Engine, ledger: Ledger) -> None:
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO sales VALUES ('p-1')"))
        ledger.record(bought("45.00"), connection=connection)
        ledger.record(back("p-1"), connection=connection)
        connection.rollback()
    assert sales(engine) == []
    assert beans(ledger) == 0
    assert ledger.record(bought("45.00")).status == "booked"


def test_an_error_of_ours_leaves_the_sale_and_the_transaction_to_the_shop(
    engine: Engine, ledger: Ledger
) -> None:
    ledger.record(bought("45.00"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sales VALUES ('p-2')"))
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("46.00"), connection=connection)
        assert not connection.closed
    assert sales(engine) == ["p-2"]


def test_several_events_and_a_savepoint_of_the_shop(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as connection:
        ledger.record(bought("10.00"), connection=connection)
        savepoint = connection.begin_nested()
        ledger.record(bought("20.00", id="p-2"), connection=connection)
        savepoint.rollback()
        ledger.record(bought("30.00", id="p-3"), connection=connection)
    assert beans(ledger) == 40


def test_who_comes_second_is_told_to_try_again(engine: Engine, ledger: Ledger) -> None:
    with engine.begin() as first, engine.connect() as second:
        ledger.record(bought("10.00"), connection=first)
        with pytest.raises(Retry):
            ledger.record(bought("20.00", id="p-2"), connection=second)
    with engine.begin() as again:
        assert ledger.record(bought("20.00", id="p-2"), connection=again).status == "booked"
    assert beans(ledger) == 30


@pytest.mark.parametrize("thing", ["a text", object(), 7])
def test_what_is_no_connection_is_told_so(thing: object, ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="SQLAlchemy"):
        ledger.record(bought("10.00"), connection=thing)


def test_a_closed_connection_and_one_without_a_ledger_are_told_so(
    engine: Engine, ledger: Ledger, tmp_path: Path
) -> None:
    with engine.connect() as connection:
        pass
    with pytest.raises(LedgerError, match="closed"):
        ledger.record(bought("10.00"), connection=connection)
    elsewhere = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with elsewhere.connect() as connection, pytest.raises(LedgerError, match="another database"):
        ledger.record(bought("10.00"), connection=connection)
    elsewhere.dispose()


@pytest.mark.parametrize("name", ["main", "other"])
def test_a_connection_to_the_ledger_of_another_shop_is_not_booked_on(
    name: str, ledger: Ledger, tmp_path: Path
) -> None:
    """Its ledger has the same number, and may have the same name."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with open_ledger(url, RULES, ledger=name, now=lambda: NOW) as other:
        elsewhere = create_engine(url)
        with elsewhere.begin() as connection, pytest.raises(LedgerError, match="another database"):
            ledger.record(bought("10.00"), connection=connection)
        elsewhere.dispose()
        assert (beans(ledger), beans(other)) == (0, 0)
        assert not other.statement("m-1").known


def test_a_connection_that_commits_by_itself_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    """Its receipt would say that the shop can still roll back."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(LedgerError, match="commits every"):
        ledger.record(bought("10.00"), connection=connection)
    engine.dispose()
    assert beans(ledger) == 0


def test_who_goes_through_the_states_cannot_book_before_the_end(ledger: Ledger) -> None:
    ledger.record(bought("10.00"))
    with pytest.raises(LedgerError, match="has to end first"):
        for _ in ledger.states():
            ledger.record(bought("10.00", id="p-2"))
    assert ledger.record(bought("10.00", id="p-2")).status == "booked"


def test_a_ledger_in_memory_takes_no_connection(tmp_path: Path) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with (
        open_ledger(f"sqlite:///{tmp_path / 'other.db'}", RULES, ledger="other", now=lambda: NOW),
        open_ledger("memory:", RULES, now=lambda: NOW) as ledger,
        elsewhere.begin() as connection,
        pytest.raises(LedgerError, match="another database than `memory:`"),
    ):
        ledger.record(bought("10.00"), connection=connection)
    elsewhere.dispose()
