"""Laws that hold for every rule set, over random ones that get into their own way."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import LotOpened
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Outcome, Plan
from tests.engine.build import Build, account, decided, line, purchase
from tests.engine.random_rules import club, is_crowded, order, served

pytestmark = pytest.mark.property

seeds = st.integers(0, 2**32)


def history(plan: Plan, random: Random, length: int) -> list[Outcome]:
    state, outcomes = served(), []
    for number in range(length):
        outcomes.append(decided(plan, order(random, number), state))
        state = outcomes[-1].state
    return outcomes


def test_permuting_the_rules_changes_nothing():
    """At least a third of the orders must meet a cap, a group or a rivalling multiplier."""
    crowded = total = 0
    for seed in range(120):
        random = Random(seed)
        made = club(random)
        shuffled = list(made.rules)
        random.shuffle(shuffled)
        backwards = tuple(reversed(made.rules))
        orders = random.getrandbits(32)
        outcomes = history(made.plan(), Random(orders), 5)
        assert history(made.plan(tuple(shuffled)), Random(orders), 5) == outcomes
        assert history(made.plan(backwards), Random(orders), 5) == outcomes
        crowded += sum(map(is_crowded, outcomes))
        total += len(outcomes)
    assert crowded * 3 >= total


@settings(max_examples=100)
@random_input(seeds)
def test_a_state_is_the_fold_of_the_effects(seed):
    random = Random(seed)
    outcomes = history(club(random).plan(), random, 4)
    assert fold(served(), (e for one in outcomes for e in one.effects)) == outcomes[-1].state


@settings(max_examples=100)
@random_input(seeds)
def test_shares_sum_to_the_whole(seed):
    random = Random(seed)
    plan = club(random).plan()
    for outcome in history(plan, random, 3):
        given = [one for trace in outcome.trace for one in trace.given]
        lots = {e.program: e for e in outcome.effects if isinstance(e, LotOpened)}
        for program in plan.model.accounts:
            own = [one for one in given if one.program == program.id]
            assert sum(one.points for one in own) == outcome.points[program.id]
            assert all(0 <= one.points <= one.rounded for one in own)
            if program.at == "order":
                exact = sum((one.exact for one in own), Fraction(0)) * 10**program.scale
                assert sum(one.rounded for one in own) == round_exact(exact, program.mode)
            assert (program.id in lots) == (outcome.points[program.id] > 0)
        for lot in lots.values():
            assert sum(share for _, share in lot.shares) == lot.points > 0


@settings(max_examples=100)
@random_input(seeds)
def test_a_decision_is_repeatable_and_changes_none_of_its_inputs(seed):
    random = Random(seed)
    plan = club(random).plan()
    state = history(plan, random, 2)[-1].state
    event = order(random, 9)
    held = {
        "lots": dict(state.lots),
        "counters": {name: dict(days) for name, days in state.counters.items()},
        "once": state.once,
    }
    sent = repr(event)
    first = decide(plan, state, event)
    assert decide(plan, state, event) == first
    assert repr(decide(plan, state, event)) == repr(first), "kinds of numbers included"
    assert repr(event) == sent
    assert {name: dict(days) for name, days in state.counters.items()} == held["counters"]
    assert dict(state.lots) == held["lots"]
    assert deepcopy(held["once"]) == state.once


@settings(max_examples=100)
@random_input(seeds)
def test_no_cap_for_ever_is_ever_exceeded(seed):
    random = Random(seed)
    made = club(random)
    outcomes = history(made.plan(), random, 6)
    caps = {
        one.key: one.cap
        for rule in made.rules
        for one in (*rule.limits, *rule.budgets)
        if one.per.form == "ever"
    }
    state = outcomes[-1].state
    assert state.shared is not None
    for key, days in (*state.counters.items(), *state.shared.counters.items()):
        cap = caps.get(key.partition("|")[0])
        assert cap is None or sum(days.values()) <= cap


@settings(max_examples=100)
@random_input(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.integers(1, 10**6))
def test_split_meets_every_threshold_exactly(amounts, threshold):
    """One point a cent below the threshold, two above: the sum tells where the order was cut."""
    from tests.engine.build import levels

    b = Build()
    plan = b.plan(
        b.rule("earn", b.points(1, 1)),
        b.rule("gold", b.times(2), when=lambda f, row: f["status.level"] == 1),
        level_tables=(levels(("gold", threshold), tier_at="split"),),
        accounts=[account()],
    )
    cents = sum(amounts)
    order = purchase(*(line(f"{cent // 100}.{cent % 100:02}") for cent in amounts))
    outcome = decided(plan, order)
    assert outcome.points["beans"] == cents + max(0, cents - threshold)
