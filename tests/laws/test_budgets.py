"""Laws of budgets under random rule sets and random lives of several members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Event, Ledger, MemberState, RuleSet, Shared, parse_event
from loyalty_rules.batch.held import Asked
from loyalty_rules.batch.history import AsOf, History
from loyalty_rules.batch.returns import Returns
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.engine.counters import room_left
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.sharing import lent
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.service.ledger import open_ledger
from tests.laws.living import load
from tests.laws.worlds import STORES, World, life, world
from tests.laws.yaml_text import to_yaml

MEMBERS = ("ana", "ben", "cem")
WINDOWS = ("ever", "day", "week", "month", "year", "last 3 days", "last 2 weeks")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SEEDS = st.integers(0, 2**32)
SHORT = settings(max_examples=6)


def budgeted(random: Random, made: World) -> World:
    """The same rule set with budgets at half of its rules, at its groups and at its programs that give."""
    for group in made["groups"].values():
        if random.random() < 0.5:
            group["budget"] = _budget(random, ("times", "amount", "quantity"))
    for rule in made["rules"]:
        if rule["event"] == "purchase" and random.random() < 0.6:
            gives = rule["give"] if isinstance(rule["give"], list) else [rule["give"]]
            single = len({give["program"] for give in gives}) == 1
            figures = ("times", "amount", "quantity", *(("points", "points") if single else ()))
            rule["budget"] = _budget(random, figures)
    for name in ("refill", "card"):
        if name in made["programs"] and random.random() < 0.7:
            budget = made["programs"][name]["budget"] = _budget(random, ("times", "points"))
            if isinstance(budget["per"], list):  # not every event that counts is in a store
                budget["per"] = budget["per"][0]
    return made


def _budget(random: Random, figures: tuple[str, ...]) -> World:
    what = random.choice(figures)
    size = {"times": (1, 5), "points": (5, 120), "amount": (10, 200), "quantity": (1, 15)}[what]
    per: Any = random.choice(WINDOWS)
    if random.random() < 0.2:
        per = [per, "event.store"]
    return {what: random.randint(*size), "per": per, "over": random.choice(["trim", "skip"])}


def lives(random: Random) -> list[Event]:
    """Purchases of three members in business order."""
    found = []
    for member in MEMBERS:
        for number, raw in enumerate(life(random)):
            own = {**raw, "id": f"{member}-{number}", "member": member}
            own.pop("order", None)
            own.setdefault("store", random.choice(STORES))
            found.append(parse_event(own))
    return sorted(found, key=business_key)


def limits(rules: RuleSet) -> list[Limit]:
    model = rules.plan.model
    return [one for part in (*model.rules, *model.groups) for one in part.budgets]


def keeps_within_its_caps(rules: RuleSet, shared: Shared) -> int:
    """No window of any day sees more than its budget; how many counters there are."""
    state = lent(MemberState("nobody"), shared)
    for counter, days in shared.counters.items():
        name = counter.partition("|")[0]
        limit = next(one for one in limits(rules) if one.key == name)
        for day in days:
            assert room_left(rules.plan, state, limit, counter, day) >= 0, counter
    return len(shared.counters)


def booked(rules: RuleSet, events: list[Event]) -> Ledger:
    ledger = open_ledger(MemoryStore(), rules, now=lambda: NOW)
    for event in events:
        ledger.record(event)
    return ledger


def case(seed: int) -> tuple[RuleSet, list[Event]]:
    random = Random(seed)
    return load(to_yaml(budgeted(random, world(random)))), lives(random)


@SHORT
@given(SEEDS)
def test_a_ledger_and_a_history_in_memory_serve_alike(seed: int) -> None:
    rules, events = case(seed)
    ledger = booked(rules, events)
    as_of = AsOf(events[-1].occurred_at, 0)
    history = History(rules, as_of, (), Returns(rules, Asked()))
    for event in events:
        history.decide(event)
    assert history.shared == (ledger.shared() if rules.has_budgets else None)
    assert {state.member: state for state in ledger.states()} == history.states
    keeps_within_its_caps(rules, ledger.shared())
    assert ledger.verify().is_clean


@SHORT
@given(SEEDS)
def test_when_everything_comes_back_nothing_is_used(seed: int) -> None:
    rules, events = case(seed)
    ledger = booked(rules, events)
    for number, event in enumerate(one for one in events if one.type == "purchase"):
        at = events[-1].occurred_at + timedelta(minutes=number + 1)
        gone = {"id": f"back-{number}", "type": "cancellation", "member": event.member}
        again = {**gone, "occurred_at": at.isoformat(), "order": event.id}
        assert ledger.record(parse_event(again)).status == "booked"
        keeps_within_its_caps(rules, ledger.shared())
    assert ledger.shared() == Shared()
    assert ledger.rebuild().is_identical


@SHORT
@given(SEEDS)
def test_the_order_of_rules_in_the_file_serves_nobody_better(seed: int) -> None:
    random = Random(seed)
    made, events = budgeted(random, world(random)), lives(random)
    ledger = booked(load(to_yaml(made)), events)
    random.shuffle(made["rules"])
    other = booked(load(to_yaml(made)), events)
    assert ledger.shared() == other.shared()
    assert [*ledger.states()] == [*other.states()]


@SHORT
@given(SEEDS)
def test_any_order_of_delivery_stays_within_every_budget(seed: int) -> None:
    """Whatever comes late, what was served is the sum of the effects and within its caps."""
    rules, events = case(seed)
    Random(seed).shuffle(events)
    ledger = open_ledger(
        MemoryStore(), rules, now=lambda: max(one.occurred_at for one in events) + timedelta(1)
    )
    for event in events:
        ledger.record(event)
        keeps_within_its_caps(rules, ledger.shared())
    assert ledger.verify().is_clean
    assert ledger.rebuild().is_identical


def test_budgets_are_met_often() -> None:
    """Else the laws above would hold of nothing."""
    met = 0
    for seed in range(6):
        rules, events = case(seed)
        shared = booked(rules, events).shared()
        state = lent(MemberState("nobody"), shared)
        for counter, days in shared.counters.items():
            name = counter.partition("|")[0]
            limit = next(one for one in limits(rules) if one.key == name)
            met += any(room_left(rules.plan, state, limit, counter, day) == 0 for day in days)
    assert met >= 6
