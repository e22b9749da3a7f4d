"""The level on which a plan of a membership puts its members, for as long as it is paid for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loyalty_rules.domain.effects import Hold, LevelSet
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.membership import MemberPlan, Membership
from loyalty_rules.engine.membership_standing import Period
from loyalty_rules.engine.plan import Plan


def level_of_plan(
    plan: Plan,
    state: MemberState,
    membership: Membership,
    of: MemberPlan | None,
    period: Period,
    at: datetime,
) -> Iterator[LevelSet]:
    """The levels on record with what a period of a plan pays for (None: with nothing any more), where that is
    something else. It is no lower than that; what his own figures give may be higher."""
    for table in plan.model.level_tables:
        own = {one.level[1] for one in membership.plans if one.level and one.level[0] == table.id}
        if not own:
            continue
        recorded = state.levels.get(table.id)
        held = () if recorded is None else recorded.holds
        holds = tuple(one for one in held if one.cause != "paid" or one.level not in own)
        if of is not None and of.level is not None and of.level[0] == table.id:
            holds += (Hold(of.level[1], period.after - 1, "paid"),)
        if recorded is not None and holds != held:
            yield LevelSet(table.id, recorded.id, recorded.since, recorded.until, holds)
        elif recorded is None and holds:
            yield LevelSet(table.id, table.levels[0].id, at, None, holds)
