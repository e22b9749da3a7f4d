"""A connection of psycopg that a shop hands in: what is refused with its cure, and who waits for whom."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from loyalty_rules import Ledger, LedgerError, Retry, open_ledger
from tests.ledger.handing import RawPostgresShop, raw_postgres_shop
from tests.ledger.shop import NOW, RULES, back, beans, bought
from tests.postgres.shared import new_url

Connection = psycopg.Connection[Any]


@pytest.fixture
def shop() -> RawPostgresShop:
    return raw_postgres_shop()


@pytest.fixture
def ledger(shop: RawPostgresShop) -> Iterator[Ledger]:
    with open_ledger(shop.url, RULES, now=lambda: NOW) as ledger:
        yield ledger
        assert ledger.verify().findings == []
        assert ledger.rebuild().is_identical


def refused(ledger: Ledger, connection: object, match: str) -> None:
    before = beans(ledger)
    with pytest.raises(LedgerError, match=match) as caught:
        ledger.record(bought("10.00", id="no"), connection=connection)
    assert type(caught.value) is LedgerError
    assert beans(ledger) == before


def looked(ledger: Ledger, connection: object) -> object:
    return ledger.balance("m-1", connection=connection)["beans"].total


def test_a_block_of_a_connection_that_commits_by_itself_is_a_transaction(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    with shop.bare() as connection:
        refused(ledger, connection, r"commits every .*with connection.transaction\(\):")
        with connection.transaction():
            ledger.record(bought("10.00"), connection=connection)
            assert beans(ledger) == 0
        assert beans(ledger) == 10
        with connection.transaction(force_rollback=True):
            ledger.record(bought("10.00", id="p-2"), connection=connection)
    assert beans(ledger) == 10


def test_a_closed_connection_and_a_lost_one_are_told_apart(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    with shop.connected() as closed:
        pass
    refused(ledger, closed, "is closed")
    lost = shop.connected()
    with shop.bare() as other:
        other.execute("SELECT pg_terminate_backend(%s)", (lost.info.backend_pid,))
    with pytest.raises(Retry):
        ledger.record(bought("10.00"), connection=lost)
    refused(ledger, lost, "is lost: roll back, and do it again on a new one")


def test_a_transaction_that_has_failed_is_told_so(shop: RawPostgresShop, ledger: Ledger) -> None:
    connection = shop.connected()
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT 1/0")
    refused(ledger, connection, "has failed already: roll back, and do it again")
    with pytest.raises(LedgerError, match="has failed already"):
        looked(ledger, connection)
    connection.rollback()
    ledger.record(bought("10.00"), connection=connection)
    connection.commit()
    connection.close()
    assert beans(ledger) == 10


def test_a_connection_that_is_at_work_is_told_so(shop: RawPostgresShop, ledger: Ledger) -> None:
    with shop.transaction() as connection:
        with connection.pipeline():
            refused(ledger, connection, "at work with something else")
        with connection.cursor().copy("COPY sales FROM STDIN") as copy:
            refused(ledger, connection, "at work with something else")
            copy.write_row(["p-9"])
    assert shop.sales() == ["p-9"]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_looks_at_a_snapshot_is_not_booked_in(
    level: str, shop: RawPostgresShop, ledger: Ledger
) -> None:
    """It would not see what others have booked before it got the lock."""
    with shop.transaction() as connection:
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        refused(ledger, connection, f"is {level}: .* Begin it READ COMMITTED")
        shop.sell(connection, "p-1")
        assert looked(ledger, connection) == 0
        ledger.record(bought("10.00"))
        assert looked(ledger, connection) == 0  # its moment, whole
        assert ledger.quote(bought("10.00"), connection=connection).status == "booked"
    assert shop.sales() == ["p-1"]
    with shop.transaction() as connection:
        assert ledger.record(bought("10.00"), connection=connection).status == "duplicate"


def test_a_level_below_ours_is_ours(shop: RawPostgresShop, ledger: Ledger) -> None:
    with shop.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
        ledger.record(bought("10.00"), connection=connection)
    assert beans(ledger) == 10


def test_a_transaction_that_may_only_read_is_told_so(shop: RawPostgresShop, ledger: Ledger) -> None:
    with shop.transaction() as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        refused(ledger, connection, "may only read")
        with pytest.raises(LedgerError, match="begin it REPEATABLE READ"):
            looked(ledger, connection)
        assert connection.execute("SELECT 1").fetchone() == (1,)  # and it goes on


def test_a_session_that_does_not_wait_for_the_disk_is_refused(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    with shop.transaction() as connection:
        connection.execute("SET LOCAL synchronous_commit = off")
        refused(ledger, connection, "`synchronous_commit` off")
        connection.execute("SET LOCAL synchronous_commit = local")
        ledger.record(bought("10.00"), connection=connection)
    assert beans(ledger) == 10


def test_another_schema_and_another_database_are_elsewhere(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    """A ledger in another schema of the same database is reached by the same connection."""
    with open_ledger(new_url(), RULES, now=lambda: NOW) as other:
        with shop.transaction() as connection:
            other.record(bought("10.00"), connection=connection)
        assert (beans(other), beans(ledger)) == (10, 0)
    with shop.bare() as connection:
        connection.execute("DROP DATABASE IF EXISTS elsewhere")
        connection.execute("CREATE DATABASE elsewhere")
    address = shop.address.replace("/postgres?", "/elsewhere?")
    with psycopg.connect(address) as connection:
        refused(ledger, connection, "leads to another database")
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_who_waits_for_too_long_is_told_to_do_it_again(
    setting: str, shop: RawPostgresShop, ledger: Ledger
) -> None:
    ledger.record(bought("10.00"))
    with shop.transaction() as first, shop.connected() as second:
        ledger.record(bought("5.00", id="p-2"), connection=first)
        second.execute(f"SET {setting} = '50ms'".encode())
        second.commit()
        for act in (ledger.record, ledger.quote):
            with pytest.raises(Retry, match="roll back, and do it again"):
                act(bought("7.00", id="p-3"), connection=second)
        second.execute("SELECT 1")  # the error was in our savepoint
    with shop.transaction() as again:
        ledger.record(bought("7.00", id="p-3"), connection=again)
    assert beans(ledger) == 22


def test_a_look_waits_for_whoever_books_and_then_holds_nobody_up(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    ledger.record(bought("10.00"))
    with ThreadPoolExecutor(1) as pool, shop.transaction() as looking:
        with shop.transaction() as booking:
            ledger.record(bought("5.00", id="p-2"), connection=booking)
            total = pool.submit(looked, ledger, looking)
            assert beans(ledger) == 10
        assert total.result(timeout=30) == 15
        assert ledger.record(bought("1.00", id="p-3")).status == "booked"  # it waits for no lock
        assert looked(ledger, looking) == 16


def test_two_shops_that_wait_for_each_other_are_parted(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    """Each books two members, in the other's order."""
    for member in ("m-1", "m-2"):
        ledger.record(bought("1.00", id=f"first-{member}", member=member))

    def book(connection: Connection, *members: str) -> str:
        try:
            for member in members:
                event = bought("1.00", id=f"{'-'.join(members)}-{member}", member=member)
                ledger.record(event, connection=connection)
                both_have_one.append(member)
                while len(both_have_one) < 2:
                    time.sleep(0.001)
            connection.commit()
            return "booked"
        except Retry as problem:
            assert "two writers waited for each other" in str(problem)
            connection.rollback()
            return "retry"

    both_have_one: list[str] = []
    with (
        ThreadPoolExecutor(2) as pool,
        shop.connected() as one,
        shop.connected() as other,
    ):
        done = [pool.submit(book, one, "m-1", "m-2"), pool.submit(book, other, "m-2", "m-1")]
        assert sorted(each.result(timeout=60) for each in done) == ["booked", "retry"]
    assert (beans(ledger), beans(ledger, "m-2")) == (2, 2)


def all_at_once(acts: list[Callable[[], str]]) -> list[str]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(timeout=120) for each in [pool.submit(act) for act in acts]]


def test_many_shops_book_one_new_member_in_transactions_of_their_own(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    """Nobody has a row to lock yet; each event is booked once, whoever rolls back."""

    def selling(number: int) -> Callable[[], str]:
        def sell() -> str:
            while True:
                try:
                    with shop.transaction() as connection:
                        event = bought("1.00", id=f"p-{number}")
                        ledger.record(event, connection=connection)
                        shop.sell(connection, f"p-{number}")
                        if number % 4 == 3:
                            raise psycopg.Rollback
                    return "sold"
                except Retry:
                    continue
                except psycopg.Rollback:
                    return "rolled back"

        return sell

    done = all_at_once([selling(number) for number in range(8)])
    assert done.count("sold") == 6
    assert len(shop.sales()) == 6
    assert beans(ledger) == 6


def test_the_return_of_what_another_member_bought_is_quoted_and_booked_within(
    shop: RawPostgresShop, ledger: Ledger
) -> None:
    """Two accounts are looked at, the second of which comes to light on the way."""
    ledger.record(bought("10.00"))
    ledger.record(bought("10.00", id="p-2", member="m-2"))
    stranger = back("p-1", id="r-1", member="m-2")
    with shop.transaction() as connection:
        quoted = ledger.quote(stranger, connection=connection)
        booked = ledger.record(stranger, connection=connection)
    assert quoted.status == booked.status == ledger.quote(stranger).status
