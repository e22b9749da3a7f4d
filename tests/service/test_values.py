"""What a caller holds: values that compare, copy and pickle, and say what they are in a line."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest

import loyalty_rules as lr

COFFEE = lr.load(Path(__file__).parents[2] / "rules" / "coffee-club" / "rules.yaml")

EVENT = lr.parse_event(
    {
        "id": "inv-7",
        "type": "purchase",
        "member": "m-1",
        "occurred_at": "2026-03-07T10:15:00+01:00",
        "currency": "EUR",
        "lines": [
            {"sku": "B", "quantity": 2, "amount": "34.90", "shelf": {"row": [1, {"a": "b"}]}}
        ],
        "attributes": {"table": "4", "guests": [{"age": 7}]},
    }
)
PROFILE = lr.parse_event(
    {
        "id": "p",
        "type": "profile",
        "member": "m-1",
        "occurred_at": "2026-03-06T10:15:00Z",
        "birthday": "1990-02-28",
    }
)
KNOWN = COFFEE.decide(PROFILE).state
STATE = COFFEE.decide(EVENT, KNOWN).state


@pytest.mark.parametrize(
    "twin", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
@pytest.mark.parametrize("value", [EVENT, PROFILE, STATE], ids=["purchase", "profile", "state"])
def test_events_and_states_may_be_copied_and_pickled(
    value: object, twin: Callable[[object], object]
) -> None:
    again = twin(value)
    assert again == value
    assert repr(again) == repr(value)


def test_a_caller_may_keep_states_between_processes() -> None:
    kept = pickle.dumps(KNOWN)
    decision = COFFEE.decide(EVENT, pickle.loads(kept))
    assert reduce(lr.apply, decision.effects, KNOWN) == decision.state == STATE
    assert pickle.loads(pickle.dumps(decision.effects)) == decision.effects


def test_equal_arguments_give_equal_decisions() -> None:
    assert COFFEE.decide(EVENT, KNOWN) == COFFEE.decide(EVENT, KNOWN)
    assert COFFEE.decide(EVENT, KNOWN) != COFFEE.decide(EVENT)


def test_the_state_of_another_member_is_not_taken() -> None:
    with pytest.raises(lr.EventError, match="of member `m-1`, the state is of `m-2`") as problem:
        COFFEE.decide(EVENT, lr.MemberState("m-2"))
    assert (problem.value.code, problem.value.path) == ("other_member", "member")


def test_a_registry_and_a_rule_set_say_what_they_are_in_a_line() -> None:
    assert repr(lr.Registry.builtin()) == "Registry(plugins=())"
    assert len(repr(COFFEE)) < 200
