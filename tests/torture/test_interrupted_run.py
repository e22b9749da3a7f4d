"""The same end of a run into a ledger: from one file, from the file cut in two at a date, and from a run that
is killed in the middle, again and again, and repeated."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import coffee_year
from loyalty_rules import load, open_ledger
from loyalty_rules.cli import main
from loyalty_rules.domain.record_codec import write_state
from tests.batch.test_online_retail import DATA, MAPPING, needs_the_data
from tests.batch.test_online_retail import RULES as YEAR_RULES

CLUB = """\
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
  status:
    type: tiers
    window: last 12 months
    levels: [{id: green}, {id: gold, at: {beans.base: 300}}]
    keep: {through: window}
    on_return: immediate
rules:
  - {id: base, event: purchase, limit: {points: 200, per: month},
     give: {type: points, program: beans, points: 1, per: 1.00}}
  - {id: gold, event: purchase, when: status.level >= "gold",
     give: {type: multiplier, program: beans, times: 2}}
"""
OWN = {"salt", "checksum", "digest", "previous", "hash", "head"}
"""What no two ledgers have in common: each has its salts, and every hash stands on one."""


@dataclass(frozen=True, slots=True)
class History:
    """A file of events, the rules that decide it, and until when."""

    rules: Path
    events: Path
    as_of: str

    def start(self, store: Path, events: Path | None = None) -> subprocess.Popen[bytes]:
        """A run into a ledger."""
        command = [sys.executable, "-m", "loyalty_rules", "run", str(self.rules)]
        command += [str(events or self.events), "--store", f"sqlite:///{store}"]
        command += ["--as-of", self.as_of, "--format", "json"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, store: Path, events: Path | None = None) -> dict[str, Any]:
        """A run that comes to its end; what it says."""
        process = self.start(store, events)
        said, problem = process.communicate()
        assert process.returncode == 0, problem.decode()
        found: dict[str, Any] = json.loads(said)
        return found

    def cut(self, day: str) -> tuple[Path, Path]:
        """What happened before a day, and what happened on it and after it."""
        parts = self.events.with_suffix(".before"), self.events.with_suffix(".after")
        with parts[0].open("wb") as before, parts[1].open("wb") as after:
            for line in self.events.read_bytes().splitlines(keepends=True):
                is_before = json.loads(line)["occurred_at"] < day
                (before if is_before else after).write(line)
        return parts

    def end(self, store: Path) -> dict[str, list[str]]:
        """Everything that a ledger holds, but for what is its own; and it is sound."""
        target = store.with_suffix(".jsonl")
        words = ["ledger", "export", "--store", f"sqlite:///{store}", "--out", str(target)]
        assert CliRunner().invoke(main, words).exit_code == 0
        lines = target.read_text("utf-8").splitlines()
        with open_ledger(f"sqlite:///{store}", load(self.rules)) as ledger:
            report = ledger.verify(seal=False)
            assert report.findings == []
            states = sorted(write_state(state) for state in ledger.states())
        exported = sorted(json.dumps(_common(json.loads(line))) for line in lines)
        books = [json.dumps(report.books, sort_keys=True)]
        return {"states": states, "books": books, "export": exported}


def _common(thing: dict[str, Any]) -> dict[str, Any]:
    """One exported thing without salts and hashes; of the orders of an entry their names stay."""
    kept = {key: value for key, value in thing.items() if key not in OWN}
    if "event" in kept and isinstance(kept["event"], dict):
        kept["event"] = {key: value for key, value in kept["event"].items() if key not in OWN}
        if kept["event"]["id"].startswith("~"):  # made by the ledger, under a name made with a salt
            del kept["event"]["source"]
    if thing["is"] == "entry":
        kept["orders"] = [one[:2] for one in thing["orders"]]
    return kept


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


def kill_at(history: History, store: Path, stop_at: int) -> bool:
    """Start a run and kill it when the ledger has so many entries; whether it was killed before its end."""
    process = history.start(store)
    while process.poll() is None and entries(store) < stop_at:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def check_same(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> None:
    """The same books, states and exported things; what differs is shown, not everything."""
    for word, things in wanted.items():
        missing, more = set(things) - set(found[word]), set(found[word]) - set(things)
        assert (sorted(missing)[:3], sorted(more)[:3]) == ([], []), word
        assert found[word] == things, word


def check_that_all_ends_are_the_same(history: History, folder: Path, day: str) -> dict[str, Any]:
    """Run whole, in two parts, and killed twice; what the whole run said."""
    whole, parted, torn = (folder / f"{name}.db" for name in ("whole", "parted", "torn"))
    said = history.run(whole)
    wanted, total = history.end(whole), entries(whole)
    first, second = (history.run(parted, part) for part in history.cut(day))
    assert first["events"] and second["events"]
    check_same(history.end(parted), wanted)
    for stop_at in (1, total // 2):
        assert kill_at(history, torn, stop_at)
    assert 1 <= entries(torn) < total
    again = history.run(torn)
    assert again["by_status"]["duplicate"] > 0
    check_same(history.end(torn), wanted)
    repeated = history.run(whole)
    assert (repeated["by_status"].get("booked", 0), repeated["points"]) == (0, _none(said))
    check_same(history.end(whole), wanted)
    return said


def _none(said: dict[str, Any]) -> dict[str, int]:
    return dict.fromkeys(said["points"], 0)


def with_more_returns(events: Iterator[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """The events, and returns of all sorts: by order, by item, of nothing, before their purchase."""
    dice = random.Random(seed)
    for event in events:
        yield event
        if event["type"] != "purchase" or dice.random() > 0.15:
            continue
        head = {"id": f"{event['id']}-r", "member": event["member"], "type": "return"}
        head["occurred_at"] = event["occurred_at"].replace("+", f".{dice.randrange(10)}+", 1)
        line = dice.choice(event["lines"])
        sort = dice.randrange(5)
        if sort == 0:
            yield {**head, "type": "cancellation", "order": event["id"]}
        elif sort == 1:
            early = f"{coffee_year.YEAR}-01-01T00:00:00+01:00"
            yield {**head, "type": "cancellation", "order": event["id"], "occurred_at": early}
        elif sort == 2:
            item = {"sku": line["sku"], "quantity": 2, "amount": "1.00"}
            yield {**head, "lines": [item, {**item, "sku": "NEVER-SOLD"}]}
        else:
            quantity = line["quantity"] if sort == 3 else line["quantity"] + dice.randrange(2)
            yield {
                **head,
                "order": event["id"],
                "lines": [{"line": line["id"], "quantity": quantity}],
            }


def test_a_year_of_coffee_ends_the_same_whole_in_parts_or_killed_and_repeated(
    tmp_path: Path,
) -> None:
    rules, events = tmp_path / "rules.yaml", tmp_path / "year.jsonl"
    rules.write_text(CLUB, "utf-8")
    lines = [json.dumps(one) for one in with_more_returns(coffee_year.events(2_000, 5), 5)]
    events.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    history = History(rules, events, f"{coffee_year.YEAR}-12-31")
    said = check_that_all_ends_are_the_same(history, tmp_path, f"{coffee_year.YEAR}-06-15")
    assert said["events"] > 2_200
    assert min(said["returns"][word] for word in ("matched", "partly_matched", "listed")) > 10
    assert said["returns"]["waiting"] == said["by_status"].get("held", 0) < 5


@pytest.mark.slow
@needs_the_data
def test_the_real_year_ends_the_same_whole_in_parts_or_killed_and_repeated(tmp_path: Path) -> None:
    events = tmp_path / "year.jsonl"
    words = ["import", str(MAPPING), str(DATA), "--out", str(events)]
    assert CliRunner().invoke(main, words).exit_code == 0
    history = History(YEAR_RULES, events, "2011-12-31")
    said = check_that_all_ends_are_the_same(history, tmp_path, "2011-06-01")
    assert said["points"] == {"points": 8_902_670}
    assert said["taken_back"] == {"points": 515_622}
    returns = said["returns"]
    assert returns["matched"] + returns["partly_matched"] + returns["listed"] == 3_654
    assert said["by_type"]["return"] == 3_654
