"""Time that passes by itself: what falls due, in which order, and that it comes to the same whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import ClockMoved, Effect, LotOpened, LotReduced, TimerSet
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Outcome
from loyalty_rules.engine.time import advance, clock_event, due, next_due
from tests.engine.build import Build, member, points, purchase

START = datetime(2026, 1, 1, tzinfo=UTC)
BUILD = Build()
PLAN = BUILD.plan(BUILD.rule("base", BUILD.points(1, per=100)))


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def lot(id: str, points: int, ends: int | None, **more: object) -> LotOpened:
    expires_at = None if ends is None else day(ends)
    made = LotOpened("beans", id, points, START, (), expires_at)
    return replace(made, **more)  # type: ignore[arg-type]


def holder(*effects: Effect) -> MemberState:
    return fold(member(), (ClockMoved(START), *effects))


def lots(state: MemberState) -> dict[str, int]:
    return {one.id: one.left for one in state.lots.get("beans", ())}


def test_nothing_falls_due_for_a_member_of_whom_nothing_is_known() -> None:
    assert next_due(PLAN, member()) is None
    assert advance(PLAN, member(), day(1000)) == ()


def test_a_lot_that_ends_at_an_instant_is_gone_at_that_instant() -> None:
    state = holder(lot("a", 100, ends=30))
    assert next_due(PLAN, state) == day(30)
    assert advance(PLAN, state, day(30) - timedelta(microseconds=1)) == ()
    (outcome,) = advance(PLAN, state, day(30))
    assert outcome.effects == (ClockMoved(day(30)), LotReduced("beans", "a", 100, "expired"))
    assert lots(outcome.state) == {}
    assert points(outcome) == -100
    assert next_due(PLAN, outcome.state) is None


def test_every_instant_is_an_outcome_of_its_own_and_those_of_one_instant_are_one() -> None:
    state = holder(lot("a", 1, 20), lot("b", 2, 10), lot("c", 4, 20), lot("d", 8, None))
    first, second = advance(PLAN, state, day(1000))
    assert (first.state.clock, points(first)) == (day(10), -2)
    assert (second.state.clock, points(second)) == (day(20), -5)
    assert lots(second.state) == {"d": 8}
    assert [one.detail for one in second.trace] == ["a", "c"]


def test_the_clock_stays_where_the_last_thing_happened() -> None:
    (outcome,) = advance(PLAN, holder(lot("a", 1, 10)), day(1000))
    assert outcome.state.clock == day(10)


def test_a_timer_ends_all_lots_that_hang_on_it_and_only_once() -> None:
    hanging = {"ends_with": "beans.inactive"}
    state = holder(
        TimerSet("beans.inactive", day(30)),
        lot("a", 1, 10, **hanging),
        lot("b", 2, None, **hanging),
        lot("c", 4, 50, **hanging),
        lot("d", 8, 50),
    )
    early, timer, late = advance(PLAN, state, day(60))
    assert lots(early.state) == {"b": 2, "c": 4, "d": 8}
    assert lots(timer.state) == {"d": 8}
    assert "beans.inactive" not in timer.state.timers
    assert lots(late.state) == {}
    assert [points(one) for one in (early, timer, late)] == [-1, -6, -8]


def test_an_event_is_judged_after_everything_that_fell_due_up_to_it() -> None:
    state = holder(lot("a", 100, ends=30), lot("b", 50, ends=90))
    event = purchase("10.00", at=day(30).isoformat())
    outcome = decide(PLAN, state, event)
    (passed,) = outcome.passed
    assert passed.effects[-1] == LotReduced("beans", "a", 100, "expired")
    assert points(outcome) == 10
    assert lots(outcome.state) == {"b": 50, "/inv-1/1": 10}
    assert fold(state, outcome.all_effects) == outcome.state


def test_a_refused_event_lets_no_time_pass() -> None:
    state = holder(lot("a", 100, ends=30))
    event = purchase("10.00", at=day(40).isoformat(), currency="USD")
    outcome = decide(PLAN, state, event)
    assert outcome.status == "refused"
    assert outcome.state == state
    assert outcome.passed == ()


def test_lazily_and_by_advance_it_is_the_same() -> None:
    state = holder(lot("a", 1, 10), lot("b", 2, 20), lot("c", 4, 30))
    event = purchase("10.00", at=day(25).isoformat())
    lazily = decide(PLAN, state, event)
    (early,) = advance(PLAN, state, day(15))
    later = decide(PLAN, early.state, event)
    assert later.state == lazily.state
    assert (early, *later.passed) == lazily.passed


@pytest.mark.parametrize("at", [day(30), day(40)])
def test_what_was_due_before_is_done_too(at: datetime) -> None:
    outcome = due(PLAN, holder(lot("a", 1, 10), lot("b", 2, 30)), at)
    assert lots(outcome.state) == {}
    assert outcome.state.clock == at


def test_the_event_of_an_instant_has_a_name_of_ours() -> None:
    event = clock_event("m-1", day(30))
    assert (event.id, event.type) == ("~clock/2026-01-31T00:00:00+00:00", "clock")


def test_expired_points_of_an_order_are_remembered_and_others_are_not() -> None:
    state = holder(lot("a", 1, 10, order="inv-1"), lot("b", 2, 10))
    outcome: Outcome = due(PLAN, state, day(10))
    assert outcome.state.expired == {"beans": {"a": 1}}
