"""Where a member stands in each tiers program before and after an event, and what the next level lacks."""

from __future__ import annotations

from loyalty_rules.base.zones import local_day
from loyalty_rules.engine.clock_rules import CLOCK
from loyalty_rules.engine.level_figures import level_figures, rank_of_id
from loyalty_rules.engine.levels import missing_figures, rank
from loyalty_rules.engine.model import LevelStep, LevelTable
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.explanation import LevelReport, Missing
from loyalty_rules.service.wording import Words


def level_reports(decision: Decision, words: Words) -> tuple[LevelReport, ...]:
    """One for each tiers program, read on the event's local day."""
    tables = decision.rules.plan.model.level_tables
    return tuple(_report(decision, words, table) for table in tables)


def _report(decision: Decision, words: Words, table: LevelTable) -> LevelReport:
    plan = decision.rules.plan
    day = local_day(decision.event.occurred_at, plan.zone)
    before = _rank_before(decision, table, day)
    after = rank(plan, decision.state, table, day)
    above = table.levels[after + 1].id if after + 1 < len(table.levels) else ""
    figures = level_figures(plan, decision.state, table, day)
    missing = tuple(
        _missing(decision, words, name, figures[name], lacking)
        for name, lacking in missing_figures(plan, decision.state, table, day)
    )
    return LevelReport(
        table.id, _name(table.levels[before]), _name(table.levels[after]), above, missing
    )


def _rank_before(decision: Decision, table: LevelTable, day: int) -> int:
    """The rank that the event met; that of the record, for time itself, which ends it at this instant."""
    recorded = decision.judged.levels.get(table.id)
    if decision.event.type == CLOCK and recorded is not None:
        return rank_of_id(table, recorded.id)
    return rank(decision.rules.plan, decision.judged, table, day)


def _name(level: LevelStep) -> str:
    return level.id


def _missing(decision: Decision, words: Words, name: str, has: Number, lacking: Number) -> Missing:
    counter = decision.rules.plan.index.counters[name]
    return Missing(
        name,
        words.value(whole(has + lacking), counter.kind),
        words.value(has, counter.kind),
        words.missing(counter, lacking),
    )
