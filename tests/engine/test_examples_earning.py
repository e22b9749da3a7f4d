"""The worked examples of earning, rounding and basis, by their numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from loyalty_rules.builtin.calendars import Gregorian
from loyalty_rules.domain.event import Discount, Exchange
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.model import Basis, Currency, Group, Term
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.order import prepare
from tests.engine.build import (
    ONE,
    Build,
    account,
    decided,
    given,
    limit,
    line,
    points,
    purchase,
    reason,
    run,
)


@pytest.mark.parametrize(("at", "expected"), [("order", 20), ("line", 18)])
def test_e01_rounding_by_order_or_by_line(at, expected):
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), accounts=[account(at=at)])
    assert points(decided(plan, purchase("9.99", "9.99", "0.99"))) == expected


def test_e02_whole_steps_and_linear_rate_differ():
    b = Build()
    steps = b.plan(b.rule("steps", b.stepped(5, per_full=250)))
    assert points(decided(steps, purchase("3.00"))) == 5
    linear = b.plan(b.rule("linear", b.points(2)))
    assert points(decided(linear, purchase("3.00"))) == 6


@pytest.mark.parametrize(
    ("mode", "small", "large"),
    [("floor", 12, 13), ("ceil", 13, 14), ("half_up", 13, 14), ("half_even", 12, 14)],
)
def test_e03_rounding_modes(mode, small, large):
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), accounts=[account(mode=mode)])
    assert points(decided(plan, purchase("12.50"))) == small
    assert points(decided(plan, purchase("13.50"))) == large


def test_e04_no_binary_fractions():
    b = Build()
    plan = b.plan(b.rule("earn", b.points(100)))
    assert points(decided(plan, purchase("4.35"))) == 435
    assert points(decided(plan, purchase("0.29"))) == 29


def test_e05_rounding_happens_last_and_once():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), b.rule("more", b.times("1.5")))
    outcome = decided(plan, purchase("19.99"))
    assert points(outcome) == 29
    assert given(outcome) == {"earn": 19, "more": 10}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("multiply", 600), ("add", 400), ("best", 300), ("highest_priority", 200)],
)
def test_e06_two_multipliers(mode, expected):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("double", b.times(2), priority=2),
        b.rule("triple", b.times(3), priority=1),
        accounts=[account(multipliers=mode)],
    )
    assert points(decided(plan, purchase("100.00"))) == expected


@pytest.mark.parametrize(
    ("choose", "expected", "winner", "loser"),
    [("highest_priority", 200, "a", "b"), ("best", 300, "b", "a"), ("worst", 200, "a", "b")],
)
def test_e07_exclusive_group(choose, expected, winner, loser):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("a", b.times(2), priority=10, group="only"),
        b.rule("b", b.times(3), priority=5, group="only"),
        groups=(Group("only", choose),),
    )
    outcome = decided(plan, purchase("100.00"))
    assert points(outcome) == expected
    assert reason(outcome, loser) == ("lost", "exclusive_group", winner)


@pytest.mark.parametrize(
    ("amount", "tax", "included", "excluded"),
    [("121.00", "21.00", 121, 100), ("119.99", "19.16", 119, 100)],
)
def test_e08_tax(amount, tax, included, excluded):
    for word, expected in (("included", included), ("excluded", excluded)):
        b = Build()
        plan = b.plan(b.rule("earn", b.points()), accounts=[account(tax=word)])
        assert points(decided(plan, purchase(line(amount, tax=tax)))) == expected


def test_e09_kinds_that_do_not_earn():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()))
    order = purchase(
        "60.00",
        line("50.00", kind="gift_card"),
        line("4.90", kind="shipping"),
        line("0.25", kind="deposit"),
    )
    assert points(decided(plan, order)) == 60


def spread(*lines, discount):
    """What an order discount takes off each line, in cents."""
    order = purchase(*lines, discounts=(Discount("d", Decimal(discount)),))
    prepared = prepare(order, Money(Currency("EUR", 2)), (), Fields(Gregorian()))
    return [one.row["discount"] for one in prepared.lines]


def test_e10_an_order_discount_is_spread_by_largest_remainder():
    lines = (line("120.00", sku="a"), line("230.00", sku="b"), line("300.00", sku="c"))
    assert spread(*lines, discount="50.00") == [923, 1769, 2308]
    b = Build()
    plan = b.plan(b.rule("third", b.points(), items=lambda facts, row: row["sku"] == "c"))
    order = purchase(*lines, discounts=(Discount("d", Decimal("50.00")),))
    assert points(decided(plan, order)) == 276


def test_e11_equal_lines_share_a_discount_first_line_first():
    assert spread("50.00", "50.00", "50.00", discount="10.00") == [334, 333, 333]


def paid(*tenders, **basis):
    b = Build()
    if basis.pop("own", False):
        basis["tenders"] = b.formula(lambda facts, row: row["type"] != "gift_card")
    plan = b.plan(b.rule("earn", b.points()), accounts=[account(basis=Basis("included", **basis))])
    return points(decided(plan, purchase("100.00", tenders=tenders)))


def test_e12_paying_with_points_or_gift_cards():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()))
    discounted = purchase("100.00", discounts=(Discount("points", Decimal("20.00")),))
    assert points(decided(plan, discounted)) == 80
    assert paid(("points", "20.00"), ("card", "80.00"), all_tenders=True) == 100
    assert paid(("points", "20.00"), ("card", "80.00")) == 80
    assert paid(("gift_card", "50.00"), ("card", "50.00")) == 100
    assert paid(("gift_card", "50.00"), ("card", "50.00"), own=True) == 50


def test_e13_two_rates_by_means_of_payment():
    b = Build()
    plan = b.plan(
        b.rule("store", b.points(2), tenders=lambda facts, row: row["type"] == "store_card"),
        b.rule("rest", b.points(1), tenders=lambda facts, row: row["type"] != "store_card"),
    )
    outcome = decided(plan, purchase("30.00", tenders=[("store_card", "12.00"), ("cash", "18.00")]))
    assert given(outcome) == {"store": 24, "rest": 18}
    assert points(outcome) == 42


def test_e14_the_minimum_is_on_the_eligible_amount():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points(), when=lambda facts, row: facts["beans.eligible"] >= 5000)
    )
    outcome = decided(plan, purchase("45.00", line("10.00", kind="gift_card")))
    assert points(outcome) == 0
    assert reason(outcome, "earn") == ("not_gave", "condition_false", "")
    assert points(decided(plan, purchase("50.00", line("5.00", kind="gift_card")))) == 50


def test_e16_a_monthly_cap_in_the_zone_of_the_rules():
    b = Build()
    rule = b.rule("earn", b.points(), limits=(limit("points", 500, "month"),))
    orders = (
        purchase("450.00", at="2026-01-31T22:30:00+00:00", id="1"),
        purchase("300.00", at="2026-01-31T23:30:00+00:00", id="2"),
    )
    assert sum(points(one) for one in run(b.plan(rule), *orders)) == 750
    assert sum(points(one) for one in run(b.plan(rule, zone="UTC"), *orders)) == 500


def test_e17_a_cap_gives_what_is_left():
    b = Build()
    plan = b.plan(b.rule("earn", b.points(), limits=(limit("points", 500, "month"),)))
    first, second = run(plan, purchase("450.00", id="1"), purchase("120.00", id="2"))
    assert points(first) == 450
    assert points(second) == 50
    trace = second.trace[0]
    assert (trace.outcome, trace.reason, trace.trimmed) == ("gave", "limit", 70)


def test_e19_all_or_nothing():
    b = Build()
    cap = limit("points", 35, over="skip")
    outcome = decided(b.plan(b.rule("earn", b.points(), limits=(cap,))), purchase("60.00"))
    assert points(outcome) == 0
    assert reason(outcome, "earn") == ("not_gave", "limit", "limit")


def test_e20_other_currencies():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()))
    dollars = purchase("100.00", currency="USD", exchange=Exchange("EUR", Decimal("0.9200")))
    outcome = decided(plan, dollars)
    assert points(outcome) == 92
    assert outcome.facts["~exchange"] == Fraction("0.92")
    yen = b.plan(b.rule("earn", b.points(per=100)), currency=Currency("JPY", 0))
    assert points(decided(yen, purchase("1980", currency="JPY"))) == 19
    rial = b.plan(
        b.rule("earn", b.points(per=100_000)), currency=Currency("IRR", 0, (("IRT", Fraction(10)),))
    )
    assert points(decided(rial, purchase("2450000", currency="IRR"))) == 24
    assert points(decided(rial, purchase("245000", currency="IRT"))) == 24


@pytest.mark.parametrize(
    ("scale", "times", "expected"),
    [(2, 1, 745), (2, "1.2", 894), (2, "1.7", 1266), (0, 1, 7), (0, "1.2", 8), (0, "1.7", 12)],
)
def test_e21_fractional_points(scale, times, expected):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()), b.rule("level", b.times(times)), accounts=[account(scale=scale)]
    )
    assert points(decided(plan, purchase("7.45"))) == expected


@pytest.mark.parametrize(("at", "expected"), [("rule", 28), ("order", 29)])
def test_e25_two_rules_rounded_apart_or_together(at, expected):
    b = Build()
    plan = b.plan(
        b.rule("one", b.points(1)), b.rule("half", b.points(1, per=200)), accounts=[account(at=at)]
    )
    assert points(decided(plan, purchase("19.99"))) == expected


def test_a_rounded_total_is_shared_before_limits_trim_it():
    """10.01 and 2.99 give 13, shared 10 and 3; a cap of 10 on the first leaves 13."""
    b = Build()
    first = b.rule("a", b.points(of=[Term(ONE, "amount")]), items=lambda f, row: row["sku"] == "a")
    capped = b.rule(
        "a",
        b.points(of=[Term(ONE, "amount")]),
        items=lambda f, row: row["sku"] == "a",
        limits=(limit("points", 10),),
    )
    second = b.rule("b", b.points(), items=lambda f, row: row["sku"] == "b")
    order = purchase(line("10.01", sku="a"), line("2.99", sku="b"))
    assert given(decided(b.plan(first, second), order)) == {"a": 10, "b": 3}
    assert points(decided(b.plan(capped, second), order)) == 13
