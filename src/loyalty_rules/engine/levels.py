"""Levels, read from figures: which one a member stands on, and what the next one asks for."""

from __future__ import annotations

from fractions import Fraction

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import figure
from loyalty_rules.engine.model import LevelStep, LevelTable
from loyalty_rules.engine.number import Number, number_of, whole
from loyalty_rules.engine.plan import Plan

Figures = dict[str, Number]


def rank(
    plan: Plan,
    state: MemberState,
    table: LevelTable,
    day: int,
    record: dict[str, Value] | None = None,
) -> int:
    """The rank (lowest 0) of the level that the figures give on a local day; ``record`` takes the figures."""
    figures = level_figures(plan, state, table, day)
    if record is not None:
        record.update({f"within({name}, {table.window})": one for name, one in figures.items()})
    return rank_of(table, figures)


def level_figures(plan: Plan, state: MemberState, table: LevelTable, day: int) -> Figures:
    """The figures that a table reads, by counter, within its window; the highest of nothing is 0."""
    return {
        name: number_of(figure(plan, state, plan.index.counters[name], table.window, day)) or 0
        for name in plan.index.level_figures[table.id]
    }


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
    present = rank_of(table, figures)
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
