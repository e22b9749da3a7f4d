"""Random operations in a ledger and in a plain model side by side: they never part. And random deliveries.

`make torture OPERATIONS=1000000 SEED=0` says how many in the long form, and from which seed on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from random import Random

import pytest

from loyalty_rules import open_ledger, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.loading import load_text
from tests.torture.operations import Drawing
from tests.torture.plain_shop import Raw, Shop
from tests.torture.policies import Budget, Expiry, Policy, policy_of, rules_text
from tests.torture.side_by_side import MEMBERS, torture

SHORT = 300
LONG = 2_000
OPERATIONS = int(os.environ.get("OPERATIONS", "1000000"))
SEED = int(os.environ.get("SEED", "0"))
EXPIRY = (Expiry("after", 20, "days"), Expiry("end_of", unit="quarter"))
PARTS = 20
"""The long form is cut into so many tests, which several processes share."""


@pytest.mark.parametrize("seed", range(8))
def test_ledger_and_plain_model_never_part(seed: int) -> None:
    failure = torture(seed, SHORT)
    assert failure is None, failure.shrunk()


@pytest.mark.parametrize(("seed", "operations"), [(5, 20), (13, 60), (23, 260)])
def test_where_they_parted_once_they_do_not(seed: int, operations: int) -> None:
    """5, 13: points that wait lost, with a step up, the end that counts from their first use. 23: points that
    came back anew counted from the first use of those that were spent."""
    failure = torture(seed, operations, policy_of(Random(seed), shares=False))
    assert failure is None, failure.shrunk()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ledger_and_plain_model_never_part_in_the_long_form(part: int) -> None:
    played, each = 0, min(LONG, OPERATIONS // PARTS)
    for seed in range(SEED + part, SEED + max(PARTS, OPERATIONS // LONG), PARTS):
        failure = torture(seed, each)
        assert failure is None, failure.shrunk()
        played += each
    print(f"{played} operations")


@pytest.mark.parametrize(
    ("word", "told"),
    [("expired", "take"), ("waits_days", 5), ("mode", "ceil"), ("grace_days", 3)],
)
def test_a_difference_is_found_and_told_with_few_operations(word: str, told: str | int) -> None:
    """The measure can fail: the plain model is told another policy than the ledger."""
    policy = Policy(waits_days=2, threshold_minor=3_000, expiry=EXPIRY)
    plain = replace(policy, **{word: told})
    failure = torture(1, 1_500, policy, plain)
    assert failure is not None
    shrunk = failure.shrunk()
    assert shrunk.wrong
    assert len(shrunk.operations) <= 12
    assert "tests.torture.again 1" in str(shrunk)


@pytest.mark.parametrize("word", ["budget", "stock"])
def test_another_budget_is_found(word: str) -> None:
    policy = Policy(budget=Budget(300, "month"), stock=Budget(20, "ever"))
    plain = replace(policy, **{word: replace(getattr(policy, word), counts="gross")})
    failure = torture(1, 1_500, policy, plain)
    assert failure is not None
    assert failure.wrong


def deliveries(seed: int, operations: int) -> tuple[str, list[Raw]]:
    """The rule set of a seed, and the events of many members that it draws."""
    random = Random(seed)
    policy = policy_of(random, shares=False)
    shop = Shop(policy)
    drawing, events = Drawing(random, shop, MEMBERS), list[Raw]()
    for _ in range(operations):
        for event in drawing.draw().get("deliver", ()):
            shop.receive(event)
            events.append(event)
    return rules_text(policy), events


def books(text: str, events: Sequence[Raw], now: datetime) -> tuple[dict[str, str], object]:
    """The states of all members and the sums of all books after events were delivered in this order."""
    with open_ledger("memory:", load_text(text), now=lambda: now) as ledger:
        for event in events:
            ledger.record(parse_event(event))
        ledger.advance(now)
        report = ledger.verify()
        assert report.findings == []
        states = {state.member: write_state(state) for state in ledger.states()}
        return states, report.books


@pytest.mark.parametrize("seed", range(100, 104))
def test_the_order_in_which_members_take_turns_changes_no_book(seed: int) -> None:
    """What one member does comes in its order; who comes between is chance."""
    text, events = deliveries(seed, 250)
    now = max(datetime.fromisoformat(one["occurred_at"]) for one in events)
    first = books(text, events, now)
    random = Random(seed)
    for _ in range(2):
        turns = [one["member"] for one in events]
        random.shuffle(turns)
        own = {name: iter([one for one in events if one["member"] == name]) for name in turns}
        assert books(text, [next(own[name]) for name in turns], now) == first
