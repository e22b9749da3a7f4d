"""One balance is spent once and the last points of a budget are given once, on each database; no lock waits
for one that waits for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from loyalty_rules import Event, parse_event
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, bought, opener, sound
from tests.ledger.test_budgets import campaign
from tests.ledger.test_redemptions import RULES as WITH_REWARDS
from tests.postgres.racing import deadlocks
from tests.postgres.shared import drop, new_url, shared
from tests.torture.meeting import MEMBERS, Crowd, crossing, last_points, one_balance

DATABASES = ("sqlite", "postgres")
LONG = pytest.mark.slow

REFERRALS = """
refer:
  type: referral
  qualifies: {event: purchase, when: order.total >= 30.00}
  levels_at_most: 2
  repeat: true
  rewards:
    - {to: friend, give: {type: bonus, program: beans, points: 2}}
    - {to: referrer, level: 1, give: {type: bonus, program: beans, points: 5}, limit: none}
    - {to: referrer, level: 2, give: {type: bonus, program: beans, points: 1}, limit: none}
"""

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


def brought(number: int) -> Event:
    """A member brings the one with that number: each brings two."""
    head = {"id": f"link-{number}", "type": "referral", "member": f"m-{(number - 1) // 2}"}
    at = "2026-03-01T12:00:00Z"
    return parse_event({**head, "occurred_at": at, "friend": f"m-{number}"})


CROWDS: dict[str, tuple[Crowd, dict[str, str], list[Event], str]] = {
    "alone": (Crowd(), {}, [], ""),
    "friends": (
        Crowd(),
        {"programs": REFERRALS},
        [brought(number) for number in range(1, MEMBERS)],
        "friend_order",
    ),
    "two who give": (
        Crowd(2, gives=True),
        {"points": "transfers: {limit: none}"},
        [bought("50.00", id=f"first-{number}", member=f"m-{number}") for number in range(2)],
        "transfer_received",
    ),
}
"""For whom writers book; words of the rule set; what is booked first; and what each is told of others."""


ROUND_OPERATIONS = 1_000
"""So many, and then a ledger begins anew: in a long history of two members, whose events come late all the
time, the time goes into telling it again, and they hardly meet."""


@pytest.mark.parametrize("kind", CROWDS)
@pytest.mark.parametrize("operations", [200, pytest.param(100_000, marks=LONG)], ids=str)
def test_writers_whose_locks_cross_never_wait_for_each_other(operations: int, kind: str) -> None:
    """Over accounts of several members and what all of them share; where members were brought by each
    other, so that what one buys is booked for others, too, in the same transaction; and over two accounts
    whose members give points to each other, both ways."""
    crowd, words, first, type_of_other = CROWDS[kind]
    rule_set, told = campaign("{points: 4000, per: day}", **words), Counter[str]()
    before = deadlocks(shared())
    for start in range(0, operations, ROUND_OPERATIONS):
        url, some = new_url(), min(ROUND_OPERATIONS, operations - start)
        assert crossing(url, rule_set, 4, some, first, crowd, seed=start) == []
        with sound(open_ledger(url, rule_set, now=lambda: NOW)) as ledger:
            assert ledger.shared().counters
            for member in ("m-0", "m-1"):
                told.update(one.type for one in ledger.statement(member).history)
        drop(url)
    assert deadlocks(shared()) == before
    assert not type_of_other or type_of_other in told
    print(f"{kind}: {told}")
