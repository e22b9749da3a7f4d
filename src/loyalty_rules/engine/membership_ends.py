"""Memberships that time ends, or carries over into the period that was paid for."""

from __future__ import annotations

from datetime import datetime

from loyalty_rules.domain.effects import Effect, LevelSet, TimerSet
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.level_setting import level_changes
from loyalty_rules.engine.membership import Membership
from loyalty_rules.engine.membership_events import left
from loyalty_rules.engine.membership_levels import level_of_plan
from loyalty_rules.engine.membership_standing import Standing, standing, starts
from loyalty_rules.engine.plan import Due, Plan, Trace


def next_membership_end(plan: Plan, state: MemberState) -> datetime | None:
    """When the next period of a membership ends."""
    found = (state.levels.get(one.id) for one in plan.model.memberships)
    ends = [one.until for one in found if one is not None and one.id and one.until is not None]
    return min(ends, default=None)


def memberships_ended(plan: Plan, state: MemberState, at: datetime) -> Due:
    """The periods that end up to an instant: what follows on them, or that it was the last."""
    effects: list[Effect] = []
    traces: list[Trace] = []
    before = state
    for membership in plan.model.memberships:
        stands = standing(plan, state, membership)
        if stands is None or starts(plan, stands.period.after) > at:
            continue
        ended = starts(plan, stands.period.after)
        if stands.next is not None:
            done = _carried_over(plan, state, membership, stands)
            trace = Trace(membership.id, "passed", "period_began", stands.following)
        else:
            done = _over(plan, state, membership, stands, ended)
            trace = Trace(membership.id, "passed", "membership_ended", stands.plan)
        effects += done
        traces.append(trace)
        state = fold(state, done)
    if effects:
        effects += level_changes(plan, before, state)
    return Due(tuple(effects), tuple(traces))


def _carried_over(
    plan: Plan, state: MemberState, membership: Membership, stands: Standing
) -> list[Effect]:
    period = stands.next
    assert period is not None, "a period follows"
    begins = starts(plan, period.first)
    effects: list[Effect] = [
        LevelSet(membership.id, stands.following, stands.since, starts(plan, period.after)),
        LevelSet(membership.following, "", begins),
    ]
    if stands.is_trial or stands.following != stands.plan:
        counted_from = starts(plan, period.first - 1)
        effects.append(TimerSet(membership.counted_from, counted_from))
    if stands.is_trial:
        effects.append(TimerSet(membership.trial, None))
    of = membership.plan(stands.following)
    effects += level_of_plan(plan, state, membership, of, period, begins)
    return effects


def _over(
    plan: Plan,
    state: MemberState,
    membership: Membership,
    stands: Standing,
    ended: datetime,
) -> list[Effect]:
    effects = [*left(membership, ended, state.timers)]
    if stands.following:
        effects.append(LevelSet(membership.following, "", ended))
    effects += level_of_plan(plan, state, membership, None, stands.period, ended)
    return effects
