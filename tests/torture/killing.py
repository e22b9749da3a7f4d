"""Kills a process that writes, again and again, and holds the ledger against what the process had promised.

A child books events and tells each receipt through a pipe; a byte in shared memory says whether it stands
between its first write and its commit. Half of the children stop themselves there, at a write that the dice
name, and are killed so; the parent kills the others as near to such a moment as it can hit, or at any moment.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loyalty_rules import Event
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.statements import Row, Rows, Statement
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, bought

MEMBERS = 7
GROUP = 12
POINTS = 10
GLANCE_S = 0.0001
KILLS_OF_ONE = 250
"""After so many a ledger is held against what was promised, and the next one is begun."""


@dataclass(slots=True)
class Toll:
    """What was done and what it came to."""

    kills: int = 0
    inside: int = 0
    promised: int = 0
    lost: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    booked: int = 0

    def __str__(self) -> str:
        """What a run that is cut short leaves behind, too."""
        return (
            f"{self.kills} kills, {self.inside} between a first write and its commit, "
            f"{self.promised} promised, {self.booked} booked, {len(self.lost)} lost"
        )


class Watched(SqliteStore):
    """A store that shows when it stands between a first write and its commit, and can stop there."""

    def __init__(self, path: str, flag: mmap.mmap, stops_at: int) -> None:
        super().__init__(path)
        self._flag = flag
        self._writes_left = stops_at

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        with super().writing() as execute:

            def watched(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.action not in ("read", "lock"):  # no lock is taken in a file
                    self._writes_left -= self._flag[0]  # the first write of each has not begun
                    if self._writes_left == 0:
                        os.kill(os.getpid(), signal.SIGSTOP)
                    self._flag[0] = 1
                return execute(statement, rows)

            yield watched
        self._flag[0] = 0


def torture(folder: Path, kills: int, seed: int) -> Toll:
    """Kill so many writers of ledgers in a folder, some hundred of each; what it came to."""
    dice, toll = random.Random(seed), Toll()
    flag = mmap.mmap(-1, 1)
    for first in range(0, kills, KILLS_OF_ONE):
        path, promised = folder / f"{first}.db", set[str]()
        with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW):
            pass  # made before anybody is killed: making it is a test of its own
        for number in range(first, min(first + KILLS_OF_ONE, kills)):
            flag[0] = 0
            told, inside = _one(path, number, flag, dice)
            toll.kills += 1
            toll.inside += inside
            promised.update(told)
        _check(path, promised, toll)
        path.unlink()
        print(toll, flush=True)
    return toll


def _one(path: Path, number: int, flag: mmap.mmap, dice: random.Random) -> tuple[list[str], bool]:
    read_end, write_end = os.pipe()
    stops_at = dice.randrange(1, 150) if number % 2 else -1  # by itself never
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _write_until_killed(path, number, flag, write_end, stops_at)
    os.close(write_end)
    if stops_at > 0:
        os.waitpid(child, os.WUNTRACED)
    else:
        _wait_for_a_moment(flag, dice)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    inside = flag[0] == 1
    with os.fdopen(read_end, "rb") as pipe:
        told = pipe.read().decode()
    complete = told[: told.rfind("\n") + 1]
    return complete.split(), inside


def _wait_for_a_moment(flag: mmap.mmap, dice: random.Random) -> None:
    """Mostly a moment between a first write and its commit; else any."""
    if dice.random() < 0.2:
        time.sleep(dice.random() * 0.03)
        return
    # a round of single bookings, then a group: each is promised at its end
    commits = dice.randrange(8)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if flag[0] == 1:
            if commits == 0:
                time.sleep(dice.random() * 0.0005)
                return
            commits -= 1
            while flag[0] == 1 and time.monotonic() < limit:
                time.sleep(GLANCE_S)
        else:
            time.sleep(GLANCE_S)


def _write_until_killed(path: Path, number: int, flag: mmap.mmap, pipe: int, stops_at: int) -> None:
    """The child's whole life."""
    try:
        ledger = Ledger(Watched(str(path), flag, stops_at), RULES, now=lambda: NOW)
        for round_number, events in enumerate(_work(number)):
            if round_number % 2:
                receipts = ledger.record_many(events)
            else:
                receipts = [ledger.record(event) for event in events[:3]]
            told = [one.event for one in receipts if one.status in ("booked", "duplicate")]
            os.write(pipe, "".join(f"{name}\n" for name in told).encode())
    finally:
        os._exit(1)


def _work(number: int) -> Iterator[list[Event]]:
    """Events without end; the first are those that the child before this one may not have finished."""
    for start in (number - 1, number):
        for batch in range(3 if start < number else 10_000):
            yield [_event(start, batch, place) for place in range(GROUP)]


def _event(number: int, batch: int, place: int) -> Event:
    member = f"m-{(number + place) % MEMBERS}"
    name = f"{number}-{batch}-{place}"
    if place % 4 == 3:  # the order before it comes back
        order = f"p-{number}-{batch}-{place - 1}"
        giver = f"m-{(number + place - 1) % MEMBERS}"
        return back(order, ("1", 1), id=f"r-{name}", member=giver)
    return bought(f"{POINTS}.00", "1.00", id=f"p-{name}", member=member)


def _check(path: Path, promised: set[str], toll: Toll) -> None:
    """Everything promised is there, once, and the ledger is sound."""
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        report = ledger.verify()
        toll.findings += [f"{one.place}: {one.text}" for one in report.findings]
        histories = [ledger.statement(f"m-{number}") for number in range(MEMBERS)]
        names = [item.event for one in histories for item in one.history]
        toll.promised += len(promised)
        toll.booked += len(names)
        if len(set(names)) < len(names):
            toll.findings.append("an event was booked twice")
        toll.lost += sorted(promised - set(names))
        for one in histories:
            kinds = [item.type for item in one.history]
            expected = kinds.count("purchase") * (POINTS + 1) - kinds.count("return") * POINTS
            if one.balances["beans"].total != expected:
                toll.findings.append(f"`{one.member}` has not what his events gave")
