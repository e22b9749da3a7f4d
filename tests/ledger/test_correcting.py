"""A mistaken version is corrected backwards: shown first, booked once, and everything later builds on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty_rules import LedgerError, RuleSet, load, parse_event
from loyalty_rules.cli import main
from loyalty_rules.service.correcting import Corrected
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.ledger.shop import NOW, STORES, back, beans, bought, opener, sound
from tests.semantics.shop import rules

GIVE = "{id: base, event: purchase, give: {type: points, program: beans, points: %d, per: 1.00}}"
TEN = "{id: first, event: purchase, limit: {times: 1}, give: {type: bonus, program: beans, points: 10}}"
REWARD = "rewards: {coffee: {cost: {program: beans, points: 5}, give: {type: perk, name: coffee}}}"


def version(points: int, *more: str) -> RuleSet:
    return rules(GIVE % points, *more, more=REWARD)


MISTAKEN, RIGHT = version(2, TEN), version(1, TEN)
SINCE = datetime(2026, 3, 10, tzinfo=UTC)


def year(ledger: Ledger) -> None:
    """Purchases before and after the mistake, returns, a late event, something redeemed."""
    ledger.record(bought("10.00", id="before", day="2026-03-05"))
    ledger.record(bought("30.00", "20.00", id="p-1", day="2026-03-11"))
    ledger.record(bought("7.00", id="p-2", day="2026-03-13"))
    ledger.record(back("p-1", ("2", 1), id="r-1", day="2026-03-14"))
    ledger.record(bought("3.00", id="late", day="2026-03-12"))
    ledger.record(bought("100.00", id="b-1", member="m-2", day="2026-03-04"))
    ledger.record(bought("8.00", id="c-1", member="m-3", day="2026-03-15"))


def correct(ledger: Ledger, rule_set: RuleSet = RIGHT, *, book: bool = True) -> list[Corrected]:
    return list(ledger.correct(SINCE, rule_set, reason="a typing mistake", author="ann", book=book))


@pytest.mark.parametrize("store", STORES)
def test_a_correction_is_shown_first_then_booked_and_only_once(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(MISTAKEN)) as ledger:
        year(ledger)
        had = [beans(ledger, f"m-{n}") for n in (1, 2, 3)]
        shown = correct(ledger, book=False)
        assert [beans(ledger, f"m-{n}") for n in (1, 2, 3)] == had
        assert [(one.member, one.points, one.status) for one in shown] == [
            ("m-1", (("beans", -40),), "shown"),
            ("m-3", (("beans", -8),), "shown"),
        ]
        assert [(one.rule, one.points) for one in shown[0].by_rule] == [("base", -40)]
        booked = correct(ledger)
        assert [(one.member, one.points, one.status) for one in booked] == [
            ("m-1", (("beans", -40),), "booked"),
            ("m-3", (("beans", -8),), "booked"),
        ]
        assert [beans(ledger, f"m-{n}") for n in (1, 2, 3)] == [had[0] - 40, had[1], had[2] - 8]  # type: ignore[operator]
        assert correct(ledger) == correct(ledger, book=False) == []
        assert ledger.advance().damaged == ()


def test_an_account_that_was_corrected_stands_where_the_right_rules_have_it(tmp_path: Path) -> None:
    """All of its events decided by the right version from the beginning: the same lots, the same sums."""
    with (
        opener("memory", tmp_path)(MISTAKEN) as ledger,
        opener("memory", tmp_path)(RIGHT) as other,
    ):
        year(ledger)
        year(other)
        list(ledger.correct(datetime(2026, 1, 1, tzinfo=UTC), RIGHT, book=True))
        for member in ("m-1", "m-2", "m-3"):
            here, there = ledger.balance(member)["beans"], other.balance(member)["beans"]
            assert (here.available, here.owed) == (there.available, there.owed)
            assert [(lot.granted, lot.left) for lot in here.lots] == [
                (lot.granted, lot.left) for lot in there.lots
            ]
        mine, theirs = ledger.verify().books["beans"], other.verify().books["beans"]
        assert {name: left for name, left in mine.items() if left} == {
            name: left for name, left in theirs.items() if left
        }


@pytest.mark.parametrize("store", STORES)
def test_what_comes_later_builds_on_the_correction(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(MISTAKEN)) as ledger:
        year(ledger)
        correct(ledger)
        before = beans(ledger)
        # a return takes back what now stands, and a late event retells with the right rules
        assert ledger.record(back("p-1", ("1", 1), id="r-2", day="2026-04-01")).points == {
            "beans": -30
        }
        assert beans(ledger) == before - 30  # type: ignore[operator]
        late = ledger.record(bought("4.00", id="later", day="2026-03-11"))
        assert late.late
        # that one was decided by the rules that the ledger is still opened with: it is corrected, too
        assert [one.points for one in correct(ledger)] == [(("beans", -4),)]
        assert beans(ledger) == before - 30 + 4  # type: ignore[operator]
        assert correct(ledger) == []


def test_receipts_stay_and_the_statement_explains(tmp_path: Path) -> None:
    with sound(opener("sqlite", tmp_path)(MISTAKEN)) as ledger:
        year(ledger)
        first = ledger.record(bought("7.00", id="p-2", day="2026-03-13"))
        correct(ledger)
        again = ledger.record(bought("7.00", id="p-2", day="2026-03-13"))
        assert again == first
        item = ledger.statement("m-1").history[-1]
        assert (item.type, item.event.startswith("~correction/")) == ("correction", True)
        assert item.points == {"beans": -40}
        assert item.notes[0] == (
            "corrected from 2026-03-10T00:00:00Z on: version 1 was put in place,"
            " because a typing mistake (ann)"
        )
        assert "because of it `p-1` comes to 50 beans fewer" in item.notes


def test_a_redemption_that_was_accepted_stays_accepted(tmp_path: Path) -> None:
    with sound(opener("memory", tmp_path)(version(2))) as ledger:
        ledger.record(bought("10.00", id="p-1", day="2026-03-11"))
        taken = {"type": "redemption", "id": "red", "member": "m-1", "take": {"coffee": 4}}
        assert (
            ledger.record(parse_event({**taken, "occurred_at": "2026-03-12T12:00:00Z"})).status
            == "booked"
        )
        assert beans(ledger) == 0
        [one] = correct(ledger, version(1))
        assert one.status == "booked"
        assert ledger.balance("m-1")["beans"].owed == 10
        undone = {"type": "redemption_cancelled", "id": "un", "member": "m-1", "redemption": "red"}
        receipt = ledger.record(parse_event({**undone, "occurred_at": "2026-03-13T12:00:00Z"}))
        assert receipt.status == "booked", receipt.refusal
        assert beans(ledger) == 10


def test_who_cannot_be_corrected_is_left_and_named(tmp_path: Path) -> None:
    other = rules(GIVE % 1, TEN, more=REWARD, currency="CHF")
    with sound(opener("memory", tmp_path)(MISTAKEN)) as ledger:
        year(ledger)
        had = beans(ledger)
        found = correct(ledger, other)
        assert {one.status for one in found} == {"left"} and all(one.wrong for one in found)
        assert beans(ledger) == had


def test_wrong_corrections_are_told(tmp_path: Path) -> None:
    with opener("memory", tmp_path)(MISTAKEN) as ledger:
        with pytest.raises(LedgerError, match="belongs to the rule set"):
            list(ledger.correct(SINCE, load_other(tmp_path)))
        with pytest.raises(LedgerError, match="in the past"):
            list(ledger.correct(NOW.replace(year=2030), RIGHT))


def load_other(folder: Path) -> RuleSet:
    text = next(iter(RIGHT.sources.values()))
    path = folder / "other.yaml"
    path.write_text(text.replace("ruleset: example", "ruleset: another"), "utf-8")
    return load(path)


def test_one_damaged_account_does_not_stop_the_correction_of_the_others(tmp_path: Path) -> None:
    import sqlite3

    with opener("sqlite", tmp_path)(MISTAKEN, file="shop.db") as ledger:
        year(ledger)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("UPDATE loyalty_accounts SET head = zeroblob(32) WHERE member = 1")
    connection.close()
    with opener("sqlite", tmp_path)(MISTAKEN, file="shop.db") as ledger:
        found = correct(ledger)
        assert [(one.account, one.status) for one in found] == [(1, "left"), (3, "booked")]


def test_a_ledger_is_corrected_on_the_command_line(tmp_path: Path) -> None:
    path, right = tmp_path / "shop.db", tmp_path / "right.yaml"
    right.write_text(next(iter(RIGHT.sources.values())), "utf-8")
    with open_ledger(f"sqlite:///{path}", MISTAKEN) as ledger:
        year(ledger)
        had = beans(ledger)
    words = ["ledger", "correct", "--store", f"sqlite:///{path}", "--from", "2026-03-10"]
    words += ["--rules", str(right), "--reason", "a typing mistake", "--author", "ann"]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 0, shown.output
    assert "m-1: beans -40 (base: beans -40)\n" in shown.output
    assert "2 members, beans -48 from 2026-03-09T23:00:00Z on: not booked" in shown.output
    booked = CliRunner().invoke(main, [*words, "--book", "--format", "json"])
    assert [json.loads(line)["status"] for line in booked.output.splitlines()] == [
        "booked",
        "booked",
    ]
    again = CliRunner().invoke(main, [*words, "--book"])
    assert "0 members, no points" in again.output
    told = CliRunner().invoke(main, ["member", "m-1", "--store", f"sqlite:///{path}"])
    assert told.exit_code == 0 and "corrected from" in told.output
    with open_ledger(f"sqlite:///{path}", RIGHT) as ledger:
        assert beans(ledger) == had - 40  # type: ignore[operator]
        assert ledger.verify().is_clean and ledger.rebuild().is_identical


def test_what_comes_late_after_a_correction_finds_it_done(tmp_path: Path) -> None:
    """Also what happened before the late event stays corrected."""
    now = datetime(2026, 4, 1, tzinfo=UTC)
    with sound(opener("memory", tmp_path)(MISTAKEN, now=lambda: now)) as ledger:
        ledger.record(bought("30.00", id="p-1", day="2026-03-11"))
        ledger.record(bought("7.00", id="p-2", day="2026-03-20"))
        correct(ledger)
        assert beans(ledger) == 47
        late = ledger.record(bought("3.00", id="p-3", day="2026-03-15"))
        assert (late.late, beans(ledger)) == (True, 53)  # this ledger is open with the mistake
