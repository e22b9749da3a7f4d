"""Points that a household shares: one member spends what all have earned, who leaves takes his part, and none
is lost or made, whatever comes late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger
from loyalty_rules.domain.pools import MEMBERS_MAX
from loyalty_rules.service.accounts import Points
from loyalty_rules.service.moving import import_ledger
from loyalty_rules.service.receipt import Receipt
from tests.ledger.networks import START, event
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.ledger.test_transfers import buying, code_of
from tests.semantics.shop import rules

NOW = START + timedelta(days=80)
REWARDS = """
rewards:
  cup: {cost: {program: beans, points: 1}, give: {type: voucher, amount: 0.01, valid: 30 days}}
"""
SHARED = rules(points="shared_by: household", more=REWARDS)
ENDING = rules(points="shared_by: household", more=REWARDS, expiry="{after: 2 months}")


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def living(
    member: str, day: float, action: str = "join", id: str = "", household: str = "h"
) -> Event:
    at = START + timedelta(days=day)
    name = id or f"{action}-{member}-{day}"
    return event(name, "household", member, at, household=household, action=action)


def spending(member: str, points: int, day: float, id: str = "") -> Event:
    at = START + timedelta(days=day)
    return event(id or f"spend-{member}-{day}", "redemption", member, at, take={"cup": points})


def together(ledger: Ledger, *bought: tuple[str, int], day: float = 0) -> None:
    """Members who join a household, each after he has bought something."""
    for number, (member, euros) in enumerate(bought):
        if euros:
            assert ledger.record(buying(member, euros, day, f"first-{member}")).status == "booked"
        assert ledger.record(living(member, day + 0.1 + number / 100)).status == "booked"


def has(ledger: Ledger, members: Sequence[str]) -> list[Points]:
    return [ledger.balance(member)["beans"].total for member in members]


def pool(ledger: Ledger, member: str) -> Points | None:
    return ledger.balance(member)["beans"].household


def moved(receipt: Receipt) -> list[tuple[str, object]]:
    return [(one.member, one.points.get("beans")) for one in receipt.released]


def test_a_member_spends_what_the_household_has_and_no_more(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 0))
        ledger.record(buying("quin", 150, 0.5, "p-quin"))
        assert pool(ledger, "pia") == pool(ledger, "quin") == 450
        before = list(ledger.states())
        receipt = ledger.record(spending("quin", 451, 1, id="too-many"))
        assert code_of(receipt) == "insufficient_points"
        assert list(ledger.states()) == before
        receipt = ledger.record(spending("quin", 400, 1))
        assert receipt.status == "booked"
        assert moved(receipt) == [("pia", -300), ("quin", 300)]  # the older ones go first
        assert has(ledger, ["pia", "quin"]) == [0, 50]
        assert pool(ledger, "pia") == 50


def test_who_leaves_takes_his_part(open_one: Opener) -> None:
    """E65: 300 and 150 make 450; 400 are spent; 50 are split by what each brought: 33.33 and 16.67."""
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        assert ledger.record(spending("quin", 400, 1)).status == "booked"
        receipt = ledger.record(living("quin", 2, "leave"))
        assert receipt.status == "booked"
        assert has(ledger, ["pia", "quin"]) == [33, 17]
        assert pool(ledger, "pia") == 33 and pool(ledger, "quin") is None
        assert code_of(ledger.record(spending("quin", 18, 3))) == "insufficient_points"
        assert ledger.record(spending("quin", 17, 3)).status == "booked"


def test_an_erased_member_forfeits_his_part_only(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        ledger.record(spending("pia", 300, 1))  # her own
        assert has(ledger, ["pia", "quin"]) == [0, 150]
        receipt = ledger.erase("quin")
        assert moved(receipt) == [("pia", 100)]
        assert has(ledger, ["pia", "quin"]) == [100, 0]
        ledger.erase("pia")


def test_nobody_gives_an_erased_member_anything(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        ledger.record(spending("pia", 300, 1))
        assert ledger.erase("pia").released == ()
        assert has(ledger, ["quin"]) == [150] == [pool(ledger, "quin")]


def test_points_of_others_keep_their_end_and_end_before_they_are_used(open_one: Opener) -> None:
    with sound(open_one(ENDING, now=lambda: NOW)) as ledger:
        ledger.record(buying("pia", 30, 0, "p-1"))
        ledger.record(buying("pia", 50, 10, "p-2"))
        ledger.record(living("pia", 11))
        ledger.record(living("quin", 11))
        mine = {
            lot.granted: lot
            for lot in ledger.balance("pia", at=START + timedelta(days=12))["beans"].lots
        }
        ledger.record(spending("quin", 20, 12))
        ledger.record(living("quin", 12.5, "leave"))
        theirs = ledger.balance("quin", at=START + timedelta(days=13))["beans"].lots
        assert theirs == ()
        ledger.record(living("quin", 13, id="again"))
        receipt = ledger.record(spending("quin", 51, 65))  # the first 30 have ended by then
        assert code_of(receipt) == "insufficient_points"
        assert ledger.record(spending("quin", 45, 65.5)).status == "booked"
        ledger.record(
            event(
                "back",
                "redemption_cancelled",
                "quin",
                START + timedelta(days=66),
                redemption="spend-quin-65.5",
            )
        )
        [lot] = ledger.balance("quin", at=START + timedelta(days=67))["beans"].lots
        assert (lot.left, lot.opened_at, lot.expires_at) == (
            45,
            mine[50].opened_at,
            mine[50].expires_at,
        )
        assert ledger.balance("pia", at=START + timedelta(days=67))["beans"].household == 50


def test_what_one_owes_nobody_of_the_household_can_spend(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 100), ("quin", 0))
        ledger.record(spending("quin", 100, 1))
        ledger.record(buying("quin", 150, 2, "p-quin"))
        ledger.record(
            event("c-1", "cancellation", "pia", START + timedelta(days=3), order="first-pia")
        )
        assert has(ledger, ["pia", "quin"]) == [-100, 150]
        assert pool(ledger, "quin") == 50
        assert code_of(ledger.record(spending("quin", 51, 4))) == "insufficient_points"
        assert ledger.record(spending("pia", 50, 4)).status == "booked"
        assert has(ledger, ["pia", "quin"]) == [0, 0]


def test_points_that_wait_are_in_no_pool(open_one: Opener) -> None:
    waiting = rules(points="shared_by: household, pending: 14 days", more=REWARDS)
    with sound(open_one(waiting, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 100), ("quin", 0))
        ledger.record(buying("quin", 50, 10, "p-quin"))
        at = START + timedelta(days=15)
        assert ledger.balance("pia", at=at)["beans"].household == 100
        assert code_of(ledger.record(spending("quin", 101, 15))) == "insufficient_points"
        assert moved(ledger.record(spending("quin", 60, 16))) == [("pia", -60), ("quin", 60)]
        ledger.record(
            living("quin", 17, "leave")
        )  # what waits is his own and counts for nothing yet
        assert ledger.balance("pia", at=START + timedelta(days=17.5))["beans"].available == 40
        assert has(ledger, ["pia", "quin"]) == [40, 50]


def test_several_programs_of_which_one_is_shared(open_one: Opener) -> None:
    other = "miles: {type: points, basis: {tax: included}, expiry: never, value: 0.01}"
    base = "{id: %s, event: purchase, give: {type: points, program: %s, points: 1, per: 1.00}}"
    cups = (
        REWARDS
        + "  jug: {cost: {program: miles, points: 1}, give: {type: voucher, amount: 0.01, valid: 30 days}}\n"
    )
    two = rules(
        base % ("a", "beans"),
        base % ("b", "miles"),
        points="shared_by: household",
        programs=other,
        more=cups,
    )
    with sound(open_one(two, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 100), ("quin", 20))
        balances = ledger.balance("quin")
        assert (balances["beans"].household, balances["miles"].household) == (120, None)
        both = event(
            "both", "redemption", "quin", START + timedelta(days=1), take={"cup": 50, "jug": 21}
        )
        assert code_of(ledger.record(both)) == "insufficient_points"
        assert has(ledger, ["pia", "quin"]) == [100, 20]
        both = event(
            "both", "redemption", "quin", START + timedelta(days=1), take={"cup": 50, "jug": 20}
        )
        assert ledger.record(both).status == "booked"
        assert ledger.balance("pia")["miles"].total == 100


def test_a_household_of_one_and_one_that_is_full(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 30))
        assert code_of(ledger.record(spending("pia", 31, 1))) == "insufficient_points"
        assert ledger.record(spending("pia", 10, 1)).released == ()
        assert code_of(ledger.record(living("pia", 2, household="other"))) == "in_a_household"
        assert (
            code_of(ledger.record(living("pia", 2, "leave", household="other")))
            == "not_in_household"
        )
        assert ledger.record(living("pia", 3, "leave")).status == "booked"
        assert has(ledger, ["pia"]) == [20]
        crowd = [living(f"m-{number}", 4 + number / 1000) for number in range(MEMBERS_MAX)]
        receipts = ledger.record_many(crowd)
        assert {code_of(one) for one in receipts[:-1]} == {""}
        assert code_of(receipts[-1]) == "household_full"  # Pia had the first place
        assert ledger.record(living("pia", 5)).status == "booked"


def test_a_quote_sees_the_pool_and_moves_nothing(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        before = list(ledger.states())
        assert code_of(ledger.quote(spending("quin", 451, 1))) == "insufficient_points"
        receipt = ledger.quote(spending("quin", 450, 1))
        assert (receipt.status, moved(receipt)) == ("booked", [("pia", -300), ("quin", 300)])
        assert list(ledger.states()) == before


def test_a_redemption_that_comes_late_takes_of_what_is_there_now(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 100), ("quin", 0))
        ledger.record(buying("quin", 50, 10, "p-quin"))
        ledger.record(buying("pia", 10, 11, "p-pia"))
        receipt = ledger.record(spending("quin", 90, 5))
        assert (receipt.status, receipt.late) == ("booked", True)
        assert moved(receipt) == [("pia", -90), ("quin", 90)]
        assert has(ledger, ["pia", "quin"]) == [20, 50]
        assert code_of(ledger.record(spending("quin", 71, 6))) == "insufficient_points"
        ledger.record(
            buying("quin", 5, 4, "p-late")
        )  # tells the redemption again, and what came for it
        assert has(ledger, ["pia", "quin"]) == [20, 55]


def test_who_leaves_late_leaves_with_what_is_there_now(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        ledger.record(spending("pia", 400, 8))
        ledger.record(buying("quin", 50, 10, "p-quin"))
        receipt = ledger.record(living("quin", 5, "leave"))  # 100 by 300 and 200
        assert (receipt.status, receipt.late) == ("booked", True)
        assert has(ledger, ["pia", "quin"]) == [60, 40]
        late = living("pia", 4, "leave")
        assert ledger.record(late).status == "booked"
        assert ledger.record(late).status == "duplicate"
        assert has(ledger, ["pia", "quin"]) == [60, 40]


def test_what_transfers_bring_from_outside_is_brought(open_one: Opener) -> None:
    giving = rules(points="shared_by: household, transfers: {limit: none}", more=REWARDS)
    with sound(open_one(giving, now=lambda: NOW)) as ledger:
        ledger.record(buying("rosa", 90, 0, "p-rosa"))
        together(ledger, ("pia", 100), ("quin", 0))
        ledger.record(
            event(
                "t-1",
                "transfer",
                "rosa",
                START + timedelta(days=1),
                to="quin",
                program="beans",
                points=60,
            )
        )
        ledger.record(
            event(
                "t-2",
                "transfer",
                "pia",
                START + timedelta(days=2),
                to="rosa",
                program="beans",
                points=40,
            )
        )
        ledger.record(spending("quin", 60, 3))  # 60 by 60 and 60
        ledger.record(living("pia", 4, "leave"))
        assert has(ledger, ["pia", "quin", "rosa"]) == [30, 30, 70]


def test_a_household_that_was_there_before_its_points_were_shared(tmp_path: Path) -> None:
    open_one = opener("sqlite", tmp_path)
    with open_one(rules(more=REWARDS), file="club.db", now=lambda: NOW) as ledger:
        together(ledger, ("pia", 300), ("quin", 150))
        assert pool(ledger, "pia") is None
        assert code_of(ledger.record(spending("quin", 151, 1, "early"))) == "insufficient_points"
    with sound(open_one(SHARED, file="club.db", now=lambda: NOW)) as ledger:
        assert pool(ledger, "pia") == 450
        assert ledger.record(spending("quin", 400, 2)).status == "booked"
        lines = list(ledger.export())
    import_ledger(f"sqlite:///{tmp_path / 'other.db'}", lines)
    with sound(open_one(SHARED, file="other.db", now=lambda: NOW)) as ledger:
        assert pool(ledger, "quin") == 50
        assert code_of(ledger.record(spending("quin", 51, 3))) == "insufficient_points"
        assert ledger.record(spending("pia", 50, 3)).status == "booked"
    with sound(open_one(rules(more=REWARDS), file="other.db", now=lambda: NOW)) as ledger:
        ledger.record(buying("pia", 10, 4, "p-new"))
        assert code_of(ledger.record(spending("quin", 5, 5))) == "insufficient_points"
        assert ledger.record(living("quin", 6, "leave")).released == ()


def test_no_name_of_a_member_stands_in_what_others_are_told(open_one: Opener) -> None:
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        ledger.record(buying("pia-grün", 300, 0, "p-1"))
        ledger.record(living("pia-grün", 1, id="h-1", household="Grün"))
        ledger.record(living("quin", 1, id="h-2", household="Grün"))
        ledger.record(spending("quin", 200, 2))
        assert ledger.record(living("quin", 3, "leave", "h-3", "Grün")).status == "booked"
        assert has(ledger, ["pia-grün", "quin"]) == [100, 0]
        ledger.erase("pia-grün")
        assert "pia-grün" not in "".join(ledger.export())
