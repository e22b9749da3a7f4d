"""What the figures of a tiers program say on a day: which level they meet, and what the next one asks for."""

from __future__ import annotations

from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import figure, figure_between
from loyalty_rules.engine.model import Counter, LevelStep, LevelTable
from loyalty_rules.engine.number import Number, number_of, whole
from loyalty_rules.engine.plan import Plan

Figures = dict[str, Number]

NONE_BARRED: frozenset[int] = frozenset()
"""The ranks whose ``also_when`` is not met, where all are met."""


def met_rank(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    recorded: int,
    barred: frozenset[int] = NONE_BARRED,
) -> int:
    """The rank (lowest 0) that the figures give on a local day; what returns do not touch before the review
    included, as far as it does not lead above the rank ``recorded``."""
    figures = level_figures(plan, state, table, day)
    kept = unreturned_rank(plan, state, table, figures, day, recorded, barred)
    return max(rank_of(table, figures, barred), kept)


def rank_between(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    first: int,
    after: int,
    recorded: int,
    barred: frozenset[int] = NONE_BARRED,
) -> int:
    """The same for the days from ``first`` up to ``after`` (excluded), whatever the window."""
    counters = [plan.index.counters[name] for name in plan.index.level_figures[table.id]]

    def read(counter: Counter) -> Number:
        return number_of(figure_between(plan, state, counter, first, after)) or 0

    figures = {counter.id: read(counter) for counter in counters}
    rank = rank_of(table, figures, barred)
    if recorded <= rank or not sets_aside(table):
        return rank
    asides = [one for one in counters if returned_counter(one.id) in state.counters]
    for counter in asides:
        aside = replace(counter, id=returned_counter(counter.id))
        figures[counter.id] = whole(figures[counter.id] + read(aside))
    return max(rank, min(rank_of(table, figures, barred), recorded)) if asides else rank


def unreturned_rank(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    figures: Figures,
    day: int,
    recorded: int,
    barred: frozenset[int] = NONE_BARRED,
) -> int:
    """The rank that a member keeps although returns took from his figures; 0 if there is none.

    With ``keep_until_review`` it is what the figures without those returns give, never more than the
    rank on record: what was returned never helps to reach a level.
    """
    if recorded == 0 or not sets_aside(table):
        return 0
    whole_figures = dict(figures)
    for name in figures:
        counter = plan.index.counters[name]
        key = returned_counter(name)
        if key in state.counters:
            aside = figure(plan, state, replace(counter, id=key), table.window, day)
            whole_figures[name] = whole(figures[name] + (number_of(aside) or 0))
    if whole_figures == figures:
        return 0
    return min(rank_of(table, whole_figures, barred), recorded)


def sets_aside(table: LevelTable) -> bool:
    """Whether what returns take from the figures is remembered beside them: a level that is read anew could
    not wait for its review otherwise; one that is kept waits by itself."""
    return table.on_return == "keep_until_review" and table.keep.reads_anew


def returned_counter(counter: str) -> str:
    """The counter beside a counter that holds what returns took from it, on the days it was added."""
    return f"~returned({counter})"


def figure_names(table: LevelTable) -> list[str]:
    """The counters that a table reads."""
    return sorted({name for level in table.levels for choice in level.at for name, _ in choice})


def level_figure(
    plan: Plan, state: MemberState, table: LevelTable, counter: str, day: int
) -> Number:
    """One counter within the table's window; the highest of nothing is 0."""
    found = figure(plan, state, plan.index.counters[counter], table.window, day)
    return number_of(found) or 0


def level_figures(plan: Plan, state: MemberState, table: LevelTable, day: int) -> Figures:
    """The figures that a table reads, by counter, within its window."""
    names = plan.index.level_figures[table.id]
    return {name: level_figure(plan, state, table, name, day) for name in names}


def rank_of(table: LevelTable, figures: Figures, barred: frozenset[int] = NONE_BARRED) -> int:
    """The highest level whose figures are met and that is not barred."""
    met = [
        number
        for number, level in enumerate(table.levels)
        if number not in barred and _is_met(level, figures)
    ]
    return max(met, default=0)


def rank_of_id(table: LevelTable, level: str) -> int:
    """The rank of a level; that of the lowest for one that the table does not have (any more)."""
    return next((number for number, one in enumerate(table.levels) if one.id == level), 0)


def lacking(table: LevelTable, rank: int, figures: Figures) -> tuple[tuple[str, Number], ...]:
    """What a level still asks for, by counter in the counter's kind.

    Of several ways to reach it the one that lacks the fewest figures, and of these the first.
    """
    ways = [_lacking(choice, figures) for choice in table.levels[rank].at]
    return min(ways, key=len, default=())


def _is_met(level: LevelStep, figures: Figures) -> bool:
    for choice in level.at:
        for name, threshold in choice:
            if figures[name] < whole(threshold):
                break
        else:
            return True
    return not level.at


def _lacking(
    choice: tuple[tuple[str, Fraction], ...], figures: Figures
) -> tuple[tuple[str, Number], ...]:
    return tuple(
        (name, whole(threshold - figures[name]))
        for name, threshold in choice
        if figures[name] < threshold
    )
