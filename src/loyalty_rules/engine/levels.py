"""Levels, read from figures: which one a member stands on, and what the next one asks for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import figure
from loyalty_rules.engine.model import LevelStep, LevelTable
from loyalty_rules.engine.number import Number, number_of, whole
from loyalty_rules.engine.plan import Plan

Figures = dict[str, Number]


def rank(plan: Plan, state: MemberState, table: LevelTable, day: int) -> int:
    """The rank (lowest 0) of the level on which a member stands on a local day: the one that the figures
    give, or a higher one that returns do not touch before its review."""
    figures = level_figures(plan, state, table, day)
    return max(rank_of(table, figures), kept_rank(plan, state, table, figures, day))


def rank_after(
    plan: Plan, before: MemberState, after: MemberState, table: LevelTable, day: int
) -> int:
    """The rank that an event leaves. What returns do not touch yet is no more than he stood on before it:
    the level on record may be one that has lapsed since."""
    figures = level_figures(plan, after, table, day)
    given = rank_of(table, figures)
    kept = kept_rank(plan, after, table, figures, day)
    return given if kept <= given else max(given, min(kept, rank(plan, before, table, day)))


def kept_rank(plan: Plan, state: MemberState, table: LevelTable, figures: Figures, day: int) -> int:
    """The rank that a member keeps although returns took from his figures; 0 if there is none.

    With ``keep_until_review`` it is what the figures without those returns give, never more than the
    level on record: what was returned never helps to reach a level.
    """
    recorded = state.levels.get(table.id)
    if table.on_return == "immediate" or recorded is None:
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
    ranks = {level.id: number for number, level in enumerate(table.levels)}
    return min(rank_of(table, whole_figures), ranks.get(recorded.id, 0))


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


def rank_of(table: LevelTable, figures: Figures) -> int:
    """The highest level whose figures are met."""
    met = [number for number, level in enumerate(table.levels) if _is_met(level, figures)]
    return max(met, default=0)


def missing_figures(
    plan: Plan, state: MemberState, table: LevelTable, day: int
) -> tuple[tuple[str, Number], ...]:
    """What the next level still asks for, by counter in the counter's kind; empty on the highest level.

    Of several ways to reach it the one that lacks the fewest figures, and of these the first.
    """
    figures = level_figures(plan, state, table, day)
    present = max(rank_of(table, figures), kept_rank(plan, state, table, figures, day))
    if present + 1 == len(table.levels):
        return ()
    ways = [_lacking(choice, figures) for choice in table.levels[present + 1].at]
    return min(ways, key=len, default=())


def _is_met(level: LevelStep, figures: Figures) -> bool:
    if not level.at:
        return True
    return any(
        all(figures[name] >= whole(threshold) for name, threshold in choice) for choice in level.at
    )


def _lacking(
    choice: tuple[tuple[str, Fraction], ...], figures: Figures
) -> tuple[tuple[str, Number], ...]:
    return tuple(
        (name, whole(threshold - figures[name]))
        for name, threshold in choice
        if figures[name] < threshold
    )
