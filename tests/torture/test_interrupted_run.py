"""A run into a ledger that is killed in the middle, and repeated."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.coffee_year import write
from loyalty_rules import load, open_ledger
from loyalty_rules.domain.record_codec import write_state
from tests.house.laws import ROOT

RULES = ROOT / "rules" / "coffee-club" / "rules.yaml"
EVENTS = 800


def start(events: Path, store: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "loyalty_rules", "run", str(RULES), str(events)]
    command += ["--store", f"sqlite:///{store}", "--as-of", "2025-12-31"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def entries(store: Path) -> int:
    if not store.exists():
        return 0
    connection = sqlite3.connect(store)
    try:
        found: int = connection.execute("SELECT count(*) FROM loyalty_entries").fetchone()[0]
    except sqlite3.OperationalError:  # the tables are being made
        found = 0
    finally:
        connection.close()
    return found


def states(store: Path) -> list[str]:
    with open_ledger(f"sqlite:///{store}", load(RULES)) as ledger:
        assert ledger.verify().is_clean
        return sorted(write_state(state) for state in ledger.states())


def test_a_run_that_was_killed_and_repeated_ends_in_the_same_state(tmp_path: Path) -> None:
    events, whole, torn = tmp_path / "year.jsonl", tmp_path / "whole.db", tmp_path / "torn.db"
    write(events, EVENTS, seed=3)
    first = start(events, whole)
    first.communicate()
    assert first.returncode == 0
    killed = 0
    for stop_at in (1, EVENTS // 3, EVENTS // 2):
        process = start(events, torn)
        while process.poll() is None and entries(torn) < stop_at:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL and entries(torn) < entries(whole)
    assert killed == 3
    last = start(events, torn)
    said, _ = last.communicate()
    assert last.returncode == 0
    assert b"duplicate" in said
    assert entries(torn) == entries(whole)
    assert states(torn) == states(whole)
