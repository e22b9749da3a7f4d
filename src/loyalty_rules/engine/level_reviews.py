"""Levels that time ends: they are looked at again when what kept them is over."""

from __future__ import annotations

from datetime import datetime

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import Effect, Hold
from loyalty_rules.domain.state import Level, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.level_conditions import barred
from loyalty_rules.engine.level_figures import met_rank, rank_of_id
from loyalty_rules.engine.level_holds import GIVEN, fixed_rank, last_day, running, standing
from loyalty_rules.engine.level_periods import fallen_through
from loyalty_rules.engine.level_setting import level_set, level_with
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.plan import Due, Plan, Trace


def next_review(plan: Plan, state: MemberState) -> datetime | None:
    """When the next level of a member is looked at again."""
    ends = [state.levels[one.id].until for one in _recorded(plan, state)]
    return min([at for at in ends if at is not None], default=None)


def reviewed(plan: Plan, state: MemberState, at: datetime) -> Due:
    """The levels after the reviews that are due at ``at``."""
    effects: list[Effect] = []
    traces: list[Trace] = []
    for table in _recorded(plan, state):
        before = state.levels[table.id]
        if before.until is None or before.until > at:
            continue
        now = _after_review(plan, state, table, before, at)
        effects.append(level_set(table, now))
        if now.id != before.id:
            traces.append(Trace("", "passed", "level_ended", f"{table.id}.{before.id}"))
    return Due(tuple(effects), tuple(traces))


def through_reviews(plan: Plan, state: MemberState, day: int) -> MemberState:
    """A state with all reviews of levels that fall due up to a local day; for whoever only looks."""
    while (at := next_review(plan, state)) is not None and local_day(at, plan.zone) <= day:
        state = fold(state, reviewed(plan, state, at).effects)
    return state


def _recorded(plan: Plan, state: MemberState) -> list[LevelTable]:
    return [table for table in plan.model.level_tables if table.id in state.levels]


def _after_review(
    plan: Plan, state: MemberState, table: LevelTable, before: Level, at: datetime
) -> Level:
    day = local_day(at, plan.zone)
    shut = barred(plan, state, table, at)
    rank = rank_of_id(table, before.id)
    holds = running(plan, table, before.holds, day)
    met = met_rank(plan, state, table, day, rank, shut)
    if standing(table, holds, met) < rank and _was_earned(plan, table, before, rank, day):
        holds = _lowered(plan, state, table, holds, rank, day)
    return level_with(plan, state, table, at, holds, rank, shut)


def _was_earned(plan: Plan, table: LevelTable, before: Level, rank: int, day: int) -> bool:
    """Whether a level that ends when a day begins was one that the member had by himself until then, not one
    that somebody gave him. What he had earned and what ended before does not count any more."""
    if fixed_rank(table, before.holds) is not None:
        return False
    own = (
        last_day(plan, table, hold)
        for hold in before.holds
        if hold.cause not in GIVEN and rank_of_id(table, hold.level) == rank
    )
    return any(last is not None and last >= day - 1 for last in own)


def _lowered(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    holds: tuple[Hold, ...],
    rank: int,
    day: int,
) -> tuple[Hold, ...]:
    """The holds of a member whose rank has ended, by what the rule set says comes then."""
    if table.keep.then == "bottom":
        return tuple(hold for hold in holds if hold.cause in GIVEN)
    if table.keep.then == "one_down" and rank > 1:
        through = fallen_through(plan, state, table, day)
        return (*holds, Hold(table.levels[rank - 1].id, through, "fallen"))
    return holds
