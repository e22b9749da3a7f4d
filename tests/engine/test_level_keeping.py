"""How long levels last: periods, falls, grace, returns, conditions on the member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import NUMBER
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.model import Counter, Keep, LevelTable
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.time import advance
from tests.engine.build import Build, event, levels, member, purchase
from tests.engine.returns import Club, back, cancellation

YEAR = Window("box", "year")
MONTHS_12 = Window("rolling", "months", 12)
STEPS = (("silver", 500), ("gold", 1000), ("black", 2000))
Change = Callable[[LevelTable], LevelTable]


def club(window: Window, keep: Keep, *changes: Change, **more: Any) -> Club:
    """One point a euro, levels from 500, 1,000 and 2,000 points."""
    b = Build()
    table = replace(levels(*STEPS, window=window), keep=keep, **more)
    for change in changes:
        table = change(table)
    return Club(b.plan(b.rule("earn", b.points()), level_tables=(table,)))


def bought(one: Club, *orders: tuple[str, str]) -> Club:
    for amount, day in orders:
        one.buy(purchase(amount, id=day, at=f"{day}T12:00:00+00:00"))
    return one


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def level_on(one: Club, day: str) -> str:
    """The level at noon of a day if nothing happens; read, and found by advancing: both say the same."""
    passed = advance(one.plan, one.state, noon(day))
    state = passed[-1].state if passed else one.state
    [table] = one.plan.model.level_tables
    read = rank(one.plan, one.state, table, date.fromisoformat(day).toordinal())
    assert table.levels[read].id == state.levels["status"].id
    return state.levels["status"].id


def course(one: Club, *days: str) -> list[str]:
    return [level_on(one, day) for day in days]


NEXT_YEAR = ("2026-12-31", "2027-12-31", "2028-01-01", "2028-12-31", "2029-01-01", "2030-01-01")


@pytest.mark.parametrize(
    ("then", "levels_held"),
    [
        ("one_down", ["black", "black", "gold", "gold", "silver", "basic"]),
        ("requalify", ["black", "black", "basic", "basic", "basic", "basic"]),
        ("bottom", ["black", "black", "basic", "basic", "basic", "basic"]),
    ],
)
def test_after_the_next_box_a_level_ends_and_one_down_falls_a_step_a_box(
    then: Any, levels_held: list[str]
) -> None:
    one = bought(club(YEAR, Keep("next_window", then)), ("2000.00", "2026-11-15"))
    assert course(one, *NEXT_YEAR) == levels_held


@pytest.mark.parametrize(
    ("then", "levels_held"),
    [
        ("one_down", ["black", "gold", "silver", "basic"]),
        ("requalify", ["black", "basic", "basic", "basic"]),
    ],
)
def test_kept_through_its_own_box_only(then: Any, levels_held: list[str]) -> None:
    one = bought(club(YEAR, Keep("window", then)), ("2000.00", "2026-11-15"))
    assert course(one, "2026-12-31", "2027-01-01", "2028-01-01", "2029-01-01") == levels_held


def test_a_time_runs_from_the_last_day_on_which_the_figures_met_the_level() -> None:
    keep = Keep(Duration(3, "months"), "requalify")
    boxes = bought(club(YEAR, keep), ("1000.00", "2026-02-01"))
    assert course(boxes, "2027-03-31", "2027-04-01") == ["gold", "basic"]
    rolling = bought(club(MONTHS_12, keep), ("1000.00", "2026-02-01"))
    assert course(rolling, "2027-04-30", "2027-05-01") == ["gold", "basic"], "met to 2027-01-31"


def test_whoever_falls_a_step_stays_there_as_long_as_the_written_time() -> None:
    one = bought(club(MONTHS_12, Keep(Duration(3, "months"))), ("1000.00", "2026-02-01"))
    assert course(one, "2027-04-30", "2027-05-01", "2027-08-01") == ["gold", "silver", "silver"]
    assert level_on(one, "2027-08-02") == "basic"


def test_each_level_is_kept_for_a_time_of_its_own() -> None:
    """Gold of 2026 ends with 2027; the silver of 2027 lasts through 2028."""
    keep = Keep("next_window", "requalify")
    one = bought(club(YEAR, keep), ("1000.00", "2026-11-15"), ("500.00", "2027-03-01"))
    assert course(one, "2027-12-31", "2028-01-01", "2028-12-31") == ["gold", "silver", "silver"]
    assert level_on(one, "2029-01-01") == "basic"
    bottom = bought(
        club(YEAR, Keep("next_window", "bottom")),
        ("1000.00", "2026-11-15"),
        ("500.00", "2027-03-01"),
    )
    assert course(bottom, "2027-12-31", "2028-01-01") == ["gold", "basic"]


def test_a_rolling_window_steps_down_day_by_day_as_orders_leave_it() -> None:
    one = bought(
        club(MONTHS_12, Keep("window", "requalify")),
        ("1100.00", "2026-01-10"),
        ("600.00", "2026-03-01"),
        ("400.00", "2026-06-01"),
    )
    days = ("2027-01-09", "2027-01-10", "2027-02-28", "2027-03-01", "2027-06-01")
    assert course(one, *days) == ["black", "gold", "gold", "basic", "basic"]


def test_grace_comes_on_top_and_then_comes_what_comes() -> None:
    keep = Keep("window", "one_down", Duration(30, "days"))
    one = bought(club(YEAR, keep), ("1000.00", "2026-11-15"))
    days = ("2027-01-30", "2027-01-31", "2027-12-31", "2028-01-30", "2028-01-31")
    assert course(one, *days) == ["gold", "silver", "silver", "silver", "basic"]


def test_nothing_ends_what_was_reached_within_ever() -> None:
    one = bought(club(Window("ever"), Keep()), ("1000.00", "2026-11-15"))
    assert one.state.levels["status"].until is None
    assert level_on(one, "2099-01-01") == "gold"


@pytest.mark.parametrize("window", [YEAR, Window("rolling", "years", 100_000)])
@pytest.mark.parametrize("through", ["next_window", Duration(100_000, "years")])
def test_a_level_may_be_kept_for_longer_than_calendars_reach(window: Window, through: Any) -> None:
    keep = Keep(through, "one_down", Duration(100_000, "months"))
    one = bought(club(window, keep), ("1000.00", "2026-11-15"), ("1000.00", "2026-12-15"))
    assert level_on(one, "2199-12-31") == "black"


def test_an_order_that_comes_later_extends_a_level_and_leaves_its_beginning() -> None:
    one = bought(club(MONTHS_12, Keep("next_window")), ("1000.00", "2026-01-10"))
    first = one.state.levels["status"]
    bought(one, ("1000.00", "2026-05-01"))
    now = one.state.levels["status"]
    assert (now.id, now.since > first.since) == ("black", True)
    bought(one, ("1000.00", "2026-06-01"))
    assert one.state.levels["status"].since == now.since
    assert course(one, "2028-04-30", "2028-05-01") == ["black", "gold"], "met to 2027-04-30"


def test_a_figure_with_parts_below_zero_may_fall_and_rise_as_days_leave() -> None:
    """400, -300 and 600 are 700, silver; without the 400 they are 300."""
    b = Build()
    score = Counter("score", NUMBER, events=("checkin",))
    table = replace(
        levels(*STEPS, window=MONTHS_12, figure="score"), keep=Keep("window", "requalify")
    )
    plan = b.plan(b.rule("earn", b.points()), counters=[score], level_tables=(table,))
    days = {"2026-01-10": 400, "2026-02-10": -300, "2026-03-10": 600}
    held = {date.fromisoformat(day).toordinal(): value for day, value in days.items()}
    one = Club(plan, member(counters={"score": held}))
    bought(one, ("1.00", "2026-03-11"))
    assert course(one, "2026-03-11", "2027-01-09", "2027-01-10") == ["silver", "silver", "basic"]


# returns


def test_what_is_kept_waits_for_its_end_before_a_return_counts() -> None:
    one = bought(club(YEAR, Keep("next_window", "requalify")), ("1000.00", "2026-11-15"))
    one.give_back(cancellation("2026-11-15", at="2027-02-01T12:00:00+00:00"))
    assert course(one, "2027-12-31", "2028-01-01") == ["gold", "basic"]
    assert not [name for name in one.state.counters if name.startswith("~returned")]


def test_immediately_a_return_ends_what_was_kept_because_of_it() -> None:
    one = club(YEAR, Keep("next_window"), on_return="immediate")
    bought(one, ("600.00", "2026-10-01"), ("400.00", "2026-11-15"))
    one.give_back(back("2026-11-15", at="2027-02-01T12:00:00+00:00", l1=1))
    assert level_on(one, "2027-02-01") == "silver", "600 of 2026 are left"
    assert course(one, "2027-12-31", "2028-01-01") == ["silver", "basic"]


def test_immediately_a_return_of_one_year_leaves_what_another_year_reached() -> None:
    one = club(YEAR, Keep("next_window", "requalify"), on_return="immediate")
    bought(one, ("1000.00", "2026-11-15"), ("1000.00", "2027-03-01"))
    one.give_back(cancellation("2027-03-01", at="2027-04-01T12:00:00+00:00"))
    assert course(one, "2027-12-31", "2028-01-01") == ["gold", "basic"], "2026 alone"
    one.give_back(cancellation("2026-11-15", at="2027-05-01T12:00:00+00:00", id="can-2"))
    assert level_on(one, "2027-05-01") == "basic"


def test_immediately_a_return_shortens_what_a_rolling_window_kept() -> None:
    one = club(MONTHS_12, Keep("next_window", "requalify"), on_return="immediate")
    bought(one, ("1000.00", "2026-01-10"), ("1000.00", "2026-05-01"))
    assert course(one, "2027-12-31", "2028-01-10") == ["black", "gold"]
    one.give_back(cancellation("2026-05-01", at="2026-06-01T12:00:00+00:00"))
    assert course(one, "2026-06-01", "2028-01-09", "2028-01-10") == ["gold", "gold", "basic"]


def test_a_level_of_the_past_does_not_come_back_when_a_return_ends_the_present_one() -> None:
    """The silver of 2026 would have ended with 2027."""
    one = club(YEAR, Keep("next_window", "requalify"), on_return="immediate")
    bought(one, ("500.00", "2026-11-15"), ("1000.00", "2027-03-01"))
    one.give_back(cancellation("2027-03-01", at="2028-02-01T12:00:00+00:00"))
    assert level_on(one, "2028-02-01") == "basic"


def test_a_return_never_raises_or_lengthens_a_level() -> None:
    one = club(YEAR, Keep("next_window", "requalify"), on_return="immediate")
    bought(one, ("1000.00", "2026-11-15"), ("300.00", "2026-12-01"))
    before = one.state.levels["status"]
    one.give_back(back("2026-12-01", at="2026-12-20T12:00:00+00:00", l1=1))
    assert one.state.levels["status"] == before


# what is asked of the member


def grown_up(one: Any, row: Any) -> bool | None:
    age = one["member.age"]
    return None if age is None else age >= 18


def asking(keep: Keep) -> Club:
    b = Build()
    table = replace(levels(*STEPS, window=YEAR), keep=keep)
    basic, silver, gold, black = table.levels
    gold = replace(gold, also_when=(b.formula(grown_up),))
    table = replace(table, levels=(basic, silver, gold, black))
    return Club(b.plan(b.rule("earn", b.points()), level_tables=(table,)))


def told(one: Club, day: str, **fields: Any) -> None:
    outcome = decide(
        one.plan, one.state, event("profile", at=f"{day}T12:00:00+00:00", id=day, **fields)
    )
    assert outcome.status == "decided", outcome.refusal
    one.state = outcome.state


def test_a_level_that_asks_more_is_passed_over_until_it_is_true() -> None:
    one = bought(asking(Keep("window", "requalify")), ("1000.00", "2026-02-01"))
    assert one.state.levels["status"].id == "silver", "his age is unknown"
    told(one, "2026-03-01", birthday="2010-06-01")
    assert one.state.levels["status"].id == "silver", "he is 15"
    told(one, "2026-04-01", birthday="2000-06-01")
    assert one.state.levels["status"].id == "gold"
    bought(one, ("1000.00", "2026-05-01"))
    assert one.state.levels["status"].id == "black", "which asks nothing of him"


def test_read_anew_a_level_ends_with_what_it_asks_of_the_member_and_kept_it_does_not() -> None:
    for keep, afterwards in ((Keep("window", "requalify"), "silver"), (Keep("window"), "gold")):
        one = asking(keep)
        told(one, "2026-01-01", birthday="2000-06-01")
        bought(one, ("1000.00", "2026-02-01"))
        assert one.state.levels["status"].id == "gold"
        told(one, "2026-03-01", birthday=None)
        assert one.state.levels["status"].id == afterwards
        assert level_on(one, "2027-01-01") == ("silver" if afterwards == "gold" else "basic")


# time


def state_at(plan: Plan, state: MemberState, day: str) -> MemberState:
    passed = advance(plan, state, noon(day))
    return passed[-1].state if passed else state


def test_reviews_are_booked_once_whoever_comes_first() -> None:
    one = bought(club(YEAR, Keep()), ("2000.00", "2026-11-15"))
    late = state_at(one.plan, one.state, "2031-01-01")
    stepwise = one.state
    for day in ("2027-06-01", "2028-01-01", "2028-01-02", "2029-07-01", "2031-01-01"):
        stepwise = state_at(one.plan, stepwise, day)
    assert stepwise == late
    assert late.levels["status"].until is None
    ended = [
        trace
        for passed in advance(one.plan, one.state, noon("2031-01-01"))
        for trace in passed.trace
    ]
    assert [(trace.reason, trace.detail) for trace in ended] == [
        ("level_ended", "status.black"),
        ("level_ended", "status.gold"),
        ("level_ended", "status.silver"),
    ]
