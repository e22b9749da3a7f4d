"""Rows of PostgreSQL that were changed from outside: what is found in a file is found there."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from loyalty_rules import CorruptLedger, Ledger, open_ledger
from tests.ledger.hands import damaged, did
from tests.ledger.shop import NOW, RULES, bought
from tests.ledger.test_damage import TAMPERED, fill
from tests.postgres.shared import new_url


@pytest.fixture(scope="module")
def url() -> str:
    return new_url()


@pytest.fixture(scope="module")
def ledger(url: str) -> Iterator[Ledger]:
    with open_ledger(url, RULES, now=lambda: NOW) as opened:
        fill(opened)
        yield opened
        assert opened.verify().findings == []
        assert opened.rebuild().is_identical


@pytest.mark.parametrize(("tampering", "said"), TAMPERED)
def test_verify_finds_what_was_tampered_with(
    tampering: str, said: str, url: str, ledger: Ledger
) -> None:
    table = tampering.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
    text = tampering.replace("zeroblob(32)", "sha256(head)")
    try:
        with damaged(url, table, text):
            assert said in "; ".join(one.text for one in ledger.verify(seal=False).findings)
    except psycopg.errors.ForeignKeyViolation:
        assert table == "loyalty_members"  # the server lets nobody take one away


def test_one_damaged_account_stops_nobody_else_and_is_put_right(url: str, ledger: Ledger) -> None:
    assert did(url, "UPDATE loyalty_accounts SET head = sha256(head) WHERE member = 2")
    receipts = ledger.record_many(
        [bought("1.00", id=f"after-{number}", member=f"m-{number}") for number in (1, 2, 3)]
    )
    assert [one.status for one in receipts] == ["booked", "refused", "booked"]
    with pytest.raises(CorruptLedger):
        ledger.record(bought("1.00", id="after-2", member="m-2"))
    assert ledger.verify().findings
    assert ledger.rebuild().changed == [2]
