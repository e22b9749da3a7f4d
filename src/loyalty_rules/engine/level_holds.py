"""Levels that last for a time: what holds there are, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import Hold
from loyalty_rules.domain.state import Level, MemberState
from loyalty_rules.engine.level_figures import rank_of_id
from loyalty_rules.engine.level_periods import kept_through, later, met_days, met_through
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.plan import Plan

BY_HAND: Final = ("floor", "fixed")
"""Causes of holds that somebody gave by hand."""

GIVEN: Final = (*BY_HAND, "paid")
"""Causes of holds that no figures gave: they end on their day, without grace."""


def last_day(plan: Plan, table: LevelTable, hold: Hold) -> int | None:
    """The last day of a hold, grace included; None if it has none."""
    grace = table.keep.grace
    if hold.through is None or grace is None or hold.cause in GIVEN:
        return hold.through
    return later(plan, hold.through, grace)


def running(plan: Plan, table: LevelTable, holds: Sequence[Hold], day: int) -> tuple[Hold, ...]:
    """The holds that have not ended before a day."""
    return tuple(
        hold for hold in holds if (last := last_day(plan, table, hold)) is None or last >= day
    )


def last_standing(plan: Plan, table: LevelTable, level: Level) -> int | None:
    """The last day, without grace, on which a member stands on his level if nothing happens; None if nothing
    ends it."""
    rank = rank_of_id(table, level.id)
    own = [hold.through for hold in level.holds if rank_of_id(table, hold.level) == rank]
    if table.keep.reads_anew or not own:
        return None if level.until is None else local_day(level.until, plan.zone) - 1
    return None if rank == 0 else _latest(own)


def fixed_rank(table: LevelTable, holds: Sequence[Hold]) -> int | None:
    """The rank that somebody fixed, of holds that run; None if nobody did."""
    fixed = [rank_of_id(table, hold.level) for hold in holds if hold.cause == "fixed"]
    return fixed[0] if fixed else None


def held_rank(table: LevelTable, holds: Sequence[Hold]) -> int:
    """The highest rank that holds which run keep a member on; 0 if there is none."""
    return max([rank_of_id(table, hold.level) for hold in holds], default=0)


def standing(table: LevelTable, holds: Sequence[Hold], met: int) -> int:
    """The rank on which a member stands who meets the rank ``met`` and has holds that run."""
    fixed = fixed_rank(table, holds)
    return max(met, held_rank(table, holds)) if fixed is None else fixed


def met_holds(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    met: int,
    barred: frozenset[int],
) -> Iterator[Hold]:
    """What is kept of every level up to the rank ``met``, which the figures give on a day."""
    ranks = range(met, 0, -1)
    for rank, last in zip(ranks, met_through(plan, state, table, day, ranks, barred), strict=True):
        through = None if last is None else kept_through(plan, state, table, last)
        yield Hold(table.levels[rank].id, through, "met")


def remeasured(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    holds: Sequence[Hold],
    day: int,
    barred: frozenset[int],
) -> Iterator[Hold]:
    """The holds that are left when what returns took never counted: what the figures meet and have met, no
    longer and no higher than it was kept; what does not come from figures stays."""
    yield from (hold for hold in holds if hold.cause != "met")
    kept = [hold for hold in holds if hold.cause == "met"]
    ends: dict[int, list[int | None]] = {}
    for last, rank in met_days(plan, state, table, day, barred):
        for one in range(1, rank + 1):
            ends.setdefault(one, []).append(kept_through(plan, state, table, last))
    for rank, found in sorted(ends.items(), reverse=True):
        before = [hold.through for hold in kept if rank_of_id(table, hold.level) >= rank]
        if before:
            through = _earlier(_latest(found), _latest(before))
            yield Hold(table.levels[rank].id, through, "met")


def pruned(table: LevelTable, holds: Sequence[Hold]) -> tuple[Hold, ...]:
    """Holds without those that say nothing beside a higher or equal one of their cause that lasts as long;
    highest first."""
    found: list[Hold] = []
    for hold in sorted(set(holds), key=lambda hold: _place(table, hold)):
        beside = [one for one in found if one.cause == hold.cause]
        if all(_lasts(one.through) < _lasts(hold.through) for one in beside):
            found.append(hold)
    return tuple(found)


def _place(table: LevelTable, hold: Hold) -> tuple[int, str, bool, int]:
    """Higher ranks first, of one rank those that last longest."""
    rank, (endless, through) = rank_of_id(table, hold.level), _lasts(hold.through)
    return -rank, hold.cause, not endless, -through


def _lasts(through: int | None) -> tuple[bool, int]:
    """By what last days are compared: without end is later than any."""
    return through is None, through or 0


def _latest(days: Sequence[int | None]) -> int | None:
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def _earlier(one: int | None, other: int | None) -> int | None:
    known = [day for day in (one, other) if day is not None]
    return min(known, default=None)
