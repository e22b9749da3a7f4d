"""Levels as whoever asks for them sees them: where a member stands on a day, what the next level lacks."""

from __future__ import annotations

from loyalty_rules.base.zones import start_of_day
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.level_conditions import barred
from loyalty_rules.engine.level_figures import lacking, level_figures
from loyalty_rules.engine.level_reviews import through_reviews
from loyalty_rules.engine.level_setting import standing_on
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.plan import Plan


def rank(plan: Plan, state: MemberState, table: LevelTable, day: int) -> int:
    """The rank (lowest 0) of the level on which a member stands on a local day, if nothing happens before."""
    state = through_reviews(plan, state, day)
    shut = barred(plan, state, table, start_of_day(day, plan.zone))
    return standing_on(plan, state, table, day, shut)


def missing_figures(
    plan: Plan, state: MemberState, table: LevelTable, day: int
) -> tuple[tuple[str, Number], ...]:
    """What the next level still asks for, by counter in the counter's kind; empty on the highest level.

    Of several ways to reach it the one that lacks the fewest figures, and of these the first.
    """
    present = rank(plan, state, table, day)
    if present + 1 == len(table.levels):
        return ()
    return lacking(table, present + 1, level_figures(plan, state, table, day))
