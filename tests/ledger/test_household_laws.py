"""Random lives of households: whatever is spent, joined, left and returned, and in whatever order it comes,
no point is lost or made on the way, nobody is left below what he has, and the ledger is sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from threading import Barrier, Thread

import pytest

from loyalty_rules import Event, Ledger
from loyalty_rules.domain.errors import Retry
from loyalty_rules.service.ledger import open_ledger
from loyalty_rules.service.receipt import Receipt
from tests.ledger.networks import START, event, network, referring, totals
from tests.ledger.shop import STORES, Opener, opener, sound
from tests.ledger.test_household_pools import (
    NOW,
    REWARDS,
    SHARED,
    has,
    living,
    pool,
    spending,
    together,
)
from tests.ledger.test_transfers import buying
from tests.postgres.shared import new_url

MEMBERS = ["ana", "ben", "cem", "dora"]


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def lives(random: Random) -> Iterator[Event]:
    """What four members do who live in two households, now in one and now in the other."""
    for number in range(30):
        member, day = random.choice(MEMBERS), random.randrange(1, 600) / 10 + number / 10_000
        what = random.choice(("buy", "buy", "spend", "spend", "join", "leave", "back"))
        household = random.choice(("north", "south"))
        if what == "buy":
            yield buying(member, random.randrange(5, 60), day, f"p-{number}")
        elif what == "spend":
            yield spending(member, random.randrange(1, 60), day, f"s-{number}")
        elif what == "back":
            order = f"p-{random.randrange(30)}"
            yield event(
                f"b-{number}", "cancellation", member, START + timedelta(days=day), order=order
            )
        else:
            yield living(member, day, what, f"h-{number}", household)


def all_have(ledger: Ledger) -> dict[str, int]:
    return {member: int(ledger.balance(member)["beans"].total) for member in MEMBERS}


def spent_by(event: Event) -> int:
    """How many points a redemption of cups takes."""
    take = event.fields["take"]
    assert isinstance(take, Mapping)
    return int(str(take["cup"]))


def check_moves(receipt: Receipt) -> None:
    """What goes out of one account comes into another."""
    inner = [one for one in receipt.released if one.source == "~pool"]
    assert sum(int(one.points.get("beans", 0)) for one in inner) == 0
    assert all(one.status == "booked" for one in inner)


def lived(open_one: Opener, seed: int, *, in_order: bool) -> None:
    random = Random(seed)
    events = list(lives(random))
    events.sort(key=lambda one: one.occurred_at)
    if not in_order:
        random.shuffle(events)
    with sound(open_one(SHARED, now=lambda: NOW)) as ledger:
        for one in events:
            before, had = all_have(ledger), pool(ledger, one.member)
            receipt = ledger.record(one)
            check_moves(receipt)
            after = all_have(ledger)
            if one.type == "household" or receipt.status == "refused":
                assert sum(after.values()) == sum(before.values())
            if receipt.status == "refused":
                assert after == before
            if one.type == "redemption" and in_order:
                points = spent_by(one)
                can = before[one.member] if had is None else had
                assert (receipt.status == "booked") == (points <= can)
                gone = points if receipt.status == "booked" else 0
                assert sum(before.values()) - sum(after.values()) == gone
                assert all(after[name] >= min(before[name], 0) for name in MEMBERS)


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "as it comes"])
def test_households_lose_and_make_nothing(open_one: Opener, in_order: bool) -> None:
    lived(open_one, 1, in_order=in_order)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_many_households(open_one: Opener, seed: int) -> None:
    lived(open_one, 100 + seed, in_order=bool(seed % 2))


TOGETHER = referring(repeat=True, points=", shared_by: household", more=REWARDS)


def lived_together(open_one: Opener, seed: int) -> None:
    """Members who bring each other, give each other points, and live now with these and now with those: in
    whatever order that comes, a refused event moves nothing, and what moves is neither lost nor made."""
    random = Random(seed)
    net = network(random, repeat=True)
    names = [f"m-{number}" for number in range(6)]
    events = [*net.events()]
    for number in range(18):
        member, to = random.sample(names, 2)
        day, points = random.randrange(0, 900) / 24, random.randrange(1, 300)
        home = random.choice(("north", "south"))
        events.append(
            random.choice(
                (
                    event(
                        f"t-{number}",
                        "transfer",
                        member,
                        START + timedelta(days=day),
                        to=to,
                        program="beans",
                        points=points,
                    ),
                    spending(member, points, day, f"s-{number}"),
                    living(
                        member, day, random.choice(("join", "join", "leave")), f"h-{number}", home
                    ),
                )
            )
        )
    random.shuffle(events)
    with sound(open_one(TOGETHER, now=lambda: NOW)) as ledger:
        for one in net.links():
            ledger.record(one)
        for one in events:
            before = totals(ledger, names)
            receipt = ledger.record(one)
            check_moves(receipt)
            if receipt.status == "refused":
                assert totals(ledger, names) == before
            if one.type in ("transfer", "household"):
                assert sum(totals(ledger, names).values()) == sum(before.values())


@pytest.mark.parametrize("seed", [1, 5175])
def test_networks_of_households_lose_nothing(open_one: Opener, seed: int) -> None:
    lived_together(open_one, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_many_networks_of_households(open_one: Opener, seed: int) -> None:
    lived_together(open_one, 5000 + seed)


@pytest.mark.parametrize("brought", [(300, 150, 70), (1, 1, 1), (0, 5, 9), (40, 0, 0)])
@pytest.mark.parametrize("spent", [0, 1, 7])
def test_the_parts_sum_to_the_pool(tmp_path: Path, brought: tuple[int, ...], spent: int) -> None:
    names = MEMBERS[:3]
    with sound(opener("memory", tmp_path)(SHARED, now=lambda: NOW)) as ledger:
        together(ledger, *zip(names, brought, strict=True))
        gone = sum(brought) * spent // 8
        if gone:
            assert ledger.record(spending("ana", gone, 1)).status == "booked"
        left = sum(brought) - gone
        for number, name in enumerate(names):
            rest = pool(ledger, name)
            quota = [
                Fraction(rest or 0) * part / sum(brought[number:])
                for part in brought[number:]
                if sum(brought[number:])
            ]
            assert ledger.record(living(name, 2 + number, "leave")).status == "booked"
            [mine] = has(ledger, [name])
            assert not quota or abs(mine - quota[0]) < 1
        assert sum(all_have(ledger).values()) == left


def spend_at_once(url: str, id: str, member: str, start: Barrier, codes: list[str]) -> None:
    with open_ledger(url, SHARED, now=lambda: NOW) as ledger:
        start.wait(60)
        while True:
            try:
                receipt = ledger.record(spending(member, 400, 2, id))
            except Retry:
                continue
            codes.append("" if receipt.refusal is None else receipt.refusal.code)
            return


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_two_who_spend_one_pool_at_once(tmp_path: Path, store: str) -> None:
    """450 are there, and two members take 400 of them at the same time."""
    url = new_url("") if store == "postgres" else f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, SHARED, now=lambda: NOW) as ledger, sound(ledger):
        together(ledger, ("pia", 300), ("quin", 150))
        codes: list[str] = []
        start = Barrier(2)
        tills = [
            Thread(target=spend_at_once, args=(url, f"at-{who}", who, start, codes))
            for who in ("pia", "quin")
        ]
        for till in tills:
            till.start()
        for till in tills:
            till.join(120)
        assert sorted(codes) == ["", "insufficient_points"]
        assert pool(ledger, "pia") == 50


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_members_who_join_at_once_have_places_of_their_own(tmp_path: Path, store: str) -> None:
    url = new_url("") if store == "postgres" else f"sqlite:///{tmp_path / 'club.db'}"
    start = Barrier(4)

    def join(member: str) -> None:
        with open_ledger(url, SHARED, now=lambda: NOW) as ledger:
            start.wait(60)
            while True:
                try:
                    assert ledger.record(living(member, 1)).status == "booked"
                    return
                except Retry:
                    continue

    with open_ledger(url, SHARED, now=lambda: NOW) as ledger, sound(ledger):
        for member in MEMBERS:
            ledger.record(buying(member, 10, 0, f"p-{member}"))
        tills = [Thread(target=join, args=(member,)) for member in MEMBERS]
        for till in tills:
            till.start()
        for till in tills:
            till.join(120)
        assert [pool(ledger, member) for member in MEMBERS] == [40] * 4
