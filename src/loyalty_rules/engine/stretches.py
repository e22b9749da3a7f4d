"""Turns of the clock that come to the same, one after the other: decided once, and counted.

A rule that is `steady` gives the same at each turn as long as the facts are the same that it reads, which
are the member's profile and levels. So a stretch of turns at which nothing else falls due is one outcome:
lots and counters have the days that they would have had, and the state is that to which the turns lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import ClockMoved, CounterAdded, Effect, LotOpened, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.automatic import automatic_of
from loyalty_rules.engine.clock_boxes import next_turn
from loyalty_rules.engine.clock_rules import turn_event, turning
from loyalty_rules.engine.dating import opened
from loyalty_rules.engine.facts import Segment, whole_facts
from loyalty_rules.engine.index import key_of
from loyalty_rules.engine.model import Every
from loyalty_rules.engine.opening import open_case
from loyalty_rules.engine.plan import Followed, Outcome, Plan, Trace

EACH_TURN: Final = "each_turn"
"""The reason of a trace of a rule that gave the same at each of so many turns (``detail``)."""


def stretched(
    plan: Plan, before: MemberState, first: Outcome, to: datetime, bound: datetime | None
) -> Outcome:
    """What falls due at one instant, joined by the turns after it that come to the same, up to and including
    ``to`` and before ``bound``, at which something else falls due."""
    assert first.at is not None, "what falls due does so at an instant"
    turns = turning(plan, before, first.at)
    if len(turns) != 1 or not _is_steady(plan, turns[0], first):
        return first
    others = [next_turn(plan, first.state, one) for one in plan.index.everys if one != turns[0]]
    stretch = _Stretch(plan, first, turns[0], to, [at for at in (bound, *others) if at is not None])
    more = list(stretch.turns())
    if not more:
        return first
    [turn] = first.followed
    count = len(more) + 1
    last = ClockMoved(more[-1][0])
    own = [one for one in first.effects if not isinstance(one, ClockMoved)]
    effects = (last, *own, *(effect for _, effects in more for effect in effects))
    traces = tuple(_times(one, count) for one in first.trace)
    return replace(
        first,
        effects=effects,
        state=fold(before, effects),
        points={program: points * count for program, points in (first.points or {}).items()},
        trace=traces,
        followed=(Followed(turn.event, turn.before, traces),),
        at=last.to,
        since=first.at,
    )


def _is_steady(plan: Plan, every: Every, first: Outcome) -> bool:
    """Whether the turns after one may come to the same: nothing but lots and counters changed, and on these
    nothing else hangs."""
    if automatic_of(plan, (every,)) or len(first.followed) != 1 or first.redemptions:
        return False
    if not all(rule.steady for rule in plan.index.rules.get(key_of(first.followed[0].event), ())):
        return False
    if not all(isinstance(one, ClockMoved | CounterAdded | LotOpened) for one in first.effects):
        return False
    counted = {one.counter for one in first.effects if isinstance(one, CounterAdded)}
    watched = {name for names in plan.index.level_figures.values() for name in names}
    for challenge in plan.model.challenges:
        watched.add(challenge.figure)
        if challenge.counts is not None and first.followed[0].event.type in challenge.counts.events:
            return False
    sums = all(one.measure == "sum" for one in first.effects if isinstance(one, CounterAdded))
    return sums and counted <= plan.index.counters.keys() and not counted & watched


@dataclass(slots=True)
class _Stretch:
    """The turns of ``every`` after the one that came to ``first``; before any of ``bounds``."""

    plan: Plan
    first: Outcome
    every: Every
    to: datetime
    bounds: list[datetime]

    def turns(self) -> Iterator[tuple[datetime, list[Effect]]]:
        """Each turn with what it changes."""
        state, plan = self.first.state, self.plan
        facts = self._facts(self.first.followed[0].event, self.first.followed[0].before)
        self._bound(self.first.effects)
        while (at := next_turn(plan, state, self.every)) is not None:
            if at > self.to or any(at >= bound for bound in self.bounds):
                return
            event = turn_event(state.member, self.every, at)
            if facts and self._facts(event, state) != facts:
                return
            effects = list(self._again(event))
            if any(not isinstance(one, LotOpened | CounterAdded) for one in effects):
                return  # a timer starts
            self._bound(effects)
            yield at, effects
            state = replace(state, clock=at)

    def _facts(self, event: Event, state: MemberState) -> dict[str, Value]:
        """The levels that the rules of the turn read, as of one of them; a profile changes by events only."""
        read = [key for key in self.first.facts or {} if key.endswith(".level")]
        if not read:
            return {}
        case = open_case(self.plan, state, event, self.plan.index.kinds[event.type])
        found = whole_facts(case, Segment())
        return {key: found[key] for key in read}

    def _again(self, event: Event) -> Iterator[Effect]:
        """The effects of the first turn at another one."""
        day = local_day(event.occurred_at, self.plan.zone)
        for effect in self.first.effects:
            if isinstance(effect, CounterAdded):
                yield replace(effect, day=day)
            elif isinstance(effect, LotOpened):
                number = effect.lot.rpartition("/")[2]
                made = LotOpened(
                    effect.program,
                    f"{event.source}/{event.id}/{number}",
                    effect.points,
                    event.occurred_at,
                    effect.shares,
                    funding=effect.funding,
                )
                account = self.plan.index.accounts[effect.program]
                yield from opened(self.plan, account, self.first.state, made, event.type)

    def _bound(self, effects: tuple[Effect, ...] | list[Effect]) -> None:
        """What was opened ends or is free at an instant that belongs to no stretch."""
        for one in effects:
            if isinstance(one, LotOpened):
                self.bounds += [at for at in (one.expires_at, one.usable_at) if at is not None]
        self.bounds = [min(self.bounds)] if self.bounds else []


def _times(trace: Trace, count: int) -> Trace:
    """The trace of a rule that came to the same at so many turns."""
    given = tuple(
        replace(
            one, exact=one.exact * count, rounded=one.rounded * count, points=one.points * count
        )
        for one in trace.given
    )
    if trace.outcome != "gave":
        return replace(trace, given=given)
    return replace(trace, reason=EACH_TURN, detail=str(count), given=given)
