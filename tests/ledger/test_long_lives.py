"""Long random lives, step by step in memory and in a file: the same answers, and every step adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyalty_rules import Event, Ledger, Receipt, RuleSet, parse_event
from loyalty_rules.domain.effects import PointsTaken
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.service.loading import load_text
from tests.laws.worlds import Raw, life, purchase, world
from tests.laws.yaml_text import to_yaml
from tests.ledger.test_laws import check, lives, opened, rules_of, states

pytestmark = pytest.mark.property

STEPS_MAX = 200
seeds = st.integers(0, 2**32)
Sums = Counter[tuple[str, str]]


def told(receipt: Receipt) -> object:
    """An answer without what no two ledgers share."""
    refusal = receipt.refusal and (receipt.refusal.code, receipt.refusal.path)
    released = tuple(told(one) for one in receipt.released)
    return (receipt.status, receipt.sequence, receipt.points, refusal, receipt.notes, released)


def add_up(receipt: Receipt, sums: Sums) -> None:
    """What is outstanding by member and program after an answer: issued, less what was really taken. What
    fell due before the event is booked with it."""
    for one in (receipt, *receipt.released):
        if one.status != "booked" or one.decision is None:
            continue
        outcome = one.decision.outcome
        for booked in (*outcome.passed, outcome):
            for program, units in (booked.points or {}).items():
                sums[one.member, program] += units
        for effect in one.decision.effects:
            if isinstance(effect, PointsTaken):
                nobody_paid = effect.unrecovered + effect.refunded
                sums[one.member, effect.program] += nobody_paid


def check_step(event: Event, receipt: Receipt, sums: Sums) -> None:
    """The cheap laws: nothing given by a return, no lot out of its bounds, issued = outstanding + taken."""
    add_up(receipt, sums)
    if event.type in RETURNS:
        assert all(points <= 0 for points in receipt.points.values())
    last = (receipt, *receipt.released)[-1]
    if last.status == "booked" and last.decision is not None:
        state = last.decision.state
        for program in ("beans", "miles"):
            lots = state.lots.get(program, ())
            assert all(0 < lot.left <= lot.granted for lot in lots)
            held = sum(lot.left for lot in lots) - state.deficits.get(program, 0)
            assert held == sums[last.member, program]


def live(events: list[Event], rules: RuleSet, random: Random, folder: Path) -> Counter[str]:
    """Every step in memory and in a file; how often each answer was given."""
    answers: Counter[str] = Counter()
    sums: Sums = Counter()
    with ExitStack() as stack:
        one = stack.enter_context(opened("memory:", rules))
        other = stack.enter_context(opened(f"sqlite:///{folder / 'shop.db'}", rules))
        for event in events:
            receipt = one.record(event)
            assert told(other.record(event)) == told(receipt)
            check_step(event, receipt, sums)
            answers[receipt.status] += 1
            if random.random() < 0.1:  # a repeat changes nothing
                again, once_more = one.record(event), other.record(event)
                assert told(again) == told(once_more)
                assert again.status == ("refused" if receipt.status == "refused" else "duplicate")
        assert states(one) == states(other)
        for ledger in (one, other):
            check(ledger)
    return answers


@settings(max_examples=3)
@given(seeds)
@example(5766)  # points that fell due before an event are booked with it
def test_a_life_of_many_steps_is_the_same_in_memory_and_in_a_file(seed: int) -> None:
    """At most 200 steps; chains, postings, states and a rebuild of both are held at the end."""
    check_a_life(seed)


@pytest.mark.slow
@settings(max_examples=100)
@given(seeds)
def test_many_lives_of_many_steps_are_the_same_in_memory_and_in_a_file(seed: int) -> None:
    check_a_life(seed)


def check_a_life(seed: int) -> None:
    random = Random(seed)
    rules = rules_of(random)
    events = lives(random, random.randint(4, 34))[:STEPS_MAX]
    if random.random() < 0.3:
        random.shuffle(events)
    with TemporaryDirectory() as folder:
        answers = live(events, rules, random, Path(folder))
    assert answers["booked"] > 0


def strict_rules(random: Random) -> RuleSet:
    """Rules under which a return takes everything, and counts for levels at once. What a change of level
    gave is no part of an order: it stays."""
    made = world(random)
    made["rules"] = [one for one in made["rules"] if one["event"] != "level_changed"]
    for program in ("beans", "miles"):
        made["programs"][program]["returns"] = {
            "claw_back": random.choice(["recompute", "proportional"]),
            "negative": "allow",
        }
    for levels in {"status", "wings"} & made["programs"].keys():
        made["programs"][levels]["on_return"] = "immediate"
    return load_text(to_yaml(made))


def steps_back(random: Random, order: Raw, at: datetime) -> Iterator[Raw]:
    """Parts of the lines of an order, then what is left of it in one: at least its first line."""
    head = {"type": "return", "member": order["member"], "order": order["id"]}
    for number, line in enumerate(order["lines"][1:], start=1):
        if random.random() < 0.7:
            part = random.randint(1, line["quantity"])
            again = {"line": str(number + 1), "quantity": part}
            yield {**head, "id": f"r-{number}", "occurred_at": at.isoformat(), "lines": [again]}
    yield {**head, "id": "r-rest", "type": "cancellation", "occurred_at": at.isoformat()}


def sums_of(state: MemberState, rules: RuleSet) -> Mapping[str, object]:
    """The counters that sum, and points by program: what a full return brings back."""
    looking = {one.id for one in rules.plan.model.counters if one.measure != "sum"}
    found: dict[str, object] = {
        name: sorted(days.items()) for name, days in state.counters.items() if name not in looking
    }
    for program in ("beans", "miles"):
        left = sum(lot.left for lot in state.lots.get(program, ()))
        found[f"{program} left"] = left - state.deficits.get(program, 0)
    return found


def the_state(ledger: Ledger, member: str) -> MemberState:
    return next(state for state in ledger.states() if state.member == member)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@settings(max_examples=12)
@given(seed=seeds)
@example(
    seed=11770
)  # all that counted in a window paid at its end comes back, behind one that was paid
@example(seed=73441)
@example(seed=73628)
@example(seed=181268)
def test_a_full_return_brings_every_counter_back(store: str, seed: int) -> None:
    random = Random(seed)
    rules = strict_rules(random)
    past = [{**one, "member": "m-1"} for one in life(random, 5)]
    at = datetime.fromisoformat(past[-1]["occurred_at"]) + timedelta(days=2)
    head = {"id": "last", "member": "m-1", "occurred_at": at.isoformat()}
    order = purchase(random, head)
    with TemporaryDirectory() as folder:
        url = "memory:" if store == "memory" else f"sqlite:///{Path(folder) / 'shop.db'}"
        with opened(url, rules) as ledger:
            for one in [*past, {**head, "id": "knock", "type": "profile"}]:
                ledger.record(parse_event(one))
            before = sums_of(the_state(ledger, "m-1"), rules)
            assert ledger.record(parse_event(order)).status == "booked"
            for one in steps_back(random, order, at + timedelta(hours=1)):
                assert ledger.record(parse_event(one)).status == "booked"
            assert sums_of(the_state(ledger, "m-1"), rules) == before
            check(ledger)
