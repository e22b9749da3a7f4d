"""Laws over random lives under the rule sets that ship, where everything of the language meets.

A failure names the seed that makes the same life again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from loyalty_rules import MemberState, Registry, RuleSet, load, open_ledger, parse_event
from tests.house.laws import ROOT
from tests.laws.shipped_lives import FIRST, Life, Plain

REGISTRY = Registry.builtin().discover(allow=["skyline"])
NAMES = sorted(path.name for path in (ROOT / "rules").iterdir() if path.is_dir())
RULES = {name: load(ROOT / "rules" / name / "rules.yaml", REGISTRY) for name in NAMES}
LONG_AFTER = timedelta(days=200)
REPLAYED = timedelta(days=80)
"""Nearly as long as a late event changes what comes after it."""

pytestmark = pytest.mark.property


def lived(
    rules: RuleSet, events: list[Plain], end: datetime, advance_each: int
) -> tuple[list[MemberState], list[str]]:
    """Where the member stands long after, and what became of each event, where the ledger was advanced
    before each so-manieth event (0: before none)."""
    now = [FIRST]
    with open_ledger("memory:", rules, now=lambda: now[0]) as ledger:
        statuses = []
        for number, plain in enumerate(events):
            event = parse_event(plain)
            now[0] = event.occurred_at
            if advance_each and number % advance_each == 0:
                ledger.advance()
            receipt = ledger.record(event)
            statuses.append(f"{event.id} {receipt.status} {receipt.refusal}")
            if receipt.decision is not None:
                assert str(receipt.decision.explain()), "making an explanation checks its sum"
        now[0] = end
        ledger.advance()
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical
        return list(ledger.states()), statuses


def check_time(name: str, seed: int, count: int) -> None:
    life = Life(RULES[name], f"{name} {seed}")
    events = list(life.events(count))
    end = life.now + LONG_AFTER
    each, some, never = (lived(RULES[name], events, end, step) for step in (1, 3, 0))
    assert each == some == never, f"seed {seed}"


def check_returns(name: str, seed: int, count: int) -> None:
    life = Life(RULES[name], f"{name} {seed}")
    events = [*life.purchases(count), *life.everything_back()]
    [state], statuses = lived(RULES[name], events, life.now, 0)
    assert all(status.endswith(" booked None") for status in statuses), f"seed {seed}"
    assert not any(state.lots.values()), f"seed {seed}"
    assert not any(state.deficits.values()), f"seed {seed}"
    # what is set aside until a level is reviewed (`~returned`) is no count of its own
    counted = {name: dict(days) for name, days in state.counters.items() if name[0] != "~"}
    assert not any(value for days in counted.values() for value in days.values()), f"seed {seed}"


def delivered(rules: RuleSet, events: list[Plain], at: datetime) -> tuple[MemberState, set[str]]:
    """Where the member stands when all events came at one instant, in this order, and what is refused."""
    with open_ledger("memory:", rules, now=lambda: at) as ledger:
        receipts = [ledger.record(parse_event(plain)) for plain in events]
        told = [one for receipt in receipts for one in (receipt, *receipt.released)]
        ledger.advance()
        assert ledger.verify().is_clean
        [state] = ledger.states()
        return state, {one.event for one in told if one.status == "refused"}


def check_delivery(name: str, seed: int, count: int) -> None:
    life = Life(RULES[name], f"{name} {seed}")
    accepted = ("redemption", "redemption_cancelled")  # they stay as they were accepted
    end = FIRST + REPLAYED
    events = [
        plain
        for plain in life.events(count)
        if plain["type"] not in accepted and parse_event(plain).occurred_at < end
    ]
    in_order, refused = delivered(RULES[name], events, end)
    dice = Random(seed)
    for _ in range(2):
        dice.shuffle(events)
        shuffled, refused_now = delivered(RULES[name], events, end)
        if refused_now == refused:  # what was refused is not decided again by itself
            assert shuffled == in_order, f"seed {seed}"


@pytest.mark.parametrize("name", NAMES)
def test_events_may_come_in_any_order(name: str) -> None:
    for seed in range(2):
        check_delivery(name, seed, 8)


@pytest.mark.parametrize("name", NAMES)
def test_time_that_passes_by_itself_is_booked_alike_whoever_asks_first(name: str) -> None:
    for seed in range(2):
        check_time(name, seed, 12)


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_comes_back_leaves_nothing(name: str) -> None:
    for seed in range(3):
        check_returns(name, seed, 6)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_same_of_many_long_lives(name: str) -> None:
    for seed in range(100, 110):
        check_time(name, seed, 60)
        check_returns(name, seed, 20)
        check_delivery(name, seed, 12)
