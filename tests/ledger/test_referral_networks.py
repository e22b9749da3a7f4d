"""Random networks of members who bring each other: in whatever order their events come, everybody has in the
end what the rules say of the whole, and the ledger is sound."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.ledger.networks import START, event, network, referring, totals
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


def with_gifts(open_one: Opener, seed: int, *, in_order: bool) -> None:
    """The same with members who give points to each other: gifts change no sum, and nothing that comes late
    leaves a ledger unsound."""
    random = Random(seed)
    net = network(random, repeat=True)
    members = [f"m-{number}" for number in range(6)]
    events = [*net.events()]
    for number in range(8):
        member, to = random.sample(members, 2)
        at = START + timedelta(hours=random.randrange(1, 900), seconds=30)
        points = random.randrange(1, 300)
        gift = {"to": to, "program": "beans", "points": points}
        events.append(event(f"t-{number}", "transfer", member, at, **gift))
    events.sort(key=lambda one: one.occurred_at)
    if not in_order:
        random.shuffle(events)
    with sound(open_one(EVERY, now=lambda: NOW)) as ledger:
        for one in net.links():
            ledger.record(one)
        for one in events:
            receipt = ledger.record(one)
            if one.type == "transfer" and receipt.status == "booked":
                [received] = receipt.released
                assert received.points["beans"] == one.fields["points"]
        if in_order:
            assert sum(totals(ledger, members).values()) == sum(net.points().values())


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "as it comes"])
def test_gifts_among_them_lose_nothing(open_one: Opener, in_order: bool) -> None:
    with_gifts(open_one, 7, in_order=in_order)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_many_networks_with_gifts(open_one: Opener, seed: int) -> None:
    with_gifts(open_one, 3000 + seed, in_order=bool(seed % 2))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_many_networks(open_one: Opener, seed: int) -> None:
    lived(
        open_one, 1000 + seed, repeat=bool(seed % 2), in_order=seed % 3 == 0, together=seed % 5 == 0
    )
