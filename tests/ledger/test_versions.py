"""A ledger with a folder of versions: each event is booked by the version that was in force when it
occurred, and a return by that of its purchase."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import loyalty_rules as lr
from tests.ledger.shop import STORES, back, beans, bought, brought, opener
from tests.service.test_versions import MONTHLY, NEW, OLD, STATUS, folder, text


@pytest.fixture
def club(tmp_path: Path) -> lr.RuleSet:
    """Double points until 31 March."""
    return lr.load(folder(tmp_path / "club", old=OLD, new=NEW))


@pytest.mark.parametrize("store", STORES)
def test_e43_the_version_of_the_purchase_decides_its_return(
    store: str, tmp_path: Path, club: lr.RuleSet
) -> None:
    with opener(store, tmp_path)(club) as ledger:
        given = ledger.record(bought("100.00", id="p-1", day="2026-03-30"))
        taken = ledger.record(back("p-1", id="r-1", day="2026-04-05"))
        assert (given.points["beans"], taken.points["beans"]) == (200, -200)
        assert ledger.balance("m-1")["beans"].total == 0
        assert ledger.verify().is_clean


@pytest.mark.parametrize("store", STORES)
def test_e48_an_exchange_is_two_entries_each_under_its_own_version(
    store: str, tmp_path: Path, club: lr.RuleSet
) -> None:
    with opener(store, tmp_path)(club) as ledger:
        ledger.record(bought("20.00", "40.00", id="p-1", day="2026-03-30"))
        ticket = [back("p-1", ("2", 1), id="t-1-back", day="2026-04-05")]
        ticket.append(bought("55.00", id="t-1", day="2026-04-05"))
        receipts = ledger.record_many(ticket)
        assert [one.points["beans"] for one in receipts] == [-80, 55]
        assert [one.sequence for one in receipts] == [3, 2], (
            "at one instant the purchase comes first"
        )
        assert ledger.balance("m-1")["beans"].total == 40 + 55


def test_a_return_finds_its_version_after_the_folder_has_gone_on(tmp_path: Path) -> None:
    """The text of every version is kept with what was booked by it."""
    open_one = opener("sqlite", tmp_path)
    both = lr.load(folder(tmp_path / "both", old=OLD, new=NEW))
    with open_one(both, file="club.db") as ledger:
        ledger.record(bought("100.00", id="p-1", day="2026-03-30"))
    later = lr.load(folder(tmp_path / "later", new=NEW))
    with open_one(later, file="club.db") as ledger:
        taken = ledger.record(back("p-1", id="r-1", day="2026-04-05"))
        assert (taken.points["beans"], taken.notes) == (-200, ())
        assert ledger.record(bought("10.00", id="p-2", day="2026-03-30")).status == "refused"
    with open_one(both, file="club.db") as ledger:
        assert ledger.record(bought("10.00", id="p-2", day="2026-03-30")).points["beans"] == 20


def test_an_order_that_came_late_is_decided_by_the_version_of_its_day(
    tmp_path: Path, club: lr.RuleSet
) -> None:
    with opener("memory", tmp_path)(club) as ledger:
        assert ledger.record(bought("10.00", id="p-1", day="2026-04-05")).points["beans"] == 10
        assert ledger.record(bought("10.00", id="p-2", day="2026-03-05")).points["beans"] == 20
        assert ledger.record(bought("10.00", id="p-2", day="2026-03-05")).status == "duplicate"


def test_a_statement_shows_levels_of_the_version_in_force_now(tmp_path: Path) -> None:
    old = text("1", "{through: 2026-03-31}", 2, STATUS.format(gold=100))
    new = text("2", "{from: 2026-04-01}", 1, STATUS.format(gold=1000))
    club = lr.load(folder(tmp_path / "club", old=old, new=new))
    now = [datetime(2026, 3, 30, 20, tzinfo=UTC)]
    with opener("memory", tmp_path)(club, now=lambda: now[0]) as ledger:
        ledger.record(bought("100.00", id="p-1", day="2026-03-30"))
        assert [one.level for one in ledger.statement("m-1").levels] == ["gold"]
        now[0] = datetime(2026, 4, 30, tzinfo=UTC)
        assert [one.level for one in ledger.statement("m-1").levels] == ["green"]


def test_a_program_that_is_gone_keeps_its_points(tmp_path: Path) -> None:
    stars = NEW.replace("beans", "stars")
    open_one = opener("sqlite", tmp_path)
    gone = lr.load(folder(tmp_path / "gone", old=OLD, new=stars))
    with open_one(gone, file="club.db") as ledger:
        ledger.record(bought("100.00", id="p-1", day="2026-03-30"))
        taken = ledger.record(bought("10.00", id="p-2", day="2026-04-30"))
        assert taken.points == {"stars": 10}
        balance = ledger.balance("m-1")
        assert (balance["beans"].total, balance["stars"].total) == (200, 10)
        assert ledger.record(back("p-1", id="r-1", day="2026-05-05")).points["beans"] == -200
        assert ledger.verify().is_clean
        assert ledger.statement("m-1").history[0].points == {"beans": 200}


@pytest.mark.parametrize(
    "taken",
    [
        back("p-1", id="r-1", day="2026-04-05"),
        brought(("A", 1, "10.00"), id="r-1", day="2026-04-05"),
    ],
    ids=["of an order", "of an item"],
)
def test_before_a_return_time_passes_by_every_version_that_was_in_force(
    tmp_path: Path, taken: lr.Event
) -> None:
    """March was the old version's, and so is what its end gives: also where a return comes in April first,
    and where that is told again for an order that came late."""
    old = OLD + MONTHLY.format(at="end", points=100)
    club = lr.load(folder(tmp_path / "club", old=old, new=NEW))
    line = {"sku": "A", "quantity": 1, "amount": "10.00"}
    with opener("memory", tmp_path)(club) as ledger:
        ledger.record(bought(id="p-1", day="2026-03-05", lines=[line]))
        assert ledger.record(taken).points["beans"] == -20
        assert beans(ledger) == 100
        assert ledger.record(bought("10.00", id="p-2", day="2026-03-06")).late
        assert beans(ledger) == 100 + 20
        assert ledger.verify().is_clean


CARD = """\
  card:
    type: challenge
    counts: {{event: purchase, adds: amount}}
    target: 15
    repeat: true
    rest: {rest}
    give: {{type: bonus, program: {program}, points: 50}}
"""
STARS = "  stars: {type: points, value: 0.01, basis: {tax: included}, expiry: never}\n"


def test_an_award_of_a_program_that_is_gone_stays_when_a_later_order_comes_back(
    tmp_path: Path,
) -> None:
    """The card is counted again by rules that carry what was dropped, and have no stars any more."""
    old = text("1", "{through: 2026-03-31}", 2, STARS + CARD.format(program="stars", rest="drop"))
    new = text("2", "{from: 2026-04-01}", 1, CARD.format(program="beans", rest="carry"))
    club = lr.load(folder(tmp_path / "club", old=old, new=new))
    with opener("memory", tmp_path)(club) as ledger:
        assert ledger.record(bought("40.00", id="p-1", day="2026-03-30")).points["stars"] == 50
        assert ledger.record(bought("5.00", id="p-2", day="2026-04-03")).points["beans"] == 5
        taken = ledger.record(back("p-2", id="r-1", day="2026-04-05"))
        assert (taken.points["beans"], ledger.balance("m-1")["stars"].total) == (-5, 50)
        assert taken.decision is not None
        assert "what was given stays" in str(taken.decision.explain())
        assert ledger.verify().is_clean


def test_a_receipt_again_tells_the_points_of_a_program_that_is_gone(tmp_path: Path) -> None:
    extra = "  - {id: star, event: purchase, give: {type: bonus, program: stars, points: 5}}\n"
    old = text("1", "{through: 2026-03-31}", 2, STARS) + extra
    club = lr.load(folder(tmp_path / "club", old=old, new=NEW))
    with opener("memory", tmp_path)(club) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-03-30"))
        returned = back("p-1", id="r-1", day="2026-04-05")
        for _ in ("the first time", "once more"):
            assert ledger.record(returned).points == {"beans": -20, "stars": -5}
