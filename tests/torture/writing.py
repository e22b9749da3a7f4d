"""Several processes that book into one file at once, each as fast as it is let."""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from loyalty_rules.domain.errors import Retry
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, RULES, bought


@dataclass(frozen=True, slots=True)
class Race:
    """How many events each writer booked, what the ledger has of them, and what is wrong with it."""

    counts: tuple[int, ...]
    booked: int
    points: int
    findings: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Nothing was lost and nothing was booked twice."""
        return self.booked == sum(self.counts) == self.points and not self.findings

    @property
    def is_fair(self) -> bool:
        """The slowest writer has at least half of the mean."""
        return min(self.counts) * 2 * len(self.counts) >= sum(self.counts)


def race(path: Path, *, writers: int, events: int, members: int, fair: bool) -> Race:
    """Let writers book for so many members until there are so many events in all."""
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW):
        pass
    board = mmap.mmap(-1, 8 * (writers + 1))
    children = [
        _start(path, writer, writers, events, members, fair, board) for writer in range(writers)
    ]
    board[8 * writers] = 1  # go
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    counts = tuple(struct.unpack_from("q", board, 8 * writer)[0] for writer in range(writers))
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        found = [one.text for one in ledger.verify().findings]
        found += [f"{len(failed)} writers failed"] if failed else []
        statements = [ledger.statement(f"m-{number}") for number in range(members)]
    booked = sum(len(one.history) for one in statements)
    points = sum(int(one.balances["beans"].total) for one in statements)
    return Race(counts, booked, points, tuple(found))


def _start(
    path: Path, writer: int, writers: int, events: int, members: int, fair: bool, board: mmap.mmap
) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ledger = Ledger(SqliteStore(str(path), fair=fair), RULES, now=lambda: NOW)
        while board[8 * writers] == 0:
            pass
        own = 0
        while _total(board, writers) < events:
            event = bought("1.00", id=f"p-{writer}-{own}", member=f"m-{(own + writer) % members}")
            try:
                status = ledger.record(event).status
            except Retry:
                continue
            assert status == "booked"
            own += 1
            struct.pack_into("q", board, 8 * writer, own)
        code = 0
    finally:
        os._exit(code)


def _total(board: mmap.mmap, writers: int) -> int:
    return sum(struct.unpack_from("q", board, 8 * writer)[0] for writer in range(writers))
