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
from tests.semantics.shop import rules

RULES = rules(expiry="{after: 400 days}")

CURED = {"accounts.next_due_at"}
"""What a rebuild puts right and no check finds: when something falls due is not said by the log."""

UNSEEN = {
    "rule_texts.*": "a text is believed only if it makes the digest that entries name",
    "refusals.*": "nothing was booked, nothing is decided by it",
    "ledgers.id": "the ledger is empty under its new number",
    "ledgers.name": "the ledger is not found under its name",
    "ledgers.plan": "which rules the command line reads; set again by whoever opens it with rules",
    "ledgers.created_at": "told to nobody",
    "ledgers.advanced_to": "the same is booked without it",
    "seals.sealed_at": "told to nobody",
}
"""What neither finds, and why nothing that is booked hangs on it."""

HELD_UNSEEN = {"source", "received_at", "member"}
"""Of an event that waits: it has no entry yet that its hash could stand on."""


GUARDED = {"events.status"}
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
    """Whether the database let that happen to at least one row."""
    connection = sqlite3.connect(path)
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
        yield "?", '{"lines":[1]}'
        yield "cast(? AS TEXT)", b"\xff\xfe"
    elif isinstance(value, int):
        yield "?", value + 1
        yield "?", "one"
    else:
        yield "?", 5


def changes(folder: Path, table: str, column: str) -> Iterator[tuple[Path, bool]]:
    """The ledger, with a column of one row changed: of the first row in every way that the database lets
    happen, of some others in one. Whether the row is that of an event that waits."""
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
                yield path, row.get("status") == "held"


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
        found = 0
        for path, waits in changes(tmp_path, table, column.name):
            found += 1
            if waits and column.name in HELD_UNSEEN:
                continue
            by = seen(path)
            if name in UNSEEN or f"{table.removeprefix(PREFIX)}.*" in UNSEEN:
                assert by in ("nobody", "opening"), f"{name} is seen by now: {by}"
            else:
                assert by in (("rebuild",) if name in CURED else ("check", "opening")), name
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
