"""``also_when`` of levels: what is asked of the member beside the figures, as of an instant."""

from __future__ import annotations

from datetime import datetime

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import KINDS_BY_NAME
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.facts import Case, Segment, also_met, whole_facts
from loyalty_rules.engine.level_figures import NONE_BARRED
from loyalty_rules.engine.model import LevelTable
from loyalty_rules.engine.plan import Plan

_CLOCK = "clock"


def barred(plan: Plan, state: MemberState, table: LevelTable, at: datetime) -> frozenset[int]:
    """The ranks of a table whose ``also_when`` is not true of a member; unknown is not true."""
    if not any(level.also_when for level in table.levels):
        return NONE_BARRED
    event = Event(f"~{_CLOCK}", _CLOCK, state.member, at)
    case = Case(plan, state, event, KINDS_BY_NAME[_CLOCK], local_day(at, plan.zone), {})
    facts = whole_facts(case, Segment())
    return frozenset(rank for rank, level in enumerate(table.levels) if not also_met(level, facts))
