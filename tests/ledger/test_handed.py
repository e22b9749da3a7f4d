"""A booking inside the shop's own transaction, which we never end: the same for every kind of connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_rules import ConflictingEvent
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.service.ledger import GROUP_EVENTS, Ledger, open_ledger
from tests.ledger.handing import SHOPS, Shop, shop_of
from tests.ledger.shop import NOW, RULES, back, beans, bought


@pytest.fixture(params=SHOPS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    shop = shop_of(request.param, tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def ledger(shop: Shop) -> Iterator[Ledger]:
    with open_ledger(shop.url, RULES, now=lambda: NOW, beside=True) as ledger:
        yield ledger
        assert ledger.verify().findings == []
        assert ledger.rebuild().is_identical


class ChangeOfMindError(Exception):
    """The shop's own: it rolls back."""


def test_a_commit_by_the_shop_leaves_sale_and_points(shop: Shop, ledger: Ledger) -> None:
    with shop.transaction() as connection:
        shop.sell(connection, "p-1")
        receipt = ledger.record(bought("45.00"), connection=connection)
        assert (receipt.status, receipt.provisional) == ("booked", True)
        assert beans(ledger) == 0  # nobody else sees it yet
    assert shop.sales() == ["p-1"]
    assert beans(ledger) == 45
    again = ledger.record(bought("45.00"))
    assert (again.status, again.provisional) == ("duplicate", False)


def test_a_booking_alone_stands_in_a_transaction_of_the_shop(shop: Shop, ledger: Ledger) -> None:
    """Without a statement of the shop's before it."""
    with shop.transaction() as connection:
        ledger.record(bought("45.00"), connection=connection)
        assert beans(ledger) == 0
    assert beans(ledger) == 45


def test_a_rollback_by_the_shop_leaves_nothing(shop: Shop, ledger: Ledger) -> None:
    with pytest.raises(ChangeOfMindError), shop.transaction() as connection:
        shop.sell(connection, "p-1")
        ledger.record(bought("45.00"), connection=connection)
        ledger.record(back("p-1"), connection=connection)
        raise ChangeOfMindError
    assert shop.sales() == []
    assert beans(ledger) == 0
    assert not ledger.statement("m-1").known
    receipt = ledger.record(bought("44.00"))  # the id is free, for other content, too
    assert (receipt.status, receipt.sequence) == ("booked", 1)
    assert beans(ledger) == 44


def test_what_was_rolled_back_is_not_shown_by_what_the_process_remembers(
    shop: Shop, ledger: Ledger
) -> None:
    ledger.record(bought("10.00"))
    with pytest.raises(ChangeOfMindError), shop.transaction() as connection:
        for number in range(20):
            event = bought("1.00", id=f"never-{number}")
            ledger.record(event, connection=connection)
        assert beans_within(ledger, connection) == 30
        raise ChangeOfMindError
    assert beans(ledger) == 10
    assert ledger.record(bought("5.00", id="p-2")).sequence == 2
    assert beans(ledger) == 15


def test_an_error_of_ours_leaves_the_sale_and_the_transaction_to_the_shop(
    shop: Shop, ledger: Ledger
) -> None:
    ledger.record(bought("45.00"))
    with shop.transaction() as connection:
        shop.sell(connection, "p-2")
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("46.00"), connection=connection)
        shop.sell(connection, "p-3")
    assert shop.sales() == ["p-2", "p-3"]
    assert beans(ledger) == 45


def test_a_savepoint_of_the_shop_that_is_rolled_back_leaves_nothing(
    shop: Shop, ledger: Ledger
) -> None:
    with shop.transaction() as connection:
        ledger.record(bought("10.00"), connection=connection)
        with pytest.raises(ChangeOfMindError), shop.savepoint(connection):
            shop.sell(connection, "p-2")
            ledger.record(bought("20.00", id="p-2"), connection=connection)
            raise ChangeOfMindError
        with shop.savepoint(connection):
            ledger.record(bought("30.00", id="p-3"), connection=connection)
    assert shop.sales() == []
    assert beans(ledger) == 40


def beans_within(ledger: Ledger, connection: object) -> object:
    return ledger.balance("m-1", connection=connection)["beans"].total


def test_a_shop_reads_what_it_has_written_and_not_committed(shop: Shop, ledger: Ledger) -> None:
    ledger.record(bought("10.00"))
    with shop.transaction() as connection:
        ledger.record(bought("20.00", id="p-2"), connection=connection)
        assert beans_within(ledger, connection) == 30
        assert len(ledger.statement("m-1", connection=connection).history) == 2
        quoted = ledger.quote(bought("5.00", id="p-3"), connection=connection)
        assert (quoted.status, quoted.sequence, quoted.provisional) == ("booked", 3, True)
        assert ledger.quote(bought("20.00", id="p-2"), connection=connection).status == "duplicate"
        assert ledger.quote(bought("20.00", id="p-2")).status == "booked"  # seen from outside
        assert beans(ledger) == 10
    assert beans(ledger) == 30


def test_a_look_leaves_no_transaction_behind(shop: Shop, ledger: Ledger) -> None:
    ledger.record(bought("10.00"))
    with shop.bare() as connection:
        assert beans_within(ledger, connection) == 10
        shop.sell(connection, "p-2")  # commits by itself, as before
    assert shop.sales() == ["p-2"]


def test_a_batch_stands_in_the_transaction_of_the_shop(shop: Shop, ledger: Ledger) -> None:
    events = [bought("1.00", id=f"p-{number}") for number in range(GROUP_EVENTS + 2)]
    events += [bought("2.00", id="p-1"), bought("3.00", member="m-2", id="q-1")]
    with pytest.raises(ChangeOfMindError), shop.transaction() as connection:
        ledger.record_many(events, connection=connection)
        raise ChangeOfMindError
    assert (beans(ledger), beans(ledger, "m-2")) == (0, 0)
    with shop.transaction() as connection:
        receipts = ledger.record_many(iter(events), connection=connection)
        assert beans(ledger) == 0
    assert {receipt.provisional for receipt in receipts} == {True}
    assert [receipt.status for receipt in receipts[-3:]] == ["booked", "refused", "booked"]
    assert (beans(ledger), beans(ledger, "m-2")) == (GROUP_EVENTS + 2, 3)


def test_a_connection_that_commits_by_itself_is_refused_with_the_cure(
    shop: Shop, ledger: Ledger
) -> None:
    """Its receipt would say that the shop can still roll back."""
    with shop.bare() as connection:
        for book in (ledger.record, lambda event, **more: ledger.record_many([event], **more)):
            with pytest.raises(LedgerError, match="commits every statement by itself: "):
                book(bought("10.00"), connection=connection)
        shop.sell(connection, "p-1")
    assert shop.sales() == ["p-1"]
    assert beans(ledger) == 0


@pytest.mark.parametrize("name", ["main", "other"])
def test_a_connection_to_the_ledger_of_another_shop_is_not_booked_on(
    name: str, shop: Shop, ledger: Ledger
) -> None:
    """Its ledger has the same number, and may have the same name."""
    with (
        open_ledger("memory:", RULES, ledger=name, now=lambda: NOW) as elsewhere,
        shop.transaction() as connection,
    ):
        for act in (elsewhere.record, elsewhere.quote):
            with pytest.raises(LedgerError, match="another database than `memory:`"):
                act(bought("10.00"), connection=connection)
        with pytest.raises(LedgerError, match="another database"):
            elsewhere.balance("m-1", connection=connection)
    assert beans(ledger) == 0
    assert not ledger.statement("m-1").known
