"""`make bench-ledger`, its part for PostgreSQL: writers in processes of their own, beside bare inserts.

bare: the rows that the ledger wrote, inserted again by the same driver, as many events a commit. prepared:
the ledger, with decisions that were made before. The server is one of its own in a temporary folder and waits
for its disk at every commit. Members are parted among the writers; at last all of them book for one member.

A writer is a process that was forked, and owns a page of memory only when it has touched it. So each does its
work once without the server before the watch starts: the copying of pages is no part of either way.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from zlib import crc32

import loyalty_rules as lr
from benchmarks.ledger import Remembering, Writes, read, year
from benchmarks.throughput import RULES
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.statements import ADD_MEMBER, Row, Rows, Statement
from loyalty_rules.service.ledger import GROUP_EVENTS, Ledger
from tests.postgres.server import NoServer, Server

COUNT: Final = 4_000
WRITERS: Final = (1, 4, 16)
HOT_EVENTS: Final = 400

Act = Callable[[], object]
Ready = Callable[[], Act]
"""Gets ready, in a process of its own, and gives what is then done."""


class Recorded(PostgresStore):
    """Remembers what was written, commit by commit."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.commits: list[Writes] = []

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        writes: Writes = []
        with super().writing() as execute:

            def remembered(statement: Statement, rows: Sequence[Row]) -> Rows:
                if statement.action not in ("read", "lock"):
                    writes.append((statement, list(rows)))
                return execute(statement, rows)

            yield remembered
        self.commits.append(writes)


class Bench:
    """Events with their decisions, and a server with a schema for each way."""

    def __init__(self, server: Server, count: int) -> None:
        loaded = lr.load(RULES)
        self.rules = Remembering(loaded.plan, loaded.registry, loaded.sources, loaded.file)
        self.events = list(read([json.dumps(event) for event in year(count)]))
        with lr.open_ledger("memory:", self.rules) as ledger:
            for _ in ledger.record_in_order(self.events):
                pass
        self._server = server
        self._schemas = 0

    def new_url(self) -> str:
        """The address of a new schema, its tables made."""
        self._schemas += 1
        url = self._server.url(schema=f"bench_{self._schemas}")
        Ledger(PostgresStore(url), self.rules).close()
        return url

    def line(self, writers: int, group: int) -> str:
        """The speeds of both ways with so many writers and so many events a commit, and the share."""
        events = self.events if group > 1 else self.events[: len(self.events) // 4]
        parts = [
            [event for event in events if crc32(event.member.encode()) % writers == one]
            for one in range(writers)
        ]
        recorded = Recorded(self.new_url())
        written: list[list[Writes]] = []
        with Ledger(recorded, self.rules) as ledger:
            for part in parts:
                recorded.commits = []
                self._book(ledger, part, group)
                written.append(recorded.commits)
        bare_url, prepared_url = self.new_url(), self.new_url()
        written = _with_members(bare_url, written)
        bare = together([self._bare(bare_url, commits) for commits in written])
        prepared = together([self._prepared(prepared_url, part, group) for part in parts])
        return (
            f"{writers:7}{group:10}{len(events) / bare:14,.0f} /s{len(events) / prepared:14,.0f} /s"
            f"{bare / prepared:9.0%}"
        )

    def hot(self, writers: int) -> str:
        """The speed at which so many writers book for one member, one event a commit."""
        url = self.new_url()
        texts = [
            [
                json.dumps({**one, "id": f"hot-{writer}-{number}", "member": "hot"})
                for number, one in enumerate(year(HOT_EVENTS // writers))
            ]
            for writer in range(writers)
        ]
        seconds = together([self._hot(url, list(read(own))) for own in texts])
        count = sum(map(len, texts))
        return f"{writers:7}{1:10}{count / seconds:31,.0f} /s   one hot account, decided there and then"

    def _bare(self, url: str, commits: list[Writes]) -> Ready:
        def insert(store: Store) -> None:
            for writes in commits:
                with store.writing() as execute:
                    for statement, rows in writes:
                        execute(statement, rows)

        def ready() -> Act:
            insert(_Nowhere())
            store = PostgresStore(url)
            return lambda: insert(store)

        return ready

    def _prepared(self, url: str, events: Sequence[lr.Event], group: int) -> Ready:
        def ready() -> Act:
            with lr.open_ledger("memory:", self.rules) as trial:
                self._book(trial, events, group)
            ledger = Ledger(PostgresStore(url), self.rules)
            return lambda: self._book(ledger, events, group)

        return ready

    def _hot(self, url: str, events: Sequence[lr.Event]) -> Ready:
        def ready() -> Act:
            ledger = Ledger(PostgresStore(url), lr.load(RULES))
            return lambda: self._book(ledger, events, 1)

        return ready

    def _book(self, ledger: Ledger, events: Sequence[lr.Event], group: int) -> None:
        if group > 1:
            for _ in ledger.record_in_order(events):
                pass
            return
        for event in events:
            ledger.record(event)


class _Nowhere(MemoryStore):
    """Looks at what is written, and lets go of it."""

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        yield lambda _, rows: [(hash(row),) for row in rows][:0]


def _with_members(url: str, written: list[list[Writes]]) -> list[list[Writes]]:
    """Writes members in the order of their numbers, for rows may name only those who are there. In what is
    written then they have other names: as many rows as before, and of the same size."""
    store = PostgresStore(url)
    with store.writing() as execute:
        for writes in (one for commits in written for one in commits):
            for statement, rows in writes:
                if statement is ADD_MEMBER:
                    execute(statement, rows)
    store.close()
    return [[list(map(_renamed, writes)) for writes in commits] for commits in written]


def _renamed(step: tuple[Statement, Sequence[Row]]) -> tuple[Statement, Sequence[Row]]:
    statement, rows = step
    if statement is ADD_MEMBER:
        rows = [(ledger, f"~{str(name)[1:]}", salt) for ledger, name, salt in rows]
    return statement, rows


def together(readies: Sequence[Ready]) -> float:
    """The seconds from the instant when all processes may begin until the last one is done."""
    board = mmap.mmap(-1, 8 * (len(readies) + 1))
    children = [_start(ready, board, place) for place, ready in enumerate(readies, start=1)]
    while any(board[8 * place] == 0 for place in range(1, len(readies) + 1)):
        time.sleep(0.01)
    begun = time.monotonic()
    board[0] = 1
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    if failed:
        raise RuntimeError(f"{len(failed)} writers failed")
    ends = [struct.unpack_from("d", board, 8 * place)[0] for place in range(1, len(readies) + 1)]
    return float(max(ends) - begun)


def _start(ready: Ready, board: mmap.mmap, place: int) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        act = ready()
        board[8 * place] = 1
        while board[0] == 0:
            time.sleep(0.0005)
        act()
        struct.pack_into("d", board, 8 * place, time.monotonic())
        code = 0
    finally:
        os._exit(code)


def main(count: int) -> None:
    """Print one line for each number of writers and events a commit."""
    try:
        server = Server({"max_connections": "100"})
    except NoServer as problem:
        print(f"PostgreSQL: not measured: {problem}")
        return
    with server:
        bench = Bench(server, count)
        print(f"PostgreSQL, {len(bench.events):,} events, members parted among the writers")
        print("writers  a commit     bare inserts     prepared decisions   share")
        for group in (GROUP_EVENTS, 1):
            for writers in WRITERS:
                print(bench.line(writers, group), flush=True)
        print(bench.hot(4), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
