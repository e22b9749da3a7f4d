"""The worker of a queue as docs/embedding.md shows it: real processes, killed in the middle, served again."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes.page import environment, lay_out, order, sales, stands

KILLED = -signal.SIGKILL
LEASE_SECONDS = "0.3"

PLAIN = "import worker; worker.work()"
BEFORE_ITS_ACKNOWLEDGEMENT = """
import os, worker
worker.acknowledged = lambda number: os.kill(os.getpid(), 9)
worker.work()
"""
BEFORE_ITS_COMMIT = """
import os, worker
club = worker.ledger()
class Dying:
    def record(self, event, *, connection):
        assert club.record(event, connection=connection).status == "booked"
        os.kill(os.getpid(), 9)
worker.ledger = Dying
worker.work()
"""
IN_THE_MIDST = """
import os, threading, worker
acknowledged, done = worker.acknowledged, 0
def dies(): os.kill(os.getpid(), 9)
def dying(number):
    global done
    done += 1
    if done == {count}:
        threading.Timer({seconds}, dies).start()
    if done == {count} + 3:
        dies()
    acknowledged(number)
worker.acknowledged = dying
worker.work()
"""
"""After so many messages and so many seconds, wherever it is then; it never comes far beyond them."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def sent(shop: Path, *bodies: object) -> None:
    """What a broker was given to deliver."""
    with sqlite3.connect(shop / "broker.db") as broker:
        broker.execute(
            "CREATE TABLE messages (number INTEGER PRIMARY KEY, body TEXT, leased_until REAL DEFAULT 0)"
        )
        broker.execute("CREATE TABLE dead_letters (body TEXT, problem TEXT)")
        texts = [(body if isinstance(body, str) else json.dumps(body),) for body in bodies]
        broker.executemany("INSERT INTO messages (body) VALUES (?)", texts)
    broker.close()


def asked(shop: Path, text: str) -> list[tuple[object, ...]]:
    broker = sqlite3.connect(shop / "broker.db")
    rows = broker.execute(text).fetchall()
    broker.close()
    return rows


def started(shop: Path, program: str = PLAIN) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=shop,
        env={**environment(shop), "LEASE_SECONDS": LEASE_SECONDS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def worked(shop: Path, program: str = PLAIN) -> tuple[int, list[str]]:
    """How a worker ended, and what became of its messages."""
    worker = started(shop, program)
    said, problems = worker.communicate(timeout=120)
    assert worker.returncode == KILLED or problems == "", problems
    return worker.returncode, said.splitlines()


def test_a_worker_that_dies_after_its_commit_is_served_again_and_books_nothing(shop: Path) -> None:
    sent(shop, order("a-1"))
    assert worked(shop, BEFORE_ITS_ACKNOWLEDGEMENT)[0] == KILLED
    assert sales(shop) == ["a-1"]
    assert worked(shop) == (0, ["duplicate"])
    assert asked(shop, "SELECT * FROM messages") == []
    assert sales(shop) == ["a-1"]
    assert stands(shop) == {"beans": 10, "booked": ["a-1"]}


def test_a_worker_that_dies_before_its_commit_has_done_nothing(shop: Path) -> None:
    sent(shop, order("a-1"))
    assert worked(shop, BEFORE_ITS_COMMIT)[0] == KILLED
    assert sales(shop) == []
    assert stands(shop) == {"beans": 0, "booked": []}
    assert worked(shop) == (0, ["booked"])
    assert stands(shop) == {"beans": 10, "booked": ["a-1"]}


def test_what_will_never_succeed_is_put_aside_and_does_not_stop_the_others(shop: Path) -> None:
    wrong = [order("a-1", "ten"), "no json", {"id": "a-2"}, order("b-1", "11.00")]
    sent(shop, order("b-1"), *wrong, order("c-1"))
    assert worked(shop) == (0, ["booked", "booked"])
    assert len(asked(shop, "SELECT * FROM dead_letters")) == len(wrong)
    assert sales(shop) == ["b-1", "c-1"]
    assert stands(shop)["beans"] == 20


def test_workers_that_are_killed_again_and_again_book_each_event_once(shop: Path) -> None:
    """The broker delivers some messages twice, too."""
    dice = random.Random(5)
    orders = [order(f"a-{number}", "1.00") for number in range(40)]
    sent(shop, *orders, *dice.sample(orders, 10))
    for _ in range(2):
        dying = [
            IN_THE_MIDST.format(count=dice.randint(1, 5), seconds=dice.uniform(0, 0.02))
            for _ in range(2)
        ]
        workers = [started(shop, program) for program in dying]
        problems = [worker.communicate(timeout=120)[1] for worker in workers]
        assert [worker.returncode for worker in workers] == [KILLED, KILLED], problems
    assert asked(shop, "SELECT count(*) FROM messages") != [(0,)], (
        "nothing was left to be killed at"
    )
    assert worked(shop)[0] == 0
    ids = sorted(one["id"] for one in orders)
    assert sales(shop) == ids
    assert stands(shop) == {"beans": 40, "booked": ids}
