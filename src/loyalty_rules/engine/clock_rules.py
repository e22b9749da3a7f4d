"""Rules that the clock fires: at a turn, the end or the start of a box, they are asked as an event of that
box would ask them."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import ClockMoved, Effect, TimerSet
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.clock_boxes import BIRTHDAY, judged_at, next_turn
from loyalty_rules.engine.index import key_of
from loyalty_rules.engine.level_events import decide_own
from loyalty_rules.engine.model import Every
from loyalty_rules.engine.plan import Outcome, Plan, Trace
from loyalty_rules.engine.refused import Refused

CLOCK: Final = "clock"
"""The kind of event that passing time is."""


def next_clock(plan: Plan, state: MemberState) -> datetime | None:
    """The next turn at which rules fire by themselves."""
    turns = (next_turn(plan, state, every) for every in plan.index.everys)
    return min([at for at in turns if at is not None], default=None)


def turning(plan: Plan, state: MemberState, at: datetime) -> tuple[Every, ...]:
    """What turns for a member at an instant that has not passed for him yet, in one order."""
    return tuple(every for every in plan.index.everys if next_turn(plan, state, every) == at)


def turned(plan: Plan, state: MemberState, event: Event, at: datetime) -> Outcome:
    """What the rules of a turn give; the clock stays where it is. What would be more than an account can
    hold is not given.

    Errors: what a plugin's function raises.
    """
    try:
        outcome = decide_own(plan, state, event)
    except Refused as refused:
        rules = plan.index.rules.get(key_of(event), ())
        said = tuple(Trace(rule.id, "not_gave", refused.refusal.code) for rule in rules)
        outcome = Outcome("decided", state, trace=said)
    kept: list[Effect] = [one for one in outcome.effects if not isinstance(one, ClockMoved)]
    if event.fields["every"] == "birthday":
        kept.append(TimerSet(BIRTHDAY, at))
    return replace(outcome, effects=tuple(kept))


def turn_event(member: str, every: Every, at: datetime) -> Event:
    """The event as which the rules of a turn are asked: it belongs to the box that ends or begins."""
    said = {"every": every.unit, "at": every.at}
    name = f"~{CLOCK}/{at.isoformat()}/{every}"
    return Event(name, CLOCK, member, judged_at(every, at), fields=MappingProxyType(said))
