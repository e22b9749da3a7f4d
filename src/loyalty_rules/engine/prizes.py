"""What a rule gives that no event fires: it is asked when something has come about, a target reached or a
window closed. What it reads of the member was written down before, so that it can be asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import CounterAdded, Effect, Granted, LotOpened, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.booking import given_effects, points_of
from loyalty_rules.engine.facts import NO_ROW, Case, CaseFacts, Segment, whole_facts
from loyalty_rules.engine.model import Rule
from loyalty_rules.engine.number import Number, number_of
from loyalty_rules.engine.phases import settle_alone
from loyalty_rules.engine.plan import Plan, Trace
from loyalty_rules.engine.tracing import traces

Known = tuple[tuple[str, Value], ...]
"""Facts and their values."""

TIMES = "~times"
"""The fact that says how often."""

_KIND = "clock"
"""The kind of event as which a rule is asked that no event fires."""


@dataclass(frozen=True, slots=True)
class Prize:
    """What a rule gives when it is asked: ``given`` are points by program in units of its scale, ``added``
    is what that adds to counters, and to those of limits that give room back."""

    effects: tuple[Effect, ...]
    trace: Trace
    given: tuple[tuple[str, int], ...]
    lots: tuple[tuple[str, str], ...]
    grants: tuple[Granted, ...]
    added: tuple[tuple[str, Number], ...]


class _Reading(dict[str, Value]):
    """Facts, and which of them were read."""

    def __init__(self, facts: CaseFacts) -> None:
        super().__init__()
        self._facts = facts

    def __missing__(self, key: str) -> Value:
        self[key] = self._facts[key]
        return self[key]

    def get(self, key: str, default: object = None) -> Value:
        return self[key]


def known_to(rule: Rule, facts: CaseFacts) -> Known:
    """The facts that a rule would ask for, as they are now."""
    reading = _Reading(facts)
    code = facts.case.plan.code
    for award in rule.awards:
        code[award.rate.slot](reading, NO_ROW)
    for limit in rule.caps:
        if limit.by is not None:
            code[limit.by.slot](reading, NO_ROW)
    return tuple(sorted(reading.items()))


def prize(
    plan: Plan,
    state: MemberState,
    rule: Rule,
    event: Event,
    known: Known,
    times: int,
    order: str = "",
) -> Prize:
    """What ``rule`` gives ``times`` over to the member whose ``state`` this is. ``event`` is what its lots
    are named after and dated by, ``order`` the purchase that brought it about, if one did.

    Errors: refused as ``points_out_of_range``; what a plugin's function raises.
    """
    day = local_day(event.occurred_at, plan.zone)
    case = Case(plan, state, event, plan.index.kinds[_KIND], day, {})
    facts = whole_facts(case, Segment())
    facts.update(known)
    facts[TIMES] = times
    settled = settle_alone(case, rule, facts, times)
    effects = tuple(
        replace(one, order=order) if isinstance(one, LotOpened) else one
        for one in given_effects(case, settled)
    )
    gross = {limit.key for limit in rule.caps if limit.cap_counts == "gross"}
    points = points_of(case, settled.pieces)
    return Prize(
        effects,
        traces(settled)[0],
        tuple((program, units) for program, units in points.items() if units),
        tuple((one.program, one.lot) for one in effects if isinstance(one, LotOpened)),
        tuple(one for one in effects if isinstance(one, Granted)),
        tuple(
            (one.counter, number_of(one.value) or 0)
            for one in effects
            if isinstance(one, CounterAdded) and one.counter.partition("|")[0] not in gross
        ),
    )


def prize_event(member: str, rule: str, number: int, cause: Event | str, at: datetime) -> Event:
    """The event that a prize is of: the ``number``-th of its cause, which is an event or a word."""
    source, name = ("", cause) if isinstance(cause, str) else (cause.source, cause.id)
    return Event(f"~{rule}.{number}/{name}", _KIND, member, at, source)
