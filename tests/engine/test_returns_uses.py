"""What a return gives back of limits, takes off counters and levels, and says of each rule."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.vocabulary import NUMBER
from loyalty_rules.engine.model import Counter, Group, Term
from tests.engine.build import (
    Build,
    account,
    levels,
    limit,
    line,
    points,
    purchase,
)
from tests.engine.returns import Club, back, cancellation, days, trace_of


def earning(**account_words: Any) -> Club:
    """One point per 1.00, nothing else."""
    b = Build()
    return Club(b.plan(b.rule("earn", b.points()), accounts=[account(**account_words)]))


# limits


def capped(cap_counts: str, what: str = "points", cap: int = 500, **words: Any) -> Club:
    b = Build()
    rule = b.rule("earn", b.points(), limits=(limit(what, cap, "month", cap_counts=cap_counts),))
    return Club(b.plan(rule, accounts=[account(**words)]))


def used(club: Club, key: str = "limit") -> object:
    return sum(days(club.state, key).values())


@pytest.mark.parametrize("claw_back", ["recompute", "proportional"])
@pytest.mark.parametrize(
    ("what", "cap", "whole", "rest"),
    [
        ("points", 500, 90, 60),
        ("times", 5, 1, 1),
        ("amount", 50000, 9000, 6000),
        ("quantity", 50, 3, 2),
    ],
)
def test_uses_of_a_limit_follow_what_the_order_keeps(claw_back, what, cap, whole, rest):
    club = capped("net", what, cap, claw_back=claw_back)
    club.buy(purchase(line("60.00", quantity="2"), "30.00"))
    assert used(club) == whole
    club.give_back(back(l2=1))
    assert used(club) == rest
    club.give_back(back(l1="0.5"))
    club.give_back(back(l1="1.5"))
    assert "limit" not in club.state.counters


def test_points_that_stay_keep_their_uses():
    club = capped("net", claw_back="none")
    club.buy(purchase("60.00"))
    club.give_back(cancellation())
    assert used(club) == 60


def test_points_that_stay_keep_what_was_counted_for_them():
    club = capped("net", "amount", 50000, claw_back="none")
    club.buy(purchase("60.00", "30.00"))
    club.give_back(back(l2=1))
    assert used(club) == 9000


def test_a_counted_amount_shrinks_with_the_money_step_by_step():
    club = capped("net", "amount", 50000, claw_back="proportional")
    club.buy(purchase("60.00", "30.00"))
    club.give_back(back(l2=1))
    club.give_back(back(l1="0.5"))
    assert used(club) == 3000


def test_a_gross_limit_gives_nothing_back():
    club = capped("gross")
    club.buy(purchase("60.00"))
    club.give_back(cancellation())
    assert used(club) == 60


def test_a_trimmed_order_keeps_what_its_rest_still_earns():
    club = capped("net", cap=50)
    club.buy(purchase("60.00", "40.00"))
    assert club.balance() == 50
    assert points(club.give_back(back(l2=1))) == 0, "60.00 are still worth more than the cap"
    assert points(club.give_back(back(l1="0.5"))) == -20


def test_a_limit_for_each_value_of_a_field_gives_back_to_its_own():
    b = Build()
    by = b.formula(lambda facts, row: facts["event.store"])
    caps = (limit("points", 100, "month", by=by),)
    club = Club(b.plan(b.rule("earn", b.points(), limits=caps)))
    club.buy(purchase("60.00", store="x", id="a"))
    club.buy(purchase("60.00", store="y", id="b"))
    club.give_back(cancellation("a"))
    assert used(club, "limit|x") == 0
    assert used(club, "limit|y") == 60


def test_a_limit_of_a_group_keeps_the_uses_of_each_rule_apart():
    b = Build()
    one = b.rule("one", b.points(), group="g", items=lambda f, r: r["sku"] == "a")
    two = b.rule("two", b.points(), group="g", items=lambda f, r: r["sku"] == "b")
    groups = (Group("g", "all", (limit("points", 500, "month"),)),)
    club = Club(b.plan(one, two, groups=groups))
    club.buy(purchase(line("60.00", sku="a"), line("30.00", sku="b")))
    assert used(club) == 90
    club.give_back(back(l1=1))
    assert used(club) == 30


def test_a_rule_that_takes_over_uses_its_own_limit():
    b = Build()
    big = b.rule("big", b.bonus(30), group="g", when=lambda f, r: f["order.total"] >= 5000)
    other = b.rule("other", b.bonus(20), group="g", limits=(limit("times", 3),))
    club = Club(b.plan(big, other, groups=(Group("g", "best"),)))
    club.buy(purchase("40.00", "40.00"))
    assert used(club) == 0
    club.give_back(back(l1=1))
    assert used(club) == 1
    club.give_back(back(l2=1))
    assert used(club) == 0


# counters and levels


def test_counters_are_corrected_on_the_day_of_the_purchase():
    club = earning()
    bought = purchase("60.00", "40.00", at="2026-02-03T12:00:00+00:00")
    club.buy(bought)
    club.give_back(back(l2=1, at="2026-05-10T12:00:00+00:00"))
    day = bought.occurred_at.toordinal()
    assert dict(club.state.counters["spend"]) == {day: 6000}
    assert dict(club.state.counters["orders"]) == {day: 1}
    assert dict(club.state.counters["beans.earned"]) == {day: 60}


def money(value: Any) -> int:
    return int(value)


def test_a_counter_never_grows_by_a_return():
    b = Build()
    small = Counter(
        "small",
        NUMBER,
        events=("purchase",),
        when=(b.formula(lambda f, r: money(f["order.total"]) < 5000),),
    )
    both = Counter("both", NUMBER, events=("purchase",), adds=(Term(Fraction(-1), "quantity"),))
    club = Club(b.plan(b.rule("earn", b.points()), counters=[small, both]))
    club.buy(purchase("40.00", "40.00"))
    club.give_back(back(l1=1))
    assert "small" not in club.state.counters
    assert list(club.state.counters["both"].values()) == [-1]
    club.give_back(back(l2=1))
    assert "both" not in club.state.counters


def tiered(on_return: Any, window: Window) -> Club:
    b = Build()
    table = replace(levels(("silver", 500), ("gold", 1000), window=window), on_return=on_return)
    return Club(b.plan(b.rule("earn", b.points()), level_tables=(table,)))


def level(club: Club) -> str:
    return club.state.levels["status"].id


LAST_YEAR = Window("rolling", "months", 12)


def bought(club: Club, *orders: tuple[str, str]) -> None:
    for amount, day in orders:
        club.buy(purchase(amount, id=day, at=f"{day}T12:00:00+00:00"))


def test_immediately_a_return_lowers_the_level():
    club = tiered("immediate", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    assert level(club) == "gold"
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "silver"


def test_until_the_review_a_return_leaves_the_level():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "gold"
    bought(club, ("1.00", "2027-01-09"))
    assert level(club) == "gold", "the last day on which the window sees all 1,050"
    bought(club, ("1.00", "2027-01-10"))
    assert level(club) == "basic", "the 600 have left"


def test_the_review_of_a_calendar_year_is_its_end():
    club = tiered("keep_until_review", Window("box", "year"))
    bought(club, ("1000.00", "2026-01-10"))
    club.give_back(cancellation("2026-01-10", at="2026-02-20T12:00:00+00:00"))
    bought(club, ("1.00", "2026-12-31"))
    assert level(club) == "gold"
    bought(club, ("1.00", "2027-01-01"))
    assert level(club) == "basic"


def test_what_went_back_does_not_help_to_reach_a_level():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("900.00", "2026-01-10"))
    club.give_back(back("2026-01-10", at="2026-01-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "silver"
    bought(club, ("400.00", "2026-02-01"))
    assert level(club) == "silver", "850 were bought and kept"
    bought(club, ("150.00", "2026-02-02"))
    assert level(club) == "gold"


def test_rules_see_no_level_that_only_what_went_back_would_reach():
    b = Build()
    table = replace(levels(("gold", 1000), window=LAST_YEAR), on_return="keep_until_review")
    gold = b.rule("gold", b.times(2), when=lambda f, r: f["status.level"] == 1)
    club = Club(b.plan(b.rule("earn", b.points()), gold, level_tables=(table,)))
    bought(club, ("900.00", "2026-01-10"))
    club.give_back(back("2026-01-10", at="2026-01-20T12:00:00+00:00", l1="0.5"))
    bought(club, ("400.00", "2026-02-01"))
    assert points(club.buy(purchase("10.00", id="last", at="2026-02-03T12:00:00+00:00"))) == 10


def test_a_level_that_has_lapsed_does_not_come_back_by_what_went_back():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("500.00", "2026-01-10"), ("600.00", "2026-03-10"))
    club.give_back(cancellation("2026-03-10", at="2026-03-20T12:00:00+00:00"))
    assert level(club) == "gold"
    bought(club, ("450.00", "2027-01-20"))
    assert level(club) == "silver", "600 of the 1,050 went back; 600 of them would keep silver"


def test_levels_after_a_return_are_those_of_the_rules_of_today():
    club = tiered("immediate", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    b = Build()
    table = replace(levels(("silver", 100), ("gold", 200)), on_return="immediate")
    today = b.plan(b.rule("earn", b.points()), level_tables=(table,))
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1=1), today=today)
    assert level(club) == "gold"


# why


def test_a_return_says_of_each_rule_what_it_took_and_why():
    b = Build()
    big = b.rule("big", b.bonus(100), when=lambda f, r: f["order.total"] >= 10000)
    double = b.rule("double", b.times(2), items=lambda f, r: r["sku"] == "x")
    never = b.rule("never", b.bonus(1), when=lambda f, r: False)
    club = Club(b.plan(b.rule("earn", b.points()), big, double, never))
    club.buy(purchase(line("80.00", sku="x"), line("30.00")))
    outcome = club.give_back(back(l2=1))
    found = {
        one.rule: (one.outcome, one.reason, [(g.points, g.rounded, g.extra) for g in one.given])
        for one in outcome.trace
    }
    assert found == {
        "big": ("taken", "condition_false", [(-100, 0, False)]),
        "double": ("kept", "", [(0, 80, True)]),
        "earn": ("taken", "remainder", [(-30, 80, False)]),
        "never": ("not_gave", "condition_false", []),
    }
    last = club.give_back(cancellation())
    assert trace_of(last, "double").reason == "nothing_left"
    assert trace_of(last, "never").reason == "nothing_booked"
    assert sum(g.points for one in last.trace for g in one.given) == points(last)
