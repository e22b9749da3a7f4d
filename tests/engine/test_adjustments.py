"""Adjustments: points and levels that somebody gives or takes by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import LotOpened
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.model import Keep
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.time import advance
from tests.engine.build import Build, account, decided, event, levels, member, points, purchase, run

YEAR = Window("box", "year")
STEPS = (("silver", 500), ("gold", 1000), ("black", 2000))


def club(keep: Keep = Keep("window", "requalify"), **more: Any) -> Plan:  # noqa: B008 (frozen)
    b = Build()
    gold = b.rule("gold", b.times(2), when=lambda facts, row: facts["status.level"] >= 2)
    table = replace(levels(*STEPS, window=YEAR, **more), keep=keep)
    return b.plan(b.rule("earn", b.points()), gold, level_tables=(table,))


def adjustment(day: str, **fields: Any) -> Any:
    return event("adjustment", at=f"{day}T12:00:00+00:00", id=f"adj-{day}", **fields)


def bought(amount: str, day: str) -> Any:
    return purchase(amount, id=day, at=f"{day}T12:00:00+00:00")


def level_on(plan: Plan, state: MemberState, day: str) -> str:
    """The level of a day: read, and found by advancing; both say the same."""
    passed = advance(plan, state, datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    later = passed[-1].state if passed else state
    [table] = plan.model.level_tables
    read = rank(plan, state, table, date.fromisoformat(day).toordinal())
    assert table.levels[read].id == later.levels["status"].id
    return table.levels[read].id


def refused(outcome: Outcome) -> tuple[str, str]:
    assert outcome.status == "refused"
    assert outcome.effects == ()
    assert outcome.refusal is not None
    return outcome.refusal.code, outcome.refusal.path


def test_a_level_with_a_floor_is_the_least_through_its_day() -> None:
    plan = club()
    given = adjustment(
        "2026-03-01", program="status", level="gold", through="2026-06-30", floor=True
    )
    first, order, more = run(
        plan, given, bought("100.00", "2026-03-10"), bought("1900.00", "2026-03-11")
    )
    assert (first.state.levels["status"].id, points(order)) == ("gold", 200)
    assert level_on(plan, order.state, "2026-06-30") == "gold"
    assert level_on(plan, order.state, "2026-07-01") == "basic", "200 points of his own"
    assert more.state.levels["status"].id == "black", "above the floor he stands by himself"


def test_without_a_floor_a_level_is_neither_lower_nor_higher() -> None:
    plan = club(tier_at="after")
    first, order = run(
        plan,
        adjustment("2026-03-01", program="status", level="silver", through="2026-06-30"),
        bought("3000.00", "2026-03-10"),
    )
    assert points(order) == 3000, "not as gold, though this order reaches it"
    assert level_on(plan, order.state, "2026-06-30") == "silver"
    assert level_on(plan, order.state, "2026-07-01") == "black"
    assert first.state.levels["status"].until is not None


def test_the_last_word_counts() -> None:
    plan = club()
    *_, last = run(
        plan,
        adjustment("2026-03-01", program="status", level="black", floor=True),
        adjustment(
            "2026-03-02", program="status", level="silver", through="2026-03-02", floor=True
        ),
    )
    assert last.state.levels["status"].id == "silver"
    assert level_on(plan, last.state, "2026-03-03") == "basic"


def test_a_level_without_a_last_day_stays() -> None:
    plan = club()
    [only] = run(plan, adjustment("2026-03-01", program="status", level="gold", floor=True))
    assert only.state.levels["status"].until is None
    assert level_on(plan, only.state, "2090-01-01") == "gold"


def test_what_was_given_by_hand_ends_without_grace_and_without_a_step_between() -> None:
    from loyalty_rules.base.period import Duration

    plan = club(Keep("next_window", "one_down", Duration(30, "days")))
    [only] = run(
        plan,
        adjustment("2026-03-01", program="status", level="gold", through="2026-06-30", floor=True),
    )
    assert level_on(plan, only.state, "2026-06-30") == "gold"
    assert level_on(plan, only.state, "2026-07-01") == "basic"


def test_points_that_are_given_are_a_lot_and_count_as_earned_but_not_as_base() -> None:
    plan = club()
    [only] = run(plan, adjustment("2026-03-01", program="beans", points=600, reason="late parcel"))
    [lot] = [one for one in only.effects if isinstance(one, LotOpened)]
    assert (lot.points, lot.shares) == (600, (("~adjustment", 600),))
    assert points(only) == 600
    assert only.state.levels["status"].id == "silver"
    assert "beans.base" not in only.state.counters


def test_points_that_are_given_pay_what_is_owed_first() -> None:
    plan = club()
    owing = member(deficits={"beans": 30})
    outcome = decided(plan, adjustment("2026-03-01", program="beans", points=50), owing)
    assert [lot.left for lot in outcome.state.lots["beans"]] == [20]
    assert not outcome.state.deficits


def test_points_that_are_taken_leave_the_lots_and_what_was_earned() -> None:
    plan = club()
    *_, last = run(
        plan,
        bought("300.00", "2026-03-01"),
        bought("300.00", "2026-03-02"),
        adjustment("2026-03-03", program="beans", points=-400),
    )
    assert points(last) == -400
    assert [lot.left for lot in last.state.lots["beans"]] == [200]
    assert last.state.levels["status"].id == "basic"


def test_a_lot_with_a_scale_takes_parts_of_points() -> None:
    b = Build()
    plan = b.plan(b.rule("earn", b.points()), accounts=(account(scale=2),))
    given = adjustment("2026-03-01", program="beans", points="7.45")
    assert points(decided(plan, given)) == 745


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("nothing_to_adjust", "")),
        ({"program": "status"}, ("nothing_to_adjust", "")),
        ({"points": 5}, ("missing_field", "program")),
        ({"program": "miles", "points": 5}, ("unknown_program", "program")),
        ({"program": "status", "points": 5}, ("unknown_program", "program")),
        ({"program": "beans", "level": "gold"}, ("unknown_program", "program")),
        ({"program": "status", "level": "onyx"}, ("unknown_level", "level")),
        ({"program": "beans", "points": 5, "floor": True}, ("wrong_field", "floor")),
        ({"program": "beans", "points": "0.5"}, ("wrong_field", "points")),
        ({"program": "beans", "points": -1}, ("insufficient_points", "points")),
        (
            {"program": "status", "level": "gold", "through": "2026-02-28"},
            ("level_ended", "through"),
        ),
    ],
)
def test_what_cannot_be_adjusted_is_refused_and_changes_nothing(
    fields: Any, expected: tuple[str, str]
) -> None:
    state = member()
    outcome = decide(club(), state, adjustment("2026-03-01", **fields))
    assert refused(outcome) == expected
    assert outcome.state == state
