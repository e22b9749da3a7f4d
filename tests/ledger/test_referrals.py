"""Members who bring members, in a ledger: what both sides are asked, what others are told, and what of it is
taken back. What a network comes to as a whole stands in ``test_referral_networks.py``."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from loyalty_rules import EventError, Ledger, parse_event
from loyalty_rules.service.moving import import_ledger
from loyalty_rules.service.receipt import Receipt
from tests.ledger.networks import START, event, referring, totals
from tests.ledger.shop import RULES, STORES, Opener, opener, sound
from tests.semantics.shop import rules

NOW = START + timedelta(days=80)
ONCE = referring(repeat=False)
MEMBERS = ["ana", "ben", "cem", "dora"]


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def opened(open_one: Opener, **options: object) -> Ledger:
    return open_one(ONCE, now=lambda: NOW, **options)


def on(day: int, minute: int = 0) -> datetime:
    return START + timedelta(days=day, minutes=minute)


def refers(ledger: Ledger, member: str, day: int = 0, id: str = "", **fields: object) -> Receipt:
    name = id or f"r-{member}-{'-'.join(map(str, fields.values()))}-{day}"
    return ledger.record(event(name, "referral", member, on(day), **fields))


def buys(
    ledger: Ledger, member: str, euros: int, day: int, id: str = "p-1", card: str = ""
) -> Receipt:
    lines = [{"id": "1", "quantity": 1, "amount": f"{euros}.00"}]
    more: dict[str, object] = {}
    if card:
        more["tenders"] = [{"type": "card", "amount": f"{euros}.00", "fingerprint": card}]
    sent = event(id, "purchase", member, on(day), currency="EUR", lines=lines, **more)
    return ledger.record(sent)


def code_of(receipt: Receipt) -> str:
    return "" if receipt.refusal is None else receipt.refusal.code


def chain(ledger: Ledger) -> None:
    """Ana brought Ben, who brought Cem."""
    assert refers(ledger, "ana", friend="ben").status == "booked"
    assert refers(ledger, "ben", friend="cem").status == "booked"


def test_what_is_refused_changes_nothing_for_either(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        assert refers(ledger, "ben", code="BEN").status == "booked"
        assert refers(ledger, "ana", code="ANA").status == "booked"
        buys(ledger, "dora", 20, day=1)
        before = {state.member: state for state in ledger.states()}
        refused = {
            "referral_of_oneself": [("ana", {"friend": "ana"}), ("ana", {"used_code": "ANA"})],
            "referral_loop": [("cem", {"friend": "ana"}), ("ana", {"used_code": "BEN"})],
            "second_referrer": [("ana", {"friend": "cem"}), ("cem", {"used_code": "BEN"})],
            "friend_existed_before": [("ana", {"friend": "dora"}), ("dora", {"used_code": "BEN"})],
            "unknown_code": [("eve", {"used_code": "BEM"})],
            "code_taken": [("ana", {"code": "BEN"}), ("ben", {"code": "BEN"})],
            "bad_referral": [("ana", {}), ("ana", {"friend": "eve", "code": "X"})],
        }
        for code, tried in refused.items():
            for member, fields in tried:
                assert code_of(refers(ledger, member, day=2, **fields)) == code
        assert {state.member: state for state in ledger.states()} == before


def test_a_code_brings_as_a_name_does_and_rules_fire_for_who_has_it(open_one: Opener) -> None:
    told = "{id: told, event: referral, give: {type: bonus, program: beans, points: 5}}"
    refer = (
        "refer: {type: referral, qualifies: {event: purchase}, rewards: [{to: referrer, limit: none,"
        " give: {type: bonus, program: beans, points: 50}}]}"
    )
    with sound(open_one(rules(told, programs=refer), now=lambda: NOW)) as ledger:
        refers(ledger, "ana", friend="ben")
        assert totals(ledger, MEMBERS) == {"ana": 5}
        refers(ledger, "ben", code="BEN")
        assert totals(ledger, MEMBERS) == {"ana": 5}
        refers(ledger, "cem", used_code="BEN")
        assert totals(ledger, MEMBERS) == {"ana": 5, "ben": 5}
        buys(ledger, "cem", 10, day=1)
        assert totals(ledger, MEMBERS) == {"ana": 5, "ben": 55}


def test_a_card_of_the_referrer_is_not_rewarded(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        buys(ledger, "ben", 10, day=1, id="own", card="one")
        receipt = buys(ledger, "cem", 40, day=2, card="one")
        assert receipt.status == "booked"
        assert [code_of(one) for one in receipt.released] == ["same_payment"]
        assert totals(ledger, MEMBERS) == {"ben": 10, "cem": 40}


def lives(ledger: Ledger, member: str, house: str, day: int, action: str = "join") -> Receipt:
    name = f"h-{member}-{house}-{day}-{action}"
    sent = event(name, "household", member, on(day), household=house, action=action)
    return ledger.record(sent)


def test_nobody_is_rewarded_for_somebody_of_his_own_household(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        lives(ledger, "ana", "here", 0)
        lives(ledger, "ben", "here", 0)
        assert code_of(refers(ledger, "ana", day=1, friend="ben")) == "same_household"
        assert code_of(lives(ledger, "ben", "there", 2)) == "in_a_household"
        assert code_of(lives(ledger, "ben", "there", 2, "leave")) == "not_in_household"
        assert lives(ledger, "ben", "here", 2, "leave").status == "booked"
        assert refers(ledger, "ana", day=3, friend="ben").status == "booked"
        assert code_of(lives(ledger, "ben", "here", 4, "move")) == "wrong_field"
        lives(ledger, "ben", "here", 4)
        receipt = buys(ledger, "ben", 40, day=5)
        assert [code_of(one) for one in receipt.released] == ["same_household"]
        assert totals(ledger, MEMBERS) == {"ben": 40}


def test_an_order_is_told_once_however_often_it_is_sent(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        first, again = buys(ledger, "cem", 40, day=1), buys(ledger, "cem", 40, day=1)
        assert [one.event for one in first.released] == [
            *("refer/0/1/0|p-1", "refer/1/1/0|p-1", "refer/2/1/0|p-1")
        ]
        assert (again.status, again.released) == ("duplicate", ())
        assert totals(ledger, MEMBERS) == {"ana": 40, "ben": 400, "cem": 240}


def test_a_quote_tells_what_others_would_get_and_writes_nothing(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        lines = [{"id": "1", "quantity": 1, "amount": "40.00"}]
        cart = event("p-1", "purchase", "cem", on(1), currency="EUR", lines=lines)
        told = [(one.member, dict(one.points)) for one in ledger.quote(cart).released]
        assert told == [("cem", {"beans": 200}), ("ben", {"beans": 400}), ("ana", {"beans": 40})]
        assert totals(ledger, MEMBERS) == {}


def test_a_referral_that_comes_late_takes_its_place(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        buys(ledger, "cem", 40, day=3)
        refers(ledger, "ana", day=1, friend="ben")
        receipt = refers(ledger, "ben", day=2, friend="cem")
        assert receipt.status == "booked"
        assert totals(ledger, MEMBERS) == {"ana": 40, "ben": 400, "cem": 240}


def test_a_first_order_that_comes_late_shows_that_the_friend_was_there(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        refers(ledger, "ben", day=2, friend="cem")
        buys(ledger, "cem", 40, day=3)
        assert totals(ledger, MEMBERS) == {"ben": 400, "cem": 240}
        buys(ledger, "cem", 7, day=1, id="p-0")
        assert totals(ledger, MEMBERS) == {"cem": 47}


def test_a_referrer_who_was_erased_ends_the_chain(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        ledger.erase("ben")
        buys(ledger, "cem", 40, day=1)
        assert totals(ledger, ["ana", "cem"]) == {"cem": 240}
        assert code_of(refers(ledger, "ana", day=2, friend="ben")) == "member_erased"


def test_what_a_friend_gave_stays_when_he_is_erased(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        buys(ledger, "cem", 40, day=1)
        ledger.erase("cem")
        assert totals(ledger, ["ana", "ben"]) == {"ana": 40, "ben": 400}
        text = "".join(line for line in ledger.export() if '"account":2' in line)
        assert "cem" not in text.replace('"friend":"cem"', "")


def test_a_ledger_taken_elsewhere_goes_on_with_its_referrals(
    open_one: Opener, tmp_path: Path
) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        buys(ledger, "cem", 40, day=1)
        lines = list(ledger.export())
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    import_ledger(url, lines)
    with sound(opener("sqlite", tmp_path)(ONCE, file="elsewhere.db", now=lambda: NOW)) as ledger:
        head = event("c-1", "cancellation", "cem", on(2), order="p-1")
        assert ledger.record(head).status == "booked"
        assert totals(ledger, MEMBERS) == {}


def test_events_for_others_are_made_here_and_never_sent() -> None:
    for kind in ("friend_order", "friend_return"):
        with pytest.raises(EventError) as problem:
            event("x", kind, "ana", START, order="x", lines=[], currency="EUR")
        assert problem.value.code == "reserved_type"
    with pytest.raises(EventError):
        parse_event({"id": "x", "type": "checkin", "member": "a"}, source="~referral")


def test_a_correction_by_other_rules_tells_others_too(open_one: Opener) -> None:
    dearer = referring(repeat=False, least="50.00")
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        buys(ledger, "cem", 40, day=1)
        found = [*ledger.correct(on(0), dearer, book=True)]
        assert {one.status for one in found} == {"booked"}
        assert totals(ledger, MEMBERS) == {"cem": 40}


def test_rules_that_know_no_referral_any_more_still_take_back(tmp_path: Path) -> None:
    open_one = opener("sqlite", tmp_path)
    with opened(open_one, file="club.db") as ledger:
        chain(ledger)
        buys(ledger, "cem", 40, day=1)
    with sound(open_one(RULES, file="club.db", now=lambda: NOW)) as ledger:
        back = event("c-1", "cancellation", "cem", on(2), order="p-1")
        assert ledger.record(back).status == "booked"
        assert totals(ledger, MEMBERS) == {}


def test_a_return_without_an_order_takes_from_own_orders_only(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        lines = [{"id": "1", "sku": "TEA", "quantity": 1, "amount": "40.00"}]
        ledger.record(event("p-1", "purchase", "cem", on(1), currency="EUR", lines=lines))
        named = [{"sku": "TEA", "quantity": 1, "amount": "40.00"}]
        receipt = ledger.record(event("b-1", "return", "ben", on(2), lines=named))
        assert receipt.points.get("beans", 0) == 0
        assert totals(ledger, MEMBERS) == {"ana": 40, "ben": 400, "cem": 240}


def test_what_qualifies_may_be_no_order(open_one: Opener) -> None:
    refer = (
        "refer: {type: referral, qualifies: {event: review, when: event.rating >= 4}, rewards: ["
        "{to: friend, give: {type: bonus, program: beans, points: 20}}, {to: referrer, limit: none,"
        " give: {type: voucher, amount: 5.00, valid: 30 days}}]}"
    )
    with sound(open_one(rules(programs=refer), now=lambda: NOW)) as ledger:
        refers(ledger, "ana", friend="ben")
        ledger.record(event("v-1", "review", "ben", on(5), sku="A", rating=3))
        ledger.record(event("v-2", "review", "ben", on(7), sku="A", rating=5))
        assert totals(ledger, MEMBERS) == {"ben": 20}
        assert [(one.member, one.kind) for one in ledger.outbox()] == [("ana", "voucher")]
        ledger.record(event("v-0", "review", "ben", on(4), sku="A", rating=5))
        assert totals(ledger, MEMBERS) == {"ben": 20}


def test_ids_of_orders_that_look_like_those_made_here_are_told_apart(open_one: Opener) -> None:
    with sound(opened(open_one)) as ledger:
        chain(ledger)
        buys(ledger, "cem", 40, day=1, id="a")
        ledger.record(event("c-1", "cancellation", "cem", on(2), order="a"))
        for day, id in enumerate(("a/5", "a/4", "0|a", "back/5/a", "x" * 150, "x" * 150 + "y"), 3):
            buys(ledger, "cem", 40, day=day, id=id)
            name = f"c-{id}"
            ledger.record(event(name, "cancellation", "cem", on(day, minute=1), order=id))
        assert totals(ledger, MEMBERS) == {}
        buys(ledger, "cem", 40, day=20, id="last")
        assert totals(ledger, MEMBERS) == {"ana": 40, "ben": 400, "cem": 240}


@pytest.mark.parametrize("code", ["", "~mine", "two\nlines", "x" * 201])
def test_a_code_is_written_as_an_id_is(code: str) -> None:
    for field in ("code", "used_code"):
        with pytest.raises(EventError) as problem:
            event("x", "referral", "ana", START, **{field: code})
        assert problem.value.path == field
