"""Two who want the same at the same instant, again and again; and writers whose locks cross.

A round is made ready by one, then both act at once, each in a thread of its own with a connection of its own.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from loyalty_rules import Event, Receipt, RuleSet, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import Retry
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, back, bought
from tests.ledger.test_redemptions import taken

Act = Callable[[], Receipt]

BEGIN = datetime(2026, 3, 10, 12, tzinfo=UTC)
MEMBERS = 12
"""Of the writers whose locks cross: few, so that they meet."""


class Crowd(NamedTuple):
    """For whom writers book whose locks cross, and whether these members give points to each other."""

    members: int = MEMBERS
    gives: bool = False


A_FEW: Final = Crowd()


@contextmanager
def side_by_side(count: int) -> Iterator[Callable[[Sequence[Act]], list[Receipt | BaseException]]]:
    """Threads that stay: each call does so many acts at once and gives what they came to."""
    gate, acts = threading.Barrier(count + 1), list[Act]()
    found: list[Receipt | BaseException | None] = [None] * count

    def work(place: int) -> None:
        while True:
            gate.wait()
            if not acts:
                return
            try:
                found[place] = acts[place]()
            except Exception as problem:
                found[place] = problem
            gate.wait()

    def at_once(wanted: Sequence[Act]) -> list[Receipt | BaseException]:
        acts[:] = wanted
        gate.wait()
        gate.wait()
        return [one for one in found if one is not None]

    threads = [threading.Thread(target=work, args=(place,), daemon=True) for place in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield at_once
    finally:
        acts.clear()
        gate.wait()
        for thread in threads:
            thread.join()


def told(found: Sequence[Receipt | BaseException]) -> list[str]:
    """How each ended, without saying who came first."""
    return sorted(
        one.status if isinstance(one, Receipt) else f"{type(one).__name__}: {one}" for one in found
    )


def one_balance(ledger: Ledger, rounds: int) -> list[str]:
    """Two redemptions that each take all that a member has, at once; what was not one booked, one refused."""
    wrong = []
    with side_by_side(2) as at_once:
        for number in range(rounds):
            member = f"m-{number // 20}"
            ledger.record(bought("400.00", id=f"p-{number}", member=member))
            both = [replace(taken(f"{side}-{number}", off=4), member=member) for side in ("a", "b")]
            found = told(at_once([lambda e=one: ledger.record(e) for one in both]))
            if found != ["booked", "refused"]:
                wrong.append(f"round {number}: {found}")
            if (left := ledger.balance(member)["beans"].total) != 0:
                wrong.append(f"round {number}: {left} points are left")
    return wrong


def last_points(ledger: Ledger, rounds: int, left: int) -> list[str]:
    """Two carts, each worth all that is left of a budget, at once; what was not served once in all."""
    wrong = []
    with side_by_side(2) as at_once:
        for number in range(rounds):
            carts = [
                bought(f"{left}.00", id=f"{side}-{number}", member=f"{side}-{number // 20}")
                for side in ("a", "b")
            ]
            found = at_once([lambda e=one: ledger.record(e) for one in carts])
            points = sorted(
                one.points.get("beans", 0)
                for one in found
                if isinstance(one, Receipt) and one.points is not None
            )
            if told(found) != ["booked", "booked"] or points != [0, left]:
                wrong.append(f"round {number}: {told(found)}, {points}")
            for cart in carts:  # both go back, so that as much is left again
                done = ledger.record(back(cart.id, id=f"r-{cart.id}", member=cart.member))
                if done.status != "booked":
                    wrong.append(f"round {number}: a return is {done.status}")
    return wrong


def crossing(
    url: str,
    rules: RuleSet,
    writers: int,
    operations: int,
    first: Sequence[Event] = (),
    crowd: Crowd = A_FEW,
    seed: int = 0,
) -> list[str]:
    """Writers in processes of their own, each with batches over some of a few members in any order, that use
    what all share; redemptions, returns, seals and looks between them. What comes first may say who was
    brought by whom: they are told of what he buys. Why any of them failed."""
    with open_ledger(url, rules, now=lambda: NOW) as ledger:
        for event in first:
            assert ledger.record(event).status == "booked"
    board = mmap.mmap(-1, 8 * (writers + 1))
    children = [
        _start(url, rules, crowd, writer, writers, operations, board, seed)
        for writer in range(writers)
    ]
    board[8 * writers] = 1  # go
    ends = [os.waitpid(child, 0)[1] for child in children]
    return [f"writer {number} failed" for number, end in enumerate(ends) if end]


def _start(
    url: str,
    rules: RuleSet,
    crowd: Crowd,
    writer: int,
    writers: int,
    operations: int,
    board: mmap.mmap,
    seed: int,
) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ledger = open_ledger(url, rules, now=lambda: NOW)
        dice, own, batch = Random(f"{seed}/{writer}"), 0, 0
        while board[8 * writers] == 0:
            pass
        while (done := _done(board, writers)) < operations:
            at = BEGIN + timedelta(seconds=done)
            own += _batch(ledger, dice, crowd, f"{writer}-{batch}", at)
            batch += 1
            struct.pack_into("q", board, 8 * writer, own)
        code = 0
    finally:
        os._exit(code)


def _done(board: mmap.mmap, writers: int) -> int:
    return sum(struct.unpack_from("q", board, 8 * writer)[0] for writer in range(writers))


def _batch(ledger: Ledger, dice: Random, crowd: Crowd, name: str, at: datetime) -> int:
    """Some events of several members in one transaction; how many operations that was."""
    if dice.random() < 0.01:
        ledger.seal() if dice.random() < 0.5 else ledger.advance()
        return 1
    events = [replace(event, occurred_at=at) for event in _events(dice, crowd, name)]
    while True:
        try:
            receipts = list(ledger.record_many(events))
        except Retry:  # a shop sends them again
            continue
        assert all(one.status in ("booked", "refused", "duplicate") for one in receipts), receipts
        return len(events)


def _events(dice: Random, crowd: Crowd, name: str) -> Iterator[Event]:
    for place in range(dice.randint(1, 4)):
        number, own = dice.randrange(crowd.members), f"{name}-{place}"
        member, kind = f"m-{number}", dice.random()
        if kind < 0.15:
            yield replace(taken(f"t-{own}", mug=1), member=member)
        elif kind < 0.3:
            yield bought("9.00", id=f"p-{own}", member=member)
            yield back(f"p-{own}", id=f"r-{own}", member=member)
        elif kind < 0.6 and crowd.gives:
            other = (number + dice.randrange(1, crowd.members)) % crowd.members
            yield given(f"g-{own}", member, f"m-{other}", dice.randint(1, 20))
        else:
            yield bought(f"{dice.randint(1, 60)}.00", id=f"p-{own}", member=member)


def given(name: str, member: str, other: str, points: int) -> Event:
    """Points that one member gives to another, who is told of them by an event of his own."""
    head = {"id": name, "type": "transfer", "member": member, "occurred_at": BEGIN.isoformat()}
    return parse_event({**head, "to": other, "program": "beans", "points": points})
