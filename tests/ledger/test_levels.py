"""Levels in a ledger: what time ends, what follows from a level, and what somebody sets by hand, booked and
rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Ledger, open_ledger, parse_event
from tests.ledger.shop import STORES, back, bought, opener
from tests.semantics.shop import BASE, rules

CLUB = rules(
    BASE,
    "{id: welcome, event: level_changed, when: event.to == 'gold', "
    "give: {type: bonus, program: miles, points: 100}}",
    "{id: goodbye, event: level_changed, when: event.from == 'gold', "
    "give: {type: bonus, program: miles, points: 7}}",
    programs="""\
miles: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
status:
  type: tiers
  window: year
  levels: [{id: basic}, {id: silver, at: {beans.base: 500}}, {id: gold, at: {beans.base: 1000}}]
  keep: {through: next_window, then: one_down, grace: 30 days}
  on_return: immediate
""",
)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=STORES)
def clock_and_ledger(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Clock, Ledger]]:
    clock = Clock()
    with opener(request.param, tmp_path)(CLUB, now=clock) as ledger:
        yield clock, ledger


def by_hand(day: str, **fields: object) -> dict[str, object]:
    head = {"id": f"adj-{day}", "type": "adjustment", "member": "m-1"}
    return {**head, "occurred_at": f"{day}T12:00:00Z", **fields}


def level(ledger: Ledger) -> str:
    [standing] = ledger.statement("m-1").levels
    return standing.level


def is_sound(ledger: Ledger) -> bool:
    return ledger.verify().is_clean and ledger.rebuild().is_identical


def test_what_follows_from_a_level_is_booked_with_its_cause(
    clock_and_ledger: tuple[Clock, Ledger],
) -> None:
    _, ledger = clock_and_ledger
    receipt = ledger.record(bought("1000.00"))
    assert dict(receipt.points) == {"beans": 1000, "miles": 100}
    assert ledger.balance("m-1")["miles"].available == 100
    again = ledger.record(bought("1000.00"))
    assert (again.status, dict(again.points)) == ("duplicate", dict(receipt.points))
    [item] = ledger.statement("m-1").history
    assert [(one.rule, one.points) for one in item.gave] == [("base", 1000), ("welcome", 100)]
    assert ledger.record(back("p-1", ("1", 1))).points["miles"] == 7
    assert level(ledger) == "basic"
    assert is_sound(ledger)


def test_a_level_that_time_ends_is_booked_once_by_whoever_comes_first(
    clock_and_ledger: tuple[Clock, Ledger],
) -> None:
    clock, ledger = clock_and_ledger
    ledger.record(bought("1000.00"))
    clock.now = datetime(2028, 2, 15, 12, tzinfo=UTC)
    assert level(ledger) == "silver", "read, and nothing is written"
    assert ledger.advance().entries == 1
    ledger.record(bought("1.00", id="late", day="2028-02-14"))
    history = [(one.type, dict(one.points)) for one in ledger.statement("m-1").history]
    assert history[1:] == [("clock", {"miles": 7}), ("purchase", {"beans": 1})]
    assert is_sound(ledger)


def test_a_level_by_hand_is_booked_and_ends(clock_and_ledger: tuple[Clock, Ledger]) -> None:
    clock, ledger = clock_and_ledger
    given_level = by_hand(
        "2026-04-01", program="status", level="gold", through="2027-03-31", floor=True
    )
    assert ledger.record(parse_event(given_level)).points["miles"] == 100
    assert ledger.record(parse_event(by_hand("2026-04-02", program="beans", points=40))).points
    refused = ledger.record(parse_event(by_hand("2026-04-03", program="beans", points=-41)))
    assert refused.refusal is not None and refused.refusal.code == "insufficient_points"
    assert ledger.balance("m-1")["beans"].available == 40
    clock.now = datetime(2027, 4, 1, 12, tzinfo=UTC)
    assert level(ledger) == "basic"
    assert is_sound(ledger)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_a_ledger_that_is_advanced_at_any_time_stands_where_one_that_is_not_stands(
    seed: int,
) -> None:
    random = Random(seed)
    days = sorted(random.sample(range(1, 1400), 8))
    events = [bought(f"{random.randint(1, 1200)}.00", id=f"p-{day}", day=_day(day)) for day in days]
    states = []
    for advanced in (False, True):
        clock = Clock()
        with open_ledger("memory:", CLUB, now=clock) as ledger:
            for event in events:
                clock.now = event.occurred_at
                if advanced and random.random() < 0.7:
                    ledger.advance()
                ledger.record(event)
            clock.now = datetime(2031, 1, 1, tzinfo=UTC)
            ledger.advance()
            assert is_sound(ledger)
            states.append(list(ledger.states()))
    assert states[0] == states[1]


def _day(number: int) -> str:
    return datetime.fromordinal(START.toordinal() + number).date().isoformat()
