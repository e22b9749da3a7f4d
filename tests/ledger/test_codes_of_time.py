"""Codes that the clock gives to many members at one instant have one text: each member uses his own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger
from tests.ledger.shop import STORES, Opener, back, opener, sound
from tests.ledger.test_coupons import BASE, WORTH, buys, refusal
from tests.ledger.test_merging import one_member
from tests.ledger.test_open_codes import codes
from tests.semantics.shop import rules

THANKS = WORTH % ("thanks", "thanks", 10)
MONTHLY = "{id: monthly, event: clock, every: month, give: {type: coupon, coupon: thanks}}"
PROGRAMS = "thanks: {type: coupon, prefix: THX-, valid: 60 days, on_return: give_back}"
RULES = rules(BASE, THANKS, MONTHLY, programs=PROGRAMS)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def given(open_one: Opener) -> tuple[Ledger, str]:
    """A ledger in which ana and ben were given a code for March, and its text."""
    ledger = open_one(RULES, now=lambda: datetime(2026, 4, 20, 12, tzinfo=UTC))
    for member in ("ana", "ben"):
        ledger.record(buys(member, "5.00", f"p-{member}"))
    ledger.advance(datetime(2026, 4, 1, tzinfo=UTC))
    [code] = codes(ledger)
    assert codes(ledger, "ben") == {code: 1}
    return ledger, code


def uses(member: str, code: str, id: str, day: str = "2026-04-03") -> Event:
    return buys(member, "9.00", id, code, day=day)


def test_each_uses_his_own(open_one: Opener) -> None:
    ledger, code = given(open_one)
    with sound(ledger):
        for member in ("ana", "ben"):
            assert refusal(ledger, uses(member, code, f"q-{member}")) == ""
            assert codes(ledger, member) == {}
            assert refusal(ledger, uses(member, code, f"r-{member}", "2026-04-04")) == "code_used"
        assert refusal(ledger, uses("cem", code, "q-cem")) == "unknown_code"
        ledger.record(back("q-ana", member="ana", day="2026-04-05"))
        assert (codes(ledger), codes(ledger, "ben")) == ({code: 1}, {})
        assert refusal(ledger, uses("ana", code, "s-ana", "2026-04-06")) == ""


def test_an_order_that_comes_late_takes_no_code_from_one_that_has_used_it(open_one: Opener) -> None:
    ledger, code = given(open_one)
    with sound(ledger):
        assert refusal(ledger, uses("ana", code, "q-1", "2026-04-10")) == ""
        assert refusal(ledger, uses("ana", code, "q-2", "2026-04-05")) == "code_used"
        late = ledger.record(buys("ana", "7.00", "late", day="2026-04-05"))
        assert (late.status, late.late) == ("booked", True)
        assert codes(ledger) == {}


@pytest.mark.parametrize("used", [(), ("ana",), ("ben",), ("ben", "ana")])
def test_who_turns_out_to_be_one_has_one_and_keeps_what_was_used(
    open_one: Opener, used: tuple[str, ...]
) -> None:
    ledger, code = given(open_one)
    with sound(ledger):
        for number, member in enumerate(used):
            sent = uses(member, code, f"q-{member}", f"2026-04-0{number + 2}")
            assert refusal(ledger, sent) == ""
        points = int(ledger.balance("ana")["beans"].total) + int(
            ledger.balance("ben")["beans"].total
        )
        assert ledger.record(one_member(day="2026-04-15")).status == "booked"
        assert int(ledger.balance("ana")["beans"].total) == points
        assert codes(ledger, "ben") == ({} if used else {code: 1})
        late = ledger.record(buys("ben", "7.00", "late", day="2026-03-20"))
        assert (late.status, late.late) == ("booked", True)
        assert codes(ledger) == ({} if used else {code: 1})
        last = uses("ana", code, "z", "2026-04-16")
        assert refusal(ledger, last) == ("code_used" if used else "")
