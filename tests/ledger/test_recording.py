"""What the ledger answers to events, on every store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from loyalty_rules import ConflictingEvent, parse_event
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.service.loading import load_text
from tests.ledger.shop import NOW, STORES, Opener, back, beans, bought, brought, opener, sound
from tests.semantics.shop import rules


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def test_a_purchase_is_booked_and_stays(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        receipt = ledger.record(bought("45.00"))
        assert (receipt.status, receipt.sequence) == ("booked", 1)
        assert receipt.points == {"beans": 45}
        assert not receipt.provisional
        assert ledger.balance("m-1")["beans"].available == 45


def test_the_same_event_again_gives_the_first_receipt_and_books_nothing(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        first = ledger.record(bought("45.00"))
        again = ledger.record(bought("45.000"))  # the same amount in another spelling
        assert (again.status, again.first) == ("duplicate", "booked")
        assert (again.sequence, again.points) == (first.sequence, first.points)
        assert beans(ledger) == 45


def test_an_id_with_other_content_is_an_error_and_changes_nothing(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought("45.00"))
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("46.00"))
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("45.00", member="m-2"))
        assert beans(ledger) == 45
        assert beans(ledger, "m-2") == 0


def test_an_id_belongs_to_its_source(open_one: Opener) -> None:
    event = bought("45.00")
    other = parse_event(
        {
            "id": "p-1",
            "type": "purchase",
            "member": "m-1",
            "occurred_at": "2026-03-10T12:00:00Z",
            "currency": "EUR",
            "lines": [{"quantity": 1, "amount": "5.00"}],
        },
        source="partner",
    )
    with sound(open_one()) as ledger:
        assert ledger.record(event).status == ledger.record(other).status == "booked"
        assert beans(ledger) == 50


def test_an_order_is_paid_once(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought("45.00", order="o-1"))
        receipt = ledger.record(bought("45.00", id="p-2", order="o-1"))
        assert receipt.refusal is not None and receipt.refusal.code == "order_exists"
        assert beans(ledger) == 45


def test_the_future_is_refused_beyond_five_minutes(open_one: Opener) -> None:
    def at(minutes: int, name: str) -> object:
        when = (NOW + timedelta(minutes=minutes)).isoformat()
        event = {"id": name, "type": "signup", "member": name, "occurred_at": when}
        return parse_event(event)

    with sound(open_one()) as ledger:
        assert ledger.record(at(5, "a")).status == "booked"  # type: ignore[arg-type]
        late = ledger.record(at(6, "b"))  # type: ignore[arg-type]
        assert late.refusal is not None and late.refusal.code == "from_the_future"
    strict = open_one(future_tolerance=timedelta(0))
    with sound(strict) as ledger:
        assert ledger.record(at(1, "a")).status == "refused"  # type: ignore[arg-type]


def test_a_fast_clock_does_not_carry_the_member_into_the_future(open_one: Opener) -> None:
    ahead = (NOW + timedelta(minutes=3)).isoformat()
    event = {"id": "s-1", "type": "signup", "member": "m-1", "occurred_at": ahead}
    with sound(open_one()) as ledger:
        receipt = ledger.record(parse_event(event))
        assert receipt.status == "booked"
        between = parse_event({**event, "id": "e-2", "type": "profile", "birthday": "1990-05-04"})
        assert not ledger.record(
            between
        ).late  # its instant is after the member's clock, which is ours


def test_a_refused_event_claims_no_id_and_is_never_decided_by_itself(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        wrong = ledger.record(bought("45.00", currency="USD"))
        assert wrong.refusal is not None and wrong.refusal.code == "other_currency"
        assert ledger.statement("m-1").known is False
        assert ledger.record(bought("44.00")).status == "booked"


def test_a_late_event_is_booked_alone_and_marked(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought("10.00", day="2026-03-10"))
        receipt = ledger.record(bought("5.00", id="p-0", day="2026-03-01"))
        assert (receipt.status, receipt.late) == ("booked", True)
        assert [item.late for item in ledger.statement("m-1").history] == [False, True]
        assert beans(ledger) == 15


def test_a_batch_is_booked_in_business_order_and_answered_in_its_own(open_one: Opener) -> None:
    batch = [
        bought("20.00", id="p-2", day="2026-03-11"),
        bought("10.00", id="p-1", day="2026-03-10"),
        bought("10.00", id="p-1", day="2026-03-10"),
        bought("11.00", id="p-1", day="2026-03-10"),
    ]
    with sound(open_one()) as ledger:
        receipts = ledger.record_many(batch)
        assert [one.status for one in receipts[:2]] == ["booked", "booked"]
        assert [one.sequence for one in receipts[:2]] == [2, 1]
        assert sorted(one.status for one in receipts[2:]) == ["duplicate", "refused"]
        assert not any(one.late for one in receipts)
        assert beans(ledger) == 30


def test_a_return_takes_back_what_its_lines_gave(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought("30.00", "20.00"))
        receipt = ledger.record(back("p-1", ("2", 1)))
        assert receipt.points == {"beans": -20}
        assert beans(ledger) == 30
        assert ledger.record(back("p-1", id="c-1")).points == {"beans": -30}
        assert beans(ledger) == 0


def test_e45_the_same_event_twice_gives_once_and_another_body_is_a_conflict(
    open_one: Opener,
) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought("100.00"))
        ledger.record(bought("100.00"))
        assert beans(ledger) == 100
        with pytest.raises(ConflictingEvent):
            ledger.record(bought("101.00"))


def test_e46_a_return_before_its_purchase_is_held_and_leads_to_the_same_state(
    open_one: Opener,
) -> None:
    order, ret = bought("30.00", "20.00"), back("p-1", ("2", 1))
    with sound(open_one()) as straight, sound(open_one()) as crossed:
        straight.record(order)
        straight.record(ret)
        held = crossed.record(ret)
        assert held.status == "held"
        assert [one.event for one in crossed.statement("m-1").waiting] == ["r-1"]
        assert crossed.record(ret).first == "held"
        receipt = crossed.record(order)
        assert [one.status for one in receipt.released] == ["booked"]
        assert crossed.statement("m-1").waiting == ()
        assert crossed.balance("m-1") == straight.balance("m-1")
        assert crossed.record(ret).first == "booked"


def test_returns_that_wait_are_decided_in_business_order_within_one_batch_too(
    open_one: Opener,
) -> None:
    first, second = (
        back("p-1", ("1", 1), id="r-1", day="2026-03-12"),
        back("p-1", id="r-2", day="2026-03-13"),
    )
    with sound(open_one()) as ledger:
        ledger.record(second)
        receipts = ledger.record_many([first, bought("30.00", "20.00", day="2026-03-20")])
        assert [one.status for one in receipts] == ["held", "booked"]
        assert [one.event for one in receipts[1].released] == ["r-1", "r-2"]
        assert beans(ledger) == 0


def test_at_most_a_hundred_returns_of_a_member_wait(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        waiting = [back(f"o-{n}", id=f"r-{n}") for n in range(101)]
        receipts = ledger.record_many(waiting)
        assert [one.status for one in receipts].count("held") == 100
        [refused] = [one.refusal for one in receipts if one.refusal is not None]
        assert refused.code == "too_many_held"
        assert ledger.record(back("o-x", id="r-x", member="m-2")).status == "held"


def test_a_return_waits_ninety_days_and_no_longer(open_one: Opener) -> None:
    time = [NOW]
    with sound(open_one(now=lambda: time[0])) as ledger:
        ledger.record(back("p-1", id="r-1"))
        ledger.record(back("p-2", id="r-2"))
        time[0] += timedelta(days=90)
        assert [one.status for one in ledger.record(bought("5.00", id="p-1")).released] == [
            "booked"
        ]
        time[0] += timedelta(seconds=1)
        [late] = ledger.record(bought("5.00", id="p-2")).released
        assert late.refusal is not None and late.refusal.code == "unknown_order"
        assert beans(ledger) == 5


def test_an_over_return_is_refused_whole(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought({"quantity": 3, "amount": "30.00"}, "5.00"))  # type: ignore[arg-type]
        receipt = ledger.record(back("p-1", ("2", 1), ("1", 4)))
        assert receipt.refusal is not None and receipt.refusal.code == "return_exceeds_order"
        assert beans(ledger) == 35


def test_a_return_without_an_order_takes_from_the_latest_purchase_and_lists_the_rest(
    open_one: Opener,
) -> None:
    with sound(open_one()) as ledger:
        ledger.record(bought({"sku": "A", "amount": "10.00"}, id="p-1", day="2026-03-01"))  # type: ignore[arg-type]
        ledger.record(bought({"sku": "A", "amount": "20.00"}, id="p-2", day="2026-03-02"))  # type: ignore[arg-type]
        receipt = ledger.record(brought(("A", 1, "20.00"), ("B", 1, "1.00")))
        assert receipt.status == "booked"
        assert receipt.points == {"beans": -20}
        assert receipt.notes == ("1 of `B`: never bought",)
        assert ledger.record(brought(("A", 1, "10.00"), id="r-2")).points == {"beans": -10}
        nothing = ledger.record(brought(("A", 1, "10.00"), id="r-3"))
        assert nothing.refusal is not None and nothing.refusal.code == "no_matching_purchase"
        assert "went back before" in nothing.refusal.reason


def test_one_return_may_touch_several_orders(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        for number, day in enumerate(("2026-03-01", "2026-03-02")):
            ledger.record(bought({"sku": "A", "amount": "10.00"}, id=f"p-{number}", day=day))  # type: ignore[arg-type]
        receipt = ledger.record(brought(("A", 2, "20.00")))
        assert receipt.points == {"beans": -20}
        assert receipt.sequence == 3
        assert beans(ledger) == 0


def test_e43_a_return_is_decided_by_the_version_of_its_purchase(tmp_path: Path) -> None:
    double = rules(
        "{id: base, event: purchase, give: {type: points, program: beans, points: 2, per: 1.00}}"
    )
    open_one = opener("sqlite", tmp_path)
    with open_one(double, file="shop.db") as ledger:
        ledger.record(bought("100.00", day="2026-03-30"))
    with sound(open_one(file="shop.db")) as ledger:
        assert ledger.record(back("p-1", day="2026-04-05")).points == {"beans": -200}
        assert ledger.record(bought("55.00", id="p-2", day="2026-04-05")).points == {"beans": 55}
        assert beans(ledger) == 55


def test_e48_an_exchange_is_two_entries_each_under_its_own_version(tmp_path: Path) -> None:
    old = rules(
        "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
    )
    new = rules(
        "{id: base2, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
    )
    open_one = opener("sqlite", tmp_path)
    with open_one(old, file="shop.db") as ledger:
        ledger.record(bought("40.00"))
    with sound(open_one(new, file="shop.db")) as ledger:
        receipts = ledger.record_many(
            [back("p-1", ("1", 1)), bought("55.00", id="p-2", day="2026-03-12")]
        )
        assert [one.points["beans"] for one in receipts] == [-40, 55]
        assert [item.sequence for item in ledger.statement("m-1").history] == [1, 2, 3]
        gave = [[one.rule for one in item.gave] for item in ledger.statement("m-1").history]
        assert gave[1:] == [["base2"], ["base"]] or gave[1:] == [["base"], ["base2"]]
        assert beans(ledger) == 55


def test_a_quote_decides_and_writes_nothing(open_one: Opener) -> None:
    with sound(open_one()) as ledger:
        quote = ledger.quote(bought("45.00"))
        assert (quote.status, quote.points, quote.provisional) == ("booked", {"beans": 45}, True)
        assert beans(ledger) == 0
        ledger.record(bought("45.00"))
        assert ledger.quote(back("p-1")).points == {"beans": -45}
        assert ledger.quote(bought("45.00")).status == "duplicate"
        assert beans(ledger) == 45


def test_a_ledger_belongs_to_one_rule_set_and_a_store_has_room_for_many(tmp_path: Path) -> None:
    other = load_text(
        'ruleset: other\nversion: "1"\ncurrency: EUR\ntimezone: UTC\n'
        "programs:\n  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}\n"
        "rules:\n  - {id: base, event: purchase,"
        " give: {type: points, program: beans, points: 3, per: 1.00}}\n"
    )
    open_one = opener("sqlite", tmp_path)
    with open_one(file="shop.db") as ledger:
        ledger.record(bought("10.00"))
    with pytest.raises(LedgerError, match="belongs to the rule set `example`"):
        open_one(other, file="shop.db")
    with sound(open_one(other, file="shop.db", ledger="second")) as ledger:
        assert ledger.record(bought("10.00")).points == {"beans": 30}
        assert beans(ledger) == 30
    with sound(open_one(file="shop.db")) as ledger:
        assert beans(ledger) == 10


def test_a_statement_tells_rule_order_level_and_what_is_missing(open_one: Opener) -> None:
    club = rules(
        programs="""\
        status:
          type: tiers
          window: last 12 months
          levels: [{id: silver}, {id: gold, at: {beans.base: 100}}]
          keep: {through: window}
        """
    )
    with sound(open_one(club)) as ledger:
        ledger.record(bought("60.00"))
        statement = ledger.statement("m-1")
        [level] = statement.levels
        assert (level.level, level.next, level.missing) == ("silver", "gold", ("40 beans",))
        [item] = statement.history
        assert (item.event, item.order) == ("p-1", "p-1")
        assert [(one.rule, one.points) for one in item.gave] == [("base", 60)]
        ledger.record(bought("60.00", id="p-2"))
        assert ledger.statement("m-1").levels[0].level == "gold"
