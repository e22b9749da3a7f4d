"""Worked examples E01 to E15, E17, E21, E25: earning, rounding, basis, limits. The texts stand in
docs/semantics.md; every figure here was worked out by hand before it was run."""

from __future__ import annotations

import pytest

from tests.semantics.shop import decide, given, history, outcome, points, purchase, rules


def earn(rule: str = "base", rate: str = "points: 1, per: 1.00", more: str = "") -> str:
    return f"{{id: {rule}, event: purchase{more}, give: {{type: points, program: beans, {rate}}}}}"


def times(rule: str, factor: str, more: str = "") -> str:
    give = f"{{type: multiplier, program: beans, times: {factor}}}"
    return f"{{id: {rule}, event: purchase{more}, give: {give}}}"


@pytest.mark.parametrize(("at", "expected"), [("order", 20), ("line", 18)])
def test_e01_an_order_is_rounded_once_or_line_by_line(at: str, expected: int) -> None:
    rule_set = rules(points=f"rounding: {{at: {at}}}")
    assert points(rule_set, purchase("9.99", "9.99", "0.99")) == expected


@pytest.mark.parametrize(
    ("rate", "expected"), [("points: 5, per_full: 2.50", 5), ("points: 2, per: 1.00", 6)]
)
def test_e02_whole_steps_and_linear_rates_differ(rate: str, expected: int) -> None:
    assert points(rules(earn(rate=rate)), purchase("3.00")) == expected


@pytest.mark.parametrize(
    ("mode", "of_12_50", "of_13_50"),
    [("floor", 12, 13), ("ceil", 13, 14), ("half_up", 13, 14), ("half_even", 12, 14)],
)
def test_e03_rounding_modes(mode: str, of_12_50: int, of_13_50: int) -> None:
    rule_set = rules(points=f"rounding: {{mode: {mode}}}")
    assert points(rule_set, purchase("12.50")) == of_12_50
    assert points(rule_set, purchase("13.50")) == of_13_50


@pytest.mark.parametrize(("amount", "expected"), [("4.35", 435), ("0.29", 29)])
def test_e04_no_binary_float_comes_near_points(amount: str, expected: int) -> None:
    assert points(rules(earn(rate="points: 100, per: 1.00")), purchase(amount)) == expected


def test_e05_rounding_happens_once_and_last() -> None:
    assert points(rules(earn(), times("more", "1.5")), purchase("19.99")) == 29


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("multiply", 600), ("add", 400), ("best", 300), ("highest_priority", 200)],
)
def test_e06_multipliers_join_as_the_program_says(mode: str, expected: int) -> None:
    rule_set = rules(
        earn(),
        times("double", "2", ", priority: 1"),
        times("triple", "3"),
        points=f"multipliers: {{mode: {mode}}}",
    )
    assert points(rule_set, purchase("100.00")) == expected


@pytest.mark.parametrize(
    ("choose", "expected", "winner", "loser"),
    [("highest_priority", 200, "a", "b"), ("best", 300, "b", "a")],
)
def test_e07_of_an_exclusive_group_one_rule_gives(
    choose: str, expected: int, winner: str, loser: str
) -> None:
    rule_set = rules(
        earn(),
        times("a", "2", ", group: campaign, priority: 10"),
        times("b", "3", ", group: campaign, priority: 5"),
        more=f"groups: {{campaign: {{choose: {choose}}}}}",
    )
    decision = decide(rule_set, purchase("100.00"))
    assert decision.points["beans"] == expected
    assert outcome(decision, loser) == ("lost", "exclusive_group", winner)


@pytest.mark.parametrize(
    ("tax", "amount", "tax_amount", "expected"),
    [
        ("included", "121.00", "21.00", 121),
        ("excluded", "121.00", "21.00", 100),
        ("excluded", "119.99", "19.16", 100),
    ],
)
def test_e08_tax_counts_or_not(tax: str, amount: str, tax_amount: str, expected: int) -> None:
    from loyalty_rules.service.loading import load_text

    text = f"""\
ruleset: example
version: "1"
currency: EUR
timezone: Europe/Berlin
programs: {{beans: {{type: points, basis: {{tax: {tax}}}, expiry: never, value: 0.01}}}}
rules: [{earn()}]
"""
    assert points(load_text(text), purchase({"amount": amount, "tax": tax_amount})) == expected


def test_e09_kinds_that_the_basis_excludes_do_not_count() -> None:
    lines = [("goods", "60.00"), ("gift_card", "50.00"), ("shipping", "4.90"), ("deposit", "0.25")]
    event = purchase(*({"kind": kind, "amount": amount} for kind, amount in lines))
    assert points(rules(), event) == 60


def test_e10_a_discount_is_spread_by_largest_remainder() -> None:
    event = purchase(
        {"sku": "a", "amount": "120.00"},
        {"sku": "b", "amount": "230.00"},
        {"sku": "c", "amount": "300.00"},
        discounts=[{"id": "spring", "amount": "50.00"}],
    )
    cents = {}
    for sku in "abc":
        rule = earn(rate="points: 100, per: 1.00", more=f", items: item.sku == '{sku}'")
        cents[sku] = points(rules(rule), event)
    assert cents == {"a": 110_77, "b": 212_31, "c": 276_92}
    assert points(rules(earn(more=", items: item.sku == 'c'")), event) == 276


def test_e11_the_first_of_equal_lines_takes_the_odd_cent() -> None:
    event = purchase(
        *({"sku": sku, "amount": "50.00"} for sku in "abc"),
        discounts=[{"id": "ten", "amount": "10.00"}],
    )
    cents = [
        points(
            rules(earn(rate="points: 100, per: 1.00", more=f", items: item.sku == '{sku}'")), event
        )
        for sku in "abc"
    ]
    assert cents == [46_66, 46_67, 46_67]


@pytest.mark.parametrize(
    ("basis", "tender", "expected"),
    [("", "points", 80), (", tenders: true", "points", 100), ("", "gift_card", 100)],
)
def test_e12_what_is_paid_with_points_earns_none_by_default(
    basis: str, tender: str, expected: int
) -> None:
    from loyalty_rules.service.loading import load_text

    text = f"""\
ruleset: example
version: "1"
currency: EUR
timezone: Europe/Berlin
programs: {{beans: {{type: points, basis: {{tax: included{basis}}}, expiry: never, value: 0.01}}}}
rules: [{earn()}]
"""
    paid = [{"type": tender, "amount": "20.00"}, {"type": "card", "amount": "80.00"}]
    assert points(load_text(text), purchase("100.00", tenders=paid)) == expected


def test_e13_a_rate_on_the_part_that_one_card_paid() -> None:
    rule_set = rules(
        earn("card", "points: 2, per: 1.00", ", tenders: tender.type == 'store_card'"),
        earn("rest", "points: 1, per: 1.00", ", tenders: tender.type != 'store_card'"),
    )
    paid = [{"type": "store_card", "amount": "12.00"}, {"type": "cash", "amount": "18.00"}]
    decision = decide(rule_set, purchase("30.00", tenders=paid))
    assert given(decision) == {"card": 24, "rest": 18}
    assert decision.points["beans"] == 42


def test_e14_a_minimum_looks_at_eligible_money() -> None:
    rule_set = rules(earn(more=", when: beans.eligible >= 50.00"))
    decision = decide(
        rule_set, purchase({"amount": "45.00"}, {"amount": "10.00", "kind": "gift_card"})
    )
    assert decision.points["beans"] == 0
    text = str(decision.explain())
    assert "beans.eligible >= 50.00" in text
    assert "45.00" in text


@pytest.mark.parametrize(
    ("day", "at", "doubled"),
    [
        ("2026-03-29", "2026-03-28T22:59:59Z", False),
        ("2026-03-29", "2026-03-28T23:00:00Z", True),
        ("2026-03-29", "2026-03-29T21:59:59Z", True),
        ("2026-03-29", "2026-03-29T22:00:00Z", False),
        ("2026-03-29", "2026-03-29T22:30:00Z", False),
        ("2026-10-25", "2026-10-24T21:59:59Z", False),
        ("2026-10-25", "2026-10-24T22:00:00Z", True),
        ("2026-10-25", "2026-10-25T22:59:59Z", True),
        ("2026-10-25", "2026-10-25T23:00:00Z", False),
    ],
)
def test_e15_a_day_has_23_or_25_hours_when_clocks_change(day: str, at: str, doubled: bool) -> None:
    rule_set = rules(earn(), times("double", "2", f", during: {{from: {day}, through: {day}}}"))
    assert points(rule_set, purchase("10.00", at=at)) == (20 if doubled else 10)


def test_e17_a_cap_gives_what_is_left_and_reports_the_rest() -> None:
    rule_set = rules(earn(more=", limit: {points: 500, per: month}"))
    _, decision = history(rule_set, [purchase("450.00", id="a"), purchase("120.00", id="b")])
    assert decision.points["beans"] == 50
    assert decision.trace[0].trimmed == 70
    assert decision.trace[0].reason == "limit"


@pytest.mark.parametrize(
    ("factor", "exact", "whole"),
    [("1", "7.45", 7), ("1.2", "8.94", 8), ("1.7", "12.66", 12)],
)
def test_e21_points_may_have_a_scale(factor: str, exact: str, whole: int) -> None:
    both = (earn(), times("status", factor))
    assert str(points(rules(*both, points="scale: 2"), purchase("7.45"))) == exact
    assert points(rules(*both), purchase("7.45")) == whole


@pytest.mark.parametrize(("at", "expected"), [("rule", 28), ("order", 29)])
def test_e25_rules_are_rounded_alone_or_together(at: str, expected: int) -> None:
    rule_set = rules(
        earn("one", "points: 1, per: 1.00"),
        earn("two", "points: 1, per: 2.00"),
        points=f"rounding: {{at: {at}}}",
    )
    assert points(rule_set, purchase("19.99")) == expected


def test_a_rounded_total_is_shared_by_largest_remainder_before_a_cap_acts() -> None:
    """10.01 and 2.99 give 13, shared 10 and 3; a cap of 10 on the first leaves 13."""
    rule_set = rules(
        earn("first", more=", items: item.sku == 'a', limit: {points: 10}"),
        earn("second", more=", items: item.sku == 'b'"),
    )
    event = purchase({"sku": "a", "amount": "10.01"}, {"sku": "b", "amount": "2.99"})
    assert given(decide(rule_set, event)) == {"first": 10, "second": 3}


def test_a_whole_award_stays_whole_when_a_total_is_shared() -> None:
    """19.99 and a bonus of 50 give 69: 19 and 50, not 20 and 49."""
    rule_set = rules(
        earn(),
        earn("first")
        .replace("type: points", "type: bonus")
        .replace("points: 1, per: 1.00", "points: 50"),
    )
    assert given(decide(rule_set, purchase("19.99"))) == {"base": 19, "first": 50}
