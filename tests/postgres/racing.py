"""Several processes that book into one ledger in PostgreSQL at once, each as fast as it is let."""

from __future__ import annotations

import mmap
import os
import struct

import psycopg

from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, RULES, bought
from tests.postgres.server import Server
from tests.torture.writing import Race


def race(server: Server, url: str, *, writers: int, events: int, members: int) -> Race:
    """Let writers book for so many members until there are so many events in all."""
    open_ledger(url, RULES, now=lambda: NOW).close()
    before = deadlocks(server)
    board = mmap.mmap(-1, 8 * (writers + 1))
    children = [_start(url, writer, writers, events, members, board) for writer in range(writers)]
    board[8 * writers] = 1  # go
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    counts = tuple(struct.unpack_from("q", board, 8 * writer)[0] for writer in range(writers))
    with open_ledger(url, RULES, now=lambda: NOW) as ledger:
        found = [one.text for one in ledger.verify().findings]
        found += [f"{len(failed)} writers failed"] if failed else []
        found += [] if deadlocks(server) == before else ["writers waited for each other"]
        statements = [ledger.statement(f"m-{number}") for number in range(members)]
    booked = sum(len(one.history) for one in statements)
    points = sum(int(one.balances["beans"].total) for one in statements)
    return Race(counts, booked, points, tuple(found))


def deadlocks(server: Server) -> int:
    """How many the server has ended since it was started."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        row = connection.execute("SELECT sum(deadlocks)::bigint FROM pg_stat_database").fetchone()
    assert row is not None
    return int(row[0])


def _start(url: str, writer: int, writers: int, events: int, members: int, board: mmap.mmap) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        ledger = open_ledger(url, RULES, now=lambda: NOW)
        while board[8 * writers] == 0:
            pass
        own = 0
        while _total(board, writers) < events:
            event = bought("1.00", id=f"p-{writer}-{own}", member=f"m-{(own + writer) % members}")
            assert ledger.record(event).status == "booked"
            own += 1
            struct.pack_into("q", board, 8 * writer, own)
        code = 0
    finally:
        os._exit(code)


def _total(board: mmap.mmap, writers: int) -> int:
    return sum(struct.unpack_from("q", board, 8 * writer)[0] for writer in range(writers))
