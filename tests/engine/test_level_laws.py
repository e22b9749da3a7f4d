"""Laws of levels, over random programs of levels and random lives of members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import read_state, write_state
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.level_figures import level_figures, rank_of, rank_of_id
from loyalty_rules.engine.levels import rank
from loyalty_rules.engine.model import Keep, LevelTable
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.time import advance, next_due
from tests.engine.build import Build, account, event, levels, member, purchase
from tests.engine.returns import back, cancellation

pytestmark = pytest.mark.property

seeds = st.integers(0, 2**32)
some = settings(max_examples=60, deadline=None)
START = datetime(2026, 1, 15, 9, tzinfo=UTC)
DAYS = 900
WINDOWS = (
    *(Window("box", unit) for unit in ("month", "quarter", "year", "member_year")),
    *(Window("rolling", "days", count) for count in (20, 90)),
    *(Window("rolling", unit, 1) for unit in ("months", "years")),
    Window("ever"),
)
STEPS = (("silver", 60), ("gold", 150), ("black", 300))


def duration(random: Random) -> Duration:
    unit: Any = random.choice(["days", "weeks", "months"])
    return Duration(random.randint(1, {"days": 200, "weeks": 30, "months": 14}[unit]), unit)


def keep(random: Random) -> Keep:
    through: Any = random.choice(["next_window", "window", duration(random)])
    then: Any = random.choice(["one_down", "requalify", "bottom"])
    return Keep(through, then, duration(random) if random.random() < 0.4 else None)


def grown_up(facts: Any, row: Any) -> bool | None:
    age = facts["member.age"]
    return None if age is None else age >= 18


def table_of(random: Random, b: Build) -> LevelTable:
    figure = random.choice(["beans.earned", "beans.base"])
    table = levels(*STEPS, figure=figure, window=random.choice(WINDOWS))
    if random.random() < 0.3:
        asking = replace(table.levels[2], also_when=(b.formula(grown_up),))
        table = replace(table, levels=(*table.levels[:2], asking, table.levels[3]))
    return replace(
        table,
        keep=keep(random),
        tier_at=random.choice(["before", "after"]),
        on_return=random.choice(["keep_until_review", "immediate"]),
    )


def plan_of(random: Random, **changes: Any) -> Plan:
    """One point a euro, twice that for gold; miles for every level that is reached or lost."""
    b = Build()
    table = replace(table_of(random, b), **changes)
    return b.plan(
        b.rule("earn", b.points()),
        b.rule("gold", b.times(2), when=lambda facts, row: facts["status.level"] >= 2),
        b.rule("moved", b.bonus(1, program="miles"), events=("level_changed",)),
        accounts=(account(), account(id="miles")),
        level_tables=(table,),
    )


def life(random: Random, *, by_hand: bool = True, returns: bool = True) -> list[Event]:
    """Events of one member, at any hour of some of the days."""
    found: list[Event] = []
    bought: list[str] = []
    hours = sorted(random.sample(range(24 * DAYS), random.randint(3, 14)))
    for number, hour in enumerate(hours):
        at = (START + timedelta(hours=hour)).isoformat()
        what = random.random()
        if number == 0 and what < 0.6:
            found.append(event("signup", at, "join"))
        elif what < 0.1:
            birthday = random.choice(["1990-05-04", "2009-05-04", None])
            found.append(event("profile", at, f"p-{number}", birthday=birthday))
        elif by_hand and what < 0.2:
            found.append(adjustment(random, at, number))
        elif returns and bought and what < 0.4:
            found.append(_return(random, bought, at, number))
        else:
            bought.append(f"inv-{number}")
            amounts = [f"{random.randint(1, 160)}.00" for _ in range(2)]
            found.append(purchase(*amounts, at=at, id=bought[-1]))
    return found


def adjustment(random: Random, at: str, number: int) -> Event:
    through = datetime.fromisoformat(at) + timedelta(days=random.randint(1, 200))
    fields: dict[str, Any] = {"through": f"{through:%Y-%m-%d}"} if random.random() < 0.7 else {}
    level = random.choice(["basic", "silver", "gold", "black"])
    floor = random.random() < 0.6
    return event(
        "adjustment", at, f"a-{number}", program="status", level=level, floor=floor, **fields
    )


def _return(random: Random, bought: list[str], at: str, number: int) -> Event:
    order = random.choice(bought)
    if random.random() < 0.3:
        return cancellation(order, at, id=f"x-{number}")
    return back(order, at, id=f"x-{number}", **{random.choice(["l1", "l2"]): "0.5"})


def lived(plan: Plan, events: Sequence[Event], between: Sequence[datetime] = ()) -> list[Outcome]:
    """The outcomes of events; somebody advances the clock at the instants ``between``."""
    state, found = member(), list[Outcome]()
    orders: dict[str, BookedOrder] = {}
    waiting = sorted(between)
    for one in events:
        while waiting and waiting[0] <= one.occurred_at:
            for passed in advance(plan, state, waiting.pop(0)):
                state = passed.state
        outcome = decide(plan, state, one, orders.get(str(one.fields.get("order"))))
        found.append(outcome)
        if outcome.status != "decided":
            continue
        state = outcome.state
        if outcome.order is not None:
            orders[outcome.order.order] = outcome.order
    return found


def at_the_end(plan: Plan, events: Sequence[Event], between: Sequence[datetime]) -> MemberState:
    """The state after a whole life, when time has passed for everybody."""
    state = lived(plan, events, between)[-1].state
    passed = advance(plan, state, START + timedelta(days=DAYS))
    return passed[-1].state if passed else state


@some
@random_input(seeds)
def test_levels_are_the_same_whoever_lets_time_pass(seed: int) -> None:
    random = Random(seed)
    plan, events = plan_of(random), life(random)
    cuts = [START + timedelta(hours=random.randint(0, 24 * DAYS)) for _ in range(8)]
    lazily, advanced = (at_the_end(plan, events, between) for between in ((), cuts))
    assert advanced == lazily
    assert read_state(write_state(lazily)) == lazily


@some
@random_input(seeds)
def test_the_state_is_the_fold_of_what_passed_and_of_what_happened(seed: int) -> None:
    random = Random(seed)
    plan = plan_of(random)
    state = member()
    for outcome in lived(plan, life(random)):
        if outcome.status == "decided":
            state = fold(state, outcome.all_effects)
        assert outcome.state == state


@some
@random_input(seeds)
def test_a_level_read_ahead_is_the_one_that_time_brings(seed: int) -> None:
    random = Random(seed)
    plan = plan_of(random)
    [table] = plan.model.level_tables
    state = lived(plan, life(random))[-1].state
    if "status" not in state.levels:
        return
    for _ in range(4):
        assert state.clock is not None
        later = state.clock + timedelta(days=random.randint(1, 500))
        read = rank(plan, state, table, local_day(later, plan.zone))
        for passed in advance(plan, state, later):
            state = passed.state
        assert table.levels[read].id == state.levels["status"].id
        due = next_due(plan, state)
        assert due is None or due > later


@some
@random_input(seeds)
def test_nobody_stands_lower_than_his_figures_put_him_unless_somebody_said_so(seed: int) -> None:
    random = Random(seed)
    plan = plan_of(random)
    [table] = plan.model.level_tables
    if any(level.also_when for level in table.levels):
        return
    for outcome in lived(plan, life(random)):
        state = outcome.state
        level = state.levels.get("status")
        if level is None or any(hold.cause == "fixed" for hold in level.holds):
            continue
        assert state.clock is not None
        figures = level_figures(plan, state, table, local_day(state.clock, plan.zone))
        assert rank_of_id(table, level.id) >= rank_of(table, figures)
        assert level.since <= state.clock
        assert level.until is None or level.until > state.clock


@some
@random_input(seeds)
def test_a_level_that_is_kept_is_never_below_the_one_read_anew(seed: int) -> None:
    random = Random(seed)
    kept = plan_of(Random(seed), tier_at="before")
    anew = plan_of(Random(seed), tier_at="before", keep=Keep("window", "requalify"))
    [table] = kept.model.level_tables
    events = life(random, returns=False)
    for one, other in zip(lived(kept, events), lived(anew, events), strict=True):
        if not one.state.levels or figures_of(kept, one.state) != figures_of(anew, other.state):
            continue  # what gold earns more has led him further
        ranks = [rank_of_id(table, state.levels["status"].id) for state in (one.state, other.state)]
        assert ranks[0] >= ranks[1]


def figures_of(plan: Plan, state: MemberState) -> Any:
    assert state.clock is not None
    return level_figures(plan, state, plan.model.level_tables[0], local_day(state.clock, plan.zone))


@some
@random_input(seeds)
def test_who_returns_everything_has_at_once_no_level_left(seed: int) -> None:
    """With `immediate`; what he fell to is a level that he has, not one that figures gave."""
    random = Random(seed)
    plan = plan_of(random, on_return="immediate")
    [table] = plan.model.level_tables
    events = life(random, by_hand=False, returns=False)
    outcomes = lived(plan, events)
    state = outcomes[-1].state
    at = START + timedelta(days=DAYS + 1)
    for one in [outcome.order for outcome in outcomes if outcome.order is not None]:
        at += timedelta(hours=1)
        outcome = decide(plan, state, cancellation(one.order, at.isoformat(), one.order + "x"), one)
        assert outcome.status == "decided"
        state = outcome.state
    level = state.levels["status"]
    assert not [hold for hold in level.holds if hold.cause == "met"]
    fallen = [rank_of_id(table, hold.level) for hold in level.holds]
    assert rank_of_id(table, level.id) == max(fallen, default=0)
