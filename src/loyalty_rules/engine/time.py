"""Time that passes by itself: what falls due when, and what it changes.

Whatever hangs on time is a `DueSource` in ``SOURCES``. What falls due is booked once, as an event of its own
of the kind ``clock``, whoever comes first: the member's next event, or somebody who advances the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import ClockMoved, Effect, LevelSet, TimerSet, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState, keep_due, known_due
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.automatic import automatic_of, take_automatic
from loyalty_rules.engine.challenge_ends import challenges_ended, next_challenge_end
from loyalty_rules.engine.clock_boxes import ENDED, INSTANT
from loyalty_rules.engine.clock_rules import CLOCK, next_clock, turn_event, turned, turning
from loyalty_rules.engine.expiring import expired, next_end
from loyalty_rules.engine.level_dates import after_levels
from loyalty_rules.engine.level_events import with_level_events
from loyalty_rules.engine.level_reviews import next_review, reviewed
from loyalty_rules.engine.membership_ends import memberships_ended, next_membership_end
from loyalty_rules.engine.model import Every
from loyalty_rules.engine.plan import Due, Followed, Outcome, Plan, Trace
from loyalty_rules.engine.stretches import stretched
from loyalty_rules.engine.waiting import freed, next_free

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
    DueSource(next_membership_end, memberships_ended),
    DueSource(next_review, reviewed),
    DueSource(next_challenge_end, challenges_ended),
)
"""Everything that hangs on time, in the order in which it happens at one instant."""


def next_due(plan: Plan, state: MemberState) -> datetime | None:
    """The earliest instant at which something falls due by itself; None if nothing ever will."""
    known = known_due(state, plan)
    if known is not None:
        return known[1]
    found = [next_clock(plan, state), *[source.next_due(plan, state) for source in SOURCES]]
    at = min([one for one in found if one is not None], default=None)
    keep_due(state, plan, at)
    return at


def due(plan: Plan, state: MemberState, at: datetime) -> Outcome:
    """Everything that falls due at ``at`` (or did before, and was not done): the outcome of the clock event
    of that instant. ``points`` are below zero where points end.

    Boxes end before anything else happens at that instant, and begin after it.
    """
    run = _Run(plan, state)
    turns = turning(plan, state, at)
    if state.clock is None or at > state.clock:
        run.add((ClockMoved(at),))
    run.end([every for every in turns if every.at == "end"], at, at)
    run.sources(at)
    for every in turns:
        if every.at == "start":
            run.turn(every, at, run.state)
    run.sources(at)
    return run.outcome(at)


def closing(plan: Plan, state: MemberState, at: datetime) -> Outcome | None:
    """What the rules of boxes give that end at ``at``, if any do, and nothing else: a version that was in
    force until then has the last word on them. It is booked at its last instant."""
    turns = [every for every in turning(plan, state, at) if every.at == "end"]
    if not turns:
        return None
    run = _Run(plan, state)
    run.add((ClockMoved(at - INSTANT), TimerSet(ENDED, at)))
    run.end(turns, at, at - INSTANT)
    return run.outcome(at - INSTANT)


class _Run:
    """What falls due at one instant, on its way."""

    def __init__(self, plan: Plan, state: MemberState) -> None:
        self.plan, self.before, self.state = plan, state, state
        self.effects: list[Effect] = []
        self.traces: list[Trace] = []
        self.facts: dict[str, Value] = {}
        self.followed: list[Followed] = []
        self.redemptions: list[BookedRedemption] = []

    def add(self, effects: tuple[Effect, ...], traces: tuple[Trace, ...] = ()) -> None:
        changes, self.state = _with_dates(self.plan, self.state, effects)
        self.effects += changes
        self.traces += traces

    def end(self, everys: Sequence[Every], at: datetime, booked_at: datetime) -> None:
        """Boxes end: their rules are asked, and then their rewards are taken, by a redemption that has the
        name of the entry in which it is booked."""
        for every in everys:
            self.turn(every, at, replace(self.state, clock=self.before.clock))
        rewards = automatic_of(self.plan, everys)
        if not rewards:
            return
        state = replace(self.state, clock=self.before.clock)
        name = clock_event(state.member, booked_at).id
        taken = take_automatic(self.plan, state, rewards, name, at)
        self._follow(taken.event, state, taken.outcome)
        self.redemptions += taken.outcome.redemptions
        self.add(taken.dropped, taken.traces)

    def turn(self, every: Every, at: datetime, state: MemberState) -> None:
        """Ask the rules of a turn; ``state`` is what they see."""
        event = turn_event(state.member, every, at)
        self._follow(event, state, turned(self.plan, state, event, at))

    def _follow(self, event: Event, state: MemberState, found: Outcome) -> None:
        self.add(found.effects)
        self.facts.update(found.facts or {})
        self.followed.append(Followed(event, state, found.trace))

    def sources(self, at: datetime) -> None:
        """Do what the sources have to do, until nothing is left."""
        for _ in range(_ROUNDS_MAX):
            is_quiet = True
            for source in SOURCES:
                coming = source.next_due(self.plan, self.state)
                if coming is not None and coming <= at:
                    done = source.due(self.plan, self.state, at)
                    self.add(done.effects, done.traces)
                    is_quiet = False
            if is_quiet:
                return
        raise AssertionError(f"something falls due again and again at {at}")

    def outcome(self, at: datetime) -> Outcome:
        """What it came to, with what follows from the levels that changed."""
        points: dict[str, int] = {}
        traces = (*self.traces, *(trace for one in self.followed for trace in one.trace))
        for given in (given for trace in traces for given in trace.given):
            points[given.program] = points.get(given.program, 0) + given.points
        outcome = Outcome(
            "decided",
            self.state,
            tuple(self.effects),
            MappingProxyType(points),
            MappingProxyType(self.facts),
            traces,
            redemptions=tuple(self.redemptions),
            followed=tuple(self.followed),
            at=at,
        )
        cause = clock_event(self.state.member, at)
        outcome = with_level_events(self.plan, self.before, cause, outcome)
        more = outcome.effects[len(self.effects) :]
        dates = after_levels(self.plan, self.state, outcome.state, more)
        return replace(
            outcome, effects=(*outcome.effects, *dates), state=fold(outcome.state, dates)
        )


def advance(
    plan: Plan, state: MemberState, to: datetime, since: datetime | None = None
) -> tuple[Outcome, ...]:
    """Everything that falls due up to and including ``to``: one outcome for each instant, in their order, or
    for a stretch of turns at which the same happens. The member's clock stands at the last of them, not at
    ``to``. What is due before ``since`` by this plan, and by none before it, is due then."""
    passed: list[Outcome] = []
    while True:
        at = next_due(plan, state)
        if at is not None and since is not None:
            at = max(at, since)
        if at is None or at > to:
            return tuple(passed)
        outcome = due(plan, state, at)
        after = (source.next_due(plan, outcome.state) for source in SOURCES)
        bound = min([one for one in after if one is not None], default=None)
        passed.append(stretched(plan, state, outcome, to, bound))
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
    if LevelSet in map(type, outcome.effects):
        dates = after_levels(plan, now, outcome.state, outcome.effects)
        if dates:
            state_after = fold(outcome.state, dates)
            outcome = replace(outcome, effects=(*outcome.effects, *dates), state=state_after)
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
    followed = (*outcome.followed, *more.followed)
    return replace(
        outcome,
        state=more.state,
        effects=outcome.effects + more.effects,
        points=MappingProxyType(points),
        trace=(
            *outcome.own_trace,
            *more.own_trace,
            *(trace for one in followed for trace in one.trace),
        ),
        followed=followed,
    )
