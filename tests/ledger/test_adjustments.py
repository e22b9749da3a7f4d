"""What is changed by hand says who did it and why: in the decision, the receipt, and the member's history."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import Event, parse_event
from tests.ledger.shop import STORES, Opener, bought, opener, sound
from tests.semantics.shop import rules

LEVELS = """
status:
  type: tiers
  window: year
  levels: [{id: green}, {id: gold, at: {beans.base: 1000}}]
  keep: {through: window}
"""
RULES = rules(programs=LEVELS)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def adjusted(id: str, day: str = "2026-03-12", **fields: object) -> Event:
    head = {"id": id, "type": "adjustment", "member": "m-1", "occurred_at": f"{day}T12:00:00Z"}
    return parse_event({**head, **fields})


def test_points_given_by_hand_say_why_and_by_whom(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        lost = adjusted(
            "a-1", program="beans", points=50, reason="the parcel was lost", author="mara"
        )
        receipt = ledger.record(lost)
        assert receipt.notes == ("by hand, because the parcel was lost (mara)",)
        assert receipt.decision is not None
        [passage] = receipt.decision.explain().passages
        assert passage.why == "by hand: 50 beans, because the parcel was lost (mara)"
        [item] = ledger.statement("m-1").history
        assert item.notes == receipt.notes
        assert ledger.record(lost).notes == receipt.notes  # sent again


def test_a_level_and_points_taken_say_so_too_and_without_a_reason_nothing_is_made_up(
    open_one: Opener,
) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(bought("80.00"))
        told = []
        for number, fields in enumerate(
            (
                {"program": "status", "level": "gold", "author": "mara"},
                {"program": "beans", "points": -30, "reason": "counted twice"},
                {"program": "beans", "points": -1},
            )
        ):
            receipt = ledger.record(adjusted(f"a-{number}", **fields))
            assert receipt.decision is not None
            told += [one.why for one in receipt.decision.explain().passages]
        assert told == [
            "by hand: the level `gold` (mara)",
            "by hand: -30 beans, because counted twice",
            "by hand: -1 point of beans",
        ]
        assert [item.notes for item in ledger.statement("m-1").history] == [
            (),
            ("by hand (mara)",),
            ("by hand, because counted twice",),
            (),
        ]


def test_one_that_comes_late_says_it_as_well_and_who_is_erased_takes_it_along(
    open_one: Opener,
) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(bought("80.00", day="2026-03-20"))
        fields = {"program": "beans", "points": 5, "reason": "a broken cup", "author": "mara"}
        receipt = ledger.record(adjusted("a-1", **fields))
        assert (receipt.late, receipt.notes) == (True, ("by hand, because a broken cup (mara)",))
        ledger.erase("m-1")
        assert not any(
            "cup" in note for one in ledger.statement("m-1").history for note in one.notes
        )
        assert ledger.record(adjusted("a-1", **fields)).status == "duplicate"
