"""How long figures meet a level if nothing happens, and how long it lasts after that.

All days are local days; what lasts through a day holds on it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import LAST_DAY, shift
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import box_of, stretch_of
from loyalty_rules.engine.level_figures import (
    figure_names,
    level_figures,
    rank_between,
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
    ranks: Sequence[int],
    barred: frozenset[int],
) -> list[int | None]:
    """For each of some ranks that the figures give on ``day``, highest first: the last day on which they
    still give it, if nothing happens; None if that never ends."""
    if not ranks or table.window.form == "ever":
        return [None] * len(ranks)
    if table.window.form == "box":
        return [box_of(plan, state, table.window, day)[1] - 1] * len(ranks)
    first = stretch_of(plan, state, table.window, day)[0]
    only_grow = all(days.only_grow() for days in _counted(state, table))
    # where figures only grow with more days any day can be tried, else those on which something was counted
    tried: Sequence[int] = range(first, day + 1)
    if not only_grow:
        tried = sorted(
            {one for days in _counted(state, table) for one, _ in days.between(first, day + 1)}
        )
    found: list[int | None] = []
    place = 0
    for rank in ranks:

        def is_lost(last: int, rank: int = rank) -> bool:
            """Whether the rank is gone when the window no longer sees a day, nor those before it."""
            left = rank_between(plan, state, table, last + 1, day + 1, ranks[0], barred)
            return left < rank

        if only_grow:
            place = bisect_left(tried, True, lo=place, key=is_lost)
        else:
            place = next((at for at, one in enumerate(tried) if is_lost(one)), len(tried))
        leaves = _leaves(plan, state, table, tried[place]) if place < len(tried) else LAST_DAY
        found.append(leaves - 1 if leaves < LAST_DAY else None)
    return found


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
    ranks = range(now, 0, -1)
    for rank, last in zip(ranks, met_through(plan, state, table, day, ranks, barred), strict=True):
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


def _counted(state: MemberState, table: LevelTable) -> Iterator[Days]:
    for name in figure_names(table):
        for key in (name, returned_counter(name)):
            if key in state.counters:
                yield Days.of(state.counters[key])


def _leaves(plan: Plan, state: MemberState, table: LevelTable, entry: int) -> int:
    """The first day on which a rolling window no longer sees a day; ``LAST_DAY`` if that never comes."""
    day = _rolled(plan, table, entry)
    while stretch_of(plan, state, table.window, day - 1)[0] > entry:
        day -= 1
    while day < LAST_DAY and stretch_of(plan, state, table.window, day)[0] <= entry:
        day += 1
    return day


def _rolled(plan: Plan, table: LevelTable, day: int) -> int:
    window = table.window
    return shift(day, window.count, window.unit, plan.calendar, plan.model.leap_day)


def later(plan: Plan, day: int, time: Duration) -> int:
    """The day a time of whole days later: what is valid for that time from a day on lasts through it."""
    return shift(day, time.count, time.unit, plan.calendar, plan.model.leap_day)
