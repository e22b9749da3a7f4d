"""A connection to a file fails at each statement of a booking in turn: nothing is half, and again is once."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import create_engine

from loyalty_rules import Ledger, LedgerError, open_ledger
from tests.ledger.handing import AlchemyShop, RawSqliteShop, raw_shop
from tests.ledger.shop import NOW, RULES, back, beans, bought

Way = Literal["before", "after", "closed"]
WAYS: tuple[Way, ...] = ("before", "after", "closed")


class Fault:
    """What goes wrong at the statement of a number: an error before it is done or after, or the connection is
    closed. Counts from when it is set."""

    def __init__(self) -> None:
        self.at = self.count = 0
        self.way: Way = "before"

    def set(self, at: int, way: Way = "before") -> None:
        self.at, self.way, self.count = at, way, 0

    def meet(self, cursor: sqlite3.Cursor, act: Callable[[], Any]) -> Any:
        self.count += 1
        if self.count != self.at:
            return act()
        if self.way == "closed":
            cursor.connection.close()
            return act()
        if self.way == "after":
            act()
        raise sqlite3.OperationalError("the disk is on fire")


FAULT = Fault()


class FaultyCursor(sqlite3.Cursor):
    def execute(self, *call: Any) -> Any:
        return FAULT.meet(self, lambda: super(FaultyCursor, self).execute(*call))

    def executemany(self, *call: Any) -> Any:
        return FAULT.meet(self, lambda: super(FaultyCursor, self).executemany(*call))


class Faulty(sqlite3.Connection):
    def cursor(self, *_: Any) -> FaultyCursor:  # type: ignore[override]
        return super().cursor(FaultyCursor)

    def execute(self, *call: Any) -> FaultyCursor:  # type: ignore[override]
        cursor = self.cursor()
        cursor.execute(*call)
        return cursor


def with_a_return_that_waits(ledger: Ledger) -> None:
    """So that the purchase has more to do."""
    ledger.record(bought("10.00", id="p-0"))
    ledger.record(back("p-1", ("1", 1)))


def checked(ledger: Ledger, shop: RawSqliteShop, sales: list[str]) -> None:
    gc.collect()  # the error of a connection that was lost holds it, and with it its lock
    assert shop.sales() == sales
    assert ledger.verify(seal=False).findings == []
    assert ledger.rebuild().is_identical


class Trial:
    """A shop's file with a return that waits, as it was before each fault."""

    def __init__(self, folder: Path) -> None:
        self.shop = raw_shop(folder)
        with open_ledger(self.shop.url, RULES, now=lambda: NOW) as ledger:
            with_a_return_that_waits(ledger)
        self.before = self.shop.path.read_bytes()

    def again(self) -> None:
        for end in ("-wal", "-shm", "-journal"):
            self.shop.path.with_name(self.shop.path.name + end).unlink(missing_ok=True)
        self.shop.path.write_bytes(self.before)

    def open(self) -> Ledger:
        return open_ledger(self.shop.url, RULES, now=lambda: NOW)


def sell_by(ledger: Ledger, connection: sqlite3.Connection) -> str:
    """The shop's own transaction: its sale and our booking."""
    with connection:
        connection.execute("INSERT INTO sales VALUES ('p-1')")
        return ledger.record(bought("10.00", "4.00"), connection=connection).status


def sell_and_close(ledger: Ledger, shop: RawSqliteShop) -> str:
    connection = shop.connected(factory=Faulty)
    try:
        return sell_by(ledger, connection)
    finally:
        FAULT.set(0)
        connection.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_handed_connection_that_fails_at_any_statement_leaves_nothing_half(
    way: Way, tmp_path: Path
) -> None:
    trial = Trial(tmp_path)
    with trial.open() as ledger:
        FAULT.set(-1)
        connection = trial.shop.connected(factory=Faulty)
        assert sell_by(ledger, connection) == "booked"
        connection.close()
        statements = FAULT.count
        assert beans(ledger) == 14
    assert statements > 20
    for number in range(1, statements + 1):
        trial.again()
        with trial.open() as ledger:
            FAULT.set(number, way)
            with pytest.raises((LedgerError, sqlite3.Error)):
                sell_and_close(ledger, trial.shop)
            checked(ledger, trial.shop, [])
            assert beans(ledger) == 10
            assert sell_and_close(ledger, trial.shop) == "booked"
            checked(ledger, trial.shop, ["p-1"])
            assert beans(ledger) == 14


@pytest.mark.parametrize("way", ["before", "after"])
def test_a_shop_that_goes_on_after_a_failure_has_nothing_of_it(way: Way, tmp_path: Path) -> None:
    """It catches our error, and commits its sale without the booking. Only where the very last statement was
    done and its answer lost is the booking there: then it is a duplicate."""
    trial = Trial(tmp_path)
    kept = number = booked = 0
    while kept == number:  # until the booking has fewer statements than that
        number += 1
        trial.again()
        with trial.open() as ledger:
            connection = trial.shop.connected(factory=Faulty)
            connection.execute("INSERT INTO sales VALUES ('p-9')")
            FAULT.set(number, way)
            try:
                ledger.record(bought("10.00", "4.00"), connection=connection)
            except LedgerError:
                kept += 1
            FAULT.set(0)
            connection.commit()
            connection.close()
            is_booked = beans(ledger) == 14
            checked(ledger, trial.shop, ["p-9"])
            again = ledger.record(bought("10.00", "4.00")).status
            assert again == ("duplicate" if is_booked else "booked")
            booked += is_booked
    assert booked == (1 if way == "before" else 2)  # the one that did not fail is one of them
    assert kept > 20


@pytest.mark.parametrize("way", ["before", "after"])
def test_an_own_connection_that_fails_at_any_statement_leaves_nothing_half(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ledger goes on. Where the commit was done and its answer lost, it is a duplicate."""
    trial, connect = Trial(tmp_path), sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *words, **more: connect(*words, **{**more, "factory": Faulty})
    )
    with trial.open() as ledger:
        FAULT.set(-1)
        assert ledger.record(bought("10.00", "4.00")).status == "booked"
        statements = FAULT.count
    assert statements > 15
    again = []
    for number in range(1, statements + 1):
        FAULT.set(0)
        trial.again()
        with trial.open() as ledger:
            FAULT.set(number, way)
            with pytest.raises(LedgerError, match="on fire"):
                ledger.record(bought("10.00", "4.00"))
            again.append(ledger.record(bought("10.00", "4.00")).status)
            assert beans(ledger) == 14
            checked(ledger, trial.shop, [])
    lost_answers = 1 if way == "after" else 0
    assert again[: statements - 1] == ["booked"] * (statements - 1)
    assert again.count("duplicate") == lost_answers


def test_a_statement_that_is_interrupted_takes_the_whole_transaction_and_says_so(
    tmp_path: Path,
) -> None:
    """As SQLite does it by itself when a write is interrupted: a timeout of the shop's, say."""
    trial = Trial(tmp_path)
    engine = create_engine(trial.shop.url)
    shop = AlchemyShop(trial.shop.url)
    with trial.open() as ledger:
        connection = trial.shop.connected(factory=Faulty)
        steps = 0

        def ticking() -> int:
            nonlocal steps
            steps += 1
            return int(steps == limit)

        limit = 10**9
        connection.set_progress_handler(ticking, 5)
        FAULT.set(0)
        sell_by(ledger, connection)
        everything, told = steps, set()
        for limit in range(1, everything + 1, max(1, everything // 40)):
            trial_id, steps = f"p-{limit}", 0
            try:
                with connection:
                    ledger.record(bought("1.00", id=trial_id, member="m-2"), connection=connection)
                    raise KeyError
            except KeyError:
                pass
            except LedgerError as problem:
                told.add(" ".join([str(problem), *getattr(problem, "__notes__", ())]))
        connection.set_progress_handler(None, 0)
        connection.close()
        assert any("interrupted" in one for one in told), told
        assert any("rolled back the whole transaction" in one for one in told), told
        assert beans(ledger, "m-2") == 0
        assert ledger.verify().findings == []
    shop.close()
    engine.dispose()
