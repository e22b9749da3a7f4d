"""Every column of every table is changed, one by one: a check finds it, a rebuild cures it, or nothing hangs
on it. And what was changed is not booked on, sealed or shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from loyalty_rules import Ledger
from loyalty_rules.cli import main
from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.schema import METADATA, PREFIX
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.shop import NOW, back, beans, bought
from tests.semantics.shop import BASE, rules

TEA = "{id: tea, event: purchase, limit: {times: 1}, budget: {times: 9}, give: {type: perk, name: tea}}"
RULES = rules(BASE, TEA, expiry="{after: 400 days}")

CURED = {"accounts.next_due_at"}
"""What a rebuild puts right and no check finds: when something falls due is not said by the log."""

UNSEEN = {
    "rule_texts.*": "a text is believed only if it makes the digest that entries name",
    "refusals.ledger": "nobody checks a ledger that is not there",
    "ledgers.id": "the ledger is empty under its new number",
    "ledgers.name": "the ledger is not found under its name",
    "ledgers.plan": "which rules the command line reads; set again by whoever opens it with rules",
    "ledgers.advanced_to": "the same is booked without it",
    "ledgers.erasure_key": "nobody was erased",
    "outbox.status": "the log does not say how far something was delivered",
}
"""What neither finds, and why nothing that is booked hangs on it."""

GUARDED = {"events.status", "outbox.action"}
"""What the database does not let change alone."""


def on(path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW)


@cache
def _shop() -> bytes:
    with TemporaryDirectory() as name:
        path = Path(name) / "shop.db"
        with on(path) as ledger:
            for member in ("m-1", "m-2"):
                ledger.record(bought("30.00", "20.00", id=f"p-{member}", member=member))
                ledger.record(back(f"p-{member}", ("2", 1), id=f"r-{member}", member=member))
                for number in range(16):
                    ledger.record(bought("1.00", id=f"s-{member}-{number}", member=member))
            ledger.record(back("p-9", ("1", 1), id="waits"))
            ledger.record(bought("1.00", id="x", currency="USD"))
            ledger.advance()
            ledger.seal()
            ledger.record(bought("3.00", id="not-sealed", member="m-3"))
            assert ledger.verify(seal=False).is_clean
            assert ledger.rebuild().is_identical
        return path.read_bytes()


def shop(folder: Path) -> Path:
    path = folder / "shop.db"
    for end in ("", "-wal", "-shm"):
        (folder / f"shop.db{end}").unlink(missing_ok=True)
    path.write_bytes(_shop())
    return path


def change(path: Path, text: str, *values: object) -> bool:
    """Whether the database let that happen to at least one row, to somebody who has its checks turned off."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        with connection:
            return connection.execute(text, values).rowcount > 0
    except sqlite3.IntegrityError:
        return False
    finally:
        connection.close()


def others(value: object) -> Iterator[tuple[str, object]]:
    """SQL of what may stand in the place of a value."""
    if isinstance(value, bytes):
        yield "?", bytes([value[0] ^ 1]) + value[1:]
    elif isinstance(value, str):
        yield "?", f"{value}x"
        yield "?", ("z" if value.startswith("y") else "y") + value[1:]
        yield "?", '{"lines":[1]}'
        yield "cast(? AS TEXT)", b"\xff\xfe"
    elif isinstance(value, int):
        yield "?", value + 1
        yield "?", "one"
    else:
        yield "?", 5
        yield "?", bytes(32)


def changes(folder: Path, table: str, column: str) -> Iterator[Path]:
    """The ledger, with a column of one row changed: of the first row in every way that the database lets
    happen, of some others in one."""
    connection = sqlite3.connect(shop(folder))
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    key = [one.name for one in METADATA.tables[table].primary_key.columns]
    which = " AND ".join(f"{name} = ?" for name in key)
    for row in (rows[0], rows[-1], *(row for row in rows if row.get("status") == "held")):
        ways = list(others(row[column]))
        for sql, other in ways if row is rows[0] else ways[:1]:
            path = shop(folder)
            text = f'UPDATE {table} SET "{column}" = {sql} WHERE {which}'
            if change(path, text, other, *(row[name] for name in key)):
                yield path


def seen(path: Path) -> str:
    """Who sees what was changed: the ledger when it is opened, a check, a rebuild, or nobody."""
    try:
        ledger = on(path)
    except LedgerError:
        return "opening"
    with ledger:
        if not ledger.verify(seal=False).is_clean:
            return "check"
        if not ledger.rebuild().is_identical:
            return "rebuild" if ledger.rebuild().is_identical else "nobody"
    return "nobody"


@pytest.mark.parametrize("table", sorted(METADATA.tables))
def test_every_column_is_looked_at(table: str, tmp_path: Path) -> None:
    for column in METADATA.tables[table].columns:
        name = f"{table.removeprefix(PREFIX)}.{column.name}"
        found: list[str] = []
        is_unseen = name in UNSEEN or f"{table.removeprefix(PREFIX)}.*" in UNSEEN
        for path in changes(tmp_path, table, column.name):
            found.append(seen(path))
        if is_unseen:
            assert {"nobody", "opening"} & {*found}, f"{name} is seen by now"
        elif name in CURED:
            assert {*found} <= {"rebuild"}, name
        else:
            assert {*found} <= {"check", "opening"}, name
        assert found or name in GUARDED, f"{name} was never changed"


def test_what_time_asks_for_is_asked_again_after_a_rebuild_without_rules(tmp_path: Path) -> None:
    """An account that is never due any more would be passed over by every advance."""
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_accounts SET next_due_at = 9e18")
    later = NOW.replace(year=2027, month=7)
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: later) as ledger:
        assert ledger.advance().entries == 0
    words = ["ledger", "rebuild", "--store", f"sqlite:///{path}"]
    assert CliRunner().invoke(main, words).exit_code == 0
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: later) as ledger:
        assert ledger.advance().members == 3
        assert beans(ledger) == 0


def test_nothing_wrong_is_ever_sealed(tmp_path: Path) -> None:
    """A seal is for ever: of a wrong row it would stand against the log even after a rebuild."""
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_accounts SET head = zeroblob(32) WHERE member = 3")
    with on(path) as ledger:
        with pytest.raises(CorruptLedger, match="account 3"):
            ledger.seal()
        assert ledger.rebuild().changed == [3]
        assert ledger.seal() == 1
        assert ledger.verify().is_clean


def test_a_member_whose_row_is_gone_is_not_one_without_points(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "DELETE FROM loyalty_accounts WHERE member = 1")
    with on(path) as ledger:
        with pytest.raises(CorruptLedger, match="rebuild"):
            ledger.balance("m-1")
        with pytest.raises(CorruptLedger, match="rebuild"):
            ledger.record(bought("5.00", id="n-1"))
        assert ledger.rebuild().changed == [1]
        assert beans(ledger) == 46
        assert ledger.record(bought("5.00", id="n-1")).status == "booked"
        assert ledger.verify().is_clean


def test_a_member_who_was_taken_out_of_his_ledger_is_missed_without_a_seal(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "DELETE FROM loyalty_members WHERE id = 3")
    with on(path) as ledger:
        [finding] = ledger.verify().findings
        assert (finding.place, finding.text) == ("account 3", "has a row, and its member is gone")


def test_an_event_that_waits_is_not_decided_when_it_was_changed(tmp_path: Path) -> None:
    path = shop(tmp_path)
    more = """replace(body, '"quantity":1', '"quantity":2')"""
    assert change(path, f"UPDATE loyalty_events SET body = {more} WHERE event = 'waits'")
    with on(path) as ledger, pytest.raises(CorruptLedger, match="`waits`"):
        ledger.record(bought("9.00", id="p-9"))


def test_a_receipt_that_cannot_be_read_is_a_damage_and_not_a_fault_of_the_caller(
    tmp_path: Path,
) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_events SET receipt = '[1' WHERE event = 'p-m-1'")
    with on(path) as ledger, pytest.raises(CorruptLedger, match="receipt"):
        ledger.record(bought("30.00", "20.00", id="p-m-1"))


def test_a_cell_that_is_no_text_does_not_end_the_check_of_the_others(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_events SET body = '{\"lines\":[1]}' WHERE event = 'p-m-1'")
    assert change(path, "UPDATE loyalty_entries SET effects = CAST(x'ff' AS TEXT) WHERE member = 2")
    assert change(path, "UPDATE loyalty_lots SET granted = granted + 1 WHERE member = 3")
    with on(path) as ledger:
        places = {one.place for one in ledger.verify().findings}
    assert places == {"account 1", "account 2", "account 3"}


def test_one_damaged_account_does_not_stop_the_others_of_its_group(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_accounts SET head = zeroblob(32) WHERE member = 2")
    events = [bought("1.00", id=f"n-{n}", member=f"m-{n % 9}") for n in range(249)]
    with on(path) as ledger:
        receipts = dict(zip((one.id for one in events), ledger.record_many(events), strict=True))
        for event in events:
            receipt = receipts[event.id]
            if event.member != "m-2":
                assert receipt.status == "booked", receipt
                continue
            assert receipt.refusal is not None and receipt.refusal.code == "damaged_account"
            assert "rebuild" in receipt.refusal.reason
        assert ledger.rebuild().changed == [2]  # and nothing of it claims an id
        again = ledger.record_many(events)
        assert [one.status for one in again].count("booked") == 28
        assert ledger.verify().is_clean


def test_a_text_that_is_no_text_damages_its_account_only(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_entries SET effects = CAST(x'ff' AS TEXT) WHERE member = 2")
    with on(path) as ledger:
        events = [bought("1.00", id=f"n-{n}", member=f"m-{n}") for n in (1, 2, 3)]
        assert [one.status for one in ledger.record_many(events)] == ["booked", "refused", "booked"]


def test_time_passes_for_the_others_when_one_account_is_damaged(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_accounts SET head = zeroblob(32) WHERE member = 2")
    later = NOW.replace(year=2027, month=7)
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: later) as ledger:
        done = ledger.advance()
        assert (done.members, done.damaged) == (2, (2,))
        assert [one.place for one in ledger.verify().findings] == ["account 2"]
        assert ledger.rebuild().changed == [2]
        assert ledger.advance().members == 1
        assert ledger.verify(seal=False).unsealed == 0  # advancing seals
        assert beans(ledger, "m-2") == 0


def test_what_advancing_leaves_out_is_told(tmp_path: Path) -> None:
    path = shop(tmp_path)
    assert change(path, "UPDATE loyalty_accounts SET head = zeroblob(32) WHERE member = 2")
    assert change(path, "UPDATE loyalty_ledgers SET advanced_to = NULL")
    assert change(path, "UPDATE loyalty_accounts SET next_due_at = 0")
    words = ["advance", "--store", f"sqlite:///{path}"]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 1 and "damaged: accounts 2" in shown.output


def test_a_ledger_that_took_the_name_of_another_is_found_by_its_seals(tmp_path: Path) -> None:
    path = shop(tmp_path)
    with open_ledger(f"sqlite:///{path}", RULES, ledger="other", now=lambda: NOW) as ledger:
        ledger.record(bought("3.00", member="m-7"))
        assert ledger.verify().is_clean
    swap = "CASE id WHEN 1 THEN 'other' ELSE 'main' END"
    assert change(path, "UPDATE loyalty_ledgers SET name = 'x' WHERE id = 2")
    assert change(path, f"UPDATE loyalty_ledgers SET name = {swap} WHERE id = 1")
    assert change(path, f"UPDATE loyalty_ledgers SET name = {swap} WHERE id = 2")
    with on(path) as ledger:
        assert "the seals" in {one.place for one in ledger.verify().findings}
