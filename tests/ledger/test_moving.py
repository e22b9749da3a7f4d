"""A ledger that was taken to another store is the same ledger; what is not the whole of one is none."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty_rules import LedgerError, import_ledger, open_ledger
from loyalty_rules.cli import main
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.service.ledger import Ledger
from tests.house.laws import ROOT
from tests.ledger.shop import NOW, STORES, back, bought
from tests.ledger.test_erasure import MEMBER, RULES, life, lived
from tests.postgres.shared import new_url

Lines = tuple[str, ...]


def filled(store: Store) -> Ledger:
    """A ledger with a bit of everything: late events, returns that wait, refusals, seals, somebody erased."""
    ledger = open_ledger(store, RULES, now=lambda: NOW)
    lived(ledger)
    ledger.record(bought("7.00", id="sno\N{SNOWMAN}w", member="m-\N{SNOWMAN}"))
    ledger.record(bought("7.00", id="gone", member="gone"))
    ledger.record(bought("1.00", id="x", currency="USD", member="m-7"))
    ledger.seal()
    ledger.erase("gone")
    ledger.record(bought("8.00", id="late", member="m-2", day="2026-03-09"))
    return ledger


@cache
def exported() -> Lines:
    with filled(MemoryStore()) as ledger:
        return tuple(ledger.export())


def store_of(kind: str, folder: Path, name: str = "there.db") -> Store:
    if kind == "postgres":
        return PostgresStore(new_url())
    return MemoryStore() if kind == "memory" else SqliteStore(str(folder / name))


def opened(store: Store, **options: object) -> Ledger:
    return open_ledger(store, RULES, now=lambda: NOW, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("there", STORES)
@pytest.mark.parametrize("here", STORES)
def test_a_ledger_that_was_moved_is_the_same_to_the_byte(
    here: str, there: str, tmp_path: Path
) -> None:
    target = store_of(there, tmp_path)
    with filled(store_of(here, tmp_path, "here.db")) as ledger:
        lines = list(ledger.export())
        done = import_ledger(target, lines)
        assert (done.ledger, done.accounts) == ("main", 4)
        with opened(target) as moved:
            assert list(moved.export()) == lines
            for member in (MEMBER, "m-2", "m-\N{SNOWMAN}", "gone", "nobody"):
                assert moved.balance(member) == ledger.balance(member)
                assert moved.statement(member) == ledger.statement(member)
            assert list(moved.outbox()) == list(ledger.outbox())
            for event in (*life(), bought("7.00", id="gone", member="gone")):
                assert moved.record(event) == ledger.record(event)
            assert moved.verify(seal=False).findings == []
            assert moved.rebuild().is_identical
            waited = bought("5.00", id=f"canary-order-{len(MEMBER)}", member=MEMBER)
            assert len(moved.record(waited).released) == 1
            assert moved.record(back("p-0-3", member="m-2", id="r-2")).status == "booked"
            erased = moved.record(bought("5.00", id="new", member="gone"))
            assert erased.refusal is not None and erased.refusal.code == "member_erased"
            assert moved.advance().damaged == ()
            assert moved.verify().is_clean


@pytest.mark.parametrize("kind", STORES)
def test_a_ledger_may_get_another_name_and_its_seals_hold(kind: str, tmp_path: Path) -> None:
    store = store_of(kind, tmp_path)
    assert import_ledger(store, exported(), ledger="other").ledger == "other"
    with opened(store, ledger="other") as moved:
        assert moved.verify().is_clean
        again = tuple(moved.export())
    back_again = MemoryStore()
    import_ledger(back_again, again, ledger="main")
    with opened(back_again) as moved:
        assert moved.verify().is_clean


def test_an_open_ledger_with_nothing_in_it_gives_way_to_an_import(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "there.db"))
    opened(store)
    import_ledger(store, exported())
    with opened(store) as moved:
        assert tuple(moved.export()) == exported()


@pytest.mark.parametrize("kind", STORES)
def test_a_ledger_with_something_in_it_stays(kind: str, tmp_path: Path) -> None:
    store = store_of(kind, tmp_path)
    with opened(store) as ledger:
        ledger.record(bought("1.00", id="mine", currency="USD"))
        before = list(ledger.export())
        with pytest.raises(LedgerError, match="not empty"):
            import_ledger(store, exported())
        assert list(ledger.export()) == before


@pytest.mark.parametrize("kind", STORES)
def test_numbers_of_accounts_that_are_taken_are_told(kind: str, tmp_path: Path) -> None:
    store = store_of(kind, tmp_path)
    with opened(store, ledger="other") as ledger:
        ledger.record(bought("1.00"))
        with pytest.raises(LedgerError, match="number 1 of an account is taken"):
            import_ledger(store, exported())
        assert ledger.verify().is_clean
        with pytest.raises(LedgerError, match="there is no ledger `main`"):
            opened_before(store)


def opened_before(store: Store) -> None:
    from loyalty_rules.service.opening import find

    find(store, "main")


def test_what_was_delivered_stays_delivered(tmp_path: Path) -> None:
    from loyalty_rules.ledger.statements import CHANGE_DELIVERED

    here, there = MemoryStore(), MemoryStore()
    with filled(here) as ledger:
        first = next(ledger.outbox())
        with here.writing() as execute:
            execute(CHANGE_DELIVERED, [("delivered", first.account, first.entry, first.number)])
        lines = list(ledger.export())
    import_ledger(there, lines)
    with opened(there) as moved:
        assert [one.grant for one in moved.outbox("delivered")] == [first.grant]
        assert list(moved.export()) == lines


def test_an_export_is_read_by_the_page(tmp_path: Path) -> None:
    """Refusals by source and event, seals by number, members: each over the end of a page."""
    with opened(MemoryStore()) as ledger:
        members = [bought("1.00", id=f"p-{n}", member=f"m-{n}") for n in range(520)]
        wrong = [bought("1.00", id=f"w-{n}", currency="USD") for n in range(520)]
        ledger.record_many([*members, *wrong])
        ledger.seal()
        lines = list(ledger.export())
    kinds = [json.loads(line)["is"] for line in lines]
    assert {kinds.count(one) for one in ("member", "refusal", "seal", "entry")} == {520}
    store = MemoryStore()
    import_ledger(store, lines)
    with opened(store) as moved:
        assert list(moved.export()) == lines


def signed(lines: Lines) -> Iterator[str]:
    """Lines with the end that would be theirs: whoever forges an export knows how it ends."""
    whole = "".join(f"{line}\n" for line in lines)
    digest = hashlib.sha256(whole.encode()).hexdigest()
    yield from lines
    yield json.dumps({"is": "end", "lines": len(lines), "digest": digest})


def of_kind(kind: str) -> int:
    return next(n for n, line in enumerate(exported()) if json.loads(line)["is"] == kind)


def changed(kind: str, change: Callable[[dict[str, object]], object]) -> Iterator[str]:
    lines = list(exported()[:-1])
    place = of_kind(kind)
    line = json.loads(lines[place])
    change(line)
    lines[place] = json.dumps(line, ensure_ascii=False)
    return signed(tuple(lines))


def put(name: str, value: object) -> Callable[[dict[str, object]], object]:
    return lambda line: line.__setitem__(name, value)


def more_points(line: dict[str, object]) -> None:
    text = json.dumps(line["effects"]).replace('"points": 50', '"points": 90')
    line["effects"] = json.loads(text)


FORGED = [
    ("ledger", put("ruleset", "other")),
    ("ledger", put("created_at", "2026-01-01T00:00:00Z")),
    ("ledger", put("format", 1)),
    ("ledger", put("created_at", 7)),
    ("member", put("member", "m-9")),
    ("member", put("salt", "00" * 16)),
    ("member", put("salt", "")),
    ("member", put("salt", "no hex")),
    ("entry", put("sequence", 5)),
    ("entry", put("booked_at", "2026-01-01T00:00:00Z")),
    ("entry", put("plan", "0" * 64)),
    ("entry", put("orders", [["", "x", "y", {}]])),
    ("entry", put("hash", "00" * 32)),
    ("entry", put("account", 2)),
    ("entry", put("event", {})),
    ("entry", lambda line: put("receipt", {"points": {"beans": 1}})(line["event"])),  # type: ignore[arg-type]
    ("held", put("received_at", "2026-01-01T00:00:00Z")),
    ("held", put("checksum", "00" * 16)),
    ("held", put("body", "{}")),
    ("seal", put("head", "00" * 32)),
    ("seal", put("sealed_at", "2026-01-01T00:00:00Z")),
    ("seal", put("account", 2)),
    ("refusal", put("is", "riddle")),
    ("refusal", lambda line: line.pop("code")),
]


@pytest.mark.parametrize(("kind", "change"), FORGED)
def test_a_forged_line_is_found_although_its_digest_was_made_anew(
    kind: str, change: Callable[[dict[str, object]], object], tmp_path: Path
) -> None:
    store = MemoryStore()
    with pytest.raises(LedgerError):
        import_ledger(store, changed(kind, change))
    with store.reading() as execute:
        from loyalty_rules.ledger.statements import LIST_LEDGERS, LIST_RULES

        assert list(execute(LIST_LEDGERS, [()])) == list(execute(LIST_RULES, [()])) == []


def test_lines_that_are_gone_twice_or_elsewhere_are_found() -> None:
    lines = exported()[:-1]
    entry, seal = of_kind("entry"), of_kind("seal")
    cases = {
        "gone": (*lines[:entry], *lines[entry + 1 :]),
        "twice": (*lines[: entry + 1], *lines[entry:]),
        "a seal gone": (*lines[:seal], *lines[seal + 1 :]),
        "elsewhere": (*lines[:entry], *lines[entry + 1 :], lines[entry]),
    }
    for lines_now in cases.values():
        with pytest.raises(LedgerError):
            import_ledger(MemoryStore(), signed(lines_now))
    with pytest.raises(LedgerError, match="digest"):
        import_ledger(
            MemoryStore(), [*lines[:-1], lines[-1].replace("2026", "2025"), exported()[-1]]
        )
    with pytest.raises(LedgerError, match="behind the end"):
        import_ledger(MemoryStore(), [*exported(), exported()[0]])


def test_an_export_that_was_cut_anywhere_is_refused_whole() -> None:
    whole = "\n".join(exported())
    for place in range(0, len(whole) - 1, len(whole) // 60):
        store = MemoryStore()
        with pytest.raises(LedgerError):
            import_ledger(store, iter(whole[:place].splitlines(keepends=True)))
        opened(store).export()


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", '{"is": "ledger"}', '{"is": "entry"}', "[" * 9_000]
)
def test_what_is_no_export_is_told(text: str) -> None:
    with pytest.raises(LedgerError):
        import_ledger(MemoryStore(), text.splitlines())


# the command line


def test_a_ledger_is_moved_on_the_command_line(tmp_path: Path) -> None:
    here, there = f"sqlite:///{tmp_path / 'here.db'}", f"sqlite:///{tmp_path / 'there.db'}"
    filled(SqliteStore(str(tmp_path / "here.db"))).close()
    packed = tmp_path / "club.jsonl.gz"
    run = CliRunner().invoke
    assert run(main, ["ledger", "export", "--store", here, "--out", str(packed)]).exit_code == 0
    done = run(main, ["ledger", "import", str(packed), "--store", there])
    assert done.exit_code == 0 and "`main`: accounts 4, entries" in done.output
    again = run(main, ["ledger", "import", str(packed), "--store", there])
    assert again.exit_code == 1 and "not empty" in again.output
    plain = run(main, ["ledger", "export", "--store", there])
    assert plain.output.encode() == gzip.decompress(packed.read_bytes())
    third = ["ledger", "import", "-", "--store", f"sqlite:///{tmp_path / '3.db'}", "--ledger", "x"]
    assert run(main, third, input=plain.output.encode()).exit_code == 0
    packed.write_bytes(packed.read_bytes()[:-40])
    cut = run(main, ["ledger", "import", str(packed), "--store", f"sqlite:///{tmp_path / '4.db'}"])
    assert cut.exit_code == 2 and "cut off" in cut.output
    missing = run(main, ["ledger", "import", str(tmp_path / "none"), "--store", there])
    assert missing.exit_code == 2
    binary = run(main, ["ledger", "import", "-", "--store", there], input=b"\xff\xfe")
    assert binary.exit_code == 1 and "line 1" in binary.output


MAKE = """
import sys
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.postgres import PostgresStore
from loyalty_rules.ledger.drivers.sqlite import SqliteStore
from loyalty_rules.service.keeping import new_salt
from tests.ledger import test_moving
salts = iter(range(1, 99))
import loyalty_rules.service.keeping as keeping, loyalty_rules.service.ledger as ledger
keeping.new_salt = ledger.new_salt = lambda: next(salts).to_bytes(16, "big")
store = MemoryStore() if sys.argv[1] == "memory" else (
    PostgresStore if sys.argv[1].startswith("postgresql:") else SqliteStore
)(sys.argv[1])
with test_moving.filled(store) as book:
    assert book.rebuild().is_identical
    sys.stdout.buffer.write("\\n".join(book.export()).encode())
"""


def test_the_same_events_make_the_same_bytes_in_every_zone_locale_and_process(
    tmp_path: Path,
) -> None:
    """A log that is made, and made again, on machines that have nothing in common."""
    machines = [
        ("memory", "UTC", "C", "0"),
        ("memory", "Asia/Tehran", "C.UTF-8", "1"),
        (str(tmp_path / "a.db"), "America/St_Johns", "C", "4711"),
        (str(tmp_path / "b.db"), "Pacific/Apia", "POSIX", "random"),
        (new_url(), "Asia/Kathmandu", "C.UTF-8", "2"),
    ]
    made = set()
    for store, zone, language, seed in machines:
        environment = {
            **os.environ,
            "TZ": zone,
            "LC_ALL": language,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        }
        done = subprocess.run(
            [sys.executable, "-c", MAKE, store],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env=environment,
        )
        assert done.returncode == 0, done.stderr.decode()
        made.add(done.stdout)
    assert len(made) == 1
    [whole] = made
    assert whole.count(b"\n") > 30
