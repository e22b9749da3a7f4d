"""What an event means for those who brought its member: who brought him, and whether it qualifies.

A referral is told to others by events of their own (``service/deriving.py``); here stands what is decided
for the friend. That something qualifies is a counter of its own in his state, so a return takes it away and a
late event puts it right, as they do with all counters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from loyalty_rules.base.windows import shift
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import CounterAdded, Effect
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.order_record import Added
from loyalty_rules.domain.referrals import (
    BROUGHT,
    FRIEND_ORDER,
    REFERRAL,
    REFERRED_BY,
    STEP,
    Step,
    brought_by,
    brought_on,
    has_step,
    link_in,
    paid_with,
    step_of,
    told_by,
)
from loyalty_rules.engine.counters import joined
from loyalty_rules.engine.facts import Case, CaseFacts, Segment, whole_facts
from loyalty_rules.engine.feeding import added_by
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.referral import Referral
from loyalty_rules.engine.refused import Refused

_SAYS: Final = ("friend", "code", "used_code")
"""Of these fields an event of a referral has one."""


@dataclass(frozen=True, slots=True)
class Referred:
    """What an event means for referrals: effects and traces."""

    effects: tuple[Effect, ...] = ()
    traces: tuple[Trace, ...] = ()


NOTHING: Final = Referred()


def referred(case: Case) -> Referred:
    """What an event means for referrals of its member.

    Errors: refused as ``bad_referral``, ``referral_of_oneself``, ``second_referrer`` or
    ``friend_existed_before``; what a plugin's function raises.
    """
    if case.event.type == REFERRAL:
        effects = tuple(_brought(case))
        return Referred(effects, (Trace("", "passed", "brought"),) if effects else ())
    if case.event.type == FRIEND_ORDER:
        return Referred(traces=(_told(case.event),))
    referrals = case.plan.model.referrals
    if not referrals:
        return NOTHING
    return _qualified(case, referrals)


def _told(event: Event) -> Trace:
    program, level, cause = told_by(event.id)
    return Trace(program, "passed", "told_of" if level else "told_friend", cause)


def _qualified(case: Case, referrals: Sequence[Referral]) -> Referred:
    effects: list[Effect] = []
    effects += (CounterAdded(name, "highest", case.day, 1) for name in paid_with(case.event))
    if brought_by(case.state) is None:
        return Referred(tuple(effects)) if effects else NOTHING
    found = [(one, _judged(case, one)) for one in referrals if _is_about(one, case.event)]
    effects += (
        CounterAdded(_step(case.event, one), "sum", case.day, 1) for one, why in found if not why
    )
    return Referred(
        tuple(effects),
        tuple(Trace(one.id, "passed", why or "qualified", one.id) for one, why in found),
    )


def _brought(case: Case) -> Iterator[Effect]:
    event = case.event
    if event.source != REFERRED_BY and event.source[:1] != "~":
        said = [name for name in _SAYS if event.fields.get(name) is not None]
        if len(said) != 1:
            reason = "a referral says one of `friend`, `code` and `used_code`"
            raise Refused("bad_referral", said[1] if said else "friend", reason)
    if event.fields.get("friend") == event.member:
        raise Refused("referral_of_oneself", "friend", "nobody brings himself")
    link = link_in(event)
    if not link:
        return
    if brought_by(case.state) is not None:
        raise Refused("second_referrer", "member", "the member was brought by somebody before")
    if Days.of(case.state.counters.get("orders")).total() > 0:
        raise Refused("friend_existed_before", "member", "the member has bought before")
    yield CounterAdded(BROUGHT, "latest", case.day, link)


def _is_about(referral: Referral, event: Event) -> bool:
    return event.type in referral.qualifies.events


def _judged(case: Case, referral: Referral) -> str:
    """Why an event does not qualify; empty if it does."""
    if not referral.repeat and has_step(case.state, referral.id):
        return "qualified_before"
    if not _is_in_time(case, referral):
        return "too_late_for_referral"
    facts = whole_facts(case, Segment())
    return "" if added_by(case, referral.qualifies, facts) is not None else "not_qualified"


def _is_in_time(case: Case, referral: Referral) -> bool:
    """Whether the friend did it within the time that counts from the day of his sign-up; of one who never
    signed up, from the day on which he was brought."""
    within = referral.within
    if within is None:
        return True
    start = joined(case.state)
    if start is None:
        start = brought_on(case.state)
    if start is None:
        return True
    plan = case.plan
    return case.day <= shift(start, within.count, within.unit, plan.calendar, plan.model.leap_day)


def _step(event: Event, referral: Referral) -> str:
    order = (event.order or event.id) if isinstance(event, Purchase) else event.id
    return Step(referral.id, event.source, order).counter


def still_qualify(case: Case, facts: CaseFacts, added: Sequence[Added]) -> dict[str, Number]:
    """For what an order counts in referrals: 1 where its rest still qualifies."""
    found: dict[str, Number] = {}
    for one in added:
        if one.counter.startswith(STEP):
            referral = case.plan.index.referrals.get(step_of(one.counter).program)
            if referral is not None and added_by(case, referral.qualifies, facts) is not None:
                found[one.counter] = 1
    return found
