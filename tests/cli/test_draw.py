"""``loyalty-rules draw``: the entries of a raffle, and who wins with a seed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from loyalty_rules import open_ledger
from tests.cli.conftest import Run
from tests.ledger.shop import NOW
from tests.ledger.test_raffles import drawing, filled, raffle, won_by_hand
from tests.postgres.shared import new_url


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_command_shows_entries_and_winners(run: Run, store: str, tmp_path: Path) -> None:
    url = new_url() if store == "postgres" else f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, raffle(), now=lambda: NOW) as ledger:  # type: ignore[arg-type]
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
    assert run("draw", "winter", "--store", url).exit_code == 1
