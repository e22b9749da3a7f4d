"""``loyalty-rules draw``: the entries of a raffle, and who wins with a seed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from loyalty_rules import open_ledger
from tests.cli.conftest import Run
from tests.ledger.networks import event
from tests.ledger.shop import NOW
from tests.ledger.test_raffles import drawing, filled, raffle, won_by_hand
from tests.postgres.shared import new_url


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_command_shows_entries_and_winners(run: Run, store: str, tmp_path: Path) -> None:
    url = new_url() if store == "postgres" else f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(), now=lambda: NOW) as ledger:
        owners = filled(ledger)
        ledger.record(drawing())
    listed = run("draw", "summer", "--store", url)
    assert listed.exit_code == 0
    assert {line.split(" ", 1)[1] for line in listed.stdout.splitlines()} == set(owners)
    shown = run("draw", "summer", "--store", url, "--seed", "4711", "--format", "json")
    said = json.loads(shown.stdout)
    assert [one["member"] for one in said["winners"]] == won_by_hand(owners, "4711", 3, 1)
    lines = "".join(f"{one}\n" for one in sorted(owners))
    assert said["digest"] == sha256(lines.encode()).hexdigest() and said["drawn"]
    assert said["draw"] == {"seed": "4711", "entries": len(owners), "digest": said["digest"]}
    assert run("draw", "winter", "--store", url).exit_code == 1


def test_with_a_seed_it_says_how_the_raffle_was_drawn(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(), now=lambda: NOW) as ledger:
        number = len(filled(ledger))
        assert "drawn with" not in run("draw", "summer", "--store", url, "--seed", "1").stdout
        ledger.record(drawing())
        shown = run("draw", "summer", "--store", url, "--seed", "4711").stdout.splitlines()
        assert shown[-1] == "drawn with the seed 4711 among these"
        digest = shown[-2].split(", ")[1]
        ledger.erase("m-3")
    shown = run("draw", "summer", "--store", url, "--seed", "4711").stdout.splitlines()
    assert shown[-3].startswith(f"{number - 4} entries, ")
    assert shown[-2:] == [
        f"drawn with the seed 4711 among {number} entries, {digest}",
        "members were erased or merged since: who won stands in the ledger",
    ]


def test_who_was_merged_since_may_be_passed_over_and_that_is_said(run: Run, tmp_path: Path) -> None:
    """The list has the same entries and the same digest; but two who won are one member in it."""
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(winners=12), now=lambda: NOW) as ledger:
        filled(ledger)
        ledger.record(drawing())
        before = json.loads(shown(run, url))
        at = datetime(2026, 9, 10, tzinfo=UTC)
        ledger.record(event("one", "merge", "m-3", at, into="m-2"))
    after = json.loads(shown(run, url))
    assert (before["as_drawn"], after["as_drawn"]) == (True, False)
    assert before["digest"] == after["digest"] == after["draw"]["digest"]
    assert len(before["winners"]) == 12 and len(after["winners"]) == 11


def shown(run: Run, url: str) -> str:
    return run("draw", "summer", "--store", url, "--seed", "4711", "--format", "json").stdout


def test_a_raffle_that_was_drawn_among_nobody_stays_so(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(), now=lambda: NOW) as ledger:
        ledger.record(drawing())
        filled(ledger)
    shown = run("draw", "summer", "--store", url)
    assert shown.exit_code == 1
    assert "nobody has an entry that was drawn in `summer`" in shown.stderr


def test_of_a_draw_whose_record_was_erased_nothing_is_told(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(), now=lambda: NOW) as ledger:
        filled(ledger)
        ledger.record(drawing())
        ledger.erase("the-shop")
    shown = run("draw", "summer", "--store", url, "--seed", "4711", "--format", "json")
    said = json.loads(shown.stdout)
    assert said["drawn"] and said["draw"] == {"seed": "", "entries": 0, "digest": ""}
