"""A member's account shows the codes that he was given and can still use, and no others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Ledger, RuleSet
from loyalty_rules.domain.codes import code_of
from tests.ledger.shop import STORES, Opener, back, opener, sound
from tests.ledger.test_coupons import BASE, WORTH, buys, printed, refusal
from tests.ledger.test_merging import one_member
from tests.semantics.shop import rules

PROGRAMS = """
flyer: {type: coupon, prefix: FLY-, valid: 60 days}
thanks: {type: coupon, title: A tenth off, prefix: THX-, valid: 30 days, uses: 2, on_return: give_back}
always: {type: coupon, prefix: ALL-, valid: never}
"""
GIVE = (
    "{id: give, event: purchase, when: order.total >= 50.00,"
    " give: [{type: coupon, coupon: thanks}, {type: coupon, coupon: always}]}"
)
WELCOME = "{id: hello, event: purchase, limit: {times: 1}, give: {type: coupon, coupon: always}}"
FLYER, THANKS = WORTH % ("flyer", "flyer", 100), WORTH % ("thanks", "thanks", 10)
RULES = rules(BASE, FLYER, THANKS, GIVE, programs=PROGRAMS)
TENTH, ALWAYS = code_of("THX-", "/p-1/give/g1"), code_of("ALL-", "/p-1/give/g2")


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def given(open_one: Opener, rule_set: RuleSet = RULES) -> Ledger:
    """A ledger in which ana has a code for two orders, and one for a single order at any time."""
    ledger = open_one(rule_set, now=lambda: datetime(2026, 4, 5, 12, tzinfo=UTC))
    ledger.record(buys("ana", "50.00", "p-1"))
    return ledger


def codes(ledger: Ledger, member: str = "ana", at: datetime | None = None) -> dict[str, int]:
    """How many orders each code of a member is good for, in the order of his account."""
    return {one.code: one.left for one in ledger.statement(member, at=at).codes}


def test_an_account_says_what_a_code_is_for_how_often_and_until_when(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        tenth, always = ledger.statement("ana").codes
        assert (tenth.coupon, tenth.title, tenth.code) == ("thanks", "A tenth off", TENTH)
        assert tenth.ends_at == datetime(2026, 4, 9, 22, tzinfo=UTC)  # through 9 April in Berlin
        assert tenth.text == "good for 2 orders"
        assert (always.coupon, always.title, always.code) == ("always", "", ALWAYS)
        assert (always.text, always.ends_at) == ("good for 1 order", None)
        assert codes(ledger, "ben") == {}


def test_codes_that_everybody_may_use_are_nobodys(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        printed(ledger, "FLY-1")
        assert list(codes(ledger)) == [TENTH, ALWAYS]
        assert codes(ledger, "the-shop") == {}


def test_a_code_is_there_until_it_is_used_up(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        ledger.record(buys("ana", "9.00", "p-2", TENTH, day="2026-03-11"))
        assert codes(ledger) == {TENTH: 1, ALWAYS: 1}
        ledger.record(buys("ana", "9.00", "p-3", TENTH, day="2026-03-12"))
        ledger.record(buys("ana", "9.00", "p-4", ALWAYS, day="2026-03-12"))
        assert codes(ledger) == {}


def test_a_code_is_there_through_its_last_day(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        assert TENTH in codes(ledger, at=datetime(2026, 4, 9, 21, 59, tzinfo=UTC))
        assert codes(ledger, at=datetime(2026, 4, 9, 22, tzinfo=UTC)) == {ALWAYS: 1}


def test_a_code_that_an_order_gives_back_is_there_again(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        ledger.record(buys("ana", "9.00", "p-2", TENTH, day="2026-03-11"))
        ledger.record(buys("ana", "9.00", "p-3", ALWAYS, day="2026-03-11"))
        for order in ("p-2", "p-3"):
            ledger.record(back(order, id=f"r-{order}", member="ana", day="2026-03-13"))
        assert codes(ledger) == {TENTH: 2}  # the terms of the other one keep it used
        assert refusal(ledger, buys("ana", "9.00", "p-4", TENTH, day="2026-03-14")) == ""


def test_a_code_goes_with_the_order_that_earned_it(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        ledger.record(buys("ana", "9.00", "p-2", TENTH, day="2026-03-11"))
        ledger.record(back("p-1", member="ana"))
        # the one that was used is his for the order that is left; the other one goes
        assert codes(ledger) == {TENTH: 1}
        assert refusal(ledger, buys("ana", "9.00", "p-4", ALWAYS, day="2026-03-14")) != ""
        assert refusal(ledger, buys("ana", "9.00", "p-5", TENTH, day="2026-03-14")) == ""


def test_every_name_of_a_member_shows_the_codes_that_one_member_has(open_one: Opener) -> None:
    rule_set = rules(BASE, THANKS, GIVE, WELCOME, programs=PROGRAMS)
    first, second = code_of("ALL-", "/p-1/hello/g1"), code_of("ALL-", "/p-2/hello/g1")
    with sound(given(open_one, rule_set)) as ledger:
        ledger.record(buys("ben", "9.00", "p-2", day="2026-03-11"))
        assert codes(ledger, "ben") == {second: 1}
        ledger.record(one_member())  # who is welcomed once
        for name in ("ana", "ben"):
            assert codes(ledger, name) == {TENTH: 2, ALWAYS: 1, first: 1}
        for name, code in (("ben", TENTH), ("ana", first)):
            sent = buys(name, "9.00", f"p-{code}", code, day="2026-04-02")
            assert refusal(ledger, sent) == ""
        assert codes(ledger, "ben") == {TENTH: 1, ALWAYS: 1}


def test_who_was_erased_has_none(open_one: Opener) -> None:
    with sound(given(open_one)) as ledger:
        ledger.erase("ana")
        assert codes(ledger) == {}


def test_what_no_rule_set_knows_any_more_is_no_code(open_one: Opener) -> None:
    with given(open_one) as ledger:
        shared = ledger._store
        renamed = rules(BASE, programs=PROGRAMS.replace("THX-", "TENTH-"), more="")
        with Ledger(shared, renamed, now=lambda: datetime(2026, 4, 5, 12, tzinfo=UTC)) as other:
            assert codes(other) == {ALWAYS: 1}
            sent = buys("ana", "9.00", "p-9", TENTH, day="2026-03-14")
            assert other.record(sent).points["beans"] == 9
