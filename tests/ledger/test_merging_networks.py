"""Random networks of members who bring each other, some of whom turn out to be one: everybody has in the end
what the rules say of those who there are, and the ledger is sound."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from loyalty_rules import Event
from tests.ledger.networks import START, Network, event, network, referring, totals
from tests.ledger.shop import STORES, Opener, opener, sound

EVERY = referring(repeat=True)
NOW = START + timedelta(days=80)
MEMBERS = [f"m-{number}" for number in range(6)]


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def becoming(random: Random, number: int) -> list[Event]:
    found, there = [], list(MEMBERS)
    for place in range(number):
        member, into = random.sample(there, 2)
        there.remove(member)
        at = START + timedelta(days=40, minutes=place)
        found.append(event(f"merge-{place}", "merge", member, at, into=into))
    return found


def unified(net: Network, merges: list[Event]) -> Network:
    """The same network of those who there are."""
    who = {member: member for member in MEMBERS}
    for one in merges:
        for name, now in who.items():
            if now == one.member:
                who[name] = str(one.fields["into"])
    brought: dict[str, str] = {}
    for friend, above in net.brought_by.items():
        if who[friend] != who[above]:
            brought.setdefault(who[friend], who[above])
    orders = net.orders
    for one in orders:
        one.member = who[one.member]
    return Network(brought, orders, net.repeat)


def lived(open_one: Opener, seed: int) -> int:
    """How many became another one; who would have been brought by himself, over others, does not."""
    random = Random(seed)
    net = network(random, repeat=True)
    merges, done = becoming(random, random.randint(1, 3)), list[Event]()
    events = sorted(net.events(), key=lambda one: one.occurred_at)
    late = [one for one in events if random.random() < 0.2]
    with sound(open_one(EVERY, now=lambda: NOW)) as ledger:
        for one in (*net.links(), *(one for one in events if one not in late)):
            ledger.record(one)
        for one in merges:
            receipt = ledger.record(one)
            if receipt.status == "booked":
                done.append(one)
            elif receipt.refusal is not None:
                assert receipt.refusal.code in ("referral_loop", "unknown_member")
        for one in late:
            ledger.record(one)
        found = totals(ledger, [state.member for state in ledger.states()])
    wanted = unified(net, done).points().items()
    assert found == {member: points for member, points in wanted if points}
    return len(done)


@pytest.mark.parametrize("seed", [0, 1, 2, 112])
def test_everybody_has_what_the_rules_say(open_one: Opener, seed: int) -> None:
    lived(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_in_many_networks_too(open_one: Opener, seed: int) -> None:
    lived(open_one, seed)


def test_who_brought_himself_gives_back_what_it_brought(open_one: Opener) -> None:
    """Dora brought ana, who brought herself by another name: what the friend got, what she got for him, and
    what dora got, who is the next one now."""
    with sound(open_one(EVERY, now=lambda: NOW)) as ledger:
        bought = {"currency": "EUR", "lines": [{"id": "1", "quantity": 1, "amount": "50.00"}]}
        for one in (
            event("l-1", "referral", "dora", START, friend="ana"),
            event("l-2", "referral", "ana", START + timedelta(hours=1), friend="ben"),
            event("p-1", "purchase", "ben", START + timedelta(hours=2), **bought),
        ):
            assert ledger.record(one).status == "booked"
        assert totals(ledger, ["ana", "ben", "dora"]) == {"ana": 500, "ben": 250, "dora": 50}
        receipt = ledger.record(event("m-1", "merge", "ben", START + timedelta(days=1), into="ana"))
        assert receipt.status == "booked"
        assert totals(ledger, ["ana", "dora"]) == {"ana": 250, "dora": 500}
        told = [one.points["beans"] for one in receipt.released if one.member == "dora"]
        assert sorted(map(int, told)) == [-50, 500]


def test_who_would_have_been_brought_by_himself_over_others_is_refused(open_one: Opener) -> None:
    with sound(open_one(EVERY, now=lambda: NOW)) as ledger:
        for one in (
            event("l-1", "referral", "ana", START, friend="ben"),
            event("l-2", "referral", "ben", START + timedelta(hours=1), friend="cem"),
        ):
            ledger.record(one)
        refused = ledger.record(event("m-1", "merge", "cem", START + timedelta(days=1), into="ana"))
        assert refused.refusal is not None and refused.refusal.code == "referral_loop"
        assert [state.member for state in ledger.states()] == ["ana", "ben", "cem"]
