"""Time on the command line: what falls due is booked, and a member's account is shown as it will be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty_rules.cli import main

RULES = """\
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: {after: 3 months}, pending: 14 days, value: 0.01}
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
"""


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A ledger with 45 points of 10 March 2026."""
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.jsonl"
    rules.write_text(RULES, "utf-8")
    line = {"sku": "B", "quantity": 1, "amount": "45.00"}
    event = {
        "id": "p-1",
        "type": "purchase",
        "member": "m-1",
        "occurred_at": "2026-03-10T12:00:00Z",
    }
    events.write_text(json.dumps({**event, "currency": "EUR", "lines": [line]}) + "\n", "utf-8")
    url = f"sqlite:///{tmp_path / 'club.db'}"
    called("run", rules, events, "--store", url)
    return url


def called(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def test_a_member_is_shown_as_he_will_be(store: str) -> None:
    during = called("member", "m-1", "--store", store, "--at", "2026-03-20").stdout
    assert "beans: 0 available, 45 pending" in during
    assert "pending until Tuesday 2026-03-24 00:00" in during
    last = called("member", "m-1", "--store", store, "--at", "2026-06-10").stdout
    assert "beans: 45 available" in last
    assert (
        "beans: 0 available"
        in called("member", "m-1", "--store", store, "--at", "2026-06-11").stdout
    )
    before = called("member", "m-1", "--store", store, "--at", "2026-03-01", code=1)
    assert "backwards" in before.stderr
    assert "bad" not in called("member", "m-1", "--store", store, "--at", "soon", code=2).stdout


def test_what_falls_due_is_booked(store: str) -> None:
    assert called("advance", "--store", store, "--to", "2026-03-23").stdout.startswith(
        "nothing fell due"
    )
    free = called("advance", "--store", store, "--to", "2026-03-24T00:00").stdout
    assert free == "1 entries for 1 members, up to 2026-03-23T23:00:00Z\n"
    back = called("advance", "--store", store, "--to", "2026-03-01", code=1)
    assert "backwards" in back.stderr
    ahead = called("advance", "--store", store, "--to", "2150-01-01", code=1)
    assert "from_the_future" in ahead.stderr
    found = json.loads(
        called("advance", "--store", store, "--to", "2026-06-11", "--format", "json").stdout
    )
    assert (found["members"], found["entries"]) == (1, 1)
    history = called("member", "m-1", "--store", store).stdout
    assert "clock `~clock/2026-06-10T22:00:00+00:00`: -45 beans" in history
    assert "-45 beans (expired)" in history
    called("ledger", "verify", "--store", store)


def test_what_a_late_event_changed_is_told_where_it_stands(tmp_path: Path) -> None:
    """The first order of a member gives 7 more; the one that comes second happened before."""
    rules, events = tmp_path / "rules.yaml", tmp_path / "events.jsonl"
    first = "when: order.number == 1, give: {type: bonus, program: beans, points: 7}"
    rules.write_text(RULES + f"  - {{id: first, event: purchase, {first}}}\n", "utf-8")
    url = f"sqlite:///{tmp_path / 'club.db'}"
    for id, day in (("p-2", "2026-03-12"), ("p-1", "2026-03-10")):
        line = {"sku": "B", "quantity": 1, "amount": "45.00"}
        at = {"occurred_at": f"{day}T12:00:00Z", "currency": "EUR", "lines": [line]}
        events.write_text(
            json.dumps({"id": id, "type": "purchase", "member": "m-1", **at}) + "\n", "utf-8"
        )
        called("run", rules, events, "--store", url, "--as-of", "2026-03-20")
    shown = called("member", "m-1", "--store", url, "--at", "2026-03-20").stdout
    assert "because of it `p-2` comes to 7 beans fewer" in shown
    assert "52 pending" not in shown
    assert "97 pending" in shown
