"""Multipliers: what they multiply, on which lines and tenders, how several join, what caps them."""

from __future__ import annotations

from fractions import Fraction
from time import process_time

import pytest

from loyalty_rules.engine.model import Group
from tests.engine.build import (
    Build,
    account,
    decided,
    event,
    given,
    levels,
    limit,
    line,
    points,
    purchase,
    reason,
)


def sku(name):
    return lambda facts, row: row["sku"] == name


TWO_LINES = (line("60.00", sku="a"), line("40.00", sku="b"))


def test_a_multiplier_acts_on_the_lines_that_its_rule_names():
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), b.rule("a", b.times(3), items=sku("a")))
    assert given(decided(plan, purchase(*TWO_LINES))) == {"a": 120, "earn": 100}


def test_a_multiplier_acts_on_the_part_that_its_tenders_paid():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("card", b.times(2), tenders=lambda f, row: row["type"] == "store_card"),
        b.rule("a", b.times(2), items=sku("a")),
        accounts=[account(multipliers="multiply")],
    )
    order = purchase(*TWO_LINES, tenders=[("store_card", "25.00"), ("cash", "75.00")])
    # line a: 15 of 60 by card x4, the rest x2; line b: 10 of 40 by card x2, the rest x1
    assert points(decided(plan, order)) == 15 * 4 + 45 * 2 + 10 * 2 + 30
    # in mode multiply the extra of 45 on the doubly multiplied 15 is shared equally
    assert sum(given(decided(plan, order)).values()) == 200


def test_bonuses_are_never_multiplied():
    b = Build()
    plan = b.plan(b.rule("gift", b.bonus(10), b.once(10)), b.rule("x", b.times(2)))
    assert given(decided(plan, purchase("1.00"))) == {"gift": 20, "x": 10}


def test_a_constant_is_laid_on_its_lines_by_their_eligible_money():
    b = Build()
    plan = b.plan(b.rule("once", b.once(10)), b.rule("a", b.times(2), items=sku("a")))
    assert given(decided(plan, purchase(*TWO_LINES))) == {"once": 10, "a": 6}


def test_a_constant_on_lines_without_money_is_laid_on_them_equally():
    b = Build()
    plan = b.plan(b.rule("once", b.once(10)), b.rule("a", b.times(2), items=sku("a")))
    order = purchase(*(line("0.00", sku=name) for name in "abbb"), line("0.00", sku="a"))
    assert given(decided(plan, order)) == {"once": 10, "a": 4}


def test_a_stepped_award_is_laid_on_its_lines():
    b = Build()
    plan = b.plan(
        b.rule("steps", b.stepped(10, per_full=3000)), b.rule("b", b.times(2), items=sku("b"))
    )
    assert given(decided(plan, purchase(*TWO_LINES))) == {"steps": 30, "b": 12}


def test_nothing_to_multiply_is_said():
    b = Build()
    plan = b.plan(b.rule("gift", b.bonus(10)), b.rule("x", b.times(2)))
    outcome = decided(plan, purchase("1.00"))
    assert reason(outcome, "x") == ("not_gave", "nothing_to_multiply", "")


@pytest.mark.parametrize("mode", ["best", "highest_priority"])
def test_a_multiplier_that_is_not_taken_names_the_one_that_is(mode):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("big", b.times(3), priority=1),
        b.rule("small", b.times(2)),
        accounts=[account(multipliers=mode)],
    )
    assert reason(decided(plan, purchase("1.00")), "small") == ("lost", "outdone", "big")


def test_equal_best_multipliers_give_to_the_canonical_first():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("b", b.times(2)),
        b.rule("a", b.times(2)),
        accounts=[account(multipliers="best")],
    )
    assert given(decided(plan, purchase("5.00"))) == {"earn": 5, "a": 5}


@pytest.mark.parametrize(
    ("mode", "expected"), [("add", {"a": 100, "b": 200}), ("multiply", {"a": 167, "b": 333})]
)
def test_the_extra_is_shared_by_how_much_each_adds(mode, expected):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("a", b.times(2)),
        b.rule("b", b.times(3)),
        accounts=[account(multipliers=mode)],
    )
    assert given(decided(plan, purchase("100.00"))) == {"earn": 100, **expected}


@pytest.mark.parametrize("mode", ["add", "multiply", "best", "highest_priority"])
def test_a_ceiling_holds_for_every_line(mode):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("a", b.times(3), items=sku("a")),
        b.rule("all", b.times("1.5"), priority=-1),
        accounts=[account(multipliers=mode, multiplier_at_most=Fraction("2.5"))],
    )
    b_factor = Fraction("1.5")
    assert points(decided(plan, purchase(*TWO_LINES))) == 60 * Fraction("2.5") + 40 * b_factor


def test_a_cap_on_a_multiplier_caps_its_extra_only():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()), b.rule("x", b.times(2), limits=(limit("points", 30),))
    )
    assert given(decided(plan, purchase("100.00"))) == {"earn": 100, "x": 30}


def test_trimming_a_base_leaves_its_extra():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points(), limits=(limit("points", 30),)), b.rule("x", b.times(2))
    )
    assert given(decided(plan, purchase("100.00"))) == {"earn": 30, "x": 100}


def test_a_cap_on_the_money_that_a_multiplier_counts():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()), b.rule("x", b.times(3), limits=(limit("amount", 7000),))
    )
    assert given(decided(plan, purchase(*TWO_LINES))) == {"earn": 100, "x": 140}


def test_a_multiplier_group_is_judged_on_the_base_that_is_left():
    """The bonus of 60 beats doubling the 50 points that the first group left."""
    b = Build()
    rules = (
        b.rule("low", b.points(per=200), group="base"),
        b.rule("double", b.times(2), group="promo"),
        b.rule("gift", b.bonus(60), group="promo"),
    )
    high = b.rule("high", b.points(), group="base")
    groups = (Group("base", "worst"), Group("promo", "best"))
    outcome = decided(b.plan(*rules, high, groups=groups), purchase("100.00"))
    assert given(outcome) == {"gift": 60, "low": 50}
    groups = (Group("base", "best"), Group("promo", "best"))
    outcome = decided(b.plan(*rules, high, groups=groups), purchase("100.00"))
    assert given(outcome) == {"high": 100, "double": 100}


def test_a_multiplier_of_one_stands_in_nobodys_way():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("one", b.times(1), priority=9, group="only"),
        b.rule("two", b.times(2), group="only"),
        groups=(Group("only", "highest_priority"),),
        accounts=[account(multipliers="highest_priority")],
    )
    outcome = decided(plan, purchase("10.00"))
    assert given(outcome) == {"earn": 10, "two": 10}
    assert reason(outcome, "one") == ("not_gave", "zero", "")


def test_each_program_is_multiplied_by_its_own_multipliers():
    b = Build()
    plan = b.plan(
        b.rule("both", b.points(), b.points(program="miles")),
        b.rule("x", b.times(2, program="miles")),
        accounts=[account(), account("miles", multipliers="best")],
    )
    outcome = decided(plan, purchase("10.00"))
    assert (points(outcome), points(outcome, "miles")) == (10, 20)


def test_rounding_by_rule_takes_an_award_with_its_extras():
    """19.99 x 1.5 = 29.985 is rounded together, 9.995 on its own."""
    b = Build()
    plan = b.plan(
        b.rule("a", b.points(), items=sku("a")),
        b.rule("b", b.points(), items=sku("b")),
        b.rule("x", b.times("1.5"), items=sku("a")),
        accounts=[account(at="rule")],
    )
    order = purchase(line("19.99", sku="a"), line("9.99", sku="b"))
    assert points(decided(plan, order)) == 29 + 9


def test_by_line_constants_belong_to_the_order():
    b = Build()
    plan = b.plan(
        b.rule("lines", b.points()),
        b.rule("half", b.bonus("0.5")),
        b.rule("steps", b.award("bonus", "0.5", per_full=1000)),
        accounts=[account(at="line")],
    )
    # lines 9.99 and 0.99 give 9 and 0; 0.5 and 0.5 are one bucket
    assert points(decided(plan, purchase("9.99", "0.99"))) == 9 + 1


def test_a_sign_up_may_be_multiplied_though_it_has_no_lines():
    b = Build()
    plan = b.plan(
        b.rule("welcome", b.once(50), events=("signup",)),
        b.rule("friends", b.times(2), events=("signup",)),
    )
    assert given(decided(plan, event("signup"))) == {"welcome": 50, "friends": 50}


def test_points_paid_for_by_points_are_not_there_to_be_multiplied():
    """The basis leaves what the card paid; a multiplier on points as a means of payment finds nothing."""
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("x", b.times(2), tenders=lambda f, row: row["type"] == "points"),
    )
    outcome = decided(plan, purchase("10.00", tenders=[("points", "4.00"), ("card", "6.00")]))
    assert given(outcome) == {"earn": 6}
    assert reason(outcome, "x") == ("not_gave", "nothing_to_multiply", "")


def test_a_free_order_may_be_multiplied_by_how_it_was_paid():
    b = Build()
    plan = b.plan(
        b.rule("once", b.once(10)),
        b.rule("x", b.times(2), tenders=lambda f, row: row["type"] == "card"),
    )
    outcome = decided(plan, purchase("0.00", tenders=[("card", "0.00"), ("cash", "0.00")]))
    assert given(outcome) == {"once": 10, "x": 10}


def test_the_largest_order_is_decided_in_good_time():
    """10,000 lines, 100 means of payment, multipliers on some of both."""
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("a", b.times(2), items=sku("a"), limits=(limit("amount", 300_00),)),
        b.rule("t1", b.times(2), tenders=lambda f, row: row["type"] == "t1"),
        b.rule("t2", b.times(3), items=sku("b"), tenders=lambda f, row: row["type"] != "t2"),
        accounts=[account(at="line")],
        level_tables=(levels(("gold", 100), tier_at="split"),),
    )
    lines = [line("1.00", sku="ab"[i % 2]) for i in range(10_000)]
    tenders = [(f"t{i % 10}", "100.00") for i in range(100)]
    begun = process_time()
    outcome = decided(plan, purchase(*lines, tenders=tenders))
    assert process_time() - begun < 10
    assert points(outcome) == 10_000 + 300 + 5_000


def test_of_equal_remainders_the_canonical_first_is_served_extras_too():
    """1.5 and an extra of 1.5 make 3: the multiplier stands first and gets the odd point."""
    b = Build()
    plan = b.plan(b.rule("earn", b.points("1.5")), b.rule("x", b.times(2), priority=1))
    assert given(decided(plan, purchase("1.00"))) == {"x": 2, "earn": 1}
