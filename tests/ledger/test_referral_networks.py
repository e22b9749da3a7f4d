"""Random networks of members who bring each other: in whatever order their events come, everybody has in the
end what the rules say of the whole, and the ledger is sound."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.ledger.networks import START, network, referring, totals
from tests.ledger.shop import STORES, Opener, opener, sound

ONCE, EVERY = referring(repeat=False), referring(repeat=True)
NOW = START + timedelta(days=80)  # late events take their place for so long


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def lived(open_one: Opener, seed: int, *, repeat: bool, in_order: bool, together: bool) -> None:
    random = Random(seed)
    net = network(random, repeat=repeat)
    wanted = {member: points for member, points in net.points().items() if points}
    events = [*net.events()]
    events.sort(key=lambda one: one.occurred_at)
    if not in_order:
        random.shuffle(events)
    members = [f"m-{number}" for number in range(6)]
    with sound(open_one(EVERY if repeat else ONCE, now=lambda: NOW)) as ledger:
        for one in net.links():
            assert ledger.record(one).status == "booked"
        if together:
            for start in range(0, len(events), 5):
                ledger.record_many(events[start : start + 5])
        else:
            for one in events:
                ledger.record(one)
        assert totals(ledger, members) == wanted


@pytest.mark.parametrize("repeat", [False, True], ids=["once", "every order"])
@pytest.mark.parametrize("seed", range(3))
def test_everybody_has_what_the_rules_say(open_one: Opener, seed: int, repeat: bool) -> None:
    lived(open_one, seed, repeat=repeat, in_order=True, together=False)


@pytest.mark.parametrize("repeat", [False, True], ids=["once", "every order"])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_delivery_changes_nothing(open_one: Opener, seed: int, repeat: bool) -> None:
    lived(open_one, 100 + seed, repeat=repeat, in_order=False, together=bool(seed % 2))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_many_networks(open_one: Opener, seed: int) -> None:
    lived(
        open_one, 1000 + seed, repeat=bool(seed % 2), in_order=seed % 3 == 0, together=seed % 5 == 0
    )
