"""Points that members give to each other: what they keep on the way, what is refused, and that none is lost
or made, whatever comes late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from loyalty_rules import Event, Ledger
from loyalty_rules.service.receipt import Receipt
from tests.ledger.networks import START, event, totals
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.semantics.shop import rules

NOW = START + timedelta(days=80)
GIVING = rules(
    points="transfers: {limit: {points: 100, per: month}, at_least: 10}", expiry="{after: 2 months}"
)
FREELY = rules(points="transfers: {limit: none}", expiry="{after: 2 months}")
LASTING = rules(points="transfers: {limit: none}")
MEMBERS = ["ana", "ben", "cem", "dora"]


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def buying(member: str, euros: int, day: float, id: str) -> Event:
    lines = [{"id": "1", "quantity": 1, "amount": f"{euros}.00"}]
    at = START + timedelta(days=day)
    return event(id, "purchase", member, at, currency="EUR", lines=lines)


def giving(member: str, to: str, points: object, day: float, id: str) -> Event:
    at = START + timedelta(days=day)
    return event(id, "transfer", member, at, to=to, program="beans", points=points)


def given(ledger: Ledger, *sent: object) -> Receipt:
    return ledger.record(giving(*sent))  # type: ignore[arg-type]


def code_of(receipt: Receipt) -> str:
    return "" if receipt.refusal is None else receipt.refusal.code


def test_points_keep_their_age_and_their_end(open_one: Opener) -> None:
    with sound(open_one(FREELY, now=lambda: NOW)) as ledger:
        ledger.record(buying("ana", 30, 0, "p-1"))
        ledger.record(buying("ana", 50, 10, "p-2"))
        ledger.record(buying("ben", 5, 20, "p-3"))
        then = START + timedelta(days=11)
        mine = {lot.id: lot for lot in ledger.balance("ana", at=then)["beans"].lots}
        receipt = given(ledger, "ana", "ben", 40, 21, "t-1")
        assert [one.event for one in receipt.released] == ["from/0|t-1"]
        his = ledger.balance("ben", at=START + timedelta(days=22))["beans"].lots
        assert [(lot.left, lot.opened_at, lot.expires_at) for lot in his[:2]] == [
            (part, mine[f"/{order}/1"].opened_at, mine[f"/{order}/1"].expires_at)
            for part, order in ((30, "p-1"), (10, "p-2"))
        ]
        ledger.advance()
        assert totals(ledger, MEMBERS) == {"ben": 5}  # the others ended when they would have


def test_what_may_not_be_given_is_refused_and_changes_nothing(open_one: Opener) -> None:
    with sound(open_one(GIVING, now=lambda: NOW)) as ledger:
        ledger.record(buying("ana", 150, 0, "p-1"))
        ledger.record(buying("ben", 10, 0, "p-2"))
        ledger.record(buying("cem", 10, 0, "p-3"))
        ledger.erase("cem")
        assert given(ledger, "ana", "ben", 80, 1, "t-1").status == "booked"
        before = {state.member: state for state in ledger.states()}
        refused = {
            "transfer_to_oneself": ("ana", "ana", 10),
            "unknown_member": ("ana", "eve", 10),
            "member_erased": ("ana", "cem", 10),
            "below_minimum_points": ("ana", "ben", 9),
            "transfer_limit": ("ana", "ben", 21),
            "insufficient_points": ("ben", "ana", 91),
            "wrong_field": ("ana", "ben", "10.5"),
        }
        for number, (code, (member, to, points)) in enumerate(refused.items()):
            assert code_of(given(ledger, member, to, points, 2, f"x-{number}")) == code
        other = event("x", "transfer", "ana", START, to="ben", program="miles", points=10)
        assert code_of(ledger.record(other)) == "unknown_program"
        assert {state.member: state for state in ledger.states()} == before


def test_points_are_not_given_where_the_rules_do_not_say_so(open_one: Opener) -> None:
    with sound(open_one(now=lambda: NOW)) as ledger:
        ledger.record(buying("ana", 50, 0, "p-1"))
        ledger.record(buying("ben", 50, 0, "p-2"))
        assert code_of(given(ledger, "ana", "ben", 10, 1, "t-1")) == "not_transferable"


def test_what_is_owed_is_paid_first_and_a_gift_stands(open_one: Opener) -> None:
    with sound(open_one(LASTING, now=lambda: NOW)) as ledger:
        for member in ("ana", "ben"):
            ledger.record(buying(member, 50, 0, f"p-{member}"))
        given(ledger, "ana", "ben", 50, 1, "t-1")
        back = event("c-1", "cancellation", "ana", START + timedelta(days=2), order="p-ana")
        ledger.record(back)
        assert totals(ledger, MEMBERS) == {"ana": -50, "ben": 100}
        given(ledger, "ben", "ana", 70, 3, "t-2")
        assert totals(ledger, MEMBERS) == {"ana": 20, "ben": 30}
        assert ledger.balance("ana")["beans"].owed == 0


def lived(seed: int) -> Iterator[Event]:
    """Orders and gifts, in an order of delivery that is not theirs."""
    random = Random(seed)
    events = [buying(member, 40, 0, f"first-{member}") for member in MEMBERS]
    for number in range(14):
        member, to = random.sample(MEMBERS, 2)
        day = random.randrange(1, 300) / 10
        if random.random() < 0.5:
            events.append(giving(member, to, random.randrange(1, 60), day, f"t-{number}"))
        else:
            events.append(buying(member, random.randrange(1, 50), day, f"p-{number}"))
    yield from events[:4]
    late = events[4:]
    late.sort(key=lambda one: one.occurred_at)
    for place in range(0, len(late) - 1, 3):
        late[place], late[place + 1] = late[place + 1], late[place]
    yield from late


def nothing_is_lost(open_one: Opener, seed: int) -> None:
    with sound(open_one(FREELY, now=lambda: START + timedelta(days=40))) as ledger:
        earned = 0
        for one in lived(seed):
            receipt = ledger.record(one)
            if one.type == "purchase":
                earned += int(str(receipt.decision.points["beans"])) if receipt.decision else 0
            elif receipt.status == "booked":
                [other] = receipt.released
                assert other.points["beans"] == one.fields["points"]
            else:
                assert code_of(receipt) == "insufficient_points"
        assert sum(totals(ledger, MEMBERS).values()) == earned


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_or_made_on_the_way(open_one: Opener, seed: int) -> None:
    nothing_is_lost(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 250))
def test_nothing_is_lost_or_made_on_many_ways(open_one: Opener, seed: int) -> None:
    nothing_is_lost(open_one, seed)
