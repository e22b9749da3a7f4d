"""Laws that hold for every rule set that is accepted, over random ones that get into their own way."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from loyalty_rules import MemberState, apply, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import LotOpened
from tests.laws.living import Case, by_witness, case_of, is_crowded, live, load
from tests.laws.worlds import POINTS
from tests.laws.yaml_text import ALL_LISTS, to_yaml

pytestmark = pytest.mark.property

SHORT = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(SHORT, max_examples=3000)
SEEDS = st.integers(0, 2**32)
Law = Callable[[Case], None]


def state_is_the_fold_of_the_effects(case: Case) -> None:
    state = MemberState("m-1")
    for decision in live(case.rules, case.events):
        assert decision.before == state
        for effect in decision.effects:
            state = apply(state, effect)
        assert decision.state == state


def shares_sum_to_the_whole(case: Case) -> None:
    for decision in live(case.rules, case.events):
        given_points = [one for trace in decision.trace for one in trace.given]
        booked = decision.outcome.effects  # its own, without what fell due before it
        lots = [effect for effect in booked if isinstance(effect, LotOpened)]
        units = decision.outcome.points
        assert units is not None
        for program in POINTS:
            shares = sum(one.points for one in given_points if one.program == program)
            assert shares == units[program]
            own = [lot for lot in lots if lot.program == program]
            assert shares == sum(lot.points for lot in own)
            assert shares == sum(points for lot in own for _, points in lot.shares)


def no_share_is_below_zero_or_above_what_was_rounded(case: Case) -> None:
    for decision in live(case.rules, case.events):
        for trace in decision.trace:
            assert all(0 <= one.points <= one.rounded for one in trace.given)
            assert trace.trimmed == sum(one.rounded - one.points for one in trace.given) >= 0
        assert all(points >= 0 for points in decision.points.values())
        for lots in decision.state.lots.values():
            assert all(0 <= lot.left <= lot.granted for lot in lots)


def a_decision_is_repeatable_and_changes_none_of_its_inputs(case: Case) -> None:
    for decision in live(case.rules, case.events):
        before, event = repr(decision.before), repr(decision.event)
        again = case.rules.decide(decision.event, decision.before)
        assert repr(again.outcome) == repr(decision.outcome), "kinds of numbers included"
        assert (repr(decision.before), repr(decision.event)) == (before, event)


def the_spelling_of_amounts_does_not_count(case: Case) -> None:
    plain = live(case.rules, case.events)
    for spelling in (_shortest, _with_zeros):
        spelled = live(case.rules, [_respelled(event, spelling) for event in case.events])
        assert [one.outcome for one in spelled] == [one.outcome for one in plain]


def generated_code_and_the_interpreter_decide_alike(case: Case) -> None:
    """The interpreter reads every part of a condition, generated code stops where the answer is known."""
    witnessed = live(by_witness(case.rules), case.events)
    for one, two in zip(live(case.rules, case.events), witnessed, strict=True):
        assert one.facts.items() <= two.facts.items()
        same = replace(two.outcome, facts=one.outcome.facts)
        assert repr(same) == repr(one.outcome), "kinds of numbers included"


def every_decision_can_be_explained_and_the_explanation_sums_to_it(case: Case) -> None:
    for decision in live(case.rules, case.events):
        explanation = decision.explain()
        assert str(explanation).strip()
        told = json.loads(json.dumps(explanation.as_json()))
        assert {
            name: Decimal(str(told["points"][name])) for name in told["points"]
        } == decision.points
        shares = [share for rule in explanation.rules for share in rule.shares]
        units = decision.outcome.points
        assert units is not None
        for program, points in units.items():
            assert sum(share.units for share in shares if share.program == program) == points


def a_refused_event_changes_nothing(case: Case) -> None:
    plain, state = live(case.rules, case.events), MemberState("m-1")
    for number, decision in enumerate(plain):
        for spoiled in _spoiled(case.events[number]):
            refused = case.rules.decide(parse_event(spoiled), state)
            assert refused.status == "refused" and refused.refusal is not None
            assert refused.state is state and refused.effects == ()
            assert set(refused.points.values()) == {0}
            assert str(refused.explain()).strip()
        state = case.rules.decide(decision.event, state).state
    assert state == plain[-1].state


LAWS: list[Law] = [
    state_is_the_fold_of_the_effects,
    shares_sum_to_the_whole,
    no_share_is_below_zero_or_above_what_was_rounded,
    a_decision_is_repeatable_and_changes_none_of_its_inputs,
    the_spelling_of_amounts_does_not_count,
    generated_code_and_the_interpreter_decide_alike,
    every_decision_can_be_explained_and_the_explanation_sums_to_it,
    a_refused_event_changes_nothing,
]


def hold(law: Law, how_often: settings) -> None:
    """Try a law on random cases; one that breaks it is shown as text."""

    @how_often
    @given(SEEDS)
    def holds(seed: int) -> None:
        case = case_of(Random(seed))
        note(case.text)
        law(case)

    holds()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Law) -> None:
    hold(law, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_in_its_long_form(law: Law) -> None:
    hold(law, LONG)


def permuted(seeds: range) -> tuple[int, int]:
    """Decide every case and permutations of its file alike; how many decisions were crowded, of all. A list
    of gives or conditions may also stand in any order, though the file's digest tells it."""
    crowded = total = 0
    for seed in seeds:
        random = Random(seed)
        case = case_of(random)
        plain = live(case.rules, case.events)
        for _ in range(2):
            text = to_yaml(case.world, random)
            other = load(text)
            assert other.digest == case.rules.digest, text
            decisions = live(other, case.events)
            assert [one.effects for one in decisions] == [one.effects for one in plain], text
            assert [one.outcome for one in decisions] == [one.outcome for one in plain], text
        mixed = live(load(to_yaml(case.world, random, ALL_LISTS)), case.events)
        assert [one.effects for one in mixed] == [one.effects for one in plain]
        crowded += sum(map(is_crowded, plain))
        total += len(plain)
    return crowded, total


def test_permuting_a_file_changes_nothing() -> None:
    """At least a third of the orders must meet a cap, a group or a rivalling multiplier."""
    crowded, total = permuted(range(60))
    assert crowded * 3 >= total


@pytest.mark.slow
def test_permuting_a_file_changes_nothing_in_its_long_form() -> None:
    crowded, total = permuted(range(3000))
    assert crowded * 3 >= total


@SHORT
@given(SEEDS)
def test_a_rule_s_name_gives_nothing_where_priorities_settle_every_rank(seed: int) -> None:
    """Among rules of different priorities no id is ever asked, so other names change names only."""
    random = Random(seed)
    case = case_of(random, distinct_priorities=True)
    names = {
        rule["id"]: f"n{random.randint(0, 10**6)}-{rule['id']}" for rule in case.world["rules"]
    }
    renamed = deepcopy(case.world)
    for rule in renamed["rules"]:
        rule["id"] = names[rule["id"]]
    plain = live(case.rules, case.events)
    other = live(load(to_yaml(renamed)), case.events)
    for one, two in zip(plain, other, strict=True):
        assert one.points == two.points
        gave = {(names.get(t.rule, t.rule), t.outcome, t.reason, t.trimmed) for t in one.trace}
        assert gave == {(t.rule, t.outcome, t.reason, t.trimmed) for t in two.trace}


@SHORT
@given(SEEDS)
@example(22)  # an award and an extra of equal remainders, and a challenge that counts awards alone
@example(23682937)
def test_renaming_rules_may_shift_shares_between_equals_but_never_a_total(seed: int) -> None:
    """Without caps and rivals nothing but the odd point of a rounding depends on the order of ids."""
    random = Random(seed)
    case = case_of(random)
    free = deepcopy(case.world)
    free["programs"].pop("refill", None)
    for program in POINTS:
        free["programs"][program]["multipliers"]["mode"] = random.choice(
            ["add", "multiply", "best"]
        )
    for rule in free["rules"]:
        for key in ("group", "limit", "priority"):
            rule.pop(key, None)
    renamed = deepcopy(free)
    names = random.sample(range(100), len(renamed["rules"]))
    for rule, name in zip(renamed["rules"], names, strict=True):
        rule["id"] = f"n{name}"
    plain, other = live(load(to_yaml(free)), case.events), live(load(to_yaml(renamed)), case.events)
    assert [one.points for one in plain] == [one.points for one in other]


def _respelled(event: dict[str, Any], spelling: Callable[[str], object]) -> dict[str, Any]:
    changed = deepcopy(event)
    for part in ("lines", "tenders", "discounts"):
        for one in changed.get(part, []):
            for key in {"amount", "tax"} & one.keys():
                one[key] = spelling(one[key])
    return changed


def _shortest(amount: str) -> object:
    exact = Decimal(amount)
    return int(exact) if exact == int(exact) else str(exact.normalize())


def _with_zeros(amount: str) -> object:
    return amount + "0" if "." in amount else amount + ".000"


def _spoiled(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event in forms that the rule set refuses."""
    if event["type"] != "purchase":
        return [{**event, "type": "stamp_card_scanned", "shop": "x"}]
    lines = [dict(line) for line in event["lines"]]
    lines[0] |= {"amount": "0.001", "tax": "0"}
    spoiled = {key: value for key, value in event.items() if key not in ("tenders", "discounts")}
    return [
        {**spoiled, "currency": "CHF"},
        {**spoiled, "currency": "EUR", "lines": lines},
        {**spoiled, "guests": "many"},
    ]
