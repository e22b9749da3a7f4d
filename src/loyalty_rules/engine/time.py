"""Time that passes by itself: what falls due when, and what it changes.

Whatever hangs on time is a `DueSource` in ``SOURCES``. What falls due is booked once, as an event of its own
of the kind ``clock``, whoever comes first: the member's next event, or somebody who advances the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.domain.effects import ClockMoved, Effect, LevelSet, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.challenge_ends import challenges_ended, next_challenge_end
from loyalty_rules.engine.expiring import expired, next_end
from loyalty_rules.engine.level_dates import after_levels
from loyalty_rules.engine.level_events import with_level_events
from loyalty_rules.engine.level_reviews import next_review, reviewed
from loyalty_rules.engine.plan import Due, Outcome, Plan, Trace
from loyalty_rules.engine.waiting import freed, next_free

CLOCK: Final = "clock"
"""The kind of event that passing time is."""

_ROUNDS_MAX: Final = 100
"""What falls due may make something else fall due at the same instant; so many times over is a mistake
of ours."""


class DueSource(NamedTuple):
    """Something that hangs on time.

    ``next_due(plan, state)`` is the earliest instant at which it has something to do, None for never.
    ``due(plan, state, at)`` is what it does at ``at``: everything that is due then or before. Its effects
    must move its own ``next_due`` beyond ``at``. Both are pure; the state they see is as the sources before
    it in ``SOURCES`` have left it.
    """

    next_due: Callable[[Plan, MemberState], datetime | None]
    due: Callable[[Plan, MemberState, datetime], Due]


SOURCES: Final[tuple[DueSource, ...]] = (
    DueSource(next_free, freed),
    DueSource(next_end, expired),
    DueSource(next_review, reviewed),
    DueSource(next_challenge_end, challenges_ended),
)
"""Everything that hangs on time, in the order in which it happens at one instant."""


def next_due(plan: Plan, state: MemberState) -> datetime | None:
    """The earliest instant at which something falls due by itself; None if nothing ever will."""
    found = [source.next_due(plan, state) for source in SOURCES]
    return min([at for at in found if at is not None], default=None)


def due(plan: Plan, state: MemberState, at: datetime) -> Outcome:
    """Everything that falls due at ``at`` (or did before, and was not done): the outcome of the clock event
    of that instant. ``points`` are below zero where points end."""
    clock = state.clock
    effects: list[Effect] = []
    traces: list[Trace] = []
    if clock is None or at > clock:
        effects.append(ClockMoved(at))
    after = fold(state, effects)
    for _ in range(_ROUNDS_MAX):
        for source in SOURCES:
            done = source.due(plan, after, at)
            changes, after = _with_dates(plan, after, done.effects)
            effects += changes
            traces += done.traces
        coming = next_due(plan, after)
        if coming is None or coming > at:
            outcome = _outcome(at, after, effects, traces)
            return with_level_events(plan, state, clock_event(state.member, at), outcome)
    raise AssertionError(f"something falls due again and again at {at}")


def advance(plan: Plan, state: MemberState, to: datetime) -> tuple[Outcome, ...]:
    """Everything that falls due up to and including ``to``: one outcome for each instant, in their order.
    The member's clock stands at the last of them, not at ``to``."""
    passed: list[Outcome] = []
    while True:
        at = next_due(plan, state)
        if at is None or at > to:
            return tuple(passed)
        passed.append(due(plan, state, at))
        state = passed[-1].state


def in_time(
    plan: Plan, state: MemberState, at: datetime, decide: Callable[[MemberState], Outcome]
) -> Outcome:
    """What ``decide`` makes of an event at ``at``, after everything that falls due up to then. What is not
    decided changes nothing, and nothing has passed before it."""
    passed = advance(plan, state, at)
    now = passed[-1].state if passed else state
    outcome = decide(now)
    if outcome.status != "decided":
        return replace(outcome, state=state)
    if any(isinstance(one, LevelSet) for one in outcome.effects):
        effects, after = _with_dates(plan, now, outcome.effects)
        outcome = replace(outcome, effects=effects, state=after)
    outcome = _caught_up(plan, outcome)
    return replace(outcome, passed=passed) if passed else outcome


def clock_event(member: str, at: datetime) -> Event:
    """The event as which everything is booked that falls due for a member at an instant (UTC)."""
    return Event(f"~{CLOCK}/{at.isoformat()}", CLOCK, member, at)


def _with_dates(
    plan: Plan, before: MemberState, effects: tuple[Effect, ...]
) -> tuple[tuple[Effect, ...], MemberState]:
    """Effects with what another level means for the lots that are there, and the state after them."""
    after = fold(before, effects)
    dates = after_levels(plan, before, after, effects)
    return (*effects, *dates), fold(after, dates) if dates else after


def _outcome(
    at: datetime, after: MemberState, effects: Iterable[Effect], traces: Iterable[Trace]
) -> Outcome:
    traces = tuple(traces)
    points: dict[str, int] = {}
    for given in (given for trace in traces for given in trace.given):
        points[given.program] = points.get(given.program, 0) + given.points
    facts: Mapping[str, Value] = MappingProxyType({})
    return Outcome("decided", after, tuple(effects), MappingProxyType(points), facts, traces, at=at)


def _caught_up(plan: Plan, outcome: Outcome) -> Outcome:
    """An outcome with what it makes fall due at once: after an event that came late, some of what it
    gives may have ended before the member's clock."""
    state = outcome.state
    at = next_due(plan, state)
    if at is None or state.clock is None or at > state.clock:
        return outcome
    more = due(plan, state, state.clock)
    points = dict(outcome.points or {})
    for program, units in (more.points or {}).items():
        points[program] = points.get(program, 0) + units
    return replace(
        outcome,
        state=more.state,
        effects=outcome.effects + more.effects,
        points=MappingProxyType(points),
        trace=outcome.trace + more.trace,
    )
