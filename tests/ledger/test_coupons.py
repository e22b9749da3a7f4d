"""Codes of coupons in a ledger: known to all or given to one, used once in all, given back where the terms
say so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, Ledger, MemberState, RuleSet, parse_event
from loyalty_rules.batch.code_import import Imported, import_codes
from loyalty_rules.domain.codes import code_of
from tests.ledger.shop import STORES, Opener, back, beans, bought, opener, sound
from tests.semantics.shop import rules

PROGRAMS = """
flyer: {type: coupon, prefix: FLY-, valid: 60 days, on_return: %s, stacks: true, per_order: 2}
thanks: {type: coupon, prefix: THX-, valid: 30 days, uses: 2, stacks: true}
"""
BASE = "{id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}"
WORTH = (
    "{id: %s-code, event: purchase, when: %s.presented >= 1,"
    " give: {type: bonus, program: beans, points: %s}}"
)
FLYER, THANKS = WORTH % ("flyer", "flyer", 100), WORTH % ("thanks", "thanks", 10)
GIVE = (
    "{id: give, event: purchase, when: order.total >= 50.00,"
    " give: [{type: perk, name: hug, valid: 1 day}, {type: coupon, coupon: thanks}]}"
)
START = datetime(2026, 3, 1, tzinfo=UTC)


def coupons(on_return: str = "give_back") -> RuleSet:
    return rules(BASE, FLYER, THANKS, GIVE, programs=PROGRAMS % on_return)


RULES = coupons()


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def buys(member: str, amount: str, id: str, *codes: str, day: str = "2026-03-10") -> Event:
    return bought(amount, id=id, member=member, day=day, coupons=list(codes))


def printed(ledger: Ledger, *codes: str) -> Imported:
    return import_codes(ledger, "flyer", codes, member="the-shop", at=START)


def refusal(ledger: Ledger, event: Event) -> str:
    receipt = ledger.record(event)
    return "" if receipt.refusal is None else receipt.refusal.code


def test_a_code_is_used_once_by_whoever_comes_first(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        assert printed(ledger, "FLY-1", "FLY-2") == Imported(new=2)
        assert refusal(ledger, buys("ana", "10.00", "p-1", "FLY-1")) == ""
        assert refusal(ledger, buys("ben", "10.00", "p-2", "FLY-1")) == "code_used"
        assert refusal(ledger, buys("ben", "10.00", "p-3", "FLY-9")) == "unknown_code"
        assert refusal(ledger, buys("ben", "10.00", "p-4", "FLY-2", "FLY-2")) == ""
        assert (beans(ledger, "ana"), beans(ledger, "ben")) == (110, 110)


def test_a_batch_uses_codes_one_after_the_other(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1", "FLY-2")
        events = [buys(f"m-{number}", "10.00", f"p-{number}", "FLY-1") for number in range(3)]
        receipts = ledger.record_many(events)
        assert [one.status for one in receipts] == ["booked", "refused", "refused"]


def test_an_order_that_comes_back_whole_gives_its_code_back(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1")
        ledger.record(parse_event(two_lines("ana", "p-1", "FLY-1")))
        ledger.record(back("p-1", ("1", 1), id="r-1", member="ana"))
        assert (
            refusal(ledger, buys("ben", "10.00", "p-2", "FLY-1", day="2026-03-13")) == "code_used"
        )
        ledger.record(back("p-1", id="r-2", member="ana", day="2026-03-14"))
        assert beans(ledger, "ana") == 0
        assert refusal(ledger, buys("ben", "10.00", "p-3", "FLY-1", day="2026-03-15")) == ""
        assert (
            refusal(ledger, buys("ana", "10.00", "p-4", "FLY-1", day="2026-03-15")) == "code_used"
        )


def two_lines(member: str, id: str, code: str) -> dict[str, object]:
    lines = [{"quantity": 1, "amount": "10.00"}, {"quantity": 1, "amount": "5.00"}]
    return {
        "id": id,
        "type": "purchase",
        "member": member,
        "occurred_at": "2026-03-10T12:00:00Z",
        "currency": "EUR",
        "lines": lines,
        "coupons": [code],
    }


def test_terms_may_keep_a_code_used(open_one: Opener) -> None:
    with sound(open_one(coupons("used"))) as ledger:
        printed(ledger, "FLY-1")
        ledger.record(buys("ana", "10.00", "p-1", "FLY-1"))
        ledger.record(back("p-1", member="ana"))
        assert (
            refusal(ledger, buys("ben", "10.00", "p-2", "FLY-1", day="2026-03-13")) == "code_used"
        )


def test_a_code_that_a_rule_gives_is_its_members_and_good_for_so_many_orders(
    open_one: Opener,
) -> None:
    code = code_of("THX-", "/p-1/give/g2")
    with sound(open_one(RULES)) as ledger:
        ledger.record(buys("ana", "50.00", "p-1"))
        assert (
            refusal(ledger, buys("ben", "10.00", "p-2", code, day="2026-03-11")) == "unknown_code"
        )
        assert refusal(ledger, buys("ana", "10.00", "p-3", code, day="2026-03-11")) == ""
        assert refusal(ledger, buys("ana", "10.00", "p-4", code, day="2026-04-09")) == ""
        assert refusal(ledger, buys("ana", "10.00", "p-5", code, day="2026-04-09")) == "code_used"
        assert beans(ledger, "ana") == 50 + 20 + 20


def test_a_code_goes_with_the_order_that_earned_it_unless_it_was_used(open_one: Opener) -> None:
    first, second = code_of("THX-", "/p-1/give/g2"), code_of("THX-", "/p-2/give/g2")
    with sound(open_one(RULES)) as ledger:
        ledger.record(buys("ana", "50.00", "p-1"))
        ledger.record(buys("ana", "60.00", "p-2"))
        ledger.record(buys("ana", "10.00", "p-3", second, day="2026-03-11"))
        ledger.record(back("p-1", id="r-1", member="ana"))
        ledger.record(back("p-2", id="r-2", member="ana"))
        assert (
            refusal(ledger, buys("ana", "9.00", "p-4", first, day="2026-03-13")) == "unknown_code"
        )
        assert refusal(ledger, buys("ana", "9.00", "p-5", second, day="2026-03-13")) == ""
        told = [item.action for item in ledger.outbox() if item.kind == "coupon"]
        assert sorted(told) == ["granted", "granted", "withdrawn"]  # the other is a cost, and kept


def test_who_is_erased_leaves_his_codes_used(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1", "FLY-2")
        ledger.record(buys("ana", "50.00", "p-1", "FLY-1"))
        ledger.erase("ana")
        ledger.erase("the-shop")
        assert refusal(ledger, buys("ben", "9.00", "p-2", "FLY-1", day="2026-03-13")) == "code_used"
        assert refusal(ledger, buys("ben", "9.00", "p-3", "FLY-2", day="2026-03-13")) == ""


def test_a_code_lasts_through_its_last_day(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1", "FLY-2")  # 60 days from 1 March: through 30 April
        assert refusal(ledger, buys("ana", "9.00", "p-1", "FLY-1", day="2026-04-30")) == ""
        assert (
            refusal(ledger, buys("ana", "9.00", "p-2", "FLY-2", day="2026-05-01")) == "code_expired"
        )


def test_an_order_takes_codes_of_several_coupons_only_if_all_stack(open_one: Opener) -> None:
    code = code_of("THX-", "/p-1/give/g2")
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1", "FLY-2", "FLY-3")
        ledger.record(buys("ana", "50.00", "p-1"))
        three = buys("ana", "9.00", "p-2", "FLY-1", "FLY-2", "FLY-3", day="2026-03-11")
        assert refusal(ledger, three) == "too_many_codes"
        both = buys("ana", "9.00", "p-3", "FLY-1", code, day="2026-03-11")
        assert refusal(ledger, both) == ""
        assert beans(ledger, "ana") == 50 + 9 + 100 + 10


def test_a_list_that_is_sent_again_changes_nothing(open_one: Opener) -> None:
    codes = [f"FLY-{number}" for number in range(1500)]
    with sound(open_one(RULES)) as ledger:
        assert printed(ledger, *codes) == Imported(new=1500)
        assert printed(ledger, *codes) == Imported(before=1500)
        later = import_codes(ledger, "flyer", codes, member="the-shop", at=START.replace(day=2))
        assert later == Imported(before=1500)
        again = printed(ledger, "FLY-7", "FLY-NEW")
        assert [(code, count) for code, _, count in again.refused] == [("code_exists", 2)]
        assert refusal(ledger, buys("ana", "9.00", "p-1", "FLY-NEW")) == "unknown_code"


def test_what_is_no_code_of_the_coupon_is_not_imported(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        for codes, expected in (
            (["THX-1"], "foreign_code"),
            (["FLY-"], "foreign_code"),
            (["FLY-" + "X" * 61], "wrong_field"),
        ):
            [(code, _, _)] = printed(ledger, *codes).refused
            assert code == expected
        unknown = import_codes(ledger, "poster", ["P-1"], member="the-shop", at=START)
        assert [code for code, _, _ in unknown.refused] == ["unknown_coupon"]


def test_a_late_order_keeps_off_a_code_that_somebody_used_before_it_came(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        printed(ledger, "FLY-1", "FLY-2")
        ledger.record(buys("ana", "10.00", "p-1", "FLY-1", day="2026-03-20"))
        assert (
            refusal(ledger, buys("ben", "10.00", "p-2", "FLY-1", day="2026-03-10")) == "code_used"
        )
        # an order of ana's own that comes late is told before hers, and takes nothing from it
        assert (
            refusal(ledger, buys("ana", "10.00", "p-3", "FLY-1", day="2026-03-10")) == "code_used"
        )
        assert refusal(ledger, buys("ana", "10.00", "p-4", "FLY-2", day="2026-03-10")) == ""
        assert beans(ledger, "ana") == 220


def test_alone_only_the_codes_are_known_that_a_member_was_given() -> None:
    decision = RULES.decide(buys("ana", "50.00", "p-1"))
    state: MemberState = decision.state
    own = buys("ana", "10.00", "p-2", code_of("THX-", "/p-1/give/g2"), day="2026-03-11")
    assert RULES.decide(own, state).points["beans"] == 20
    assert RULES.decide(buys("ana", "10.00", "p-3", "FLY-1"), state).status == "refused"
