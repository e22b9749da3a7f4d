"""When lots end and until when they wait: dates worked out from what the rule set says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from loyalty_rules.base.windows import MEMBER_YEAR, box_days, end_of, free_at
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.effects import Effect, LotDated, LotOpened, TimerSet
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.counters import joined
from loyalty_rules.engine.expiry import After, ByLevel, EndOf, With
from loyalty_rules.engine.lots import run_of
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Plan

SIGNUP: Final = "signup"
"""The kind of event with which a member's own years begin."""

_LAST_INSTANT: Final = timedelta(microseconds=1)

Simple = After | EndOf | With


class Dates(NamedTuple):
    """When a lot ends: at an instant of its own, and with a timer of the member (empty: with none)."""

    expires_at: datetime | None = None
    ends_with: str = ""


class Start(NamedTuple):
    """From when a lot counts: since it was earned, and since it can be spent (None: nobody knows yet); of a
    member who joined on a day (None: he did not)."""

    earned: datetime
    usable: datetime | None
    joined: int | None = None


def opened(
    plan: Plan, account: LotAccount, state: MemberState, lot: LotOpened, kind: str
) -> tuple[Effect, ...]:
    """A lot with its dates, after the timers that it starts; ``kind`` is that of the event that gave it."""
    usable_at, freed_by = _waits(plan, account, lot.opened_at)
    waits = usable_at is not None or bool(freed_by)
    day = local_day(lot.opened_at, plan.zone) if kind == SIGNUP else joined(state)
    start = Start(lot.opened_at, usable_at if waits else lot.opened_at, day)
    dates = dates_from(plan, in_force(plan, account, state), account.id, start)
    timers = _started(plan, account, state, lot.opened_at, kind)
    dated = LotOpened(
        lot.program,
        lot.lot,
        lot.points,
        lot.opened_at,
        lot.shares,
        dates.expires_at,
        dates.ends_with,
        waits,
        usable_at,
        freed_by,
        lot.order,
        lot.funding,
    )
    return (*timers, dated)


def anew(
    plan: Plan, account: LotAccount, state: MemberState, at: datetime
) -> tuple[tuple[TimerSet, ...], Dates]:
    """When points end that count from ``at`` on as if they had been earned then and waited for nothing, and
    the timers that they start."""
    dates = dates_from(
        plan, in_force(plan, account, state), account.id, Start(at, at, joined(state))
    )
    return tuple(_started(plan, account, state, at, "")), dates


def activity(plan: Plan, state: MemberState, kind: str, at: datetime) -> tuple[TimerSet, ...]:
    """What an event of a kind does to the timers of points that end when nothing happens."""
    return tuple(
        effect
        for account in plan.model.accounts
        for timer, form in _timers(account)
        if kind in form.activity
        for effect in _later(plan, state, timer, form, at)
    )


def start_of(state: MemberState, lot: Lot) -> Start:
    """From when a lot of a member counts that is open already."""
    usable = lot.usable_at if lot.waits else lot.usable_at or lot.opened_at
    return Start(lot.opened_at, usable, joined(state))


def changed(account: LotAccount, lot: Lot, dates: Dates) -> Iterator[LotDated]:
    """Other dates for a lot, if they are others."""
    if dates != (lot.expires_at, lot.ends_with):
        yield LotDated(account.id, lot.id, *dates)


def _waits(plan: Plan, account: LotAccount, opened_at: datetime) -> tuple[datetime | None, str]:
    """Until when points wait, and for which kind of event."""
    waiting = account.waiting
    if waiting is None:
        return None, ""
    at = None
    if waiting.lasts is not None:
        at = free_at(opened_at, waiting.lasts, plan.calendar, plan.zone, plan.model.leap_day)
        if at <= opened_at:
            return None, ""
    return at, waiting.until


def in_force(plan: Plan, account: LotAccount, state: MemberState) -> tuple[Simple, ...]:
    """What says when points end, for a member on his present level."""
    found: list[Simple] = []
    for form in account.expiry:
        if not isinstance(form, ByLevel):
            found.append(form)
            continue
        levels = dict(form.levels)
        recorded = state.levels.get(form.table)
        lowest = plan.index.level_tables[form.table].levels[0].id
        found += levels.get(lowest if recorded is None else recorded.id, ())
    return tuple(found)


def _after(forms: Sequence[Simple]) -> Iterator[After]:
    return (form for form in forms if isinstance(form, After))


def dates_from(plan: Plan, forms: Sequence[Simple], account: str, start: Start) -> Dates:
    """The earliest of what several forms say."""
    ends: list[datetime] = []
    ends_with = ""
    for form in forms:
        if isinstance(form, EndOf):
            ends += _box_end(plan, form, start)
        elif isinstance(form, With):
            ends_with = f"{form.membership}.ends"
        elif form.start == "activity":
            ends_with = timer_of(account)
        else:
            since = start.earned if form.start == "earned" else start.usable
            if since is not None:
                ends.append(end_after(plan, form, since))
    return Dates(min(ends, default=None), ends_with)


def end_after(plan: Plan, form: After, since: datetime) -> datetime:
    """The first instant at which points are gone that count from ``since``."""
    end = end_of(since, form.lasts, plan.calendar, plan.zone, plan.model.leap_day)
    if not form.to_end_of:
        return end
    last_day = local_day(end - _LAST_INSTANT, plan.zone)
    if isinstance(form.to_end_of, tuple):
        return start_of_day(_next_day(plan, last_day, *form.to_end_of) + 1, plan.zone)
    box = plan.calendar.box(form.to_end_of, last_day, plan.model.week_starts)
    return start_of_day(box[1], plan.zone)


def _next_day(plan: Plan, day: int, month: int, day_of_month: int) -> int:
    """The next day of that name, ``day`` itself among them; in a year that lacks it, the last day of its
    month."""
    for year in (0, 12):
        first = plan.calendar.box("year", plan.calendar.add_months(day, year), 0)[0]
        named = plan.calendar.add_months(first, month - 1)
        after = plan.calendar.box("month", named, 0)[1]
        found = min(named + day_of_month - 1, after - 1)
        if found >= day:
            return found
    raise AssertionError("every year has every month")


def _box_end(plan: Plan, form: EndOf, start: Start) -> Iterator[datetime]:
    """The end of the box; the years of somebody who never joined have none."""
    if form.window.unit == MEMBER_YEAR and start.joined is None:
        return
    day, model = local_day(start.earned, plan.zone), plan.model
    box = box_days(form.window, day, plan.calendar, model.week_starts, model.leap_day, start.joined)
    yield start_of_day(box[1], plan.zone)


def timer_of(account: str) -> str:
    """The timer that ends the points of a program when nothing has happened for too long."""
    return f"{account}.inactive"


def _timers(account: LotAccount) -> Iterator[tuple[str, After]]:
    """The timer of an account, if it has one, and what says how long it lasts."""
    if not account.expiry:
        return
    simple = [form for form in account.expiry if not isinstance(form, ByLevel)]
    leveled = [
        form
        for one in account.expiry
        if isinstance(one, ByLevel)
        for _, forms in one.levels
        for form in forms
    ]
    for form in _after([*simple, *leveled]):
        if form.start == "activity":
            yield timer_of(account.id), form
            return


def _later(
    plan: Plan, state: MemberState, timer: str, form: After, at: datetime
) -> Iterator[TimerSet]:
    """A timer that runs longer from ``at`` on; a late event never shortens it."""
    end, held = end_after(plan, form, at), state.timers.get(timer)
    if held is not None and held <= at:  # it ran out when there were no points to end
        yield TimerSet(run_of(timer), held)
    if held is None or end > held:
        yield TimerSet(timer, end)


def _started(
    plan: Plan, account: LotAccount, state: MemberState, at: datetime, kind: str
) -> Iterator[TimerSet]:
    """A timer that does not run yet, or has run out when there were no points to end, starts with a lot;
    an event that counts as activity has started it already."""
    for timer, form in _timers(account):
        held = state.timers.get(timer)
        if kind not in form.activity and (held is None or held <= at):
            yield from _later(plan, state, timer, form, at)
