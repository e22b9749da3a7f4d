"""A late event takes its place in the member's own history: the account then stands as if all had come in
business order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Event, RuleSet, parse_event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import STORES, back, bought, brought, opener
from tests.semantics.shop import rules

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)

STATUS = """
status:
  type: tiers
  window: last 12 months
  levels: [{id: green}, {id: gold, at: {beans.base: 100}}]
  keep: {through: window}
  tier_at: before
"""
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
GOLD = (
    "{id: gold, event: purchase, when: status.level >= 'gold',"
    " give: {type: multiplier, program: beans, times: 2}}"
)
FIRST = (
    "{id: first, event: purchase, when: order.number == 1,"
    " give: {type: bonus, program: beans, points: 7}}"
)
CAPPED = (
    "{id: extra, event: purchase, limit: {points: 90, per: month},"
    " give: {type: bonus, program: beans, points: 1, per: 1.00}}"
)
WELCOME = "{id: welcome, event: signup, give: {type: bonus, program: beans, points: 5}}"
CLUB = rules(
    BASE, GOLD, FIRST, CAPPED, WELCOME,
    programs=STATUS, expiry="{after: 20 days}",
)  # fmt: skip


def ledger_of(rule_set: RuleSet = CLUB, url: str = "memory:") -> Ledger:
    return open_ledger(url, rule_set, now=lambda: NOW)


def state_of(ledger: Ledger) -> str:
    [state] = ledger.states()
    return write_state(state)


def signup(day: str, id: str = "s-1") -> Event:
    return parse_event(
        {"id": id, "type": "signup", "member": "m-1", "occurred_at": f"{day}T08:00:00Z"}
    )


SIX = [
    signup("2026-03-01"),
    bought("60.00", "20.00", id="p-1", day="2026-03-02"),
    bought("50.00", id="p-2", day="2026-03-05"),
    back("p-1", ("2", 1), id="r-1", day="2026-03-07"),
    bought("30.00", id="p-3", day="2026-03-25"),
    back("p-2", id="c-1", day="2026-04-10"),
]


def in_order(events: list[Event], rule_set: RuleSet = CLUB) -> str:
    with ledger_of(rule_set) as ledger:
        for event in sorted(events, key=business_key):
            assert ledger.record(event).status == "booked"
        return state_of(ledger)


def booked(order: list[Event], rule_set: RuleSet = CLUB) -> tuple[str, Ledger]:
    ledger = ledger_of(rule_set)
    for event in order:
        assert ledger.record(event).status in ("booked", "held")
    return state_of(ledger), ledger


ORDERS = list(permutations(SIX))


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(ORDERS[7::18], id="some"),
        pytest.param(ORDERS, id="all", marks=pytest.mark.slow),
    ],
)
def test_any_of_720_orders_of_six_events_gives_the_state_of_business_order(
    orders: list[tuple[Event, ...]],
) -> None:
    expected = in_order(SIX)
    assert len(ORDERS) == 720
    for order in orders:
        state, ledger = booked(list(order))
        assert state == expected, [event.id for event in order]
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


amounts = st.integers(1, 12_000).map(lambda cents: f"{cents / 100:.2f}")
days = st.integers(0, 40).map(lambda day: f"2026-{3 + day // 31:02}-{1 + day % 31:02}")


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Purchases, returns of them (by order or by item) that ask for no more than was bought, sign-ups."""
    events: list[Event] = [signup(draw(days))] if draw(st.booleans()) else []
    for number in range(draw(st.integers(1, 5))):
        day, id = draw(days), f"p-{number}"
        events.append(bought(draw(amounts), draw(amounts), id=id, day=day))
        what = draw(st.sampled_from(["kept", "part", "whole"]))
        later = max(day, draw(days))
        if what == "part":
            events.append(back(id, ("1", 1), id=f"r-{number}", day=later))
        elif what == "whole":
            events.append(back(id, id=f"c-{number}", day=later))
    return events


@given(st.data())
@settings(max_examples=60)
def test_any_order_of_any_history_gives_the_state_of_business_order(data: st.DataObject) -> None:
    history = data.draw(histories())
    order = data.draw(st.permutations(history))
    expected = in_order(history)
    state, ledger = booked(order)
    assert state == expected
    assert ledger.verify().is_clean
    with ledger_of() as one_commit:
        assert {one.status for one in one_commit.record_in_order(order)} <= {"booked", "held"}
        assert state_of(one_commit) == expected
        assert one_commit.rebuild().is_identical


@given(st.data())
@settings(max_examples=40)
def test_what_the_history_tells_sums_to_what_the_account_has(data: st.DataObject) -> None:
    """Points of all receipts together, and what ended with time, are the balance."""
    order = data.draw(st.permutations(data.draw(histories())))
    _, ledger = booked(order, FOR_EVER)
    statement = ledger.statement("m-1")
    assert sum(item.points.get("beans", 0) for item in statement.history) == (
        statement.balances["beans"].total
    )


FOR_EVER = rules(BASE, GOLD, FIRST, CAPPED, WELCOME, programs=STATUS)


def beans(ledger: Ledger) -> object:
    return ledger.balance("m-1")["beans"].total


@pytest.mark.parametrize("store", STORES)
def test_a_late_purchase_takes_the_place_of_the_first_one(store: str, tmp_path: Path) -> None:
    """The first order gives 7 more; the one that is first by its date has them in the end."""
    club = rules(BASE, FIRST)
    with opener(store, tmp_path)(club, now=lambda: NOW) as ledger:
        assert ledger.record(bought("10.00", id="p-1", day="2026-04-02")).points["beans"] == 17
        late = ledger.record(bought("20.00", id="p-0", day="2026-04-01"))
        assert (late.status, late.late, late.points["beans"]) == ("booked", True, 27 - 7)
        assert late.decision is not None
        assert late.decision.points["beans"] == 27
        assert late.decision.facts["~late"] is True
        assert late.notes == ("because of it `p-1` comes to 7 beans fewer",)
        assert beans(ledger) == 37
        again = ledger.record(bought("20.00", id="p-0", day="2026-04-01"))
        assert (again.status, again.points["beans"]) == ("duplicate", 20)
        assert ledger.record(back("p-1", id="c-1", day="2026-04-03")).points["beans"] == -10
        assert ledger.record(back("p-0", id="c-0", day="2026-04-04")).points["beans"] == -27
        assert ledger.verify().is_clean


def test_a_late_event_on_the_level_of_its_day() -> None:
    """A level reached before, on a day in between, doubles what was bought later."""
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-2", day="2026-04-10"))
        late = ledger.record(bought("100.00", id="p-1", day="2026-04-01"))
        [item] = [one for one in ledger.statement("m-1").history if one.event == "p-1"]
        assert item.late
        assert item.notes == late.notes
        assert "`p-2` comes to" in late.notes[0]
        assert ledger.statement("m-1").levels[0].level == "gold"


@pytest.mark.parametrize(
    ("replay", "day", "is_told_again"),
    [
        ("90 days", "2026-01-15", True),
        ("90 days", "2026-01-14", False),
        ("3 months", "2026-01-15", True),
        ("3 months", "2026-01-14", False),
        ("360 hours", "2026-03-31", True),
        ("360 hours", "2026-03-30", False),
        ("none", "2026-04-13", False),
    ],
)
def test_beyond_the_window_an_event_is_booked_alone(
    replay: str, day: str, is_told_again: bool
) -> None:
    """It is judged by what is known today: another order was the first."""
    club = rules(BASE, FIRST, more=f"late: {{replay: {replay}, then: book_alone}}")
    with ledger_of(club) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-14"))
        late = ledger.record(bought("20.00", id="p-0", day=day))
        assert late.late
        assert late.decision is not None
        assert late.decision.facts["~late"] is True
        assert late.decision.points["beans"] == (27 if is_told_again else 20)
        assert bool(late.notes) == is_told_again


def test_what_was_booked_alone_stays_as_it_was_judged() -> None:
    club = rules(BASE, FIRST, more="late: {replay: 10 days, then: book_alone}")
    with ledger_of(club) as ledger:
        ledger.record(bought("10.00", id="p-2", day="2026-04-14"))
        assert ledger.record(bought("20.00", id="p-1", day="2026-03-01")).points["beans"] == 20
        late = ledger.record(bought("30.00", id="p-3", day="2026-04-13"))
        assert late.decision is not None
        assert late.decision.points["beans"] == 37, "by date it comes before p-2"
        assert beans(ledger) == 10 + 20 + 37
        assert ledger.verify().is_clean


def test_a_return_that_asks_for_more_than_is_left_is_refused_at_its_place() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-01"))
        ledger.record(bought("10.00", id="p-2", day="2026-04-10"))
        before = state_of(ledger)
        refused = ledger.record(back("p-1", ("1", 2), id="r-1", day="2026-04-05"))
        assert refused.refusal is not None
        assert refused.refusal.code == "return_exceeds_order"
        assert state_of(ledger) == before


def test_a_second_sign_up_gives_way_to_an_earlier_one_that_came_late() -> None:
    with ledger_of(FOR_EVER) as ledger:
        assert ledger.record(signup("2026-04-05", "s-2")).points["beans"] == 5
        late = ledger.record(signup("2026-04-01", "s-1"))
        assert (late.status, late.notes) == (
            "booked",
            ("because of it `s-2` comes to 5 beans fewer",),
        )
        assert beans(ledger) == 5


def test_a_late_return_without_an_order_finds_what_was_bought_by_then() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-01"))
        ledger.record(bought("20.00", id="p-2", day="2026-04-10"))
        ledger.record(brought(("A", 1, "10.00"), id="r-1", day="2026-04-05"))
        left = {
            order: ledger.record(back(order, ("1", 1), id=f"c-{order}", day="2026-04-12")).status
            for order in ("p-1", "p-2")
        }
        assert left == {"p-1": "refused", "p-2": "booked"}
        assert beans(ledger) == 0


def test_quoting_a_late_event_changes_nothing() -> None:
    with ledger_of(FOR_EVER) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-04-10"))
        before = state_of(ledger)
        quoted = ledger.quote(bought("20.00", id="p-0", day="2026-04-01"))
        assert (quoted.status, quoted.late) == ("booked", True)
        assert state_of(ledger) == before
        assert ledger.record(bought("20.00", id="p-0", day="2026-04-01")).points == quoted.points
