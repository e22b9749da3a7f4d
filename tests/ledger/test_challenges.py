"""Challenges in a ledger: booked once, rebuilt without rules, the same in every order of delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty_rules import Event, parse_event
from loyalty_rules.cli import main
from loyalty_rules.domain.record_codec import write_state
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import STORES, back, bought, opener
from tests.semantics.shop import BASE, rules

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)
PROGRAMS = """
card:
  type: challenge
  title: Every second order
  counts: {event: purchase}
  target: 2
  repeat: true
  rest: carry
  give: {type: bonus, program: beans, points: 20}
weeks:
  type: challenge
  counts: {event: purchase}
  streak: week
  target: 2
  repeat: true
  give: {type: bonus, program: beans, points: 30}
back:
  type: spend
  window: month
  per_full: 50.00
  pays: at_end
  rest: carry
  give: {type: bonus, program: beans, points: 5}
welcome:
  type: challenge
  opens: {event: grant}
  lasts: 14 days
  counts: {event: purchase, adds: amount}
  target: 80.00
  give: {type: product, sku: CUP}
"""
HAND = "{id: hand, event: signup, give: {type: grant, challenge: welcome}}"
CLUB = rules(BASE, HAND, programs=PROGRAMS)
EVENTS = [
    parse_event(
        {"id": "s-1", "type": "signup", "member": "m-1", "occurred_at": "2026-03-01T08:00:00Z"}
    ),
    bought("60.00", id="p-1", day="2026-03-02"),
    bought("30.00", id="p-2", day="2026-03-09"),
    bought("20.00", id="p-3", day="2026-03-25"),
    back("p-1", id="c-1", day="2026-04-02"),
    bought("10.00", id="p-4", day="2026-04-03"),
]


def told(ledger: Ledger) -> str:
    [state] = ledger.states()
    return write_state(state)


@pytest.mark.parametrize("store", STORES)
def test_challenges_are_booked_and_rebuilt(store: str, tmp_path: Path) -> None:
    with opener(store, tmp_path)(CLUB, now=lambda: NOW) as ledger:
        points = [ledger.record(event).points.get("beans", 0) for event in EVENTS]
        assert points == [0, 60, 30 + 20 + 30, 20, -60 - 30 - 5, 10 + 30]
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(list(permutations(EVENTS))[3::60], id="some"),
        pytest.param(list(permutations(EVENTS)), id="all", marks=pytest.mark.slow),
    ],
)
def test_any_order_of_delivery_gives_the_same_challenges(orders: list[tuple[Event, ...]]) -> None:
    with open_ledger("memory:", CLUB, now=lambda: NOW) as ledger:
        for event in EVENTS:
            ledger.record(event)
        expected = told(ledger)
    for order in orders:
        with open_ledger("memory:", CLUB, now=lambda: NOW) as ledger:
            for event in order:
                assert ledger.record(event).status in ("booked", "held")
            assert told(ledger) == expected
            assert ledger.verify().is_clean


def test_a_member_sees_what_is_open_and_what_is_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, CLUB, now=lambda: datetime(2026, 3, 10, tzinfo=UTC)) as ledger:
        for event in EVENTS[:2]:
            ledger.record(event)
    asked = ["member", "m-1", "--store", url, "--at", "2026-03-10T12:00:00Z"]
    shown = CliRunner().invoke(main, asked).output
    assert "Every second order: 1 of 2, 1 missing\n" in shown
    assert "weeks: 1 week of 2 weeks, 1 week missing\n" in shown
    step = "40.00 EUR missing to a full step of 50.00 EUR, until Wednesday 2026-04-01 00:00"
    assert f"back: 60.00 EUR, {step}\n" in shown
    assert "welcome: 60.00 EUR of 80.00 EUR, 20.00 EUR missing, until Monday 2026-03-16" in shown
    plain = json.loads(CliRunner().invoke(main, [*asked, "--format", "json"]).output)
    assert [one["missing"] for one in plain["challenges"] if one["challenge"] == "card"] == ["1"]
