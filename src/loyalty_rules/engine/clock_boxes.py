"""When the boxes of clock rules begin and end for a member: days, months, his own years, his birthdays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from loyalty_rules.base.period import Window
from loyalty_rules.base.windows import MEMBER_YEAR, shift
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.counters import box_of, joined
from loyalty_rules.engine.membership import PERIOD
from loyalty_rules.engine.membership_standing import is_period, standing, starts
from loyalty_rules.engine.model import Every
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.silences import silence_of, silent_at

INSTANT: Final = timedelta(microseconds=1)

PASSED: Final = "~clock"
"""The timer that says how far boxes were decided where that is further than the member's clock."""

ENDED: Final = "~clock.end"
"""The timer that says up to where boxes have ended by the rules of a version that ended with them."""

BIRTHDAY: Final = "~birthday"
"""The timer of the last birthday that was kept: there is one in a year, whatever the profile says since."""


def next_turn(plan: Plan, state: MemberState, every: Every) -> datetime | None:
    """The first instant after everything that has passed for a member at which a box turns; None if there is
    none for him, or none while the rule set is in force."""
    if state.clock is None:
        return None
    after = max(state.clock, state.timers.get(PASSED, state.clock))
    model = plan.model
    if every.at == "end":
        after = max(after, state.timers.get(ENDED, after), model.start or after)
    elif model.start is not None:
        after = max(after, model.start - INSTANT)
    at = (
        _birthday(plan, state, after)
        if every.unit == "birthday"
        else _box(plan, state, every, after)
    )
    if at is None or (model.before is not None and judged_at(every, at) >= model.before):
        return None
    return at


def judged_at(every: Every, at: datetime) -> datetime:
    """The instant at which what happens at a turn is judged: the last one of the box that ends, so that it
    belongs to it, or the first one of the box that begins."""
    return at - INSTANT if every.at == "end" else at


def _box(plan: Plan, state: MemberState, every: Every, after: datetime) -> datetime | None:
    if every.unit == MEMBER_YEAR and joined(state) is None:
        return None
    if silence_of(every) is not None:
        return silent_at(state, every, after)
    if is_period(every.unit):
        return _period(plan, state, every, after)
    window, day = Window("box", every.unit), local_day(after, plan.zone)
    while True:
        day = box_of(plan, state, window, day)[1]
        at = start_of_day(day, plan.zone)
        if at > after:  # a day that the zone left out has no instant of its own
            return at


def _period(plan: Plan, state: MemberState, every: Every, after: datetime) -> datetime | None:
    """Where the present period of a membership ends; the next begins there, if it is paid for."""
    membership = plan.index.memberships.get(every.unit.removesuffix(PERIOD))
    stands = None if membership is None else standing(plan, state, membership)
    if stands is None or (every.at == "start" and stands.next is None):
        return None
    at = starts(plan, stands.period.after)
    return at if at > after else None


def _birthday(plan: Plan, state: MemberState, after: datetime) -> datetime | None:
    kept = state.timers.get(BIRTHDAY)
    kept_year = None if kept is None else plan.calendar.parts(local_day(kept, plan.zone))[0]
    for day in _birthdays(plan, state, local_day(after, plan.zone)):
        at = start_of_day(day, plan.zone)
        if at > after and (kept_year is None or plan.calendar.parts(day)[0] > kept_year):
            return at
    return None


def _birthdays(plan: Plan, state: MemberState, day: int) -> Iterator[int]:
    """The birthdays of this year and the next two, as far as somebody has one."""
    birthday = state.profile.get("birthday")
    if not isinstance(birthday, int):
        return
    calendar, leap_day = plan.calendar, plan.model.leap_day
    years = calendar.parts(day)[0] - calendar.parts(birthday)[0]
    for count in (years, years + 1, years + 2):
        if count > 0:
            yield shift(birthday, count, "years", calendar, leap_day)
