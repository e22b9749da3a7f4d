"""What a member does with a paid membership: joins, renews, changes his plan, cancels. Money that he owes or
gets back is granted as a ``fee`` or a ``refund``, for the shop to settle; nothing here pays by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Literal

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.windows import shift
from loyalty_rules.domain.effects import Effect, Granted, LevelSet, OnceClaimed, TimerSet
from loyalty_rules.domain.lots import Lots
from loyalty_rules.engine.facts import NO_ROW, Case, Segment, whole_facts
from loyalty_rules.engine.lots import run_of
from loyalty_rules.engine.membership import MemberPlan, Membership
from loyalty_rules.engine.membership_levels import level_of_plan
from loyalty_rules.engine.membership_standing import (
    Period,
    Standing,
    entry,
    last_day,
    part,
    standing,
    starts,
    units_left,
    within_period,
)
from loyalty_rules.engine.number import number_of
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.refused import Refused

MEMBERSHIP: Final = "membership"
"""The kind of event."""


@dataclass(slots=True)
class _Act:
    """One membership event on its way."""

    case: Case
    membership: Membership
    stands: Standing | None
    effects: list[Effect] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return self.case.event.occurred_at

    @property
    def day(self) -> int:
        return self.case.day

    def say(self, reason: str, detail: str = "") -> None:
        self.traces.append(Trace(self.membership.id, "passed", reason, detail))

    def write(self, counter: str, day: int, value: int) -> None:
        """Make an entry of one of the membership's counters what it should be."""
        self.effects += entry(self.case.state.counters, counter, day, value)

    def settle(self, minor: int, plan: str) -> None:
        """What the member owes for a plan, or gets back if it is below zero."""
        if not minor:
            return
        kind: Literal["fee", "refund"] = "fee" if minor > 0 else "refund"
        event = self.case.event
        name = f"{event.source}/{event.id}/{kind}"
        self.effects.append(
            Granted(name, self.membership.id, kind, self.at, 1, abs(minor), name=plan)
        )


def act(case: Case) -> tuple[tuple[Effect, ...], tuple[Trace, ...]]:
    """What a membership event changes, but for what rules give; nothing where the rule set has no membership.

    Errors: refused as ``unknown_program``, ``unknown_plan``, ``missing_field``, ``already_member``,
    ``not_a_member``, ``already_renewed``, ``already_cancelled``, ``same_plan``, ``no_price``.
    """
    if case.event.type != MEMBERSHIP or not case.plan.model.memberships:
        return (), ()
    membership = _membership(case)
    act = _Act(case, membership, standing(case.plan, case.state, membership))
    _ACTIONS[str(case.fields["action"])](act)
    return tuple(act.effects), tuple(act.traces)


def _membership(case: Case) -> Membership:
    """The membership that an event is about: the one that it names, that has its plan, or the only one."""
    known, named, plan = case.plan.index.memberships, case.fields["program"], case.fields["plan"]
    if named is not None:
        if named not in known:
            raise Refused("unknown_program", "program", f"no program `{named}` is a membership")
        return known[str(named)]
    having = [one for one in known.values() if plan is None or one.plan(str(plan)) is not None]
    if len(having) == 1 or (having and len(known) == 1):
        return having[0]
    if not having:
        raise Refused("unknown_plan", "plan", f"no membership has a plan `{plan}`")
    names = ", ".join(f"`{one.id}`" for one in having)
    raise Refused("missing_field", "program", f"`program` is missing: {names} may be meant")


def _plan(act: _Act) -> MemberPlan:
    """The plan that the event names, or the only one that there is."""
    named, plans = act.case.fields["plan"], act.membership.plans
    if named is None and len(plans) == 1:
        return plans[0]
    if named is None:
        raise Refused("missing_field", "plan", "`plan` is missing")
    return _known(act, str(named))


def _known(act: _Act, plan: str) -> MemberPlan:
    found = act.membership.plan(plan)
    if found is None:
        raise Refused("unknown_plan", "plan", f"`{act.membership.id}` has no plan `{plan}`")
    return found


def _member(act: _Act) -> Standing:
    if act.stands is None:
        reason = f"the member is not in `{act.membership.id}`"
        raise Refused("not_a_member", "action", reason)
    return act.stands


def _price(act: _Act, plan: MemberPlan) -> int:
    """What a period costs for whoever does what the event says, in minor units, rounded half to even."""
    case = act.case
    facts = whole_facts(case, Segment())
    price = number_of(case.plan.code[plan.price.slot](facts, NO_ROW))
    if price is None:
        reason = f"`{plan.price.text}` gives no price for the plan `{plan.id}`"
        raise Refused("no_price", "plan", reason)
    return round_exact(Fraction(price * 10**case.plan.model.currency.scale), "half_even")


def _join(act: _Act) -> None:
    if act.stands is not None:
        reason = f"the member is in `{act.membership.id}` already"
        raise Refused("already_member", "action", reason)
    plan = _plan(act)
    if plan.trial is not None and act.membership.tried not in act.case.state.once:
        _try(act, plan)
    else:
        price = _price(act, plan)
        _begin(act, plan, act.at, price)
        act.settle(price, plan.id)
        act.say("joined", plan.id)


def _try(act: _Act, plan: MemberPlan) -> None:
    trial, calendar = plan.trial, act.case.plan.calendar
    assert trial is not None, "only plans with a trial are tried"
    last = shift(act.day, trial.count, trial.unit, calendar, act.case.plan.model.leap_day)
    act.effects.append(OnceClaimed(act.membership.tried))
    _enter(act, plan, act.at, Period(act.day, last + 1, 0))
    act.effects.append(TimerSet(act.membership.trial, starts(act.case.plan, last + 1)))
    act.say("trial_began", plan.id)


def _begin(act: _Act, plan: MemberPlan, since: datetime, price: int) -> None:
    """A period of a plan that begins now."""
    last = last_day(act.case.plan, plan, act.day, act.day)
    _enter(act, plan, since, Period(act.day, last + 1, price))


def _enter(act: _Act, plan: MemberPlan, since: datetime, period: Period) -> None:
    membership, until = act.membership, starts(act.case.plan, period.after)
    act.effects += (
        LevelSet(membership.id, plan.id, since, until),
        TimerSet(membership.ends, until),
        TimerSet(membership.counted_from, act.at),
    )
    act.write(membership.periods, period.first, period.after)
    act.write(membership.paid, period.first, period.paid_minor)
    act.effects += level_of_plan(act.case.plan, act.case.state, membership, plan, period, act.at)


def _renew(act: _Act) -> None:
    stands, membership = _member(act), act.membership
    if stands.next is not None:
        reason = "the next period is paid for already"
        raise Refused("already_renewed", "action", reason)
    named = act.case.fields["plan"]
    plan = _known(act, str(named or stands.following or stands.plan))
    price, first = _price(act, plan), stands.period.after
    is_same = plan.id == stands.plan and not stands.is_trial
    counted_from = stands.counted_from if is_same else first - 1
    after = last_day(act.case.plan, plan, counted_from, first - 1) + 1
    act.effects += (
        LevelSet(membership.following, plan.id, starts(act.case.plan, first)),
        TimerSet(membership.ends, starts(act.case.plan, after)),
    )
    if stands.cancelled is not None:
        act.effects.append(TimerSet(membership.cancelled, None))
    act.write(membership.periods, first, after)
    act.write(membership.paid, first, price)
    act.settle(price, plan.id)
    act.say("renewed", plan.id)


def _change(act: _Act) -> None:
    stands = _member(act)
    if stands.cancelled is not None:
        raise Refused("already_cancelled", "action", "the membership was cancelled and runs out")
    plan = _plan(act)
    if plan.id == (stands.following or stands.plan):
        raise Refused("same_plan", "plan", f"the member is on the plan `{plan.id}` already")
    if stands.is_trial:
        _change_trial(act, stands, plan)
    elif act.membership.change == "pro_rata":
        _change_now(act, stands, plan)
    else:
        _change_next(act, stands, plan)


def _change_trial(act: _Act, stands: Standing, plan: MemberPlan) -> None:
    """The rest of a trial is spent on another plan."""
    _without_next(act, stands, pays_back=True)
    until = starts(act.case.plan, stands.period.after)
    act.effects += (
        LevelSet(act.membership.id, plan.id, stands.since, until),
        TimerSet(act.membership.ends, until),
        *level_of_plan(act.case.plan, act.case.state, act.membership, plan, stands.period, act.at),
    )
    act.say("changed", plan.id)


def _change_now(act: _Act, stands: Standing, plan: MemberPlan) -> None:
    """What is left of the present plan is set off against the price of the other."""
    price, back = _price(act, plan), _left_minor(act, stands)
    back += _without_next(act, stands, pays_back=False)
    if stands.period.first != act.day:
        act.write(act.membership.periods, stands.period.first, act.day)
    _begin(act, plan, stands.since, price)
    act.settle(price - back, plan.id)
    act.say("changed", plan.id)


def _change_next(act: _Act, stands: Standing, plan: MemberPlan) -> None:
    """The other plan begins with the next period; one that was paid for is paid for anew."""
    first = starts(act.case.plan, stands.period.after)
    if stands.next is None:
        act.effects.append(LevelSet(act.membership.following, plan.id, first))
    else:
        price = _price(act, plan)
        back = _without_next(act, stands, pays_back=False)
        before = stands.period.after - 1
        after = last_day(act.case.plan, plan, before, before) + 1
        act.effects += (
            LevelSet(act.membership.following, plan.id, first),
            TimerSet(act.membership.ends, starts(act.case.plan, after)),
        )
        # the entries of the period that was paid for are taken away just before
        act.effects += entry({}, act.membership.periods, before + 1, after)
        act.effects += entry({}, act.membership.paid, before + 1, price)
        act.settle(price - back, plan.id)
    act.say("changed_later", plan.id)


def _cancel(act: _Act) -> None:
    stands, membership = _member(act), act.membership
    if stands.cancelled is not None:
        raise Refused("already_cancelled", "action", "the membership was cancelled before")
    back, said = _refund(act, stands)
    keeps_next = membership.refund == "none" and stands.next is not None
    back_next = 0 if keeps_next else _without_next(act, stands, pays_back=False)
    act.say("cancelled", stands.plan)
    act.traces.append(said)
    act.settle(-back - back_next, stands.plan)
    if back:
        _leave(act, stands)
        return
    act.effects.append(TimerSet(membership.cancelled, act.at))
    if not keeps_next:
        act.effects.append(TimerSet(membership.ends, starts(act.case.plan, stands.period.after)))


def _refund(act: _Act, stands: Standing) -> tuple[int, Trace]:
    """What of the present period is paid back, and why."""
    membership, paid = act.membership, stands.period.paid_minor
    reason, detail, back = "refund_none", "", 0
    if membership.refund == "pro_rata":
        left, of, unit = units_left(act.case.plan, membership.plan(stands.plan), stands, act.day)
        reason, detail = "refund_pro_rata", f"{left} of {of} {unit}"
        back = _left_minor(act, stands)
    elif membership.refund == "full_if_unused":
        used = within_period(act.case.state, membership.uses, stands.period)
        reason, detail = ("refund_used", str(used)) if used else ("refund_unused", "")
        back = 0 if used else paid
    return back, Trace(membership.id, "passed", reason, detail)


def _left_minor(act: _Act, stands: Standing) -> int:
    """The money of what has not begun of the present period, rounded half to even."""
    of = act.membership.plan(stands.plan)
    left, total, _ = units_left(act.case.plan, of, stands, act.day)
    return round_exact(part(stands.period.paid_minor, left, total), "half_even")


def _without_next(act: _Act, stands: Standing, *, pays_back: bool) -> int:
    """Take away the next period, and say what was paid for it."""
    act.effects += _no_following(stands, act.membership)
    if stands.next is None:
        return 0
    act.write(act.membership.periods, stands.next.first, 0)
    act.write(act.membership.paid, stands.next.first, 0)
    if pays_back:
        act.settle(-stands.next.paid_minor, stands.following)
    return stands.next.paid_minor


def _no_following(stands: Standing, membership: Membership) -> tuple[Effect, ...]:
    if not stands.following:
        return ()
    return (LevelSet(membership.following, "", stands.since),)


def _leave(act: _Act, stands: Standing) -> None:
    """The membership ends now; its last day is today."""
    membership, state = act.membership, act.case.state
    if act.day + 1 < stands.period.after:
        act.write(membership.periods, stands.period.first, act.day + 1)
    hangs_on_it = any(membership.ends in Lots.of(held).timers for held in state.lots.values())
    act.effects += left(membership, act.at, state.timers)
    if hangs_on_it:  # its points end with it, at once
        act.effects.append(TimerSet(membership.ends, act.at))
    act.effects += level_of_plan(act.case.plan, state, membership, None, stands.period, act.at)
    act.say("membership_ended", stands.plan)


def left(membership: Membership, at: datetime, timers: Mapping[str, datetime]) -> Iterator[Effect]:
    """What is written when a membership is over."""
    yield LevelSet(membership.id, "", at)
    yield TimerSet(run_of(membership.ends), at)
    own = (membership.ends, membership.counted_from, membership.trial, membership.cancelled)
    yield from (TimerSet(timer, None) for timer in own if timer in timers)


_ACTIONS: Final[Mapping[str, Callable[[_Act], None]]] = MappingProxyType(
    {"join": _join, "renew": _renew, "change": _change, "cancel": _cancel}
)
