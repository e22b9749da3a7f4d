"""What is given beside points waits in the outbox, written with its entry and made again from the log."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty_rules import CorruptLedger, Ledger
from loyalty_rules.cli import main
from loyalty_rules.ledger.outbox import OutboxItem
from loyalty_rules.ledger.statements import OUTBOX_AFTER
from tests.ledger.shop import STORES, back, bought, opener, sound
from tests.ledger.test_merging import one_member
from tests.semantics.shop import BASE, rules

VOUCHER = "{id: five, event: purchase, give: {type: voucher, amount: 5.00, valid: 30 days}}"
RULES = rules(BASE, VOUCHER)


def said(items: list[OutboxItem]) -> list[tuple[str, int, str, str]]:
    return [(one.member, one.entry, one.action, one.kind) for one in items]


@pytest.mark.parametrize("store", STORES)
def test_a_grant_and_its_withdrawal_wait_in_the_outbox(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        ledger.record(bought("30.00", id="p-1"))
        ledger.record(bought("30.00", id="p-2", member="m-2"))
        ledger.record(back("p-1"))
        items = list(ledger.outbox())
        assert said(items) == [
            ("m-1", 1, "granted", "voucher"),
            ("m-1", 2, "withdrawn", "voucher"),
            ("m-2", 1, "granted", "voucher"),
        ]
        assert items[0].grant == items[1].grant != items[2].grant
        assert (items[0].payload["amount_minor"], items[0].payload["rule"]) == (500, "five")
        assert {one.status for one in items} == {"new"}
        assert list(ledger.outbox("delivered")) == []


def test_a_grant_whose_booking_is_rolled_back_never_waits(tmp_path: Path) -> None:
    with opener("memory", tmp_path)(RULES) as ledger:
        with pytest.raises(ZeroDivisionError), ledger._store.writing():
            raise ZeroDivisionError
        assert list(ledger.outbox()) == []
        ledger.quote(bought("30.00"))
        assert list(ledger.outbox()) == []


def whose(ledger: Ledger) -> list[tuple[str | None, str | None, int]]:
    """By which name each thing is handed over, and for whom and where it was booked."""
    return [(one.member, one.booked_for, one.account) for one in ledger.outbox()]


@pytest.mark.parametrize("store", STORES)
def test_what_waits_is_told_for_the_one_who_its_member_is_by_now(
    store: str, tmp_path: Path
) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        for number, member in enumerate(("ana", "ben", "cem"), 1):
            ledger.record(bought("30.00", id=f"p-{number}", member=member))
        assert whose(ledger) == [("ana", "ana", 1), ("ben", "ben", 2), ("cem", "cem", 3)]
        ledger.record(one_member("ben", "ana", "m-1"))
        assert whose(ledger) == [("ana", "ana", 1), ("ana", "ben", 2), ("cem", "cem", 3)]
        ledger.record(one_member("ana", "cem", "m-2"))
        assert whose(ledger) == [("cem", "ana", 1), ("cem", "ben", 2), ("cem", "cem", 3)]
        # what comes under an old name is booked where its member is
        ledger.record(bought("30.00", id="p-4", member="ben", day="2026-05-01"))
        assert whose(ledger)[3:] == [("cem", "cem", 3)]
        ledger.record(back("p-2", member="ana", day="2026-05-02"))
        items = list(ledger.outbox())
        [gone] = [one for one in items if one.action == "withdrawn"]
        assert (gone.member, gone.booked_for) == ("cem", "cem")
        [given] = [one for one in items if one.grant == gone.grant and one.action == "granted"]
        assert (given.member, given.booked_for, given.account) == ("cem", "ben", 2)


@pytest.mark.parametrize("store", STORES)
def test_who_was_erased_has_no_name_to_hand_anything_to(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        for number, member in enumerate(("ana", "ben", "cem"), 1):
            ledger.record(bought("30.00", id=f"p-{number}", member=member))
        ledger.record(one_member("ben", "ana"))
        ledger.erase("ben")
        assert whose(ledger) == [(None, None, 1), (None, None, 2), ("cem", "cem", 3)]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("event = 'of/other' WHERE source = '~merge'", "account 2 is by now is gone"),
        ("member = 2, sequence = 0 WHERE source = '~merge'", "account 2 is merged in a circle"),
        ("sequence = null, status = 'held' WHERE member = 1", "events of account 1 are gone"),
    ],
)
def test_nobody_is_told_a_name_that_the_log_does_not_bear_out(
    damage: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with on(path) as ledger:
        for member in ("ana", "ben"):
            ledger.record(bought("30.00", id=f"p-{member}", member=member))
        ledger.record(one_member("ben", "ana"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute(f"UPDATE loyalty_events SET {damage}")
    connection.close()
    with on(path) as ledger, pytest.raises(CorruptLedger, match=said):
        list(ledger.outbox())


def on(path: Path) -> Ledger:
    return opener("sqlite", path.parent)(RULES, file=path.name)


def test_the_outbox_is_made_again_and_keeps_what_was_delivered(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with on(path) as ledger:
        for number in range(3):
            ledger.record(bought("30.00", id=f"p-{number}"))
        before = list(ledger.outbox())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE loyalty_outbox SET status = 'delivered' WHERE sequence = 1")
        connection.execute("DELETE FROM loyalty_outbox WHERE sequence = 2")
        connection.execute("UPDATE loyalty_outbox SET payload = '{}' WHERE sequence = 3")
    connection.close()
    with on(path) as ledger:
        assert "outbox" in ledger.verify(seal=False).findings[0].text
        assert ledger.rebuild().changed == [1]
        assert list(ledger.outbox()) == before[1:]
        assert [one.entry for one in ledger.outbox("delivered")] == [1]
        assert ledger.verify().is_clean


def test_a_long_outbox_is_listed_whole(tmp_path: Path) -> None:
    """Its pages end within accounts, also within one that fills several."""
    assert OUTBOX_AFTER.limit == 500
    events = [bought("1.00", id=f"p-{n}", member=f"m-{n // 601}") for n in range(1203)]
    with opener("memory", tmp_path)(RULES) as ledger:
        ledger.record_many(events)
        items = list(ledger.outbox())
        assert [(one.member, one.entry) for one in items] == [
            (f"m-{n // 601}", n % 601 + 1) for n in range(1203)
        ]


def test_the_outbox_is_listed_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    words = ["ledger", "outbox", "--store", f"sqlite:///{path}"]
    with on(path) as ledger:
        assert CliRunner().invoke(main, words).output == ""
        ledger.record(bought("30.00", id="p-\N{SNOWMAN}", member="m-\N{SNOWMAN}"))
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 0
    assert "m-\N{SNOWMAN}: voucher granted" in shown.output
    [line] = CliRunner().invoke(main, [*words, "--format", "json"]).output.splitlines()
    told = json.loads(line)
    assert told["booked_for"] == told["member"]
    assert (told["member"], told["action"], told["payload"]["amount_minor"]) == (
        "m-\N{SNOWMAN}",
        "granted",
        500,
    )


def test_the_command_line_names_both_and_nobody_who_was_erased(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    words = ["ledger", "outbox", "--store", f"sqlite:///{path}"]
    with on(path) as ledger:
        for number, member in enumerate(("ana", "ben", "cem"), 1):
            ledger.record(bought("30.00", id=f"p-{number}", member=member))
        ledger.record(one_member("ben", "ana"))
        ledger.erase("cem")
    first, second, third = CliRunner().invoke(main, words).output.splitlines()
    assert " ana: voucher granted" in first
    assert " ana (booked for ben): voucher granted" in second
    assert " (erased): voucher granted" in third
    told = CliRunner().invoke(main, [*words, "--format", "json"]).output.splitlines()
    named = [(one["member"], one["booked_for"]) for one in map(json.loads, told)]
    assert named == [("ana", "ana"), ("ana", "ben"), (None, None)]
