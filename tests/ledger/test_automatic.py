"""Rewards that the clock takes, in a ledger: booked once with a record, cancelled by name, told again when
something comes late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Receipt
from loyalty_rules.base.records import replace
from tests.ledger.shop import STORES, Opener, back, beans, bought, opener, sound
from tests.ledger.test_redemptions import code, taken, undone
from tests.semantics.test_automatic import made, voucher

RULES = made(voucher())
MARCH = "~clock/2026-03-31T22:00:00+00:00"
APRIL = "~clock/2026-04-30T22:00:00+00:00"


class Shop:
    """A ledger whose clock stands at noon of the day on which something was last sent."""

    def __init__(self, open_one: Opener) -> None:
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
        self.ledger = open_one(RULES, now=lambda: self.now)

    def send(self, event: Event, day: str = "") -> Receipt:
        """Record an event on the day on which it happened, or on another one."""
        self.now = at(day) if day else event.occurred_at
        return self.ledger.record(event)

    def advance(self, day: str) -> int:
        """Let time pass; how many entries that made."""
        self.now = at(day)
        return self.ledger.advance(self.now).entries

    def beans(self, member: str = "m-1") -> object:
        return beans(self.ledger, member)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


@pytest.fixture(params=STORES)
def shops(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Shop]]:
    """Opens shops, whose ledgers are sound in the end."""
    open_one, opened = opener(request.param, tmp_path), list[Shop]()

    def shop() -> Shop:
        opened.append(Shop(open_one))
        return opened[-1]

    yield shop
    for one in opened:
        with sound(one.ledger) as ledger:
            assert ledger.rebuild().is_identical


def test_it_is_booked_once_and_stands_in_the_statement(shops: Callable[[], Shop]) -> None:
    shop = shops()
    shop.send(bought("350.00"))
    assert shop.advance("2026-04-02") == 1
    assert shop.advance("2026-04-03") == 0
    item = shop.ledger.statement("m-1").history[-1]
    assert (item.event, item.points) == (MARCH, {"beans": -300})
    assert [(one.rule, one.points) for one in item.gave] == [("r1", -300)]


@pytest.mark.parametrize("day", ["2026-04-02", "2026-05-02", ""], ids=["soon", "late", "never"])
def test_it_is_cancelled_by_its_name_whether_time_was_advanced_or_not(
    shops: Callable[[], Shop], day: str
) -> None:
    shop = shops()
    shop.send(bought("350.00"))
    if day:
        shop.advance(day)
    receipt = shop.send(undone(redemption=MARCH, day="2026-05-03"))
    assert (receipt.status, receipt.points) == ("booked", {"beans": 300})
    assert code(shop.send(undone("can-2", MARCH, "2026-05-04"))) == "already_cancelled"
    assert code(shop.send(undone("can-3", "~clock/x", "2026-05-04"))) == "unknown_redemption"
    assert shop.beans() == 350
    shop.advance("2026-06-01")
    assert shop.beans() == 50  # at the end of May it is taken again


def test_two_members_have_redemptions_of_one_instant(shops: Callable[[], Shop]) -> None:
    shop = shops()
    shop.send(bought("350.00"))
    shop.send(bought("250.00", id="p-2", member="m-2"))
    shop.advance("2026-04-02")
    shop.send(undone(redemption=MARCH, day="2026-04-03"))
    assert (shop.beans(), shop.beans("m-2")) == (350, 50)


@pytest.mark.parametrize("name", ["more", "fewer"])
def test_what_comes_late_changes_what_was_taken(shops: Callable[[], Shop], name: str) -> None:
    late = bought("120.00", id="p-late", day="2026-03-20")
    if name == "fewer":
        late = back("p-1", ("1", 1), day="2026-03-20")
    shop, in_order = shops(), shops()
    for one in (shop, in_order):
        one.send(bought("250.00"))
    in_order.send(late)
    for one in (shop, in_order):
        one.advance("2026-04-02")
    shop.send(late, "2026-04-03")
    assert shop.beans() == in_order.beans() == (70 if name == "more" else 0)
    receipts = [one.send(undone(redemption=MARCH, day="2026-04-03")) for one in (shop, in_order)]
    if name == "more":
        assert [one.points for one in receipts] == [{"beans": 300}] * 2
    else:  # nothing was taken in the end: there is nothing to give back
        assert [code(one) for one in receipts] == ["already_cancelled", "unknown_redemption"]
    assert shop.beans() == in_order.beans()


def test_a_late_event_after_a_cancellation_was_booked(shops: Callable[[], Shop]) -> None:
    shop = shops()
    shop.send(bought("250.00"))
    shop.advance("2026-04-02")
    shop.send(undone(redemption=MARCH, day="2026-04-03"))
    assert shop.beans() == 250
    receipt = shop.send(bought("120.00", id="p-late", day="2026-03-20"), "2026-04-04")
    assert (receipt.late, shop.beans()) == (True, 370)
    shop.advance("2026-05-02")
    assert shop.beans() == 70


def test_a_late_event_takes_what_was_cancelled_to_pieces(shops: Callable[[], Shop]) -> None:
    """What the clock took cannot be told again without its points, and its cancellation stands."""
    shop = shops()
    shop.send(bought("250.00"))
    shop.advance("2026-04-02")
    shop.send(undone(redemption=MARCH, day="2026-04-03"))
    receipt = shop.send(back("p-1", ("1", 1), day="2026-03-20"), "2026-04-04")
    assert (receipt.status, shop.beans()) == ("booked", 0)


def test_a_month_that_was_not_known_of_before(shops: Callable[[], Shop]) -> None:
    first, late = bought("250.00"), bought("150.00", id="p-late", day="2026-02-20")
    shop, in_order = shops(), shops()
    shop.send(first)
    shop.advance("2026-04-02")
    shop.send(late, "2026-04-03")
    in_order.send(late)
    in_order.send(first)
    in_order.advance("2026-04-02")
    assert shop.beans() == in_order.beans() == 0
    february = "~clock/2026-02-28T23:00:00+00:00"
    for one in (shop, in_order):
        receipt = one.send(undone(redemption=february, day="2026-04-04"))
        assert (receipt.points, one.beans()) == ({"beans": 100}, 100)


def test_the_next_event_lets_it_be_taken(shops: Callable[[], Shop]) -> None:
    shop = shops()
    shop.send(bought("350.00"))
    shop.send(bought("1.00", id="p-2", day="2026-05-03"))
    assert shop.beans() == 51
    names = [one.event for one in shop.ledger.statement("m-1").history]
    assert names == ["p-1", MARCH, APRIL, "p-2"]


STOCKED = made(voucher("budget: {times: 4}"))
USED = "~all.budget.reward.r1.times per ever"


@pytest.mark.parametrize("store", STORES)
def test_the_clock_takes_no_more_than_the_stock_of_all_members(store: str, tmp_path: Path) -> None:
    """Three units, one, and none at all; what is given back is there for whoever comes next."""
    now = at("2026-03-10")
    with sound(opener(store, tmp_path)(STOCKED, now=lambda: now)) as ledger:
        for member in ("ana", "ben", "cem"):
            ledger.record(bought("350.00", id=f"p-{member}", member=member))
        now = at("2026-04-02")
        ledger.advance(now)
        assert [beans(ledger, one) for one in ("ana", "ben", "cem")] == [50, 250, 350]
        assert sum(ledger.shared().counters[USED].values()) == 4
        now = at("2026-04-03")
        undo = replace(undone(redemption=MARCH, day="2026-04-03"), member="ana")
        assert ledger.record(undo).points == {"beans": 300}
        two = replace(taken("d-1", day="2026-04-03", r1=2), member="cem")
        assert ledger.record(two).status == "booked"
        now = at("2026-05-02")
        ledger.advance(now)
        assert [beans(ledger, one) for one in ("ana", "ben", "cem")] == [250, 250, 150]
