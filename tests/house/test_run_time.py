"""Deciding an event calls no hook and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pluggy

import loyalty_rules as lr
from tests.house.laws import ROOT

PLUGGY = str(Path(pluggy.__file__).parent)
HEAVY = ("sqlalchemy", "alembic", "click", "rich", "jsonschema", "babel", "persiantools")
RULES = """\
ruleset: house
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, value: 0.01, basis: {tax: included}, expiry: never}
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
"""
EVENT = {
    "id": "e-1",
    "type": "purchase",
    "member": "m-1",
    "occurred_at": "2026-03-07T10:15:00+01:00",
    "currency": "EUR",
    "lines": [{"id": "1", "quantity": 1, "amount": "25.00"}],
}
IN_A_FRESH_PROCESS = """
import json, sys
import loyalty_rules as lr
rules = lr.load(sys.argv[1])
decision = rules.decide(lr.parse_event(json.loads(sys.argv[2])))
assert decision.points["beans"] == 25, decision.points
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def write_rules(folder: Path) -> Path:
    path = folder / "rules.yaml"
    path.write_text(RULES, "utf-8")
    return path


def pluggy_calls(act: Callable[[], object]) -> int:
    """How many calls of functions of pluggy happen while ``act`` runs."""
    calls = 0

    def count(frame: FrameType, what: str, _: object) -> None:
        nonlocal calls
        calls += what == "call" and frame.f_code.co_filename.startswith(PLUGGY)

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def test_plugins_are_asked_at_load_and_never_for_an_event(tmp_path: Path) -> None:
    path, event = write_rules(tmp_path), lr.parse_event(EVENT)
    assert (
        pluggy_calls(lr.Registry.builtin) > 0
    )  # so the probe sees hook calls where there are some
    rules = lr.load(path)
    assert pluggy_calls(lambda: rules.decide(event)) == 0


def test_deciding_an_event_imports_nothing_heavy(tmp_path: Path) -> None:
    import json

    run = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS, str(write_rules(tmp_path)), json.dumps(EVENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(run.stdout.split())
    assert "loyalty_rules" in imported
    assert imported.isdisjoint(HEAVY)


IN_MEMORY = """
import json, sys
import loyalty_rules as lr
with lr.open_ledger("memory:", lr.load(sys.argv[1])) as ledger:
    receipt = ledger.record(lr.parse_event(json.loads(sys.argv[2])))
    assert receipt.points["beans"] == 25 and ledger.verify().is_clean
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_a_ledger_in_memory_needs_no_database(tmp_path: Path) -> None:
    import json

    run = subprocess.run(
        [sys.executable, "-c", IN_MEMORY, str(write_rules(tmp_path)), json.dumps(EVENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(run.stdout.split()).isdisjoint({*HEAVY, "sqlite3"})
