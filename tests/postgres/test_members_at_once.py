"""Friends of one another who buy at the same moment, and members who give points to each other, from several
tills: nobody waits in a circle, and everybody has in the end what the rules say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from loyalty_rules import Event
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.networks import START, network, referring, totals
from tests.ledger.shop import sound
from tests.ledger.test_transfers import LASTING, MEMBERS, buying, giving
from tests.postgres.racing import deadlocks
from tests.postgres.shared import new_url, shared

NOW = START.replace(month=5)
EVERY = referring(repeat=True)


def told_at_once(seed: int, orders: int, tills: int) -> None:
    net = network(Random(seed), repeat=True, members=6, orders=orders)
    url, before = new_url(), deadlocks(shared())
    with open_ledger(url, EVERY, now=lambda: NOW) as ledger:
        for one in net.links():
            ledger.record(one)
    events = sorted(net.events(), key=lambda one: one.occurred_at)
    shares = [events[till::tills] for till in range(tills)]

    def till(own: list[Event]) -> None:
        with open_ledger(url, EVERY, now=lambda: NOW) as ledger:
            for one in own:
                assert ledger.record(one).status in ("booked", "held")

    with ThreadPoolExecutor(tills) as pool:
        list(pool.map(till, shares))
    with sound(open_ledger(url, EVERY, now=lambda: NOW)) as ledger:
        wanted = {member: points for member, points in net.points().items() if points}
        assert totals(ledger, [f"m-{number}" for number in range(6)]) == wanted
    assert deadlocks(shared()) == before


def test_tills_that_tell_of_the_same_members_at_once() -> None:
    told_at_once(1, orders=16, tills=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_tills_that_tell_of_the_same_members_at_once(seed: int) -> None:
    told_at_once(seed, orders=60, tills=6)


def given_at_once(tills: int, gifts: int) -> None:
    url, before = new_url(), deadlocks(shared())
    with open_ledger(url, LASTING, now=lambda: NOW) as ledger:
        for member in MEMBERS:
            ledger.record(buying(member, 100, 0, f"p-{member}"))

    def till(number: int) -> int:
        random, booked = Random(number), 0
        with open_ledger(url, LASTING, now=lambda: NOW) as ledger:
            for gift in range(gifts):
                member, to = random.sample(MEMBERS, 2)
                day = 1 + (gift * tills + number) / 10
                sent = giving(member, to, random.randrange(1, 60), day, f"t-{number}-{gift}")
                booked += ledger.record(sent).status == "booked"
        return booked

    with ThreadPoolExecutor(tills) as pool:
        booked = sum(pool.map(till, range(tills)))
    with sound(open_ledger(url, LASTING, now=lambda: NOW)) as ledger:
        assert sum(totals(ledger, MEMBERS).values()) == 400
        came = [
            one
            for member in MEMBERS
            for one in ledger.statement(member).history
            if one.type == "transfer_received"
        ]
        assert len(came) == booked > 0
    assert deadlocks(shared()) == before


def test_members_who_give_to_each_other_at_once() -> None:
    given_at_once(tills=3, gifts=6)


@pytest.mark.slow
def test_many_who_give_to_each_other_at_once() -> None:
    given_at_once(tills=6, gifts=60)
