"""The server ends a connection at each statement of a booking in turn: nothing is half, and again is once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import psycopg
import pytest
from django.db import Error as DjangoError
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import DBAPIError

from loyalty_rules import Ledger, LedgerError, open_ledger
from tests.ledger.handing import ON_POSTGRES, Shop, raw_postgres_shop, shop_of
from tests.ledger.shop import NOW, RULES, back, beans, bought
from tests.postgres.shared import shared

Way = Literal["before", "after"]


class Axe:
    """Ends the session that talks to the server for the n-th time, before it is heard or after; a commit
    is then done, and its answer lost."""

    def __init__(self) -> None:
        self.at = self.count = 0
        self.way: Way = "before"
        self.is_booked = False
        self.looks_at = b""
        self._wait = psycopg.Connection.wait
        self._own = psycopg.connect(shared().url(), autocommit=True)

    def set(self, at: int, way: Way = "before", looks_at: str = "") -> None:
        """A schema that it ``looks_at`` is asked, once the session has ended, whether the sale was booked:
        statements travel together, so a commit may be done before anybody waits for it."""
        self.at, self.way, self.count = at, way, 0
        self.is_booked, self.looks_at = False, looks_at.encode()

    def wait(self, connection: psycopg.Connection[Any], *call: Any, **more: Any) -> Any:
        if connection is self._own:
            return self._wait(connection, *call, **more)
        self.count += 1
        if self.count != self.at:
            return self._wait(connection, *call, **more)
        if self.way == "before":
            self._end(connection)
            return self._wait(connection, *call, **more)
        given = self._wait(connection, *call, **more)
        self._end(connection)
        if connection.info.transaction_status == TransactionStatus.IDLE:  # it was the commit
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        return given

    def _end(self, connection: psycopg.Connection[Any]) -> None:
        number = connection.info.backend_pid
        self._own.execute("SELECT pg_terminate_backend(%s, 10000)", (number,))
        if self.looks_at:
            found = self._own.execute(
                b"SELECT 1 FROM "
                + self.looks_at
                + b".loyalty_events WHERE event = 'p-1' AND status = 'booked'"
            )
            self.is_booked = bool(found.fetchall())

    def close(self) -> None:
        self._own.close()


@pytest.fixture
def axe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Axe]:
    raw_postgres_shop()
    axe = Axe()
    monkeypatch.setattr(psycopg.Connection, "wait", lambda *call, **more: axe.wait(*call, **more))
    yield axe
    axe.set(0)
    axe.close()


def fresh(shop: Shop) -> Ledger:
    """A ledger with a return that waits, so that its purchase has more to do."""
    raw_postgres_shop()
    ledger = open_ledger(shop.url, RULES, now=lambda: NOW)
    ledger.record(bought("10.00", id="p-0"))
    ledger.record(back("p-1", ("1", 1)))
    return ledger


def sell(ledger: Ledger, shop: Shop) -> str:
    with shop.transaction() as connection:
        shop.sell(connection, "p-1")
        return ledger.record(bought("10.00", "4.00"), connection=connection).status


def checked(ledger: Ledger, shop: Shop, sales: list[str], points: int) -> None:
    assert shop.sales() == sales
    assert beans(ledger) == points
    assert ledger.verify(seal=False).findings == []
    assert ledger.rebuild().is_identical


def numbers(kind: str, count: int) -> list[int]:
    """Every statement for the driver itself; below a framework the first, the last and some between."""
    if kind == "psycopg":
        return list(range(1, count + 1))
    return sorted({1, 2, 3, *range(4, count, 7), count - 1, count})


@pytest.mark.parametrize("kind", ON_POSTGRES)
def test_a_handed_connection_that_is_lost_at_any_statement_leaves_nothing(
    kind: str, axe: Axe
) -> None:
    shop = shop_of(kind, None)  # type: ignore[arg-type]
    with fresh(shop) as ledger:
        with shop.transaction() as connection:
            shop.execute(connection, "SELECT 1")  # so that the connection is there already
        axe.set(-1)
        assert sell(ledger, shop) == "booked"
        statements = axe.count
        checked(ledger, shop, ["p-1"], 14)
    assert statements > 20
    lost = 0
    for number in numbers(kind, statements):
        axe.set(0)
        with fresh(shop) as ledger:
            with shop.transaction() as connection:
                shop.execute(connection, "SELECT 1")
            axe.set(number)
            try:
                sell(ledger, shop)
            except (LedgerError, psycopg.Error, DBAPIError, DjangoError):
                lost += 1
                axe.set(0)
                checked(ledger, shop, [], 10)
                assert sell(ledger, shop) == "booked"
            else:
                axe.set(0)
                shop.close()  # it was lost after the commit, when a framework tidies up
            checked(ledger, shop, ["p-1"], 14)
    shop.close()
    # some were of the ledger's own connection, which looks where its tables are and helps itself
    assert lost > len(numbers(kind, statements)) - 6


@pytest.mark.parametrize("way", ["before", "after"])
def test_an_own_connection_that_is_lost_at_any_statement_books_once_by_itself(
    way: Way, axe: Axe
) -> None:
    """It is opened again, and the work is done again. Where the commit was done and its answer lost, that
    finds a duplicate."""
    shop = raw_postgres_shop()
    with fresh(shop) as ledger:
        axe.set(-1)
        assert ledger.record(bought("10.00", "4.00")).status == "booked"
        statements = axe.count
    assert statements > 15
    statuses = []
    for number in range(1, statements + 1):
        axe.set(0)
        with fresh(shop) as ledger:
            axe.set(number, way, looks_at=shop.url.rpartition("schema=")[2])
            statuses.append(ledger.record(bought("10.00", "4.00")).status)
            was_booked = axe.is_booked
            axe.set(0)
            assert statuses[-1] == ("duplicate" if was_booked else "booked")
            checked(ledger, shop, [], 14)
            assert ledger.record(bought("10.00", "4.00")).status == "duplicate"
    assert "booked" in statuses
    if way == "after":
        assert "duplicate" in statuses  # a commit was done, and its answer lost
