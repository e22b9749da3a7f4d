"""What an effect does to a member's state. Everything that changes a state must live in this file.

Each effect is complete in itself: nothing here asks a rule set, a plan or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    LevelSet,
    LotOpened,
    LotReduced,
    OnceClaimed,
    PointsTaken,
    ProfileSet,
    TimerSet,
    Value,
)
from loyalty_rules.domain.state import Level, Lot, MemberState
from loyalty_rules.engine.number import Number, number_of, whole


class _Draft:
    """A state while effects are put into it. Whatever is changed is copied before, and once."""

    def __init__(self, state: MemberState) -> None:
        self.state = state
        self.clock = state.clock
        self.lots = dict(state.lots)
        self.counters = dict(state.counters)
        self.levels = dict(state.levels)
        self.timers = dict(state.timers)
        self.once = state.once
        self.profile = dict(state.profile)
        self.deficits = dict(state.deficits)

    def frozen(self) -> MemberState:
        """The state that it has become; nobody can change that one."""
        return MemberState(
            self.state.member,
            self.clock,
            MappingProxyType(self.lots),
            MappingProxyType(self.counters),
            MappingProxyType(self.levels),
            MappingProxyType(self.timers),
            self.once,
            MappingProxyType(self.profile),
            MappingProxyType(self.deficits),
        )


def apply(state: MemberState, effect: Effect) -> MemberState:
    """The state after one effect; ``state`` itself stays as it is."""
    return fold(state, (effect,))


def fold(state: MemberState, effects: Iterable[Effect]) -> MemberState:
    """The state after many effects, in their order."""
    draft = _Draft(state)
    for effect in effects:
        _APPLIED[type(effect)](draft, effect)
    return draft.frozen()


def _clock(draft: _Draft, effect: ClockMoved) -> None:
    if draft.clock is None or effect.to > draft.clock:
        draft.clock = effect.to


def _lot(draft: _Draft, effect: LotOpened) -> None:
    lot = Lot(effect.lot, effect.points, effect.points, effect.opened_at, effect.expires_at)
    draft.lots[effect.program] = (*draft.lots.get(effect.program, ()), lot)


def _reduced(draft: _Draft, effect: LotReduced) -> None:
    """An empty lot goes, so that what was given and taken back whole leaves no mark."""
    held = draft.lots.get(effect.program, ())
    place = next((i for i, lot in enumerate(held) if lot.id == effect.lot), None)
    assert place is not None, f"nobody holds the lot `{effect.lot}`"
    lot = held[place]
    left = lot.left - effect.points
    assert 0 <= left <= lot.granted, f"the lot `{lot.id}` does not hold {effect.points} points"
    kept = (*held[:place], *([replace(lot, left=left)] if left else []), *held[place + 1 :])
    if kept:
        draft.lots[effect.program] = kept
    else:
        del draft.lots[effect.program]


def _taken(draft: _Draft, effect: PointsTaken) -> None:
    """The lots and the deficit say it; this effect says of whom."""


def _deficit(draft: _Draft, effect: DeficitChanged) -> None:
    owed = draft.deficits.pop(effect.program, 0) + effect.points
    assert owed >= 0, "nobody pays more than he owes"
    if owed:
        draft.deficits[effect.program] = owed


def _counter(draft: _Draft, effect: CounterAdded) -> None:
    days, value = Days.of(draft.counters.get(effect.counter)), effect.value
    if effect.day in days:
        value = _JOINED[effect.measure](days[effect.day], effect.value)
    gone = effect.measure == "sum" and value == 0  # so a full return leaves no mark
    days = days.without(effect.day) if gone else days.put(effect.day, value)
    if days:
        draft.counters[effect.counter] = days
    else:
        draft.counters.pop(effect.counter, None)


def _level(draft: _Draft, effect: LevelSet) -> None:
    draft.levels[effect.program] = Level(effect.level, effect.since)


def _timer(draft: _Draft, effect: TimerSet) -> None:
    if effect.due_at is None:
        draft.timers.pop(effect.timer, None)
    else:
        draft.timers[effect.timer] = effect.due_at


def _once(draft: _Draft, effect: OnceClaimed) -> None:
    draft.once = draft.once | {effect.key}


def _profile(draft: _Draft, effect: ProfileSet) -> None:
    for key, value in effect.values:
        if value is None:
            draft.profile.pop(key, None)
        else:
            draft.profile[key] = value


def _numbers(first: Value, second: Value) -> tuple[Number, Number]:
    one, other = number_of(first), number_of(second)
    assert one is not None and other is not None, "a counter holds no unknown"
    return one, other


def _sum(held: Value, new: Value) -> Value:
    one, other = _numbers(held, new)
    return whole(one + other)


def _highest(held: Value, new: Value) -> Value:
    return max(_numbers(held, new))


def _latest(held: Value, new: Value) -> Value:
    return new


def _distinct(held: Value, new: Value) -> Value:
    """The values met so far. Sorted, so that one set of values is one state whatever came first."""
    assert isinstance(held, tuple) and isinstance(new, tuple), "distinct values stand in lists"
    return tuple(sorted({*held, *new}, key=lambda value: (str(type(value)), value)))


# Any: each function takes the effect that it stands beside, which a mapping's type cannot say.
_APPLIED: Final[Mapping[type, Callable[[_Draft, Any], None]]] = {
    ClockMoved: _clock,
    LotOpened: _lot,
    LotReduced: _reduced,
    PointsTaken: _taken,
    DeficitChanged: _deficit,
    CounterAdded: _counter,
    LevelSet: _level,
    TimerSet: _timer,
    OnceClaimed: _once,
    ProfileSet: _profile,
}

_JOINED: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "sum": _sum,
    "highest": _highest,
    "latest": _latest,
    "distinct": _distinct,
}
