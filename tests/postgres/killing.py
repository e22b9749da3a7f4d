"""Kills a server that several processes write to, again and again, and holds the ledger against what they
were told.

A writer sends each event until it has a receipt, and writes down what it was told; a byte in shared memory
says whether it stands between its first write and the end of its commit. The server is killed there most of
the time: often a writer waits there for it, so that it does not hang on how fast the machine is.
"""

from __future__ import annotations

import mmap
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loyalty_rules import Event
from loyalty_rules.domain.errors import Retry
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.statements import Row, Rows, Statement
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, back, bought
from tests.postgres.server import Server

WRITERS = 3
MEMBERS = 7
GROUP = 12
STOP = WRITERS
HOLD, HELD = WRITERS + 1, WRITERS + 2
COMMITS = WRITERS + 3
"""Where on the board it is said that it is enough, after how many more writes somebody is to wait and that he
does, and from where on each writer counts its commits."""
POINTS = 10


@dataclass(slots=True)
class Toll:
    """What was done and what it came to."""

    kills: int = 0
    inside: int = 0
    promised: int = 0
    booked: int = 0
    lost: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Watched(PostgresStore):
    """A store that shows when it stands between a first write and its commit."""

    def __init__(self, url: str, board: mmap.mmap, place: int) -> None:
        super().__init__(url)
        self._board, self._place = board, place

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        with super().writing() as execute:

            def watched(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.action not in ("read", "lock"):
                    self._board[self._place] = 1
                    self._wait_if_asked()
                return execute(statement, rows)

            yield watched
        self._board[self._place] = 0
        done = COMMITS + self._place
        self._board[done] = (self._board[done] + 1) % 256

    def _wait_if_asked(self) -> None:
        """Stand still among the writes until the server is gone."""
        left = self._board[HOLD]  # the others count, too: it is read once
        if left:
            self._board[HOLD] = left - 1
        if left == 1:
            self._board[HELD] = 1
            limit = time.monotonic() + 10
            while self._board[HELD] and time.monotonic() < limit:
                time.sleep(0.001)


def torture(folder: Path, kills: int, seed: int) -> Toll:
    """Kill the server so often; what it came to."""
    dice, toll = random.Random(seed), Toll()
    board = mmap.mmap(-1, COMMITS + WRITERS)
    # as a shop runs it: everything waits for the disk
    with Server({"recovery_init_sync_method": "syncfs"}) as server:
        open_ledger(server.url(), RULES, now=lambda: NOW).close()
        told = [folder / f"told-{writer}" for writer in range(WRITERS)]
        children = [_start(server.url(), board, writer, told[writer]) for writer in range(WRITERS)]
        try:
            for number in range(kills):
                _wait_for_a_moment(board, dice, inside=number % 8 != 7, held=number % 8 < 5)
                server.kill()
                board[HOLD] = board[HELD] = 0
                toll.kills += 1
                toll.inside += any(board[:WRITERS])
                board[:WRITERS] = bytes(WRITERS)
                server.start()
            board[STOP] = 1
        finally:
            board[STOP] = 1
            failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
        toll.findings += [f"{len(failed)} writers failed"] if failed else []
        _check(server, toll, told)
    return toll


def _wait_for_a_moment(board: mmap.mmap, dice: random.Random, *, inside: bool, held: bool) -> None:
    """Some commits later: a moment between a first write and its commit (at which somebody is held), or
    any."""
    before, commits = board[COMMITS:], dice.randrange(12)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if (
            sum((now - then) % 256 for now, then in zip(board[COMMITS:], before, strict=True))
            >= commits
        ):
            break
        time.sleep(0.001)
    if held:
        board[HOLD] = dice.randrange(1, 9)
    while (
        inside and time.monotonic() < limit and not (board[HELD] if held else any(board[:WRITERS]))
    ):
        time.sleep(0)


def _start(url: str, board: mmap.mmap, writer: int, told: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        ledger = Ledger(_patiently(lambda: Watched(url, board, writer)), RULES, now=lambda: NOW)
        for number, events in enumerate(_work(writer)):
            if board[STOP]:
                break
            if number % 2:
                receipts = _patiently(lambda: ledger.record_many(events))  # noqa: B023
            else:
                receipts = [_patiently(lambda e=event: ledger.record(e)) for event in events[:3]]
            names = [one.event for one in receipts if one.status in ("booked", "duplicate")]
            os.write(out, "".join(f"{name}\n" for name in names).encode())
        code = 0
    finally:
        os._exit(code)


def _patiently(act):  # type: ignore[no-untyped-def]
    """What a shop does: the same call again until the server is there."""
    while True:
        try:
            return act()
        except Retry:
            time.sleep(0.02)


def _work(writer: int) -> Iterator[list[Event]]:
    """Events without end, of members that the writers share."""
    for batch in range(1_000_000):
        yield [_event(writer, batch, place) for place in range(GROUP)]


def _event(writer: int, batch: int, place: int) -> Event:
    member = f"m-{(batch + place) % MEMBERS}"
    name = f"{writer}-{batch}-{place}"
    if place % 4 == 3:  # the order before it comes back, or waits where that was left out
        giver = f"m-{(batch + place - 1) % MEMBERS}"
        return back(f"p-{writer}-{batch}-{place - 1}", ("1", 1), id=f"r-{name}", member=giver)
    return bought(f"{POINTS}.00", "1.00", id=f"p-{name}", member=member)


def _check(server: Server, toll: Toll, told: Sequence[Path]) -> None:
    """Everything promised is there, once, and the ledger is sound."""
    promised = [name for path in told for name in path.read_text().split()]
    toll.promised = len(set(promised))
    with open_ledger(server.url(), RULES, now=lambda: NOW) as ledger:
        report = ledger.verify()
        toll.findings += [f"{one.place}: {one.text}" for one in report.findings]
        if not ledger.rebuild().is_identical:
            toll.findings.append("a rebuild differs")
        histories = [ledger.statement(f"m-{number}") for number in range(MEMBERS)]
        names = [item.event for one in histories for item in one.history]
        toll.booked = len(names)
        if len(set(names)) < len(names):
            toll.findings.append("an event was booked twice")
        toll.lost = sorted(set(promised) - set(names))
        for one in histories:
            kinds = [item.type for item in one.history]
            expected = kinds.count("purchase") * (POINTS + 1) - kinds.count("return") * POINTS
            if one.balances["beans"].total != expected:
                toll.findings.append(f"`{one.member}` has not what his events gave")
