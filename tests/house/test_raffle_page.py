"""What the page of raffles shows is true: the table of a draw is what a ledger draws."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import loyalty_rules as lr
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.raffle_entries import entries_among
from tests.house.laws import ROOT
from tests.house.test_language_pages import PART, completed, rows
from tests.semantics.shop import purchase

PAGE = (ROOT / "docs" / "programs" / "raffle.md").read_text("utf-8")
SEED = "4711"


def buys(member: str, number: int, amount: str) -> lr.Event:
    sent = purchase(amount, at="2026-07-01T12:00:00Z", id=f"p-{number}")
    return lr.parse_event({**sent, "member": member})


def test_the_table_of_a_draw_is_what_a_ledger_draws() -> None:
    [block] = [block for block, _ in PART.findall(PAGE) if block]
    [table] = [table for _, table in PART.findall(PAGE) if table.startswith("| entry |")]
    told = [[cell.strip("`") for cell in row] for row in rows(table)]
    now = datetime(2026, 9, 2, tzinfo=UTC)
    with lr.open_ledger("memory:", load_text(completed(block)), now=lambda: now) as ledger:
        for member, number, amount in (
            ("ana", 1, "75.00"),
            ("ben", 2, "20.00"),
            ("cem", 3, "55.00"),
        ):
            ledger.record(buys(member, number, amount))
        found = entries_among(ledger.states(), "summer")
        assert [(entry, found.members[n - 1]) for entry, n in found.entries] == [
            (entry, member) for entry, member, *_ in told
        ]
        at = "2026-09-01T12:00:00+02:00"
        draw = {"id": "draw-1", "type": "draw", "member": "the-shop", "occurred_at": at}
        receipt = ledger.record(lr.parse_event({**draw, "raffle": "summer", "seed": SEED}))
        assert receipt.status == "booked"
        won = {one: ledger.balance(one)["beans"].available for one in found.members}
    prizes = [member for _, member, _, _, said in told if said.startswith("prize")]
    spent = {"ana": 75, "ben": 20, "cem": 55}
    assert won == {one: spent[one] + 500 * prizes.count(one) for one in spent}


def test_the_hashes_and_places_of_the_page_can_be_worked_out_by_hand() -> None:
    [table] = [table for _, table in PART.findall(PAGE) if table.startswith("| entry |")]
    told = [[cell.strip("`") for cell in row] for row in rows(table)]
    hashes = {row[0]: sha256(f"{SEED}\n{row[0]}".encode()).hexdigest() for row in told}
    order = sorted(hashes, key=lambda entry: hashes[entry])
    for entry, _, begins, place, _ in told:
        assert hashes[entry].startswith(begins)
        assert order.index(entry) + 1 == int(place)
