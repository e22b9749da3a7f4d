"""Budgets and stocks in a ledger: shared by all members, counted in the booking's own transaction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyalty_rules import CorruptLedger, Event, Ledger, Retry, RuleSet
from loyalty_rules.base.records import replace
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.store import run
from loyalty_rules.ledger.shared import Counted, find_counted, write_counted
from loyalty_rules.ledger.statements import ADD_SHARED, LIST_SHARED, SWAP_SHARED
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, STORES, Opener, back, beans, bought, opener, sound
from tests.ledger.test_redemptions import code, taken, undone
from tests.semantics.shop import rules

MUGS = """
rewards:
  mug: {cost: {program: beans, points: 10}, give: {type: product, sku: MUG}, budget: {times: 3}}
"""


def campaign(
    budget: str = "{points: 100}", more: str = MUGS, programs: str = "", points: str = ""
) -> RuleSet:
    """One bean a euro, as long as the budget of all members lasts; three mugs."""
    give = "{type: points, program: beans, points: 1, per: 1.00}"
    rule = f"{{id: base, event: purchase, give: {give}, budget: {budget}}}"
    return rules(rule, more=more, programs=programs, points=points)


RULES = campaign()


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def by(member: str, amount: str, **more: str) -> Event:
    return bought(amount, id=f"{member}-{amount}", member=member, **more)


def mugs(member: str, count: int = 1, id: str = "") -> Event:
    return replace(taken(id or f"{member}-mug", mug=count), member=member)


def used(ledger: Ledger) -> dict[str, object]:
    """What stands against each budget."""
    counters = ledger.shared().counters
    return {name: sum(days.values()) for name, days in counters.items()}  # type: ignore[arg-type, misc]


POINTS = "~all.budget.rule.base.points per ever"
STOCK = "~all.budget.reward.mug.times per ever"


def test_members_are_served_one_after_the_other(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        receipts = [ledger.record(by(who, "40.00")) for who in ("ana", "ben", "cem", "dan")]
        assert [one.points.get("beans", 0) for one in receipts if one.points is not None] == [
            40,
            40,
            20,
            0,
        ]
        assert used(ledger) == {POINTS: 100}


def test_a_batch_is_served_in_its_order(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record_many([by(who, "40.00") for who in ("dan", "cem", "ben", "ana")])
        assert [beans(ledger, who) for who in ("ana", "ben", "cem", "dan")] == [40, 40, 20, 0]


def test_a_return_gives_back_what_its_order_used(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(by("ana", "80.00"))
        ledger.record(by("ben", "40.00"))
        ledger.record(back("ana-80.00", member="ana"))
        assert used(ledger) == {POINTS: 20}
        ledger.record(by("cem", "90.00"))
        assert beans(ledger, "cem") == 80


def test_a_gross_budget_gives_nothing_back(open_one: Opener) -> None:
    with sound(open_one(campaign("{points: 100, cap_counts: gross}"))) as ledger:
        ledger.record(by("ana", "80.00"))
        ledger.record(back("ana-80.00", member="ana"))
        ledger.record(by("ben", "40.00"))
        assert beans(ledger, "ben") == 20


def test_a_stock_that_is_gone_refuses_and_takes_nothing(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        for who in ("ana", "ben"):
            ledger.record(by(who, "40.00"))
        assert ledger.record(mugs("ana", 2)).status == "booked"
        assert code(ledger.record(mugs("ben", 2))) == "out_of_stock"
        assert code(ledger.quote(mugs("ben", 2, "q"))) == "out_of_stock"
        assert beans(ledger, "ben") == 40
        assert ledger.record(mugs("ben", 1, "one")).status == "booked"
        assert used(ledger)[STOCK] == 3


def test_a_cancelled_redemption_gives_its_stock_back(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        for who in ("ana", "ben"):
            ledger.record(by(who, "40.00"))
        ledger.record(mugs("ana", 3))
        assert code(ledger.record(mugs("ben"))) == "out_of_stock"
        ledger.record(replace(undone(redemption="ana-mug"), member="ana"))
        assert ledger.record(mugs("ben", 3, "again")).status == "booked"


def test_a_quote_proposes_only_what_is_left(open_one: Opener) -> None:
    off = """
    rewards:
      off: {cost: {program: beans, points: 10}, give: {type: voucher, amount: 1.00, at: shop, valid: 9 days},
            budget: {times: 3}}
    """
    rule_set = campaign(more=off)
    with open_one(rule_set) as ledger:
        ledger.record(by("ana", "90.00"))
        ledger.record(replace(taken("one", off=1), member="ana"))
        [state] = ledger.states()
        cart = replace(taken("q", day="2026-03-12", off=1), member="ana", fields={})
        [option] = rule_set.quote(cart, state, ledger.shared()).options
        assert (option.units, option.binding) == (2, ("budget",))
        [alone] = rule_set.quote(cart, state).options
        assert alone.units == 3


@pytest.mark.parametrize("field", ["store", "partner"])
def test_each_value_of_a_field_has_its_own_budget(open_one: Opener, field: str) -> None:
    with sound(open_one(campaign(f"{{points: 50, per: [month, event.{field}]}}"))) as ledger:
        for who, value in (("ana", "x-1"), ("ben", "x-1"), ("cem", "x-2")):
            ledger.record(bought("40.00", id=who, member=who, **{field: value}))
        assert [beans(ledger, who) for who in ("ana", "ben", "cem")] == [40, 10, 40]
        assert len(ledger.shared().counters) == 2


def test_what_was_changed_from_outside_is_seen() -> None:
    store = MemoryStore()
    ledger = open_ledger(store, RULES, now=lambda: NOW)
    ledger.record(by("ana", "40.00"))
    with store.reading() as execute:
        [(counter, changes, days, checksum)] = execute(LIST_SHARED, [(1,)])
    more = json.dumps(dict.fromkeys(json.loads(str(days)), 1))
    with store.writing() as execute:
        execute(SWAP_SHARED, [(changes, more, checksum, 1, counter, changes)])
    [finding] = ledger.verify().findings
    assert finding.place == f"shared counter `{POINTS}`"
    with pytest.raises(CorruptLedger):
        ledger.record(by("ben", "40.00"))
    rebuilt = ledger.rebuild()
    assert (rebuilt.changed, rebuilt.counters) == ([], [POINTS])
    assert ledger.verify().is_clean
    ledger.record(by("ben", "70.00"))
    assert beans(ledger, "ben") == 60


def test_a_counter_that_no_entry_knows_is_found() -> None:
    store = MemoryStore()
    ledger = open_ledger(store, RULES, now=lambda: NOW)
    with store.writing() as execute:
        execute(ADD_SHARED, [Counted(1).row(1, "~all.budget.rule.gone.points per ever")])
    [finding] = ledger.verify().findings
    assert finding.text == "is in no entry"
    assert ledger.rebuild().counters
    assert ledger.verify().is_clean


def test_who_missed_the_lane_writes_nothing() -> None:
    """Somebody else has used the counter between reading and writing."""
    store = MemoryStore()
    with store.writing() as execute:
        before = run(find_counted(1, [POINTS]), execute)
        first = {POINTS: before[POINTS].after(9, 30)}
        run(write_counted(1, before, first), execute)
        other = {POINTS: first[POINTS].after(9, 5)}
        run(write_counted(1, first, other), execute)
        with pytest.raises(Retry):
            run(write_counted(1, first, {POINTS: first[POINTS].after(9, 5)}), execute)
