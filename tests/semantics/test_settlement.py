"""Worked example E64: settlement between partners, from ledgers that events have built."""

from __future__ import annotations

from fractions import Fraction

import pytest

from loyalty_rules import EventError
from loyalty_rules.reports import report
from loyalty_rules.reports.settlement import Settlement
from loyalty_rules.reports.settlement_text import as_csv, as_object, as_text
from tests.house.laws import ROOT
from tests.semantics.coalition import Coalition

RULES = """
ruleset: coalition
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  points: {type: points, basis: {tax: included}, expiry: {after: 12 months}, value: 0.0085}
  x: {type: partner, pays_per_point_issued: 0.0100}
  y: {type: partner, pays_per_point_issued: {points: 0.0080}, is_paid_per_point_redeemed: 0.0085}
  z: {type: partner, is_paid_per_point_redeemed: {points: 0.0085}}
rules:
  - {id: base, event: purchase, give: {type: points, program: points, points: 1, per: 1.00}}
  - id: shoes
    event: purchase
    when: order.total >= 1000.00
    items: item.sku == "B"
    give: {type: discount, percent: 10 %}
    funded_by: {x: 30 %, operator: 70 %}
rewards:
  point: {cost: {program: points, points: 1}, give: {type: perk, name: thanks}}
"""


@pytest.fixture
def coalition() -> Coalition:
    return Coalition(RULES)


def in_euros(minor: Fraction | int) -> Fraction:
    return Fraction(minor) / 100


def lines(made: Settlement, book: str, party: str) -> dict[str, tuple[int, Fraction]]:
    return {one.cause: (one.points, one.exact) for one in made.of(book, party)}


def test_e64_one_issuer_what_is_spent_expires_and_remains(coalition: Coalition) -> None:
    coalition.buy(750, "2026-01-05T12:00:00+01:00", "x")
    coalition.buy(250, "2026-06-05T12:00:00+02:00", "x")
    coalition.spend(600, "2026-07-01T12:00:00+02:00", "y")
    coalition.advance("2027-02-01T00:00:00+01:00")
    made = coalition.settled("2026-01-01", "2027-02-28")

    assert lines(made, "account", "x") == {"issued": (1000, 1000)}
    assert in_euros(made.balance_minor("x")) == 10
    assert in_euros(made.balance_minor("y")) == Fraction("-5.10")
    assert in_euros(made.margin_minor) == Fraction("0.90")
    assert in_euros(made.breakage_minor) == Fraction("1.50")
    [left] = made.remaining
    assert (left.party, left.points) == ("x", 250)
    assert in_euros(left.cost) == Fraction("2.125")
    assert in_euros(left.margin) == Fraction("0.375")
    assert made.debits_minor == made.credits_minor
    assert sum(line.exact for line in made.lines) == 0
    parts = [Fraction("5.10"), Fraction("0.90"), Fraction("1.50"), in_euros(left.paid)]
    assert sum(parts) == 10
    assert coalition.ledger.verify().is_clean


def test_e64_two_issuers_by_the_order_in_which_lots_are_spent(coalition: Coalition) -> None:
    coalition.buy(300, "2026-01-05T12:00:00+01:00", "x")
    coalition.buy(200, "2026-01-06T12:00:00+01:00", "y")
    coalition.spend(400, "2026-02-01T12:00:00+01:00", "z")
    made = coalition.settled("2026-02-01", "2026-02-28", now="2026-03-01T00:00:00+01:00")

    assert lines(made, "fund", "x")["spent"] == (-300, 300)
    assert lines(made, "fund", "y")["spent"] == (-100, 80)
    assert in_euros(made.balance_minor("z")) == Fraction("-3.40")
    assert in_euros(made.margin_minor) == Fraction("0.40")
    assert made.debits_minor == made.credits_minor == 720
    assert made.is_closed


def test_the_statement_of_a_closed_period_stays_the_same(coalition: Coalition) -> None:
    order = coalition.buy(300, "2026-01-05T12:00:00+01:00", "x")
    first = coalition.settled("2026-01-01", "2026-01-31", now="2026-02-01T00:00:00+01:00")
    coalition.buy(100, "2026-01-20T12:00:00+01:00", "y", received="2026-02-03T12:00:00+01:00")
    coalition.give_back(order, 300, "2026-02-10T12:00:00+01:00")
    coalition.advance("2027-06-01T00:00:00+01:00")
    again = coalition.settled("2026-01-01", "2026-01-31", now="2028-01-01T00:00:00+01:00")
    assert first == again and first.is_closed
    after = coalition.settled("2026-02-01", "2026-02-28")
    assert in_euros(after.balance_minor("y")) == Fraction("0.80")
    assert in_euros(after.balance_minor("x")) == -3
    effective = {(one.party, str(one.effective)) for one in after.corrections}
    assert ("y", "2026-01-20") in effective
    assert not [one for one in after.corrections if one.party == "x"]


def test_statements_of_periods_that_follow_each_other_sum_to_that_of_both(
    coalition: Coalition,
) -> None:
    for day in range(1, 29):
        coalition.buy(day, f"2026-01-{day:02d}T12:00:00+01:00", "xy"[day % 2])
        coalition.spend(day // 2 + 1, f"2026-02-{day:02d}T12:00:00+01:00", "yz"[day % 2])
    year = coalition.settled("2026-01-01", "2026-12-31")
    for partner in "xyz":
        monthly = [
            coalition.settled(*period).balance_minor(partner)
            for period in (
                ("2026-01-01", "2026-01-31"),
                ("2026-02-01", "2026-02-13"),
                ("2026-02-14", "2026-12-31"),
            )
        ]
        assert sum(monthly) == year.balance_minor(partner)
    assert year.debits_minor == year.credits_minor
    assert all(abs(line.exact - line.amount_minor) < 1 for line in year.lines)


def test_a_late_order_comes_to_what_it_would_have_in_time() -> None:
    books = []
    for late in ("", "2026-03-01T12:00:00+01:00"):
        book = Coalition(RULES)
        if not late:
            book.buy(80, "2026-01-04T12:00:00+01:00", "y")
        order = book.buy(300, "2026-01-05T12:00:00+01:00", "x")
        book.spend(100, "2026-01-06T12:00:00+01:00", "z")
        book.give_back(order, 250, "2026-01-07T12:00:00+01:00")
        if late:
            book.buy(80, "2026-01-04T12:00:00+01:00", "y", received=late)
        assert book.ledger.verify().is_clean
        books.append(book.settled("2026-01-01", "2026-12-31"))
    in_time, late_one = books
    for partner in "xyz":
        assert in_time.balance_minor(partner) == late_one.balance_minor(partner)
    assert in_time.remaining == late_one.remaining
    assert in_time.margin_minor == late_one.margin_minor


def test_a_discount_is_paid_to_the_till_that_gave_it_by_those_who_fund_it(
    coalition: Coalition,
) -> None:
    lines = [
        {"id": "1", "quantity": 2, "amount": "200.00", "sku": "B"},
        {"id": "2", "quantity": 1, "amount": "1000.00", "sku": "A"},
    ]
    at = "2026-01-05T12:00:00+01:00"
    order = coalition.send("purchase", at, currency="EUR", lines=lines, partner="y").event
    made = coalition.settled("2026-01-01", "2026-01-31")
    assert lines_of(made, "x", "campaign") == 600
    assert lines_of(made, "y", "campaign_given") == -2000
    assert made.margin_minor == -1400
    assert made.debits_minor == made.credits_minor
    coalition.give_back(order, 1, "2026-01-06T12:00:00+01:00")
    half = coalition.settled("2026-01-01", "2026-01-31")
    assert lines_of(half, "x", "campaign") == 300
    assert lines_of(half, "y", "campaign_given") == -1000
    coalition.buy(5, "2026-01-04T12:00:00+01:00", "x", received="2026-01-07T12:00:00+01:00")
    late = coalition.settled("2026-01-01", "2026-01-31")
    assert lines_of(late, "x", "campaign") == 300
    assert lines_of(late, "y", "campaign_given") == -1000
    coalition.send("cancellation", "2026-01-08T12:00:00+01:00", order=order)
    none = coalition.settled("2026-01-01", "2026-01-31")
    assert lines_of(none, "x", "campaign") == lines_of(none, "y", "campaign_given") == 0
    assert none.margin_minor == 0
    assert none.debits_minor == none.credits_minor


def test_who_was_erased_leaves_what_was_paid_for_his_points(coalition: Coalition) -> None:
    coalition.buy(300, "2026-01-05T12:00:00+01:00", "x")
    coalition.spend(100, "2026-01-06T12:00:00+01:00", "z")
    before = coalition.settled("2026-01-01", "2026-01-31", now="2026-02-01T00:00:00+01:00")
    coalition.send("erasure", "2026-02-05T12:00:00+01:00")
    again = coalition.settled("2026-01-01", "2026-01-31", now="2026-03-01T00:00:00+01:00")
    assert before == again
    after = coalition.settled("2026-02-01", "2026-02-28")
    assert in_euros(after.breakage_minor) == 2
    assert after.remaining == () and after.unpriced == {}
    figures = report(coalition.store, coalition.rules, coalition.now, now=coalition.now)
    assert figures.members == 0 and figures.is_reconciled
    assert coalition.ledger.verify().is_clean


def lines_of(made: Settlement, party: str, cause: str) -> int:
    return sum(one.amount_minor for one in made.of("account", party) if one.cause == cause)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        pytest.param("2026-02-01", "2026-01-31", "backwards", id="ends before it begins"),
        pytest.param("2031-01-01", "2031-01-31", "from_the_future", id="has not begun"),
    ],
)
def test_a_period_that_cannot_be_is_refused(coalition: Coalition, first, last, code) -> None:
    with pytest.raises(EventError) as refused:
        coalition.settled(first, last)
    assert refused.value.code == code


def test_the_same_statement_as_text_as_data_and_as_rows(coalition: Coalition) -> None:
    coalition.buy(1000, "2026-01-05T12:00:00+01:00", "x")
    coalition.spend(600, "2026-01-06T12:00:00+01:00", "y")
    made = coalition.settled("2026-01-01", "2026-01-31")
    text = "\n".join(as_text(made))
    assert "debits 21.10 = credits 21.10" in text
    assert "liability 3.4" in text and "not over yet" in text
    data = as_object(made)
    assert data["debits"] == data["credits"] == "21.10"
    assert [one["owes"] for one in data["partners"]] == ["10.00", "-5.10"]  # type: ignore[union-attr]
    rows = as_csv(made).splitlines()
    assert rows[0].startswith("kind,book,party") and len(rows) == 1 + len(made.lines) + 1


def test_a_discount_for_a_code_is_paid_to_its_till_by_those_who_fund_it() -> None:
    town = Coalition((ROOT / "rules" / "fit-town" / "rules.yaml").read_text("utf-8"))
    town.send("codes", "2026-03-01T08:00:00+01:00", coupon="flyer", codes=["RIVER-1"])
    town.buy(30, "2026-03-02T12:00:00+01:00", "sports", coupons=["RIVER-1"])
    made = town.settled("2026-03-01", "2026-03-31", "2026-04-01T12:00:00+02:00")
    assert lines_of(made, "gym", "campaign") == 500
    assert lines_of(made, "sports", "campaign_given") == -500
    assert made.debits_minor == made.credits_minor
