"""Who pays for points: shares of rules, the partner of an order, what leaves lots, what a return shifts."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules import Ledger, Receipt, open_ledger, parse_event
from loyalty_rules.domain.effects import Granted, LotOpened, LotReduced, PartnerPaid, PayersShifted
from loyalty_rules.domain.funding import Part, leaving, merged, points_of
from loyalty_rules.service.loading import load_text

RULES = """
ruleset: coalition
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  points: {type: points, basis: {tax: included}, expiry: {after: 12 months}, value: 0.0085%s}
  gym: {type: partner, pays_per_point_issued: 0.0100, is_paid_per_point_redeemed: 0.0085, sources: [gym-desk]}
  shop: {type: partner, pays_per_point_issued: {points: 0.0080}, is_paid_per_point_redeemed: {points: 0.0085}}
  fund: {type: partner, title: pays for nothing}
rules:
  - {id: base, event: purchase, give: {type: points, program: points, points: 1, per: 1.00}}
  - id: spring
    event: purchase
    when: event.partner == "gym"
    give: {type: multiplier, program: points, times: 2}
    funded_by: {shop: 33.3 %%, operator: 66.7 %%}
  - {id: visit, event: checkin, give: {type: bonus, program: points, points: 10}}
  - id: off
    event: purchase
    when: order.total >= 500.00
    give: {type: discount, amount: 9.99}
    funded_by: {fund: 50 %%, operator: 50 %%}
rewards:
  point: {cost: {program: points, points: 1}, give: {type: perk, name: thanks}}
"""
MINUTES = iter(range(10_000))


def ledger(more: str = "") -> Ledger:
    return open_ledger("memory:", load_text(RULES % more))


def sent(book: Ledger, kind: str, id: str, source: str = "", **fields: object) -> Receipt:
    day, minute = divmod(next(MINUTES), 60)
    at = f"2026-{1 + day // 28 % 12:02d}-{1 + day % 28:02d}T10:{minute:02d}:00Z"
    raw = {"id": id, "type": kind, "member": "m-1", "occurred_at": at, **fields}
    return book.record(parse_event(raw, source=source))


def buy(book: Ledger, id: str, amount: int, source: str = "", **fields: object) -> Receipt:
    line = {"id": "1", "quantity": amount, "amount": f"{amount}.00"}
    return sent(book, "purchase", id, source, currency="EUR", lines=[line], **fields)


def give_back(book: Ledger, order: str, quantity: int) -> Receipt:
    lines = [{"line": "1", "quantity": quantity}]
    return sent(book, "return", f"return-{order}-{quantity}", order=order, lines=lines)


def of(receipt: Receipt, kind: type) -> list:
    assert receipt.status == "booked" and receipt.decision, receipt.refusal
    return [one for one in receipt.decision.effects if isinstance(one, kind)]


def who(parts: tuple[Part, ...]) -> Mapping[str, int]:
    return {one.payer: one.points for one in parts}


def test_each_rule_has_its_payers_and_a_multiplier_those_of_its_extra() -> None:
    [lot] = of(buy(ledger(), "p", 100, partner="gym"), LotOpened)
    assert who(lot.funding) == {"gym": 100, "operator": 67, "shop": 33}
    prices = {one.payer: (one.rate, one.cost) for one in lot.funding}
    cost = Fraction("0.85")
    assert prices == {
        "gym": (1, cost),
        "operator": (0, cost),
        "shop": (Fraction(4, 5), cost),
    }


@pytest.mark.parametrize(
    ("fields", "source", "payer"),
    [
        pytest.param({"partner": "shop"}, "", "shop", id="the partner of the order"),
        pytest.param({}, "", "operator", id="no partner: the operator"),
        pytest.param({}, "gym-desk", "gym", id="the partner whose source it is"),
        pytest.param({"partner": "gym"}, "gym-desk", "gym", id="who names himself"),
    ],
)
def test_without_a_word_the_partner_of_the_order_pays(fields, source, payer) -> None:
    [lot] = of(buy(ledger(), "p", 1, source, **fields), LotOpened)
    assert lot.funding[0].payer == payer


def test_an_event_of_a_source_has_its_partner_in_conditions_too() -> None:
    [lot] = of(buy(ledger(), "p", 1, "gym-desk"), LotOpened)
    assert dict(lot.shares) == {"base": 1, "spring": 1}


@pytest.mark.parametrize(
    ("fields", "source", "code"),
    [
        pytest.param({"partner": "nobody"}, "", "unknown_partner", id="a stranger"),
        pytest.param({"partner": "shop"}, "gym-desk", "other_partner", id="in another's name"),
        pytest.param({"partner": "fund"}, "", "partner_without_rate", id="who pays for nothing"),
    ],
)
def test_a_partner_that_cannot_be_is_refused_and_changes_nothing(fields, source, code) -> None:
    book = ledger()
    receipt = buy(book, "p", 10, source, **fields)
    assert receipt.status == "refused" and receipt.refusal
    assert (receipt.refusal.code, receipt.refusal.path) == (code, "partner")
    assert book.verify().entries == 0


def test_a_check_in_is_paid_for_by_whom_it_is_with() -> None:
    [lot] = of(sent(ledger(), "checkin", "c", partner="gym"), LotOpened)
    assert who(lot.funding) == {"gym": 10}


def test_money_that_a_rule_gives_beside_points_has_payers() -> None:
    [grant] = of(buy(ledger(), "p", 500, partner="shop"), Granted)
    assert grant.funding == (("fund", 500), ("operator", 499))


def test_points_leave_a_lot_in_proportion_and_come_back_as_they_were() -> None:
    book = ledger()
    buy(book, "p", 100, partner="gym")
    spent = sent(book, "redemption", "r", partner="shop", take={"point": 100})
    [left] = of(spent, LotReduced)
    assert who(left.funding) == {"gym": 50, "operator": 34, "shop": 16}
    [paid] = of(spent, PartnerPaid)
    assert paid == PartnerPaid("shop", "points", 100, Fraction(17, 20))
    undone = sent(book, "redemption_cancelled", "c", redemption="r")
    [unpaid] = of(undone, PartnerPaid)
    assert (unpaid.partner, unpaid.points) == ("shop", -100)
    [returned] = of(give_back(book, "p", 100), LotReduced)
    assert who(returned.funding) == {"gym": 100, "operator": 67, "shop": 33}
    assert book.verify().is_clean


def test_who_takes_no_points_refuses_the_redemption() -> None:
    book = ledger()
    buy(book, "p", 100)
    receipt = sent(book, "redemption", "r", partner="fund", take={"point": 1})
    assert receipt.refusal and receipt.refusal.code == "partner_without_rate"
    assert sent(book, "redemption", "r2", take={"point": 1}).status == "booked"


def test_a_return_takes_of_the_orders_lot_whose_points_they_were() -> None:
    book = ledger()
    buy(book, "p", 100, partner="gym")
    sent(book, "redemption", "r", take={"point": 100})  # gym 50, operator 33, shop 17 are left
    taken = give_back(book, "p", 40)  # gym 40, operator 27, shop 13 should come back
    [left] = of(taken, LotReduced)
    assert who(left.funding) == {"gym": 40, "operator": 27, "shop": 13}
    assert not of(taken, PayersShifted)


def test_other_lots_give_and_the_difference_is_booked_between_payers() -> None:
    book = ledger()
    buy(book, "p", 100, partner="gym")
    sent(book, "redemption", "r", partner="shop", take={"point": 200})
    buy(book, "q", 30, partner="shop")
    taken = give_back(book, "p", 100)
    [left] = of(taken, LotReduced)
    assert who(left.funding) == {"shop": 30}
    [shift] = of(taken, PayersShifted)
    assert who(shift.parts) == {"gym": 100, "operator": 67, "shop": 3}
    owed = buy(book, "s", 200, partner="shop")
    [pays] = of(owed, LotReduced)
    assert (pays.cause, who(pays.funding)) == ("pays_deficit", {"shop": 170})
    assert book.verify().is_clean


def test_what_nobody_recovers_stays_paid_for() -> None:
    book = ledger(", returns: {negative: clamp}")
    buy(book, "p", 100, partner="gym")
    sent(book, "redemption", "r", take={"point": 150})
    taken = give_back(book, "p", 100)  # 200 should come back, 50 are there
    parts = [one for left in of(taken, LotReduced) for one in left.funding]
    parts += [one for shift in of(taken, PayersShifted) for one in shift.parts]
    back = merged(parts)
    assert points_of(back) == 50
    assert who(back) == {"gym": 25, "operator": 17, "shop": 8}


def test_a_late_event_says_what_it_moves_between_payers() -> None:
    book = ledger()
    first = {"id": "p", "currency": "EUR", "partner": "gym", "type": "purchase", "member": "m-1"}
    line = {"id": "1", "quantity": 1, "amount": "10.00"}
    for id, at in (("late", "2026-05-01T10:00:00Z"), ("early", "2026-04-01T10:00:00Z")):
        raw = {**first, "id": id, "occurred_at": at, "lines": [line]}
        assert book.record(parse_event(raw)).status == "booked"
    assert book.verify().is_clean


parts = st.lists(
    st.builds(Part, st.sampled_from("abc"), st.integers(1, 50), st.sampled_from([0, 1])), max_size=4
).map(merged)
wanted = st.lists(
    st.builds(Part, st.sampled_from("abcd"), st.integers(-30, 50), st.sampled_from([0, 1])),
    max_size=4,
).map(merged)


@pytest.mark.property
@given(parts, wanted, st.data())
def test_whatever_is_wanted_so_many_points_leave_and_nobody_is_left_below_zero(
    held, wish, data
) -> None:
    points = data.draw(st.integers(0, points_of(held)))
    gone = leaving(held, points, wish)
    assert points_of(gone) == (points if held else 0)
    assert all(one.points > 0 for one in merged(held, gone))
