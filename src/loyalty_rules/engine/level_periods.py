"""How long figures meet a level if nothing happens, and how long it lasts after that.

All days are local days; what lasts through a day holds on it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import shift
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import box_of, stretch_of
from loyalty_rules.engine.level_figures import (
    figure_names,
    level_figures,
    met_rank,
    rank_of,
    returned_counter,
)
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.plan import Plan


def met_through(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    rank: int,
    recorded: int,
    barred: frozenset[int],
) -> int | None:
    """The last day on which the figures still give a rank that they give on ``day``, if nothing happens;
    None if that never ends."""
    if table.window.form == "ever":
        return None
    if table.window.form == "box":
        return box_of(plan, state, table.window, day)[1] - 1
    entries = _entry_days(plan, state, table, day)

    def is_lost(entry: int) -> bool:
        left = _leaves(plan, state, table, entry)
        return met_rank(plan, state, table, left, recorded, barred) < rank

    if _only_falls(plan, state, table, day):
        place = bisect_left(entries, True, key=is_lost)
        losing = entries[place] if place < len(entries) else None
    else:
        losing = next((entry for entry in entries if is_lost(entry)), None)
    return None if losing is None else _leaves(plan, state, table, losing) - 1


def kept_through(plan: Plan, state: MemberState, table: LevelTable, last_met: int) -> int | None:
    """The last day, without grace, of a level that the figures meet last on a day."""
    through, window = table.keep.through, table.window
    if isinstance(through, Duration):
        return later(plan, last_met, through)
    if window.form == "ever":
        return None if through == "next_window" else last_met
    if window.form == "rolling":
        return last_met if through == "window" else _rolled(plan, table, last_met)
    after = box_of(plan, state, window, last_met)[1]
    return (after if through == "window" else box_of(plan, state, window, after)[1]) - 1


def fallen_through(plan: Plan, state: MemberState, table: LevelTable, day: int) -> int | None:
    """The last day of a level to which somebody falls on a day: a window or the written time later."""
    through, window = table.keep.through, table.window
    if isinstance(through, Duration):
        return later(plan, day, through)
    if window.form == "ever":
        return None
    if window.form == "rolling":
        return _rolled(plan, table, day)
    return box_of(plan, state, window, day)[1] - 1


def met_days(
    plan: Plan, state: MemberState, table: LevelTable, day: int, barred: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """Days after which the figures may fall, from ``day`` back as far as a level may be kept, and the rank
    that they give there."""
    now = rank_of(table, level_figures(plan, state, table, day), barred)
    for rank in range(now, 0, -1):
        last = met_through(plan, state, table, day, rank, rank, barred)
        yield day if last is None else last, rank
    for last in _past_days(plan, state, table, day):
        yield last, rank_of(table, level_figures(plan, state, table, last), barred)


def _past_days(plan: Plan, state: MemberState, table: LevelTable, day: int) -> Iterator[int]:
    """The last days of boxes, or those before something left a rolling window, latest first; those from
    which nothing is kept any more are left out."""
    entries = [one for name in figure_names(table) for one in Days.of(state.counters.get(name))]
    if table.window.form == "box":
        last = box_of(plan, state, table.window, day)[0] - 1
        while entries and last >= min(entries):
            yield last
            last = box_of(plan, state, table.window, last)[0] - 1
    elif table.window.form == "rolling":
        left = {_leaves(plan, state, table, one) - 1 for one in entries if one <= day}
        yield from sorted([one for one in left if one < day], reverse=True)


def _entry_days(plan: Plan, state: MemberState, table: LevelTable, day: int) -> list[int]:
    """The days within the window of a day on which something was counted, or taken back, in their order."""
    stretch = stretch_of(plan, state, table.window, day)
    return sorted({one for days in _counted(state, table) for one, _ in days.between(*stretch)})


def _only_falls(plan: Plan, state: MemberState, table: LevelTable, day: int) -> bool:
    """Whether nothing in the window of a day is below zero, so that figures only fall when it rolls on."""
    stretch = stretch_of(plan, state, table.window, day)
    return all(
        not isinstance(value, int | Fraction) or value >= 0
        for days in _counted(state, table)
        for _, value in days.between(*stretch)
    )


def _counted(state: MemberState, table: LevelTable) -> Iterator[Days]:
    for name in figure_names(table):
        for key in (name, returned_counter(name)):
            if key in state.counters:
                yield Days.of(state.counters[key])


def _leaves(plan: Plan, state: MemberState, table: LevelTable, entry: int) -> int:
    """The first day on which a rolling window no longer sees a day."""
    day = _rolled(plan, table, entry)
    while stretch_of(plan, state, table.window, day - 1)[0] > entry:
        day -= 1
    while stretch_of(plan, state, table.window, day)[0] <= entry:
        day += 1
    return day


def _rolled(plan: Plan, table: LevelTable, day: int) -> int:
    window = table.window
    return shift(day, window.count, window.unit, plan.calendar, plan.model.leap_day)


def later(plan: Plan, day: int, time: Duration) -> int:
    """The day a time of whole days later: what is valid for that time from a day on lasts through it."""
    return shift(day, time.count, time.unit, plan.calendar, plan.model.leap_day)
