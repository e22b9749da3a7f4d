"""A store on the command line: events are booked once, a member's account is shown, the book is checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty_rules.cli import main

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules" / "coffee-club" / "rules.yaml"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'club.db'}"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Two purchases of one member and the return of the first."""
    lines = [{"sku": "BEANS-1KG", "category": "beans", "quantity": 2, "amount": "25.00"}]
    head = {"member": "m-1", "currency": "EUR"}
    found = [
        {"id": "p-1", "type": "purchase", "occurred_at": "2026-03-03T10:00:00Z", "lines": lines},
        {"id": "p-2", "type": "purchase", "occurred_at": "2026-03-04T10:00:00Z", "lines": lines},
        {
            "id": "r-1",
            "type": "return",
            "occurred_at": "2026-03-05T10:00:00Z",
            "order": "p-1",
            "lines": [{"line": "1", "quantity": 1}],
        },
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps({**head, **one}) + "\n" for one in found), "utf-8")
    return file


def run(*words: str | Path) -> str:
    """What a command prints; it must end with 0."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


def book(events: Path, store: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        run("run", RULES, events, "--store", store, "--format", "json")
    )
    return found


def test_a_second_run_books_nothing(events: Path, store: str) -> None:
    first = book(events, store)
    again = book(events, store)
    assert first["by_status"] != again["by_status"]
    assert "duplicate" in json.dumps(again["by_status"])
    shown = run("member", "m-1", "--store", store)
    assert "37" in shown, "25 for each of two orders, less half of the first, rounded down"


def test_the_book_is_verified_rebuilt_and_exported(
    events: Path, store: str, tmp_path: Path
) -> None:
    book(events, store)
    assert run("ledger", "verify", "--store", store)
    assert run("ledger", "rebuild", "--store", store)
    exported = tmp_path / "book.jsonl"
    run("ledger", "export", "--store", store, "--out", exported)
    assert exported.read_text("utf-8").count("p-1") >= 1
