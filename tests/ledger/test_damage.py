"""What a ledger says of stores that are not what they should be, and that nothing is lost by it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.service.ledger import Ledger, open_ledger
from tests.house.laws import ROOT
from tests.ledger.shop import NOW, RULES, back, beans, bought, opener


def fill(ledger: Ledger) -> None:
    """Three members, returns, and seals."""
    for member in ("m-1", "m-2", "m-3"):
        ledger.record(bought("30.00", "20.00", id=f"p-{member}", member=member))
        ledger.record(bought("7.00", id=f"q-{member}", member=member, day="2026-03-11"))
        ledger.record(back(f"p-{member}", ("2", 1), id=f"r-{member}", member=member))
        for number in range(14):  # the state after entry 16 is kept whole
            ledger.record(bought("1.00", id=f"s-{member}-{number}", member=member))
    ledger.seal()
    assert ledger.verify().is_clean


@cache
def _shop() -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with opener("sqlite", folder)(file="shop.db") as ledger:
            fill(ledger)
        return (folder / "shop.db").read_bytes()


def shop(folder: Path) -> Path:
    """The file of such a ledger."""
    path = folder / "shop.db"
    path.write_bytes(_shop())
    return path


def change(path: Path, text: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        assert connection.execute(text, values).rowcount > 0
    connection.close()


def findings(path: Path) -> str:
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        return "; ".join(one.text for one in ledger.verify().findings)


TAMPERED = [
    pytest.param(
        "UPDATE loyalty_states SET state = replace(state, '30', '90')",
        "its state was changed",
        id="a state",
    ),
    pytest.param("DELETE FROM loyalty_states", "its state is gone", id="a state gone"),
    pytest.param(
        "UPDATE loyalty_states SET sequence = 5", "its state was changed", id="a state's place"
    ),
    pytest.param("UPDATE loyalty_accounts SET sequence = 2", "its row was changed", id="a number"),
    pytest.param(
        "UPDATE loyalty_accounts SET head = zeroblob(32)", "its row was changed", id="a head"
    ),
    pytest.param(
        "UPDATE loyalty_entries SET effects = replace(effects, '50', '80') WHERE sequence = 1",
        "entry 1 was changed",
        id="effects",
    ),
    pytest.param(
        "UPDATE loyalty_entries SET previous = hash WHERE sequence = 2",
        "entry 2 was changed",
        id="a link",
    ),
    pytest.param(
        "UPDATE loyalty_events SET body = replace(body, '30', '31') WHERE sequence = 1",
        "was changed",
        id="an event",
    ),
    pytest.param(
        "UPDATE loyalty_events SET receipt = '{}' WHERE sequence = 1",
        "entry 1 was changed",
        id="a receipt",
    ),
    pytest.param(
        "DELETE FROM loyalty_entries WHERE sequence = 2", "entry 2 is missing", id="an entry gone"
    ),
    pytest.param(
        "DELETE FROM loyalty_events WHERE sequence = 2", "has no event", id="an event gone"
    ),
    pytest.param(
        "UPDATE loyalty_postings SET points = points + 1 WHERE number = 1",
        "come to 1, not zero",
        id="a posting",
    ),
    pytest.param(
        "DELETE FROM loyalty_postings WHERE number = 2 AND sequence = 1",
        "its postings are not",
        id="a posting gone",
    ),
    pytest.param("UPDATE loyalty_lots SET granted = granted + 1", "its lots are not", id="a lot"),
    pytest.param(
        "UPDATE loyalty_orders SET sequence = 1 WHERE order_id = 'p-m-1'",
        "the row of order `p-m-1` is not what its last entry says",
        id="an order's entry",
    ),
    pytest.param(
        "UPDATE loyalty_entries SET orders = replace(orders, '50', '51') WHERE sequence = 1",
        "entry 1 was changed",
        id="an order's record",
    ),
    pytest.param("DELETE FROM loyalty_orders", "is gone", id="an order gone"),
    pytest.param(
        "UPDATE loyalty_seals SET sequence = 1 WHERE number = 2", "seal 2 was changed", id="a seal"
    ),
    pytest.param(
        "DELETE FROM loyalty_seals WHERE number = 2", "seal 2 is missing", id="a seal gone"
    ),
    pytest.param(
        "DELETE FROM loyalty_members WHERE id = 2", "was sealed and is gone", id="a member gone"
    ),
    pytest.param(
        "UPDATE loyalty_members SET external = 'm-9' WHERE id = 2", "was changed", id="a name"
    ),
]


@pytest.mark.parametrize(("tampering", "said"), TAMPERED)
def test_verify_finds_what_was_tampered_with(tampering: str, said: str, tmp_path: Path) -> None:
    path = shop(tmp_path)
    change(path, tampering)
    assert said in findings(path)


def test_a_tail_that_was_cut_off_whole_is_seen_by_its_seal(tmp_path: Path) -> None:
    """All rows of the last entry gone, the state made to match: only the seal remembers."""
    path = shop(tmp_path)
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        before = ledger.balance("m-1")
    for table in ("entries", "events", "postings"):
        change(path, f"DELETE FROM loyalty_{table} WHERE member = 1 AND sequence = 17")
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        assert not ledger.rebuild().is_identical
        assert ledger.balance("m-1") != before
    assert "not what was sealed at entry 17" in findings(path)


def test_the_unsealed_tail_is_named(tmp_path: Path) -> None:
    path = shop(tmp_path)
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        ledger.record(bought("1.00", id="z-1", member="m-2", day="2026-04-01"))
        report = ledger.verify(seal=False)
        assert (report.unsealed, report.unsealed_accounts, report.is_clean) == (1, [2], True)
        assert ledger.verify().unsealed == 1  # named, and sealed
        assert ledger.verify().unsealed == 0
        assert ledger.seal() == 0


def test_a_flipped_byte_in_a_state_stops_booking_on_it_and_a_rebuild_cures_it(
    tmp_path: Path,
) -> None:
    path = shop(tmp_path)
    change(path, "UPDATE loyalty_states SET state = replace(state, '30', '38') WHERE member = 1")
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        with pytest.raises(CorruptLedger, match="rebuild"):
            ledger.record(bought("5.00", id="n-1"))
        with pytest.raises(CorruptLedger):
            ledger.balance("m-1")
        assert ledger.record(bought("5.00", id="n-2", member="m-2")).status == "booked"
        report = ledger.rebuild()
        assert report.changed == [1]
        assert ledger.record(bought("5.00", id="n-1")).status == "booked"
        assert ledger.rebuild().is_identical
        assert ledger.verify().is_clean
        assert beans(ledger) == 56


def test_rows_of_orders_are_made_again_from_the_log(tmp_path: Path) -> None:
    path = shop(tmp_path)
    change(path, "DELETE FROM loyalty_orders WHERE member = 1")
    change(path, "UPDATE loyalty_orders SET sequence = 1 WHERE order_id = 'p-m-2'")
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        assert ledger.rebuild().changed == [1, 2]
        assert ledger.verify().is_clean
        again = back("p-m-1", ("2", 1), id="again", member="m-1")
        assert ledger.record(again).status == "refused"  # it went back before


def test_a_record_of_an_order_that_was_changed_decides_nothing(tmp_path: Path) -> None:
    path = shop(tmp_path)
    change(path, "UPDATE loyalty_entries SET orders = replace(orders, '30', '99') WHERE member = 1")
    with (
        open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger,
        pytest.raises(CorruptLedger, match="damaged"),
    ):
        ledger.record(back("p-m-1", ("1", 1), id="n-1", member="m-1"))


def test_a_damaged_log_is_never_rebuilt_from(tmp_path: Path) -> None:
    path = shop(tmp_path)
    change(
        path, "UPDATE loyalty_entries SET effects = replace(effects, '50', '80') WHERE member = 1"
    )
    with (
        open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger,
        pytest.raises(CorruptLedger, match="account 1 is damaged at entry 1"),
    ):
        ledger.rebuild()


def test_everything_that_follows_from_the_log_is_made_again_byte_by_byte(tmp_path: Path) -> None:
    path = shop(tmp_path)
    tables = ("accounts", "lots", "postings")

    def dump() -> list[object]:
        with sqlite3.connect(path) as connection:
            found = [
                connection.execute(f"SELECT * FROM loyalty_{t} ORDER BY 1, 2, 3").fetchall()
                for t in tables
            ]
        connection.close()
        return list(found)

    before = dump()
    for table in tables:
        change(path, f"DELETE FROM loyalty_{table}")
    with open_ledger(f"sqlite:///{path}", RULES, now=lambda: NOW) as ledger:
        assert ledger.rebuild().changed == [1, 2, 3]
        assert ledger.verify().is_clean
    assert dump() == before


# files that are not ours, or not ours to write


def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = shop(tmp_path)
    change(path, "UPDATE loyalty_version SET version_num = '0009'")
    with pytest.raises(LedgerError, match="later version"):
        open_ledger(f"sqlite:///{path}", RULES)


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id)")
    connection.close()


def in_the_way(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE loyalty_events (id)")
    connection.close()


WRONG_FILES = [
    pytest.param(foreign, "belongs to other software", id="another's database"),
    pytest.param(in_the_way, "is in the way", id="a table of our name"),
    pytest.param(
        lambda p: p.write_text("hello, this is a letter\n" * 99), "not a SQLite", id="a letter"
    ),
    pytest.param(lambda p: p.mkdir(), "cannot be opened", id="a folder"),
]


@pytest.mark.parametrize(("make", "said"), WRONG_FILES)
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(
    make: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(LedgerError, match=said):
        open_ledger(f"sqlite:///{path}", RULES)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize(
    "url", ["shop.db", "sqlite://", "sqlite:///", "mysql://shop", "sqlite:///:memory:", ""]
)
def test_an_address_that_is_no_store_is_told_so(url: str) -> None:
    with pytest.raises(LedgerError, match="memory:"):
        open_ledger(url, RULES)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_ledger(f"sqlite:///{tmp_path / 'nowhere' / 'shop.db'}", RULES)


def test_a_store_that_must_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        SqliteStore(str(tmp_path / "shop.db"), create=False)
    assert not (tmp_path / "shop.db").exists()


MAY_ONLY_READ = """
import os, sys
from tests.ledger.shop import RULES, NOW, bought
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.domain.errors import LedgerError

def book(path):
    with open_ledger("sqlite:///" + path, RULES, now=lambda: NOW) as ledger:
        return ledger.record(bought("5.00", id="n-1")).status

print(book(sys.argv[2]))  # with all that this imports
if os.getuid() == 0:  # who may write everything cannot show it
    os.setgid(65534)
    os.setuid(65534)
try:
    print(book(sys.argv[1]))
except LedgerError as problem:
    print("refused:", problem)
"""


def test_a_file_that_may_only_be_read_is_told_so(tmp_path: Path) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = shop(folder)
        folder.chmod(0o555)
        for part in folder.iterdir():
            part.chmod(0o444)
        run = subprocess.run(
            [sys.executable, "-c", MAY_ONLY_READ, str(path), str(tmp_path / "own.db")],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        folder.chmod(0o755)
        said = run.stdout.splitlines()
        assert said[0] == "booked", run.stderr
        assert said[1].startswith("refused:")
        assert "cannot be written" in said[1] or "may only be read" in said[1]
        for part in folder.iterdir():
            part.chmod(0o644)
        assert findings(path) == ""


def test_a_truncated_log_of_sqlite_is_survived_without_what_was_in_it(tmp_path: Path) -> None:
    """A write-ahead log that lost its end: what it held of whole commits is there, the rest is not."""
    ledger = opener("sqlite", tmp_path)(file="shop.db")
    for number in range(40):
        ledger.record(bought("5.00", id=f"p-{number}"))
    whole, log = tmp_path / "shop.db", tmp_path / "shop.db-wal"
    copy = tmp_path / "copy.db"
    copy.write_bytes(whole.read_bytes())
    half = log.stat().st_size * 2 // 3
    copy.with_name("copy.db-wal").write_bytes(log.read_bytes()[:half])
    ledger.close()
    with opener("sqlite", tmp_path)(file="copy.db") as torn:
        assert torn.verify().is_clean
        left = torn.balance("m-1")["beans"].available
        assert left % 5 == 0 and 0 < left < 200
        receipts = [torn.record(bought("5.00", id=f"p-{number}")) for number in range(40)]
        assert {one.status for one in receipts} == {"booked", "duplicate"}
        assert beans(torn) == 200
        assert torn.verify().is_clean


def test_ten_thousand_copies_of_one_event_are_one_booking(tmp_path: Path) -> None:
    with opener("sqlite", tmp_path)(file="shop.db") as ledger:
        receipts = ledger.record_many([bought("45.00")] * 10_000)
        assert [one.status for one in receipts].count("booked") == 1
        refused = ledger.record_many([bought("45.00", id="x", currency="USD")] * 10_000)
        assert {one.status for one in refused} == {"refused"}
        assert beans(ledger) == 45
        assert ledger.verify().is_clean
    rows = sqlite3.connect(tmp_path / "shop.db").execute("SELECT count(*) FROM loyalty_refusals")
    assert rows.fetchone() == (1,)
    rows.connection.close()
