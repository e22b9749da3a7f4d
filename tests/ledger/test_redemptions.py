"""Redemptions in a ledger: booked once, found for their cancellation and for returns, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, Receipt, Registry, RuleSet, parse_event
from loyalty_rules.service.loading import load_text
from tests.ledger.shop import STORES, Opener, back, beans, bought, brought, opener, sound
from tests.plugins.samples import opaque
from tests.semantics.shop import rules

REWARDS = """
rewards:
  off: {cost: {program: beans, points: 100}, give: {type: discount, amount: 1.00}}
  mug: {cost: {program: beans, points: 400}, give: {type: product, sku: MUG}}
"""
RULES = rules(more=REWARDS)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def taken(id: str = "red-1", day: str = "2026-03-11", **units: int) -> Event:
    return parse_event(
        {
            "id": id,
            "type": "redemption",
            "member": "m-1",
            "occurred_at": f"{day}T12:00:00Z",
            "take": units,
        }
    )


def undone(id: str = "can-1", redemption: str = "red-1", day: str = "2026-03-13") -> Event:
    return parse_event(
        {
            "id": id,
            "type": "redemption_cancelled",
            "member": "m-1",
            "occurred_at": f"{day}T12:00:00Z",
            "redemption": redemption,
        }
    )


def code(receipt: Receipt) -> str:
    return "" if receipt.refusal is None else receipt.refusal.code


def holding(open_one: Opener, points: int, rule_set: RuleSet = RULES) -> Ledger:
    ledger = open_one(rule_set)
    ledger.record(bought(f"{points}.00"))
    return ledger


def test_a_redemption_is_booked_once_and_cancelled_once(open_one: Opener) -> None:
    with sound(holding(open_one, 500)) as ledger:
        first = ledger.record(taken(mug=1))
        assert (first.status, first.points, beans(ledger)) == ("booked", {"beans": -400}, 100)
        assert ledger.record(taken(mug=1)).status == "duplicate"
        assert code(ledger.record(taken("red-2", mug=1))) == "insufficient_points"
        back_again = ledger.record(undone())
        assert (back_again.status, back_again.points) == ("booked", {"beans": 400})
        assert beans(ledger) == 500
        assert code(ledger.record(undone("can-2", day="2026-03-14"))) == "already_cancelled"
        assert ledger.record(undone()).status == "duplicate"
        assert beans(ledger) == 500


def test_a_cancellation_waits_for_its_redemption(open_one: Opener) -> None:
    with sound(holding(open_one, 500)) as ledger:
        assert ledger.record(undone()).status == "held"
        receipt = ledger.record(taken(mug=1))
        assert [one.status for one in receipt.released] == ["booked"]
        assert beans(ledger) == 500


def test_a_cancellation_is_of_the_member_s_own_redemption(open_one: Opener) -> None:
    with sound(holding(open_one, 500)) as ledger:
        ledger.record(taken(mug=1))
        strange = parse_event(
            {
                "id": "can-1",
                "type": "redemption_cancelled",
                "member": "m-2",
                "occurred_at": "2026-03-13T12:00:00Z",
                "redemption": "red-1",
            }
        )
        assert code(ledger.record(strange)) == "other_members_redemption"
        assert beans(ledger) == 100


def test_a_grace_is_booked_with_its_lot(open_one: Opener) -> None:
    (text,) = RULES.sources.values()
    dated = load_text(text.replace("expiry: never", "expiry: {after: 30 days}"))
    ledger = open_one(dated)
    with sound(ledger):
        ledger.record(bought("500.00"))
        ledger.record(taken(mug=1))
        assert ledger.record(undone(day="2026-06-01")).points == {"beans": 400}
        then = ledger.statement("m-1", at=datetime(2026, 6, 20, tzinfo=UTC))
        (lot,) = then.balances["beans"].lots
        assert (lot.left, lot.expires_at) == (400, datetime(2026, 7, 1, 22, tzinfo=UTC))
        assert beans(ledger) == 0  # by now the grace is over, too


def test_a_return_gives_the_points_back_that_paid(open_one: Opener) -> None:
    with sound(holding(open_one, 2500)) as ledger:
        ledger.record(taken(off=20))
        tenders = [
            {"type": "points", "amount": "20.00", "redemption": "red-1"},
            {"type": "card", "amount": "80.00"},
        ]
        ledger.record(bought("50.00", "50.00", id="inv-7", day="2026-03-12", tenders=tenders))
        assert beans(ledger) == 500 + 80
        ledger.record(back("inv-7", ("1", 1), id="r-1"))
        assert beans(ledger) == 500 + 40 + 1000
        ledger.record(undone(day="2026-03-14"))
        assert beans(ledger) == 500 + 40 + 2000
        ledger.record(back("inv-7", ("2", 1), id="r-2", day="2026-03-15"))
        assert beans(ledger) == 2500


ANEW = rules(points="restore: {expiry: new}, returns: {spent: points_first}", more=REWARDS)


def paid_with(*parts: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": "points", "amount": amount, "redemption": of} for of, amount in parts]


@pytest.mark.parametrize("orders", ["one order", "two orders"])
def test_points_of_several_redemptions_come_back_anew_with_one_return(
    open_one: Opener, orders: str
) -> None:
    with sound(holding(open_one, 300, ANEW)) as ledger:
        ledger.record(taken("red-1", off=1))
        ledger.record(taken("red-2", off=2))
        if orders == "one order":
            both = paid_with(("red-1", "1.00"), ("red-2", "2.00"))
            ledger.record(bought("3.00", id="inv-1", day="2026-03-12", tenders=both))
            receipt = ledger.record(back("inv-1", day="2026-03-13"))
        else:
            for number, amount in ((1, "1.00"), (2, "2.00")):
                tenders = paid_with((f"red-{number}", amount))
                ledger.record(bought(amount, id=f"inv-{number}", day="2026-03-12", tenders=tenders))
            receipt = ledger.record(brought(("A", 2, "3.00"), day="2026-03-13"))
        assert receipt.points == {"beans": 300}
        lots = ledger.balance("m-1")["beans"].lots
        assert sorted(lot.left for lot in lots) == [100, 200]


def test_a_late_purchase_takes_its_place_before_a_redemption(open_one: Opener) -> None:
    """Told again, the redemption takes the same points, from what was there then."""
    with sound(open_one(RULES)) as ledger:
        ledger.record(bought("500.00", id="p-1", day="2026-11-10"))
        ledger.record(taken(mug=1, day="2026-11-12"))
        ledger.record(bought("30.00", id="p-2", day="2026-11-09"))
        assert beans(ledger) == 130
        ledger.record(undone(day="2026-11-13"))
        assert beans(ledger) == 530
        ledger.record(bought("7.00", id="p-3", day="2026-11-11"))
        assert beans(ledger) == 537
        assert code(ledger.record(undone("can-2", day="2026-11-14"))) == "already_cancelled"


def test_a_cancellation_that_comes_late_takes_its_place(open_one: Opener) -> None:
    with sound(holding(open_one, 500)) as ledger:
        ledger.record(taken(mug=1, day="2026-11-12"))
        ledger.record(bought("1.00", id="p-2", day="2026-11-20"))
        receipt = ledger.record(undone(day="2026-11-13"))
        assert (receipt.status, receipt.late, receipt.points) == ("booked", True, {"beans": 400})
        assert beans(ledger) == 501


def test_a_redemption_that_was_accepted_stays_accepted(open_one: Opener) -> None:
    """A late return takes what was spent meanwhile: it is booked alone, and the member owes it."""
    with sound(holding(open_one, 500)) as ledger:
        ledger.record(taken(mug=1, day="2026-11-12"))
        ledger.record(back("p-1", id="r-1", day="2026-11-10"))
        assert beans(ledger) == -400


DAILY = "{id: gift, event: clock, every: day, give: {type: pebble.gift, program: beans}}"
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"


def test_a_plugin_that_fails_on_what_waited_leaves_the_redemption_booked_and_it_waiting(
    open_one: Opener,
) -> None:
    """The cancellation comes nine days after the redemption: of the days between a plugin is asked."""
    faults = ["once"]

    def give(parameters: object, facts: object) -> int:
        if faults:
            raise ZeroDivisionError
        return 0

    text = RULES.sources[RULES.file].replace(BASE, f"{BASE}\n  - {DAILY}")
    plugin = opaque(give, reads=())
    ruleset = load_text(text, Registry.builtin().with_plugins(pebble=plugin))
    with sound(open_one(ruleset)) as ledger:
        assert ledger.record(bought("500.00", day="2026-03-11")).status == "booked"
        assert ledger.record(undone(day="2026-03-20")).status == "held"
        at_once = parse_event(
            {
                "id": "red-1",
                "type": "redemption",
                "member": "m-1",
                "occurred_at": "2026-03-11T13:00:00Z",
                "take": {"off": 1},
            }
        )
        [receipt] = ledger.record_many([at_once])
        assert (receipt.status, receipt.released) == ("booked", ())
        faults.clear()
        assert beans(ledger) == 400
        [waiting] = ledger.statement("m-1").waiting
        assert waiting.event == "can-1"
        assert ledger.record(undone(day="2026-03-20")).first == "held"
