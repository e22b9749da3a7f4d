"""One balance is spent once and the last points of a budget are given once, on each database; no lock waits
for one that waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, opener, sound
from tests.ledger.test_budgets import campaign
from tests.ledger.test_redemptions import RULES as WITH_REWARDS
from tests.postgres.racing import deadlocks
from tests.postgres.shared import new_url, shared
from tests.torture.meeting import crossing, last_points, one_balance

DATABASES = ("sqlite", "postgres")
LONG = pytest.mark.slow

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.mark.parametrize("store", DATABASES)
@pytest.mark.parametrize("rounds", [20, pytest.param(10_000, marks=LONG)], ids=str)
def test_two_redemptions_of_one_balance_exactly_one_succeeds(
    rounds: int, store: str, tmp_path: Path
) -> None:
    with sound(opener(store, tmp_path)(WITH_REWARDS)) as ledger:
        assert one_balance(ledger, rounds) == []


@pytest.mark.parametrize("store", DATABASES)
@pytest.mark.parametrize("rounds", [20, pytest.param(10_000, marks=LONG)], ids=str)
def test_two_carts_never_spend_the_last_points_of_a_budget_twice(
    rounds: int, store: str, tmp_path: Path
) -> None:
    with sound(opener(store, tmp_path)(campaign("{points: 30}"))) as ledger:
        assert last_points(ledger, rounds, left=30) == []


@pytest.mark.parametrize("operations", [300, pytest.param(100_000, marks=LONG)], ids=str)
def test_writers_whose_locks_cross_never_wait_for_each_other(operations: int) -> None:
    """Over accounts of several members and what all of them share."""
    url, rules = new_url(), campaign("{points: 400, per: day}")
    before = deadlocks(shared())
    assert crossing(url, rules, writers=4, operations=operations) == []
    assert deadlocks(shared()) == before
    with sound(open_ledger(url, rules, now=lambda: NOW)) as ledger:
        assert ledger.shared().counters
