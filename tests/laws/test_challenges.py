"""Laws of random challenges: what came back has never counted, time passes alike, states are folds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import MemberState, RuleSet, apply, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import read_effects, read_state, write_state
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.service.loading import load_text

HEAD = """\
ruleset: laws
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: %s, value: 0.01}
"""
RULES = """\
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
"""
START = datetime(2026, 1, 30, 12, tzinfo=UTC)

SEEDS = st.integers(0, 10**9)

pytestmark = pytest.mark.property


def challenge(random: Random, name: str, **fixed: str) -> str:
    """A random challenge; ``fixed`` are keys that it must have."""
    counts = random.choice(
        ["{event: purchase}", "{event: purchase, adds: amount}", "orders", "beans.base"]
    )
    keys = {
        "counts": counts,
        "target": str(random.choice([1, 2, 3, 25, 40])),
        "give": random.choice(
            [
                "{type: bonus, program: beans, points: 7}",
                "{type: points, program: beans, points: 5}",
                "[{type: bonus, program: beans, points: 3}, {type: product, sku: CUP}]",
            ]
        ),
        "repeat": random.choice(["true", "false"]),
        "rest": random.choice(["carry", "drop"]),
    }
    if random.random() < 0.4:
        keys |= {"streak": random.choice(["day", "week", "month"])}
        keys["target"] = str(random.randint(1, 3))
    begins = random.choice(["", "window: week", "window: month"])
    lines = [f"    {key}: {value}\n" for key, value in (keys | fixed).items()]
    return f"  {name}:\n    type: challenge\n" + "".join(lines) + f"    {begins}\n"


def at_end(random: Random, name: str) -> str:
    keys = {
        "window": random.choice(["week", "month"]),
        "per_full": random.choice(["10.00", "35.00"]),
        "rest": random.choice(["carry", "drop"]),
        "give": "{type: bonus, program: beans, points: 4}",
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"  {name}:\n    type: spend\n    pays: at_end\n{lines}"


def rule_set(*programs: str, expiry: str = "never") -> RuleSet:
    return load_text(HEAD % expiry + "".join(programs) + RULES)


@dataclass
class Life:
    """A member who buys and cancels."""

    rules: RuleSet
    state: MemberState
    orders: dict[str, BookedOrder]

    def happen(self, kind: str, id: str, at: datetime, **fields: object) -> None:
        raw = {"id": id, "type": kind, "member": "m-1", "occurred_at": at.isoformat(), **fields}
        record = self.orders.get(str(fields.get("order", "")))
        decision = self.rules.decide(parse_event(raw), self.state, record)
        assert decision.status == "decided", decision.refusal
        effects = decision.outcome.all_effects
        assert read_effects(plain_text(effects)) == effects
        folded = self.state
        for effect in effects:
            folded = apply(folded, effect)
        assert folded == decision.state, "a state is the fold of the effects"
        assert read_state(write_state(folded)) == folded
        self.state = decision.state
        order = decision.outcome.order
        if order is not None:
            self.orders[order.order] = order

    def buy(self, number: int, at: datetime, cents: int) -> None:
        line = {"quantity": 1, "sku": "A", "amount": f"{cents // 100}.{cents % 100:02}"}
        self.happen("purchase", f"p-{number}", at, currency="EUR", lines=[line])

    def cancel(self, number: int, at: datetime) -> None:
        self.happen("cancellation", f"c-{number}", at, order=f"p-{number}")

    def pass_to(self, at: datetime) -> None:
        if self.state.clock is None or at >= self.state.clock:
            passed = self.rules.advance(self.state, at)
            self.state = passed[-1].state if passed else self.state


def life(rules: RuleSet) -> Life:
    return Life(rules, MemberState("m-1"), {})


def purchases(random: Random, most: int = 9) -> list[tuple[int, datetime, int]]:
    """Numbered purchases in the order of time, over a few weeks."""
    at, found = START, []
    for number in range(random.randint(1, most)):
        at += timedelta(hours=random.choice([0, 5, 20, 24, 60, 170, 400]))
        found.append((number, at, random.choice([100, 1000, 2500, 3999, 12000])))
    return found


def after(bought: Iterable[tuple[int, datetime, int]]) -> datetime:
    return max(at for _, at, _ in bought) + timedelta(days=90)


def holds(one: Life) -> tuple[int, int]:
    lots = sum(lot.left for lot in one.state.lots.get("beans", ()))
    return lots, one.state.deficits.get("beans", 0)


def reached(one: Life) -> dict[str, list[tuple[str, int]]]:
    """How often which entries reached what."""
    return {
        name: sorted((each.event, each.times) for held in instances for each in held.reaches)
        for name, instances in one.state.instances.items()
        if any(held.reaches for held in instances)
    }


@settings(max_examples=100)
@given(SEEDS)
def test_what_came_back_has_never_counted(seed: int) -> None:
    """After cancellations, in whatever order, a member has what he would have had without these orders."""
    random = Random(seed)
    rules = rule_set(challenge(random, "one"), challenge(random, "two"), at_end(random, "three"))
    bought = purchases(random)
    gone = {number for number, *_ in bought if random.random() < 0.4}
    whole, rest = life(rules), life(rules)
    for one in bought:
        whole.buy(*one)
        if one[0] not in gone:
            rest.buy(*one)
    end = after(bought)
    whole.pass_to(end)
    for place, number in enumerate(random.sample(sorted(gone), len(gone))):
        whole.cancel(number, end + timedelta(minutes=place))
    rest.pass_to(end)
    assert holds(whole) == holds(rest)
    assert reached(whole) == reached(rest)
    assert whole.state.counters == rest.state.counters


@settings(max_examples=100)
@given(SEEDS)
def test_when_everything_came_back_nothing_is_left(seed: int) -> None:
    random = Random(seed)
    frozen = random.choice(["recount", "recount", "frozen"])
    rules = rule_set(challenge(random, "one", on_return=frozen), at_end(random, "two"))
    bought = purchases(random)
    one = life(rules)
    for each in bought:
        one.buy(*each)
    end = after(bought)
    if random.random() < 0.5:
        one.pass_to(end)
    for place, number in enumerate(random.sample(range(len(bought)), len(bought))):
        one.cancel(number, end + timedelta(minutes=place))
    assert not any(held.entries for held in one.state.instances.get("one", ()))
    assert "two" not in one.state.instances
    if frozen == "recount":
        assert one.state == MemberState("m-1", one.state.clock)


@settings(max_examples=100)
@given(SEEDS)
def test_time_that_passes_lazily_or_by_hand_gives_one_state(seed: int) -> None:
    random = Random(seed)
    rules = rule_set(
        challenge(random, "one"),
        at_end(random, "two"),
        expiry=random.choice(["never", "{after: 20 days}"]),
    )
    bought = purchases(random)
    lazy, early = life(rules), life(rules)
    for each in bought:
        lazy.buy(*each)
        early.pass_to(each[1] - timedelta(hours=random.choice([1, 30, 200])))
        early.buy(*each)
    end = after(bought)
    number = random.choice(bought)[0]
    early.pass_to(end - timedelta(days=random.choice([1, 40, 80])))
    for one in (lazy, early):
        one.cancel(number, end)
        one.pass_to(end + timedelta(days=60))
    assert lazy.state == early.state


@settings(max_examples=60)
@given(SEEDS)
def test_a_return_never_gives(seed: int) -> None:
    """Not even where a later purchase is worth more: by its table, or by a limit that has more room then."""
    random = Random(seed)
    limit = random.choice(["{points: 6, per: month}", "{times: 1, per: week}", "none"])
    rates = "tables:\n  rate: {keys: {n: at_least}, rows: {0: 2, 2: 9, 4: 5}}\n"
    points = """'rate(within(orders, "ever"))'"""
    give = f"{{type: bonus, program: beans, points: {points}}}"
    text = challenge(random, "one", limit=limit, give=give)
    rules = load_text(HEAD % "never" + text + rates + RULES)
    bought = purchases(random)
    one = life(rules)
    for each in bought:
        one.buy(*each)
    end = after(bought)
    for place, number in enumerate(random.sample(range(len(bought)), len(bought))):
        lots, owed = holds(one)
        one.cancel(number, end + timedelta(minutes=place))
        left, owes = holds(one)
        assert left - owes <= lots - owed
    assert replace(one.state, clock=None) == MemberState("m-1")
