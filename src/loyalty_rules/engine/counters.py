"""What a member's counters say over a window, and the figures that programs make of them."""

from __future__ import annotations

from collections.abc import Iterator

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import Record
from loyalty_rules.base.windows import FIRST_DAY, MEMBER_YEAR, box_days, window_days
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import SHARED, Value
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.membership import PERIOD
from loyalty_rules.engine.membership_standing import is_period, period_days
from loyalty_rules.engine.model import Counter, Limit, SpendAccount
from loyalty_rules.engine.number import Number, number_of, numbers, ratio, whole
from loyalty_rules.engine.plan import Plan


def figure(plan: Plan, state: MemberState, counter: Counter, window: Window, day: int) -> Value:
    """A counter over a window that ends on ``day``, in the counter's own kind (points in points).

    ``ever`` is everything that is known, so an event that comes late is judged by today's figure.
    Nothing counted: 0, or None for the highest, latest and average of nothing. Within a box that there is
    not for him (see `has_box`): None.
    """
    if window.form == "box" and not has_box(state, window, day):
        return None
    days = Days.of(state.counters.get(counter.id))
    if counter.measure == "sum":
        return _in_points(plan, counter, _seen(plan, state, days, window, day))
    if counter.measure == "average":
        return _average(plan, state, days, window, day)
    values = tuple(_within(plan, state, days, window, day))
    if counter.measure == "distinct":
        return len(values_met(plan, state, counter, window, day))
    if not values:
        return None
    return max(numbers(values)) if counter.measure == "highest" else values[-1]


def figure_between(
    plan: Plan, state: MemberState, counter: Counter, first: int, after: int
) -> Value:
    """A counter (but for an average) over the days from ``first`` up to ``after`` (excluded), as `figure`
    tells it."""
    days = Days.of(state.counters.get(counter.id))
    if counter.measure == "sum":
        return _in_points(plan, counter, whole(days.total_between(first, after)))
    values = [value for _, value in days.between(first, after)]
    if counter.measure == "distinct":
        return len({one for value in values if isinstance(value, tuple) for one in value})
    if not values:
        return None
    return max(numbers(values)) if counter.measure == "highest" else values[-1]


def values_met(
    plan: Plan, state: MemberState, counter: Counter, window: Window, day: int
) -> tuple[Value, ...]:
    """The different values that a counter met within a window, sorted."""
    days = Days.of(state.counters.get(counter.id))
    met = {
        one
        for value in _within(plan, state, days, window, day)
        if isinstance(value, tuple)
        for one in value
    }
    return tuple(sorted(met, key=lambda value: (str(type(value)), value)))


def joined(state: MemberState) -> int | None:
    """The day on which the member joined, None if he never signed up."""
    day = state.profile.get("joined")
    return day if isinstance(day, int) else None


def has_box(state: MemberState, window: Window, day: int) -> bool:
    """Whether there is such a box for a member: nobody has years of his own who never joined, nor periods of
    a membership on days on which he is no member."""
    if is_period(window.unit):
        return period_days(state, window.unit.removesuffix(PERIOD), day) is not None
    return window.unit != MEMBER_YEAR or joined(state) is not None


def box_of(plan: Plan, state: MemberState, window: Window, day: int) -> tuple[int, int]:
    """The whole box of this member that holds ``day``: its first day and the first day after it. Days of
    which none holds are in one box together with all that was before."""
    model = plan.model
    if is_period(window.unit):
        return period_days(state, window.unit.removesuffix(PERIOD), day) or (FIRST_DAY, day + 1)
    since = joined(state) if window.unit == MEMBER_YEAR else None
    return box_days(window, day, plan.calendar, model.week_starts, model.leap_day, since)


def stretch_of(plan: Plan, state: MemberState, window: Window, day: int) -> tuple[int, int]:
    """The days of this member that a window sees as of ``day``: the first of them and the one after."""
    model = plan.model
    if window.form == "box" and is_period(window.unit):
        return box_of(plan, state, window, day)[0], day + 1
    since = joined(state) if window.unit == MEMBER_YEAR else None
    return window_days(window, day, plan.calendar, model.week_starts, model.leap_day, since)


def room_left(plan: Plan, state: MemberState, limit: Limit, key: str, day: int) -> Number:
    """What a cap leaves whose uses ``key`` holds; below 0 if more was used than it allows. What all members
    share stands with whoever was lent it; what was kept for him there comes on top of what is left."""
    if not key.startswith(SHARED):
        used = _used(plan, state, Days.of(state.counters.get(key)), limit, day)
        return whole(whole(limit.cap) - used)
    if state.shared is None:
        return whole(limit.cap)
    left = whole(limit.cap - _used_by_all(plan, state, state.shared.days(key), limit, day))
    kept = _used(plan, state, state.shared.served(key), limit, day)
    return max(left, 0) + kept if kept else left


def _used(plan: Plan, state: MemberState, days: Days, limit: Limit, day: int) -> Number:
    """What stands against a cap: the uses of the whole box that holds ``day`` (later ones too, if the
    event comes late), or of a rolling window; of this one order nothing yet."""
    window = limit.per
    if not days or window.form in ("order", "line"):
        return 0
    if window.form == "box":
        return whole(days.total_between(*box_of(plan, state, window, day)))
    return _seen(plan, state, days, window, day)


def _used_by_all(plan: Plan, state: MemberState, days: Days, limit: Limit, day: int) -> Number:
    """The same of what all members share. Others may have used it on later days, so of all rolling windows
    that see ``day`` the fullest counts: none of them may see more than the cap."""
    fullest = _used(plan, state, days, limit, day)
    if limit.per.form != "rolling":
        return fullest
    for later in days:
        if later > day and stretch_of(plan, state, limit.per, later)[0] <= day:
            fullest = max(fullest, _seen(plan, state, days, limit.per, later))
    return fullest


class Spent(Record, frozen=True):
    """Money of a spend program, in minor units: ``spent`` within the present window, with what was carried
    into it; ``counted`` is what stands in earlier steps and in the one that is open."""

    spent: Number
    counted: Number


def spent(plan: Plan, state: MemberState, account: SpendAccount, day: int) -> Spent:
    """How far a member has come in a spend program.

    With ``carry`` the steps run on over the boxes, so that a box begins with the rest of those before it.
    """
    if account.counter not in state.counters or account.window.form == "order":
        return Spent(0, 0)
    days = Days.of(state.counters[account.counter])
    everything = whole(days.total())
    if account.window.form == "ever":
        return Spent(everything, everything)
    first, after = box_of(plan, state, account.window, day)
    inside = whole(days.total_between(first, after))
    if account.rest == "drop":
        return Spent(inside, inside)
    carried = days.total_between(FIRST_DAY, first)
    return Spent(whole(carried % account.per_full + inside), everything)


def missing(account: SpendAccount, counted: Number) -> Number:
    """What a member has still to spend until the next step is full."""
    return whole(account.per_full - counted % account.per_full)


def _average(plan: Plan, state: MemberState, days: Days, window: Window, day: int) -> Number | None:
    """What a counter held on the average day of a window: each day counts with the last value that was told
    by its end, days before the first value not at all; None if there is no such day."""
    if window.form in ("order", "line") or not days:
        return None
    first, after = stretch_of(plan, state, window, day)
    if window.form == "ever":
        after = max(after, *[one + 1 for one in days])
    weighed: Number = 0
    known_days, since = 0, first
    held: Number | None = None
    for one, value in (*days.items(), (after, None)):
        until = min(max(one, first), after)
        if held is not None:
            weighed += held * (until - since)
            known_days += until - since
        held, since = number_of(value), until
    return ratio(weighed, known_days) if known_days else None


def _within(
    plan: Plan, state: MemberState, days: Days, window: Window, day: int
) -> Iterator[Value]:
    """The entries that a window sees, in the order of their days."""
    if window.form in ("order", "line"):
        return
    if window.form == "ever":
        yield from days.values()
        return
    for _, value in days.between(*stretch_of(plan, state, window, day)):
        yield value


def _seen(plan: Plan, state: MemberState, days: Days, window: Window, day: int) -> Number:
    """The sum of the entries that a window sees."""
    if window.form in ("order", "line"):
        return 0
    if window.form == "ever":
        return whole(days.total())
    first, after = stretch_of(plan, state, window, day)
    return whole(days.total_between(first, after))


def _in_points(plan: Plan, counter: Counter, held: Number) -> Number:
    """What is fed by bookings is held in units of the program's scale."""
    if counter.fed_by == "events":
        return held
    scale = plan.index.accounts[counter.program].scale
    return ratio(held, 10**scale) if scale else held
