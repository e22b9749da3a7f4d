"""A member is erased: what he told and did is gone from every table and page, and the sums hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from loyalty_rules import CorruptLedger, Event, Ledger, parse_event
from loyalty_rules.cli import main
from loyalty_rules.service.ledger import open_ledger
from tests.ledger.hands import damaged, did, found, texts
from tests.ledger.shop import NOW, STORES, back, beans, bought, opener, sound
from tests.postgres.shared import new_url, shared
from tests.semantics.shop import BASE, rules

MEMBER = "canary-member@example.org"
CANARIES = (
    MEMBER,
    "1987-06-05",
    "canary-segment",
    "canary-attribute",
    "canary-sku",
    "canary-category",
    "canary-tag",
    "canary-channel",
    "canary-store",
    "canary-coupon",
    "canary-fingerprint",
    "canary-item",
    "canary-order",
)
PERK = "{id: tea, event: purchase, limit: {times: 1}, give: {type: perk, name: tea}}"
RULES = rules(
    BASE,
    PERK,
    points="returns: {claw_back: recompute}",
    programs="""
    status:
      type: tiers
      window: year
      levels: [{id: base}, {id: gold, at: {spend: 50}}]
    """,
    more="rewards: {coffee: {cost: {program: beans, points: 5}, give: {type: perk, name: coffee}}}",
)


def life(member: str = MEMBER) -> Iterator[Event]:
    """Everything that a member may tell, and do."""
    head = {"member": member, "occurred_at": "2026-03-01T12:00:00Z"}
    facts = {"birthday": "1987-06-05", "segments": ["canary-segment"]}
    yield parse_event({**head, "type": "profile", "id": f"facts-{len(member)}", **facts})
    line = {"sku": "canary-sku", "category": "canary-category", "tags": ["canary-tag"]}
    for number, day in enumerate(("2026-03-10", "2026-03-12", "2026-03-11")):  # one comes late
        yield bought(
            {**line, "id": "1", "amount": "30.00"},  # type: ignore[arg-type]
            "20.00",
            id=f"p-{number}-{len(member)}",
            day=day,
            member=member,
            channel="canary-channel",
            store="canary-store",
            coupons=["canary-coupon"],
            attributes={"note": "canary-attribute"},
            tenders=[{"type": "card", "amount": "50.00", "fingerprint": "canary-fingerprint"}],
        )
    taken = {**head, "type": "redemption", "id": f"red-{len(member)}", "reward": "coffee"}
    yield parse_event({**taken, "occurred_at": "2026-03-20T12:00:00Z"})
    yield back(
        f"p-0-{len(member)}", ("2", 1), id=f"r-{len(member)}", member=member, day="2026-04-02"
    )
    yield parse_event(
        {
            **head,
            "type": "return",
            "id": f"waits-{len(member)}",
            "order": f"canary-order-{len(member)}",
            "lines": [{"line": "canary-item", "quantity": 1}],
        }
    )


def lived(ledger: Ledger) -> None:
    for event in (*life(), *life("m-2"), bought("1.00", id="x", currency="USD", member=MEMBER)):
        ledger.record(event)


def of_file(path: Path) -> bytes:
    """Every byte of the file and of what SQLite keeps beside it."""
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url() if request.param == "postgres" else f"sqlite:///{tmp_path / 'shop.db'}"


def on(url: str) -> Ledger:
    return open_ledger(url, RULES, now=lambda: NOW)


@pytest.mark.parametrize("store", STORES)
def test_an_erased_member_has_nothing_and_the_sums_hold(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        lived(ledger)
        before = ledger.verify().books["beans"]
        others = beans(ledger, "m-2")
        had = beans(ledger, MEMBER)
        receipt = ledger.erase(MEMBER)
        assert receipt.status == "booked" and receipt.points == {"beans": -had}  # type: ignore[operator]
        report = ledger.verify()
        after = report.books["beans"]
        assert report.is_clean
        assert after["issued"] == before["issued"] and after["lots"] == others
        assert after["expired"] == before.get("expired", 0) + had  # type: ignore[operator]
        assert sum(after.values()) == 0
        assert beans(ledger, MEMBER) == 0
        statement = ledger.statement(MEMBER)
        assert not statement.known and statement.history == () and statement.waiting == ()
        assert [state.member for state in ledger.states()] == ["m-2"]
        assert ledger.advance().damaged == ()


@pytest.mark.parametrize("store", STORES)
def test_what_he_sends_later_is_refused_and_what_he_sent_is_a_duplicate(
    store: str, tmp_path: Path
) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        lived(ledger)
        first = [ledger.record(event) for event in life()]
        ledger.erase(MEMBER)
        for event, before in list(zip(life(), first, strict=True))[:-1]:
            again = ledger.record(event)
            assert (again.status, again.sequence) == ("duplicate", before.sequence)
            assert again.points == before.points
        later = ledger.record(bought("9.00", id="new", member=MEMBER, day="2026-05-01"))
        assert later.refusal is not None and later.refusal.code == "member_erased"
        held = ledger.record(list(life())[-1])  # it waited when he was erased, so it claims no id
        assert held.refusal is not None and held.refusal.code == "member_erased"
        assert ledger.erase(MEMBER).status == "duplicate"
        of_another = bought("9.00", id=f"p-0-{len(MEMBER)}", member="m-2")
        [conflict] = ledger.record_many([of_another])
        assert conflict.refusal is not None and conflict.refusal.code == "conflicting_event"
        his_order = bought("9.00", id="new-2", member="m-2", order=f"p-0-{len(MEMBER)}")
        taken = ledger.record(his_order)
        assert taken.refusal is not None and taken.refusal.code == "order_exists"
        theirs = ledger.record(back(f"p-0-{len(MEMBER)}", id="new-3", member="m-2"))
        assert theirs.refusal is not None and theirs.refusal.code == "unknown_order"
        assert ledger.record(bought("9.00", id="new-4", member="m-2")).status == "booked"


@pytest.mark.parametrize("store", STORES)
def test_nobody_is_erased_whom_nobody_knows(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        receipt = ledger.erase("nobody")
        assert receipt.refusal is not None and receipt.refusal.code == "unknown_member"
        ledger.record(back("p-9", member="waits-only"))
        assert ledger.erase("waits-only").status == "booked"
        again = ledger.record(bought("5.00", member="waits-only"))
        assert again.refusal is not None and again.refusal.code == "member_erased"


@pytest.mark.parametrize("store", STORES)
def test_an_erasure_in_a_batch_stands_between_what_came_before_and_after(
    store: str, tmp_path: Path
) -> None:
    head = {"type": "erasure", "id": "forget", "member": "m-1"}
    erasure = parse_event({**head, "occurred_at": "2026-03-10T12:00:00Z"})
    events = [
        bought("5.00", id="p-1"),
        erasure,
        bought("5.00", id="p-2", day="2026-03-11"),
        bought("5.00", id="p-3", member="m-2", day="2026-03-11"),
    ]
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        receipts = ledger.record_many(events)
        assert [one.status for one in receipts] == ["booked", "booked", "refused", "booked"]
        assert ledger.record(erasure).status == "duplicate"
        assert beans(ledger) == 0


def test_no_table_and_no_page_holds_what_he_told_and_did(url: str, tmp_path: Path) -> None:
    with on(url) as ledger:
        for event in life():
            ledger.record(event)
        ledger.record(bought("1.00", id="x", currency="USD", member=MEMBER))
        ledger.seal()
        stood = texts(url)
        assert [one for one in CANARIES if one not in stood] == []
        ledger.erase(MEMBER)
        stands = texts(url)
        assert [one for one in CANARIES if one in stands] == []
        assert ledger.scrub() == url.startswith("sqlite")  # of PostgreSQL its own vacuum does that
        left = of_file(tmp_path / "shop.db")
        assert [one for one in CANARIES if one.encode() in left] == []
        assert ledger.record(next(life())).status == "duplicate"
        assert ledger.verify().is_clean
        assert [one for one in CANARIES if one.encode() in of_file(tmp_path / "shop.db")] == []
        assert [one for one in CANARIES if one in texts(url)] == []


def test_external_ids_stand_in_the_map_only(url: str) -> None:
    with on(url) as ledger:
        lived(ledger)
    rows = texts(url).splitlines()
    assert [row.count(MEMBER) for row in rows if MEMBER in row] == [1]
    assert found(url, "SELECT external FROM loyalty_members WHERE id = 1") == [(MEMBER,)]


DAMAGES = (
    ("events", "UPDATE loyalty_events SET body = '{}' WHERE member = 1 AND sequence = 2"),
    (
        "events",
        'UPDATE loyalty_events SET receipt = \'{"points":{"beans":9}}\' WHERE sequence = 2',
    ),
    ("entries", "UPDATE loyalty_entries SET effects = replace(effects, '50', '90')"),
    ("entries", "UPDATE loyalty_entries SET plan = substr(plan, 2) || 'x' WHERE sequence = 1"),
    ("entries", "UPDATE loyalty_entries SET hash = previous WHERE member = 1 AND sequence = 2"),
    ("entries", "DELETE FROM loyalty_entries WHERE member = 1 AND sequence = 1"),
    ("events", "DELETE FROM loyalty_events WHERE member = 1 AND sequence = 1"),
    ("members", "UPDATE loyalty_members SET external = '~erased/x' WHERE id = 1"),
    ("members", "UPDATE loyalty_members SET external = '~erased/y', salt = {none} WHERE id = 2"),
)


def test_the_hashes_of_his_entries_stay_and_what_is_left_is_bound(url: str) -> None:
    hashes = (
        "SELECT member, sequence, previous, hash, digest FROM loyalty_entries"
        " JOIN loyalty_events USING (member, sequence) ORDER BY 1, 2"
    )
    none = "x''" if url.startswith("sqlite") else "''::bytea"
    with on(url) as ledger:
        lived(ledger)
        ledger.seal()
        before = found(url, hashes)
        ledger.erase(MEMBER)
        after = found(url, hashes)
        assert [one for one in after if one in before] == before and len(after) == len(before) + 1
        assert ledger.verify(seal=False).is_clean
        for table, damage in DAMAGES:
            with damaged(url, f"loyalty_{table}", damage.replace("{none}", none)):
                assert not ledger.verify(seal=False).is_clean, damage
        assert ledger.verify().is_clean


def test_what_follows_from_the_rest_of_his_log_is_made_again(url: str) -> None:
    with on(url) as ledger:
        lived(ledger)
        ledger.erase(MEMBER)
    before = texts(url)
    for table in ("accounts", "lots", "postings", "orders", "outbox"):
        assert did(url, f"DELETE FROM loyalty_{table} WHERE member = 1")
    with on(url) as ledger:
        assert ledger.rebuild().changed == [1]
        assert ledger.verify(seal=False).is_clean
    assert sorted(texts(url).splitlines()) == sorted(before.splitlines())


def test_a_damage_is_not_covered_up_by_an_erasure(url: str) -> None:
    with on(url) as ledger:
        for number in range(20):
            ledger.record(bought("1.00", id=f"p-{number}"))
    text = "UPDATE loyalty_entries SET effects = replace(effects, '1', '2') WHERE sequence = 3"
    assert did(url, text)
    with on(url) as ledger, pytest.raises(CorruptLedger):
        ledger.erase("m-1")


@pytest.mark.parametrize("store", STORES)
def test_what_is_owed_is_forgiven(store: str, tmp_path: Path) -> None:
    with sound(opener(store, tmp_path)(RULES)) as ledger:
        ledger.record(bought("30.00", id="p-1"))
        head = {"type": "redemption", "id": "red", "member": "m-1", "take": {"coffee": 5}}
        ledger.record(parse_event({**head, "occurred_at": "2026-03-11T12:00:00Z"}))
        ledger.record(back("p-1"))
        assert beans(ledger) == -25
        assert ledger.erase("m-1").points == {"beans": 25}
        books = {name: left for name, left in ledger.verify().books["beans"].items() if left}
        assert books == {"issued": -30, "reversed": 30, "spent": 25, "expired": -25}


def test_a_shop_may_roll_an_erasure_back(url: str) -> None:
    with on(url) as ledger:
        lived(ledger)
        before = texts(url)
        is_file = url.startswith("sqlite")
        shop: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///"))
            if is_file
            else psycopg.connect(shared().url())
        )
        assert ledger.erase(MEMBER, connection=shop).provisional
        shop.rollback()
        shop.close()
        assert texts(url) == before
        assert ledger.verify(seal=False).is_clean


def test_a_member_is_erased_on_the_command_line(url: str, tmp_path: Path) -> None:
    with open_ledger(url, RULES) as ledger:
        ledger.record(bought("30.00", member=MEMBER))
    words = ["ledger", "erase", MEMBER, "--store", url]
    asked = CliRunner().invoke(main, words)
    assert asked.exit_code == 2 and "--yes" in asked.output
    assert MEMBER in texts(url)
    done = CliRunner().invoke(main, [*words, "--yes"])
    anew = "the file was written anew\n" if url.startswith("sqlite") else ""
    assert (done.exit_code, done.output) == (0, f"erased; forfeited: 30 beans\n{anew}")
    again = CliRunner().invoke(main, [*words, "--yes", "--no-scrub"])
    assert (again.exit_code, again.output) == (0, "erased before\n")
    assert MEMBER not in texts(url)
    assert MEMBER.encode() not in of_file(tmp_path / "shop.db")
    nobody = CliRunner().invoke(main, ["ledger", "erase", "nobody", *words[3:], "--yes"])
    assert nobody.exit_code == 1 and "unknown_member" in nobody.output
