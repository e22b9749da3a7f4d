"""What every operator and function gives, in both back ends, with unknowns among the values."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from loyalty_rules.domain.effects import Value
from loyalty_rules.expr import Scope
from loyalty_rules.planner.witness import evaluate
from tests.expr.setting import (
    FUNCTION_CALLS,
    ITEMS,
    TABLE_CALLS,
    WHEN,
    Facts,
    good,
    parse_day,
    rows,
    run,
)


def value(
    text: str,
    facts: Mapping[str, Value] | None = None,
    row: Mapping[str, Value] | None = None,
    within: Scope = WHEN,
) -> Value:
    """The value of a text, which both back ends agree on."""
    checked, known = good(text, "value", within), Facts(facts or {})
    generated = run(checked, known, row)
    witness = evaluate(checked.tree, known, row or {}, TABLE_CALLS, FUNCTION_CALLS)
    assert (type(generated), generated) == (type(witness), witness), text
    return generated


T, F, U = True, False, None


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, U, U, T),
        (F, T, F, T),
        (F, F, F, F),
        (F, U, F, U),
        (U, T, U, T),
        (U, F, F, U),
        (U, U, U, U),
    ],
)
def test_and_and_or_follow_kleene(one: Value, other: Value, both: Value, either: Value) -> None:
    facts: dict[str, Value] = {
        "event.gift": one,
        "order.number": None if other is None else int(other is True),
    }
    assert value("event.gift and order.number == 1", facts) is both
    assert value("event.gift or order.number == 1", facts) is either


@pytest.mark.parametrize(("given", "opposite"), [(T, F), (F, T), (U, U)])
def test_the_opposite_of_unknown_is_unknown(given: Value, opposite: Value) -> None:
    assert value("not event.gift", {"event.gift": given}) is opposite


LINES = rows(
    {"sku": "a", "category": "beans", "tags": ("coffee",), "quantity": 2, "amount": 1250},
    {"sku": "b", "category": None, "tags": (), "quantity": Fraction(1, 2), "amount": 99},
    {"sku": "c", "category": "cups", "quantity": 1, "amount": 100},
)
FACTS: dict[str, Value] = {
    "order.total": 5000,
    "order.number": 3,
    "amount": 1999,
    "quantity": Fraction(5, 2),
    "beans.balance": 120,
    "beans.eligible": 4501,
    "status.level": 1,
    "member.segments": ("vip", "press"),
    "member.joined": parse_day("2025-03-01"),
    "event.store": "b-12",
    "event.cabin": "business",
    "event.gift": True,
    "event.trial": "14 days",
    "event.day": parse_day("2026-03-07"),
    "within(spend, last 90 days)": 20000,
    "within(orders, ever)": 7,
    "~day": parse_day("2026-03-07"),
    "~lines": LINES,
    "~all_lines": LINES,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("order.total >= 50.00", T, id="a written number beside money is money"),
        pytest.param("order.total > 50", F, id="the border itself is not above"),
        pytest.param("order.total == 50.001", F, id="a constant finer than a cent stays exact"),
        pytest.param("order.total != 50.001", T, id="and differs"),
        pytest.param("50 <= order.total < 50.01", T, id="a chain"),
        pytest.param("0.1 + 0.2 == 0.3", T, id="decimals are exact"),
        pytest.param("order.total / 3", Fraction(5000, 3), id="money by a number is money"),
        pytest.param("order.total / 2", 2500, id="whole where whole"),
        pytest.param("order.total / amount", Fraction(5000, 1999), id="money by money is a number"),
        pytest.param("order.total // 0.30", 166, id="how often an amount goes in"),
        pytest.param("order.total % 0.30", 20, id="and what is left, in cents"),
        pytest.param("order.number % 5 == 0", F, id="every fifth order"),
        pytest.param("-order.number // 2", -2, id="whole division goes down"),
        pytest.param("order.total - amount", 3001, id="difference of money"),
        pytest.param("order.total * 0.5 + 1", 2600, id="a factor is plain, a summand is money"),
        pytest.param("amount * order.number", 5997, id="money times a number"),
        pytest.param("quantity * 2", 5, id="a fraction that becomes whole is whole"),
        pytest.param("beans.balance + 0.5", Fraction(241, 2), id="points are not scaled"),
        pytest.param("-order.number", -3, id="sign"),
        pytest.param("1 / 3 * 3", 1, id="a third three times"),
        pytest.param('status.level >= "silver"', T, id="levels by rank"),
        pytest.param('status.level == "gold"', F, id="not yet gold"),
        pytest.param('status.level in ["silver", "gold"]', T, id="levels in a list"),
        pytest.param('event.cabin == "business"', T, id="one of several"),
        pytest.param('event.store in ["a-1", "b-12"]', T, id="in a list"),
        pytest.param('event.store not in ["a-1", "b-12"]', F, id="not in a list"),
        pytest.param("order.total in [20, 50.00]", T, id="amounts in a list"),
        pytest.param('event.trial == "14 days"', T, id="durations are equal by spelling"),
        pytest.param('member.joined >= "2025-03-01"', T, id="days"),
        pytest.param("days_since(member.joined)", 371, id="days since"),
        pytest.param('days_since("2026-03-01") == 6', T, id="days since a written day"),
        pytest.param('has(member.segments, "vip")', T, id="a list has"),
        pytest.param('has(member.segments, "staff")', F, id="a list has not"),
        pytest.param("len(member.segments)", 2, id="length of a list"),
        pytest.param("len(event.store)", 4, id="length of a text"),
        pytest.param("min(order.total, 100)", 5000, id="the least, the constant is money"),
        pytest.param("max(order.total, amount, 100)", 10000, id="the greatest"),
        pytest.param("abs(amount - order.total)", 3001, id="without sign"),
        pytest.param('round(amount, "floor", 1)', 1900, id="whole euros, down"),
        pytest.param('round(amount, "ceil", 1)', 2000, id="whole euros, up"),
        pytest.param('round(amount, "half_up", 0.05)', 2000, id="to five cents"),
        pytest.param('round(quantity, "half_even", 1)', 2, id="half to even"),
        pytest.param('round(quantity, "half_up", 1)', 3, id="half up"),
        pytest.param('round(-quantity, "half_up", 1)', -3, id="half up away from zero"),
        pytest.param(
            'round(quantity, "floor", 0.4)', Fraction(12, 5), id="a step that is no whole"
        ),
        pytest.param('within(spend, "last 90 days") >= 200', T, id="history in money"),
        pytest.param('within(orders, "ever")', 7, id="history in numbers"),
        pytest.param('any_item(item.sku == "c")', T, id="some line"),
        pytest.param('any_item(item.sku == "x")', F, id="no line"),
        pytest.param('any_item(item.category == "tea")', U, id="a line of unknown category may"),
        pytest.param('any_item(item.category == "cups")', T, id="a line that does settles it"),
        pytest.param('amount_of(item.category == "beans")', 1250, id="unknown lines do not count"),
        pytest.param('count_of(item.sku in ["a", "b"])', Fraction(5, 2), id="pieces"),
        pytest.param("amount_of(false)", 0, id="no line is nothing"),
        pytest.param("sum_of(item.amount)", 1449, id="sum over the chosen lines"),
        pytest.param("sum_of(item.quantity)", Fraction(7, 2), id="sum of pieces"),
        pytest.param("known(event.store)", T, id="known"),
        pytest.param("known(order.total > event.score * amount)", F, id="a part of it is not"),
        pytest.param('default(event.store, "none")', "b-12", id="known needs no default"),
        pytest.param("default(event.score, 4) + 1", 5, id="a default in place of unknown"),
        pytest.param('flight_points("FRA", event.cabin)', Fraction(1501, 2), id="a table"),
        pytest.param('flight_points("LHR", event.cabin)', U, id="no row is unknown"),
        pytest.param("fee(order.total)", 175, id="a table of money by money"),
        pytest.param(
            "season(event.day)", "summer" if 739682 % 365 < 180 else "winter", id="by day"
        ),
        pytest.param("skyline_miles(order.number, order.total)", 59, id="a function of a plugin"),
        pytest.param("skyline_miles(-order.number, order.total)", U, id="which may not know"),
        pytest.param("big", F, id="a define"),
        pytest.param("big or many or event.gift", T, id="defines joined"),
        pytest.param("event.gift == true", T, id="truths compared"),
        pytest.param("true", T, id="a truth written out"),
        pytest.param("100", 100, id="a bare constant"),
        pytest.param("12.50", Fraction(25, 2), id="a bare decimal"),
        pytest.param("1_000_000", 1_000_000, id="underscores"),
        pytest.param("-3", -3, id="a negative constant"),
        pytest.param(r'"a \"b\" \\ c"', 'a "b" \\ c', id="escapes in a text"),
        pytest.param("'it\"s'", 'it"s', id="single quotes"),
        pytest.param('"می‌خواهم" == "می‌خواهم"', T, id="joiners belong to Persian spelling"),
    ],
)
def test_value(text: str, expected: Value) -> None:
    assert value(text, FACTS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order.total >= 50",
        "order.total == order.total",
        "order.total + 1",
        "order.total * 2",
        "order.total // 3",
        "order.total % 3",
        "amount / order.number",
        "-order.total",
        "abs(order.total)",
        "min(order.total, 3)",
        'round(order.total, "floor", 1)',
        'event.store == "a"',
        'event.store in ["a"]',
        'event.store not in ["a"]',
        'status.level < "gold"',
        'member.joined > "2025-01-01"',
        "days_since(member.joined)",
        'has(member.segments, "vip")',
        "has(member.segments, event.store)",
        "len(member.segments)",
        "any_item(item.quantity > 1)",
        "amount_of(item.quantity > 1)",
        "sum_of(item.amount)",
        'within(spend, "month")',
        "fee(order.total)",
        "skyline_miles(order.number, 5)",
        "event.gift == true",
        "event.gift != false",
        "default(event.gift, event.gift)",
    ],
)
def test_whatever_an_unknown_goes_into_is_unknown(text: str) -> None:
    assert value(text, {}) is None


@pytest.mark.parametrize(
    "text", ["1 / order.number", "order.number // event.score", "5 % event.score"]
)
def test_division_by_zero_is_unknown(text: str) -> None:
    assert value(text, {"order.number": 0, "event.score": 0}) is None


def test_a_filter_reads_its_row() -> None:
    row: dict[str, Value] = {"sku": "a", "category": "cups", "tags": ("coffee",), "quantity": 3}
    assert value("coffee and item.quantity > 2", FACTS, row, ITEMS) is True
    assert value('item.category in ["beans"]', FACTS, row, ITEMS) is False
    assert value("item.amount > 1", FACTS, row, ITEMS) is None


def test_a_filter_may_ask_of_the_whole_order() -> None:
    row: dict[str, Value] = {"sku": "x", "quantity": 1}
    assert value('item.sku == "x" and any_item(item.sku == "a")', FACTS, row, ITEMS) is True


def test_a_sum_with_an_unknown_summand_is_unknown() -> None:
    lines = rows({"amount": 100}, {"amount": None})
    assert value("sum_of(item.amount)", {"~lines": lines}) is None
    assert value("amount_of(true)", {"~all_lines": lines}) is None


def test_numbers_of_tables_take_the_unit_of_what_they_meet() -> None:
    facts: dict[str, Value] = {**FACTS, "order.total": 75050}
    assert value('order.total == flight_points("FRA", event.cabin)', facts) is True
    assert value('order.total + flight_points("FRA", "economy")', facts) == 125050
