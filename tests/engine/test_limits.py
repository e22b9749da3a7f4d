"""Limits: what they cut before an award, what they trim after rounding, what uses them up."""

from __future__ import annotations

from fractions import Fraction

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import CounterAdded
from loyalty_rules.engine.model import Group
from tests.engine.build import (
    Build,
    account,
    box,
    decided,
    given,
    limit,
    line,
    points,
    purchase,
    reason,
    run,
)


def orders(*amounts, **more):
    return [purchase(amount, id=str(i), **more) for i, amount in enumerate(amounts)]


def test_times_count_awards_above_zero():
    b = Build()
    plan = b.plan(b.rule("earn", b.points(), limits=(limit("times", 2),)))
    seen = run(plan, *orders("0.50", "10.00", "10.00", "10.00"))
    assert [points(one) for one in seen] == [0, 10, 10, 0]
    assert reason(seen[0], "earn") == ("not_gave", "zero", "")
    assert reason(seen[3], "earn") == ("not_gave", "limit", "limit")


def test_an_amount_cap_cuts_what_is_counted_line_by_line():
    b = Build()
    rate = b.points(of="amount")
    plan = b.plan(b.rule("earn", rate, limits=(limit("amount", 5000, "month"),)))
    first, second = run(plan, purchase("30.00", "15.00", id="1"), purchase("3.00", "9.00", id="2"))
    assert (points(first), points(second)) == (45, 5)
    assert reason(second, "earn") == ("gave", "limit", "limit")
    (entry,) = [e for e in second.effects if isinstance(e, CounterAdded) and e.counter == "limit"]
    assert entry.value == 500, "only what was counted uses the cap up"


def test_a_quantity_cap_counts_pieces():
    b = Build()
    plan = b.plan(b.rule("earn", b.points(1, 1, of="quantity"), limits=(limit("quantity", 3),)))
    order = purchase(line("1.00", quantity="2"), line("1.00", quantity="2.5"))
    assert points(decided(plan, order)) == 3


@pytest.mark.parametrize(("over", "expected"), [("trim", 5 + 3), ("skip", 3)])
def test_a_cap_per_line_caps_each_line(over, expected):
    b = Build()
    cap = limit("amount", 500, "line", over=over)
    plan = b.plan(b.rule("earn", b.points(of="amount"), limits=(cap,)))
    outcome = decided(plan, purchase("9.00", "3.00"))
    assert points(outcome) == expected
    assert not [e for e in outcome.effects if getattr(e, "counter", "") == "limit"]


def test_an_amount_cap_that_is_skipped_gives_nothing():
    b = Build()
    cap = limit("amount", 500, over="skip")
    plan = b.plan(b.rule("earn", b.points(), limits=(cap,)))
    seen = run(plan, *orders("6.00", "5.00", "1.00"))
    assert [points(one) for one in seen] == [0, 5, 0]


def test_a_cap_per_order_begins_anew_with_each():
    b = Build()
    plan = b.plan(b.rule("earn", b.points(), limits=(limit("points", 5, "order"),)))
    assert [points(one) for one in run(plan, *orders("9.00", "9.00"))] == [5, 5]


def test_a_cap_for_each_value_of_a_field():
    b = Build()
    by = b.formula(lambda facts, row: facts["event.store"])
    plan = b.plan(b.rule("earn", b.points(), limits=(limit("points", 5, by=by),)))
    seen = run(
        plan,
        purchase("9.00", id="1", store="a"),
        purchase("9.00", id="2", store="b"),
        purchase("9.00", id="3", store="a"),
        purchase("9.00", id="4"),
    )
    assert [points(one) for one in seen] == [5, 5, 0, 0]
    assert reason(seen[3], "earn") == ("not_gave", "missing", "event.store")
    assert set(seen[3].state.counters) >= {"limit|a", "limit|b"}


def test_a_rolling_cap_frees_its_room():
    b = Build()
    cap = limit("times", 1, Window("rolling", "days", 7))
    plan = b.plan(b.rule("earn", b.bonus(1), limits=(cap,)))
    days = ("2026-03-01", "2026-03-07", "2026-03-08")
    seen = run(plan, *(purchase("1.00", at=f"{day}T12:00:00+00:00", id=day) for day in days))
    assert [points(one) for one in seen] == [1, 0, 1]


def test_a_late_event_meets_the_cap_of_its_own_month_as_it_stands():
    b = Build()
    plan = b.plan(b.rule("earn", b.bonus(1), limits=(limit("times", 1, "month"),)))
    days = ("2026-03-20", "2026-04-02", "2026-03-10")
    seen = run(plan, *(purchase("1.00", at=f"{day}T12:00:00+00:00", id=day) for day in days))
    assert [points(one) for one in seen] == [1, 1, 0]


def test_several_caps_all_hold_and_are_all_used():
    b = Build()
    caps = (limit("points", 50, key="a"), limit("points", 30, "day", key="b"))
    plan = b.plan(b.rule("earn", b.points(), limits=caps))
    seen = run(
        plan,
        purchase("40.00", at="2026-03-01T12:00:00+00:00", id="1"),
        purchase("40.00", at="2026-03-02T12:00:00+00:00", id="2"),
    )
    assert [points(one) for one in seen] == [30, 20]


def test_a_group_cap_serves_the_higher_priority_then_the_smaller_id():
    b = Build()
    plan = b.plan(
        b.rule("z", b.bonus(10), group="all", priority=1),
        b.rule("b", b.bonus(10), group="all"),
        b.rule("a", b.bonus(10), group="all"),
        groups=(Group("all", limits=(limit("points", 25),)),),
    )
    assert given(decided(plan, purchase("1.00"))) == {"z": 10, "a": 10, "b": 5}


def test_a_group_cap_on_money_is_one_pot():
    b = Build()
    plan = b.plan(
        b.rule("a", b.points(), group="all"),
        b.rule("b", b.points(), group="all"),
        groups=(Group("all", limits=(limit("amount", 1500),)),),
    )
    assert given(decided(plan, purchase("10.00"))) == {"a": 10, "b": 5}


def test_a_cap_over_two_programs_cuts_the_last_first():
    b = Build()
    plan = b.plan(
        b.rule("both", b.bonus("7.5"), b.bonus(5, program="miles"), limits=(limit("points", 10),)),
        accounts=[account(scale=1), account("miles")],
    )
    outcome = decided(plan, purchase("1.00"))
    assert (points(outcome), points(outcome, "miles")) == (75, 2)
    assert outcome.facts["~room(limit, ever)"] == 10


def test_what_a_cap_trims_away_altogether_does_not_use_another():
    b = Build()
    caps = (limit("times", 5, key="a"), limit("points", 0, key="b"))
    plan = b.plan(b.rule("earn", b.bonus(1), limits=caps))
    assert "a" not in decided(plan, purchase("1.00")).state.counters


def test_a_winner_without_room_gives_nothing_and_no_loser_steps_in():
    b = Build()
    plan = b.plan(
        b.rule("big", b.points(2), group="only", limits=(limit("amount", 1000),)),
        b.rule("small", b.points(1), group="only"),
        groups=(Group("only", "best"),),
    )
    first, second = run(plan, *orders("10.00", "10.00"))
    assert given(first) == {"big": 20}
    assert points(second) == 0
    assert reason(second, "small") == ("lost", "exclusive_group", "big")


def test_programs_are_compared_by_what_a_point_is_worth():
    b = Build()
    rules = (
        b.rule("beans", b.bonus(10), group="only"),
        b.rule("miles", b.bonus(3, program="miles"), group="only"),
    )
    values = (account(value=Fraction(1)), account("miles", value=Fraction(5)))
    plan = b.plan(*rules, accounts=values, groups=(Group("only", "best"),))
    outcome = decided(plan, purchase("1.00"))
    assert (points(outcome), points(outcome, "miles")) == (0, 3)


def test_a_cap_in_weeks_follows_the_day_on_which_weeks_start():
    for starts, expected in ((0, [1, 0]), (6, [1, 1])):
        b = Build()
        rule = b.rule("earn", b.bonus(1), limits=(limit("times", 1, box("week")),))
        plan = b.plan(rule, week_starts=starts)
        saturday = purchase("1.00", at="2026-03-07T12:00:00+00:00", id="1")
        sunday = purchase("1.00", at="2026-03-08T12:00:00+00:00", id="2")
        assert [points(one) for one in run(plan, saturday, sunday)] == expected
