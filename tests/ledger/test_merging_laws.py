"""Two who turn out to be one member, as a law: the account stands where it would stand had all happened under
one name from the beginning."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from loyalty_rules import Event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger
from tests.ledger.networks import event
from tests.ledger.shop import Opener, opener
from tests.ledger.test_late_laws import NOW
from tests.ledger.test_laws import check, lives, rules_of

MEMBERS = ("m-0", "m-1", "m-2")


@pytest.fixture(params=["memory", "sqlite"])
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


@pytest.mark.parametrize("seed", range(4))
def test_two_accounts_of_one_member_stand_as_one(open_one: Opener, seed: int) -> None:
    one_history(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_many_accounts_of_one_member_stand_as_one(open_one: Opener, seed: int) -> None:
    one_history(open_one, seed)
