"""Levels: figures over windows, and the order that crosses a threshold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import LevelSet
from loyalty_rules.domain.vocabulary import NUMBER
from loyalty_rules.engine.levels import missing_figures, rank
from loyalty_rules.engine.model import Counter, LevelStep, LevelTable, Term
from tests.engine.build import (
    EVER,
    Build,
    account,
    decided,
    given,
    levels,
    limit,
    line,
    points,
    purchase,
    reason,
    run,
)

YEAR = Window("rolling", "months", 12)


def gold(facts, row):
    return facts["status.level"] >= 1


def club(tier_at, *, threshold=1000, times="1.5", lines=None, **more):
    """One point a euro, and a multiplier for gold."""
    b = Build()
    return b.plan(
        b.rule("earn", b.points(), **more),
        b.rule("gold", b.times(times), when=gold),
        level_tables=(levels(("gold", threshold), tier_at=tier_at),),
    )


def test_e50_a_rolling_year():
    b = Build()
    table = levels(("gold", 1000), window=YEAR)
    plan = b.plan(b.rule("earn", b.points()), level_tables=(table,))
    outcomes = run(
        plan,
        purchase("400.00", at="2025-05-10T12:00:00+00:00", id="1"),
        purchase("350.00", at="2025-09-01T12:00:00+00:00", id="2"),
        purchase("300.00", at="2026-02-01T12:00:00+00:00", id="3"),
    )
    state = outcomes[-1].state
    assert [one.state.levels["status"].id for one in outcomes] == ["basic", "basic", "gold"]

    def figure(day):
        missing = missing_figures(plan, state, table, date.fromisoformat(day).toordinal())
        return 1000 - dict(missing).get("beans.earned", 0)

    def level(day):
        return rank(plan, state, table, date.fromisoformat(day).toordinal())

    assert (level("2026-02-01"), level("2026-05-09"), level("2026-05-10")) == (1, 1, 0)
    assert figure("2026-05-10") == 650
    b = Build()
    plan = b.plan(level_tables=(levels(("gold", 1050), window=YEAR),))
    assert rank(plan, state, plan.model.level_tables[0], date(2026, 2, 1).toordinal()) == 1
    plan = b.plan(level_tables=(levels(("gold", 1051), window=YEAR),))
    assert rank(plan, state, plan.model.level_tables[0], date(2026, 2, 1).toordinal()) == 0


@pytest.mark.parametrize(("tier_at", "expected"), [("before", 100), ("after", 150), ("split", 125)])
def test_e54_the_crossing_purchase(tier_at, expected):
    plan = club(tier_at)
    _, crossing = run(plan, purchase("950.00", id="1"), purchase("100.00", id="2"))
    assert points(crossing) == expected
    assert crossing.state.levels["status"].id == "gold"


def test_e56_two_figures_must_both_be_met():
    qualifying = Counter(
        "qualifying", NUMBER, events=("purchase",), adds=(Term(Fraction(3, 700), "amount"),)
    )
    step = LevelStep("gold", ((("beans.earned", Fraction(650)), ("qualifying", Fraction(325))),))
    table = LevelTable("status", EVER, (LevelStep("basic"), step))
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), counters=(qualifying,), level_tables=(table,))
    outcome = decided(plan, purchase("700.00"))
    assert points(outcome) == 700
    assert outcome.state.levels["status"].id == "basic"
    day = next(iter(outcome.state.counters["qualifying"]))
    assert missing_figures(plan, outcome.state, table, day) == (("qualifying", 25),)


def test_any_of_several_ways_reaches_a_level_and_the_highest_met_counts():
    ways = ((("beans.earned", Fraction(500)),), (("orders", Fraction(3)),))
    top = LevelStep("top", ((("beans.earned", Fraction(400)),),))
    table = LevelTable("status", EVER, (LevelStep("basic"), LevelStep("gold", ways), top))
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), level_tables=(table,))
    seen = run(
        plan,
        purchase("10.00", id="1"),
        purchase("10.00", id="2"),
        purchase("10.00", id="3"),
        purchase("400.00", id="4"),
    )
    assert [one.state.levels["status"].id for one in seen] == ["basic", "basic", "gold", "top"]
    sets = [[e for e in one.effects if isinstance(e, LevelSet)] for one in seen]
    assert [len(one) for one in sets] == [1, 0, 1, 1], "a level is set only when it changes"


def test_a_level_is_read_before_the_event_even_by_its_own_award():
    plan = club("before", threshold=100)
    first, second = run(plan, purchase("100.00", id="1"), purchase("100.00", id="2"))
    assert (points(first), points(second)) == (100, 150)


def test_after_counts_base_awards_without_multipliers_and_bonuses():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("always", b.times(2)),
        b.rule("extra", b.bonus(500)),
        b.rule("gold", b.bonus(7), when=gold),
        level_tables=(levels(("gold", 150), tier_at="after"),),
    )
    assert given(decided(plan, purchase("149.00"))) == {"earn": 149, "always": 149, "extra": 500}
    assert given(decided(plan, purchase("150.00")))["gold"] == 7


def test_after_counts_a_counter_that_the_event_itself_feeds():
    b = Build()
    table = LevelTable(
        "status",
        EVER,
        (LevelStep("basic"), LevelStep("gold", ((("orders", Fraction(2)),),))),
        "after",
    )
    plan = b.plan(b.rule("gold", b.bonus(7), when=gold), level_tables=(table,))
    seen = run(plan, purchase("1.00", id="1"), purchase("1.00", id="2"))
    assert [points(one) for one in seen] == [0, 7]


def test_split_cuts_the_lines_in_their_order():
    """950 so far: of 30 + 40 + 30 the crossing lies in the middle of the second line."""
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("gold-a", b.times(2), when=gold, items=lambda f, row: row["sku"] == "a"),
        b.rule("gold-b", b.times(3), when=gold, items=lambda f, row: row["sku"] == "b"),
        level_tables=(levels(("gold", 1000), tier_at="split"),),
    )
    order = purchase(line("30.00", sku="a"), line("40.00", sku="b"), line("30.00", sku="a"), id="2")
    _, crossing = run(plan, purchase("950.00", id="1"), order)
    assert given(crossing) == {"earn": 100, "gold-a": 30, "gold-b": 40}
    assert crossing.facts["status.level"] == (0, 1)


def test_split_crosses_several_levels_in_one_line():
    b = Build()
    rates = {0: 1, 1: 2, 2: 3}
    rate = b.formula(lambda facts, row: rates[facts["status.level"]])
    plan = b.plan(
        b.rule("earn", b.award("bonus", rate, per=100)),
        b.rule("base", b.points()),
        level_tables=(levels(("silver", 10), ("gold", 40), tier_at="split"),),
    )
    outcome = decided(plan, purchase("100.00"))
    assert given(outcome) == {"earn": 10 * 1 + 30 * 2 + 60 * 3, "base": 100}


def test_split_gives_a_constant_once_and_lets_steps_run_on():
    b = Build()
    plan = b.plan(
        b.rule("base", b.points()),
        b.rule("steps", b.bonus(1, per_full=3000)),
        b.rule("once", b.bonus(5)),
        b.rule("whole", b.bonus(9), when=lambda facts, row: facts["amount"] == 10000),
        level_tables=(levels(("gold", 50), tier_at="split"),),
    )
    outcome = decided(plan, purchase("100.00"))
    assert given(outcome) == {"base": 100, "steps": 3, "once": 5, "whole": 9}


def test_split_of_an_order_that_reaches_the_threshold_exactly_changes_the_next_one_only():
    plan = club("split", threshold=100, times=2)
    first, second = run(plan, purchase("100.00", id="1"), purchase("10.00", id="2"))
    assert (points(first), points(second)) == (100, 20)


def test_tables_with_different_tier_at_stand_side_by_side():
    b = Build()
    plan = b.plan(
        b.rule("base", b.points()),
        b.rule("before", b.bonus(1), when=lambda f, row: f["slow.level"] == 1),
        b.rule("after", b.bonus(2), when=lambda f, row: f["fast.level"] == 1),
        b.rule("split", b.award("bonus", 1, per=100), when=lambda f, row: f["cut.level"] == 1),
        level_tables=(
            levels(("up", 60), id="slow"),
            levels(("up", 60), id="fast", tier_at="after"),
            levels(("up", 60), id="cut", tier_at="split"),
        ),
    )
    assert given(decided(plan, purchase("100.00"))) == {"base": 100, "after": 2, "split": 40}


def test_a_limit_sees_the_joined_parts_of_one_rule():
    b = Build()
    plan = b.plan(
        b.rule("base", b.points(), limits=(limit("times", 1), limit("points", 90, key="cap"))),
        level_tables=(levels(("gold", 50), tier_at="split"),),
    )
    first, second = run(plan, purchase("100.00", id="1"), purchase("100.00", id="2"))
    assert (points(first), points(second)) == (90, 0)
    assert reason(second, "base") == ("not_gave", "limit", "limit")


def test_points_figures_are_points_whatever_the_scale():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule("gold", b.times(2), when=gold),
        accounts=[account(scale=2)],
        level_tables=(levels(("gold", 10), tier_at="split"),),
    )
    assert points(decided(plan, purchase("15.00"))) == 20_00


def test_status_figures_leave_out_multipliers_and_bonuses_where_base_is_asked():
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points(), b.bonus(30)),
        b.rule("more", b.times("1.25")),
        level_tables=(levels(("gold", 100), figure="beans.base"),),
    )
    outcome = decided(plan, purchase("100.00"))
    assert points(outcome) == 155
    day = next(iter(outcome.state.counters["beans.base"]))
    assert outcome.state.counters["beans.base"] == {day: 100}
    assert outcome.state.counters["beans.earned"] == {day: 155}


def test_a_late_event_does_not_set_the_level_back():
    b = Build()
    table = levels(("gold", 100), window=Window("box", "month"))
    plan = b.plan(b.rule("earn", b.points()), level_tables=(table,))
    first, late = run(
        plan,
        purchase("100.00", at="2026-03-07T12:00:00+00:00", id="1"),
        purchase("1.00", at="2026-02-07T12:00:00+00:00", id="2"),
    )
    assert late.state.levels["status"].id == "gold"
    assert late.state.clock == first.state.clock
    assert late.facts["~late"] is True
