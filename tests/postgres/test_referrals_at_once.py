"""Friends of one another who buy at the same moment, from several tills: nobody waits in a circle, and
everybody has in the end what the rules say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from loyalty_rules import Event
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.networks import START, network, referring, totals
from tests.ledger.shop import sound
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
