"""The level on record: what it is after an event, and until when it stands if nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.effects import Effect, Hold, LevelSet
from loyalty_rules.domain.state import Level, MemberState
from loyalty_rules.engine.level_conditions import barred
from loyalty_rules.engine.level_figures import NONE_BARRED, met_rank, rank_of_id, sets_aside
from loyalty_rules.engine.level_holds import (
    fixed_rank,
    last_day,
    met_holds,
    pruned,
    remeasured,
    running,
    standing,
)
from loyalty_rules.engine.level_periods import met_through
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.plan import Plan


def level_changes(
    plan: Plan, before: MemberState, after: MemberState, *, returned: bool = False
) -> list[Effect]:
    """The levels after an event that led from ``before`` to ``after``, where they are not those on record.

    After a late event they are read as of the member's own clock: the past does not set today's level.
    ``returned``: the event took something back, which may count for levels at once.
    """
    if not plan.model.level_tables:
        return []
    assert after.clock is not None, "the clock was set by the first effect of the first event"
    found: list[Effect] = []
    for table in plan.model.level_tables:
        now = after_event(plan, before, after, table, after.clock, returned)
        if now != after.levels.get(table.id):
            found.append(level_set(table, now))
    return found


def level_set(table: LevelTable, level: Level) -> LevelSet:
    """The effect that puts a level on record."""
    return LevelSet(table.id, level.id, level.since, level.until, level.holds)


def after_event(
    plan: Plan,
    before: MemberState,
    after: MemberState,
    table: LevelTable,
    at: datetime,
    returned: bool = False,
) -> Level:
    """The level of a table after an event at ``at``."""
    day = local_day(at, plan.zone)
    shut = barred(plan, after, table, at)
    recorded = after.levels.get(table.id)
    holds = () if recorded is None else running(plan, table, recorded.holds, day)
    if returned and table.on_return == "immediate" and not table.keep.reads_anew:
        holds = running(plan, table, tuple(remeasured(plan, after, table, holds, day, shut)), day)
    # what returns do not touch yet is no more than he stood on before: the record may be of an older form
    asks = sets_aside(table)
    cap = standing_on(plan, before, table, day, barred(plan, before, table, at)) if asks else 0
    return level_with(plan, after, table, at, holds, cap, shut)


def level_with(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    at: datetime,
    holds: Sequence[Hold],
    cap: int,
    shut: frozenset[int] = NONE_BARRED,
) -> Level:
    """The level at an instant of a member who has ``holds`` that run; ``shut`` are the ranks whose
    ``also_when`` is not met, ``cap`` bounds what returns do not touch yet."""
    day = local_day(at, plan.zone)
    recorded = state.levels.get(table.id)
    met = met_rank(plan, state, table, day, cap, shut)
    if not table.keep.reads_anew:
        holds = (*holds, *met_holds(plan, state, table, day, met, shut))
    holds = pruned(table, holds)
    rank = standing(table, holds, met)
    last = _through(plan, state, table, day, rank, met, holds, shut)
    until = None if last is None else start_of_day(last + 1, plan.zone)
    name = table.levels[rank].id
    since = at if recorded is None or recorded.id != name else recorded.since
    return Level(name, since, until, holds)


def standing_on(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    shut: frozenset[int] = NONE_BARRED,
) -> int:
    """The rank on which a member stands on a day up to which nothing more falls due."""
    recorded = state.levels.get(table.id)
    holds = () if recorded is None else running(plan, table, recorded.holds, day)
    cap = 0 if recorded is None else rank_of_id(table, recorded.id)
    return standing(table, holds, met_rank(plan, state, table, day, cap, shut))


def _through(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    rank: int,
    met: int,
    holds: Sequence[Hold],
    shut: frozenset[int],
) -> int | None:
    """The last day, grace included, on which a member stands on ``rank`` if nothing happens."""
    if fixed_rank(table, holds) is not None:
        return next(hold.through for hold in holds if hold.cause == "fixed")
    if rank == 0:
        return None
    ends = [last_day(plan, table, hold) for hold in holds if rank_of_id(table, hold.level) == rank]
    if table.keep.reads_anew and met == rank:
        ends += met_through(plan, state, table, day, [rank], shut)
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
