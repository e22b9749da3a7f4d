"""Two who turn out to be one member, as a law: the account stands where it would stand had all happened under
one name from the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from loyalty_rules import Event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger
from tests.ledger.networks import START, event
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.ledger.test_late_laws import NOW, REWARDING
from tests.ledger.test_laws import check, lives, rules_of

MEMBERS = ("m-0", "m-1", "m-2")


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def becomes(member: str, into: str, id: str) -> Event:
    return event(id, "merge", member, NOW, into=into)


def state_of(ledger: Ledger) -> str:
    [state] = ledger.states()
    return write_state(state)


def as_one(events: list[Event], member: str) -> list[Event]:
    return [replace(one, member=member) for one in sorted(events, key=business_key)]


def one_history(open_one: Opener, seed: int) -> bool:
    """Whether the merging was accepted; then the law holds."""
    random = Random(seed)
    world = rules_of(random)
    events = sorted(lives(random, 5), key=business_key)
    since = random.randrange(len(events) // 2, len(events))
    sent, later = events[:since], events[since:]
    random.shuffle(later)
    with open_one(world, now=lambda: NOW) as ledger:
        booked = [one for one in sent if ledger.record(one).status == "booked"]
        first, second = random.sample(MEMBERS, 2)
        [third] = {*MEMBERS} - {first, second}
        for number, (member, into) in enumerate(((first, second), (third, first))):
            receipt = ledger.record(becomes(member, into, f"merge-{number}"))
            if receipt.status == "refused":
                assert receipt.refusal is not None
                assert receipt.refusal.code == "unknown_member"
                return False
        check(ledger)
        for one in later:
            receipt = ledger.record(one)
            if receipt.status == "booked" or receipt.status == "held":
                booked.append(one)
        check(ledger)
        found = state_of(ledger)
        told = ledger.statement(third)
    with open_one(world, now=lambda: NOW) as other:
        for one in as_one(booked, second):
            other.record(one)
        assert found == state_of(other)
        assert told.balances == other.balance(second)
    return True


@pytest.mark.parametrize("seed", range(3))
def test_two_accounts_of_one_member_stand_as_one(open_one: Opener, seed: int) -> None:
    one_history(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_many_accounts_of_one_member_stand_as_one(open_one: Opener, seed: int) -> None:
    one_history(open_one, seed)


def taking(random: Random) -> Iterator[Event]:
    """What two members buy, bring back, take for their points and give back, and that they sign up, early."""
    orders: list[tuple[str, str]] = []
    taken: list[tuple[str, str]] = []
    for number in range(18):
        at = START + timedelta(days=number * 2, minutes=random.randrange(500))
        member, what = random.choice(MEMBERS[:2]), random.random()
        if what < 0.5 or not orders:
            lines = [
                {"id": line, "quantity": 1, "amount": f"{random.randrange(1, 60)}.00"}
                for line in ("1", "2")
            ]
            orders.append((f"p-{number}", member))
            yield event(f"p-{number}", "purchase", member, at, currency="EUR", lines=lines)
        elif what < 0.6 and number < 8:
            yield event(f"s-{number}", "signup", member, at)
        elif what < 0.75 or not taken:
            taken.append((f"d-{number}", member))
            yield event(f"d-{number}", "redemption", member, at, take={"free-drink": 1})
        elif what < 0.85:
            name, member = random.choice(taken)
            yield event(f"u-{number}", "redemption_cancelled", member, at, redemption=name)
        else:
            name, member = random.choice(orders)
            back = [{"line": random.choice("12"), "quantity": 1}]
            yield event(f"c-{number}", "return", member, at, order=name, lines=back)


def with_redemptions(open_one: Opener, seed: int) -> None:
    """The ledger is sound whatever was taken; it stands as that of one member if he could have taken all."""
    random = Random(seed)
    events, now = [*taking(random)], START + timedelta(days=60)
    since = random.randrange(8, len(events))
    later = events[since:]
    random.shuffle(later)
    with sound(open_one(REWARDING, now=lambda: now)) as ledger:
        booked = [one for one in events[:since] if ledger.record(one).status == "booked"]
        receipt = ledger.record(event("merge", "merge", "m-0", now, into="m-1"))
        for one in later:
            sent = replace(one, member=random.choice(MEMBERS[:2]))
            if receipt.status == "booked" and ledger.record(sent).status in ("booked", "held"):
                booked.append(sent)
        found = [write_state(state) for state in ledger.states()]
    if receipt.status == "refused":
        return
    with open_one(REWARDING, now=lambda: now) as other:
        could = [
            other.record(one).status == "booked" or one.type == "signup"
            for one in as_one(booked, "m-1")
        ]
        if all(could):
            assert found == [state_of(other)]


@pytest.mark.parametrize("seed", range(2))
def test_what_both_took_for_their_points_is_taken_by_one(open_one: Opener, seed: int) -> None:
    with_redemptions(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_whatever_both_took_is_taken_by_one(open_one: Opener, seed: int) -> None:
    with_redemptions(open_one, seed)
