"""A late event takes its place in the member's own history, as laws: in whatever order events come, the
account stands where business order has it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from loyalty_rules import Event, RuleSet, parse_event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import back, bought
from tests.ledger.test_laws import check, lives, rules_of, states
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
DRINK = """
rewards:
  free-drink: {cost: {program: beans, points: 50}, give: {type: product, sku: DRINK}}
"""
REWARDING = rules(
    BASE, GOLD, FIRST, CAPPED, WELCOME,
    programs=STATUS, more=DRINK, expiry="{after: 20 days}",
)  # fmt: skip
FOR_EVER = rules(BASE, GOLD, FIRST, CAPPED, WELCOME, programs=STATUS)


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


def redemption(day: str, id: str = "d-1") -> Event:
    return parse_event(
        {
            "id": id,
            "type": "redemption",
            "member": "m-1",
            "occurred_at": f"{day}T12:00:00Z",
            "take": {"free-drink": 1},
        }
    )


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
def test_with_redemptions_too_once_all_was_accepted(data: st.DataObject) -> None:
    """What is refused before its points have come is sent again. Redemptions come in time: one that was late
    itself and would now be refused makes what comes later stand alone."""
    numbers = range(data.draw(st.integers(1, 3)))
    taken = [redemption(data.draw(days), f"d-{number}") for number in numbers]
    history, expected = accepted([*data.draw(histories()), *taken])
    to_send = data.draw(st.permutations(history))
    with ledger_of(REWARDING) as ledger:
        send_until_accepted(ledger, to_send)
        assert state_of(ledger) == expected
        assert ledger.verify().is_clean


def send_until_accepted(ledger: Ledger, events: list[Event]) -> None:
    """What is refused, at once or after it has waited, is sent again as long as others are accepted."""
    by_id, to_send = {one.id: one for one in events}, list(events)
    for _ in events:
        refused: list[Event] = []
        for event in to_send:
            receipt = ledger.record(event)
            if event.type == "redemption" and receipt.late:
                reject()
            answers = [receipt, *receipt.released]
            refused += [by_id[one.event] for one in answers if one.status == "refused"]
        to_send = refused
    assert to_send == []


def accepted(events: list[Event]) -> tuple[list[Event], str]:
    """The events that are not refused in business order, and the state that they lead to."""
    with ledger_of(REWARDING) as ledger:
        ordered = sorted(events, key=business_key)
        taken = [one for one in ordered if ledger.record(one).status == "booked"]
        return taken, state_of(ledger)


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


@given(st.integers(0, 2**32))
@settings(max_examples=12)
def test_random_rules_and_random_lives_too(seed: int) -> None:
    random = Random(seed)
    world = rules_of(random)
    lived = sorted(lives(random, 6), key=business_key)
    with ledger_of(world) as ledger:
        history = [one for one in lived if ledger.record(one).status == "booked"]
        expected = states(ledger)
    to_send = random.sample(history, len(history))
    with ledger_of(world) as ledger:
        send_until_accepted(ledger, to_send)
        assert states(ledger) == expected
        check(ledger)
