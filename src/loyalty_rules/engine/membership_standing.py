"""How a member stands in a membership: plan, period, what was paid for it and what follows. It is read from
the primitives of his state: the level of the membership's name is the plan, counters hold its periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from loyalty_rules.base.windows import shift
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import CounterAdded, Value
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.membership import PERIOD, MemberPlan, Membership
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Period:
    """Days that are paid for together: the first of them, the day after the last, and what was paid, in minor
    units."""

    first: int
    after: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's place in a membership. ``counted_from``: the day from which periods of the plan are counted.
    ``following`` is the plan of the next period where that is known, ``next`` the period where it is paid
    for. ``cancelled``: since when it only runs out."""

    plan: str
    since: datetime
    period: Period
    counted_from: int
    is_trial: bool
    cancelled: datetime | None
    following: str
    next: Period | None


def standing(plan: Plan, state: MemberState, membership: Membership) -> Standing | None:
    """How a member stands in a membership; None if he is no member of it."""
    recorded = state.levels.get(membership.id)
    if recorded is None or not recorded.id or recorded.until is None:
        return None
    after = local_day(recorded.until, plan.zone)
    period = period_of(state, membership, after - 1)
    assert period is not None, f"a member of `{membership.id}` is in a period of it"
    following, counted = state.levels.get(membership.following), state.timers
    return Standing(
        recorded.id,
        recorded.since,
        period,
        local_day(counted.get(membership.counted_from, recorded.since), plan.zone),
        membership.trial in counted,
        counted.get(membership.cancelled),
        "" if following is None else following.id,
        period_of(state, membership, after),
    )


def period_of(state: MemberState, membership: Membership, day: int) -> Period | None:
    """The period that holds a day; None if none does."""
    box = period_days(state, membership.id, day)
    if box is None:
        return None
    paid = Days.of(state.counters.get(membership.paid)).get(box[0], 0)
    assert isinstance(paid, int), "what is paid counts minor units"
    return Period(*box, paid)


def period_days(state: MemberState, membership: str, day: int) -> tuple[int, int] | None:
    """The first day of the period of a membership that holds ``day``, and the day after its last; where two
    meet on a day, the later one."""
    found = None
    for first, after in state.counters.get(f"{membership}.periods", {}).items():
        assert isinstance(after, int), "a period ends on a day"
        if first <= day < after:
            found = (first, after)
    return found


def is_period(unit: str) -> bool:
    """Whether the name of a box is that of periods of a membership."""
    return unit.endswith(PERIOD)


def last_day(plan: Plan, of: MemberPlan, counted_from: int, before: int) -> int:
    """The last day of the period that follows on the day ``before``, where periods of a plan are counted from
    a day: each lasts through a multiple of its time from there, so that months of one year after another
    begin on the same day."""
    number = 1
    while True:
        last = _days_from(plan, counted_from, of.period.count * number, of.period.unit)
        if last > before:
            return last
        number += 1


def units_left(
    plan: Plan, of: MemberPlan | None, stands: Standing, day: int
) -> tuple[int, int, str]:
    """How much of a period has not begun on a day, of how much, and in which units: months where the plan is
    paid by months or years, else days. Each lasts through the day of its name, so the first month from
    10 January on lasts through 10 February."""
    months = of is not None and of.period.unit in ("months", "years")
    unit = "months" if months else "days"
    period = stands.period

    def number(of_day: int) -> int:
        found = 0
        while _days_from(plan, stands.counted_from, found, unit) < of_day:
            found += 1
        return found

    before = number(max(period.first - 1, stands.counted_from))
    total = number(period.after - 1) - before
    begun = max(number(day) - before, 1)
    return max(total - begun, 0), total, unit


def _days_from(plan: Plan, day: int, count: int, unit: str) -> int:
    return shift(day, count, unit, plan.calendar, plan.model.leap_day) if count else day


def part(minor: int, left: int, of: int) -> Fraction:
    """So much of an amount as is left of its period."""
    return Fraction(minor * left, of) if of else Fraction(0)


def entry(
    counters: Mapping[str, Mapping[int, Value]], counter: str, day: int, value: int
) -> tuple[CounterAdded, ...]:
    """What makes the entry of a counter on a day ``value``; 0 takes it away."""
    held = counters.get(counter, {}).get(day, 0)
    assert isinstance(held, int), "days and minor units are whole"
    return (CounterAdded(counter, "sum", day, value - held),) if value != held else ()


def starts(plan: Plan, day: int) -> datetime:
    """The first instant of a day."""
    return start_of_day(day, plan.zone)


def told(plan: Plan, state: MemberState, membership: Membership, word: str, day: int) -> Value:
    """A word of a membership, as of a day. Who is no member has no plan and since when is unknown."""
    stands = standing(plan, state, membership)
    if word == "active":
        return stands is not None
    if word == "trial":
        return stands is not None and stands.is_trial
    if word == "saved":
        return 0 if stands is None else within_period(state, membership.saved, stands.period)
    if word == "period":
        return 0 if stands is None else _number(plan, state, membership, stands, day)
    if stands is None:
        return None
    assert word in ("plan", "since"), f"a membership has no `{word}`"
    return stands.plan if word == "plan" else local_day(stands.since, plan.zone)


def within_period(state: MemberState, counter: str, period: Period) -> Number:
    """What a counter holds within a period."""
    held = Days.of(state.counters.get(counter))
    return whole(held.total_between(period.first, period.after))


def _number(
    plan: Plan, state: MemberState, membership: Membership, stands: Standing, day: int
) -> int:
    """The how-manieth period since he joined, from 1."""
    joined = local_day(stands.since, plan.zone)
    begun = state.counters.get(membership.periods, {})
    return max(sum(joined <= first <= day for first in begun), 1)
