"""Turns of the clock that come when a member has done nothing for a time: ``every: {inactive: 90 days}``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import end_of
from loyalty_rules.domain.effects import TimerSet
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.model import Every
from loyalty_rules.engine.plan import Plan

_INACTIVE: Final = "inactive "
_OF: Final = " of "


class Silence(NamedTuple):
    """So long without any event of some kinds."""

    lasts: Duration
    kinds: tuple[str, ...]


def unit_of(silence: Silence) -> str:
    """How a silence is called as the unit of a turn: ``inactive 90 days of checkin, purchase``."""
    lasts = f"{silence.lasts.count} {silence.lasts.unit}"
    return f"{_INACTIVE}{lasts}{_OF}{', '.join(silence.kinds)}"


def silence_of(every: Every) -> Silence | None:
    """The silence that a turn waits for; None for a turn of the calendar."""
    if not every.unit.startswith(_INACTIVE):
        return None
    lasts, _, kinds = every.unit.removeprefix(_INACTIVE).partition(_OF)
    duration = Duration.of(lasts)
    assert duration is not None, "a silence is called by its duration"
    return Silence(duration, tuple(kinds.split(", ")))


def silent_at(state: MemberState, every: Every, after: datetime) -> datetime | None:
    """When the silence of a turn is full, after an instant; None for whoever never did anything, or for whom
    it was full before."""
    at = state.timers.get(_timer(every))
    return at if at is not None and at > after else None


def broken(plan: Plan, state: MemberState, event: Event) -> Iterator[TimerSet]:
    """What an event does to silences: they begin anew. One that comes late never ends one earlier."""
    for every in plan.index.everys:
        silence = silence_of(every)
        if silence is None or event.type not in silence.kinds:
            continue
        leap_day = plan.model.leap_day
        at = end_of(event.occurred_at, silence.lasts, plan.calendar, plan.zone, leap_day)
        held = state.timers.get(_timer(every))
        if held is None or at > held:
            yield TimerSet(_timer(every), at)


def _timer(every: Every) -> str:
    return f"~{every.unit}"
