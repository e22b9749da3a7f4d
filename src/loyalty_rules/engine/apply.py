"""What an effect does to a member's state. Everything that changes a state must live in this file.

Each effect is complete in itself: nothing here asks a rule set, a plan or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from types import MappingProxyType
from typing import Any, Final, TypeVar

from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    Effect,
    LevelSet,
    LotOpened,
    OnceClaimed,
    ProfileSet,
    TimerSet,
    Value,
)
from loyalty_rules.domain.state import Level, Lot, MemberState
from loyalty_rules.engine.number import Number, number_of, whole

Key = TypeVar("Key")
Held = TypeVar("Held")


def apply(state: MemberState, effect: Effect) -> MemberState:
    """The state after one effect; ``state`` itself stays as it is."""
    return _APPLIED[type(effect)](state, effect)


def fold(state: MemberState, effects: Iterable[Effect]) -> MemberState:
    """The state after many effects, in their order."""
    return reduce(apply, effects, state)


def _with(mapping: Mapping[Key, Held], key: Key, value: Held) -> Mapping[Key, Held]:
    """A read-only copy in which ``key`` holds ``value``."""
    return MappingProxyType({**mapping, key: value})


def _without(mapping: Mapping[Key, Held], key: Key) -> Mapping[Key, Held]:
    return MappingProxyType({k: value for k, value in mapping.items() if k != key})


def _clock(state: MemberState, effect: ClockMoved) -> MemberState:
    if state.clock is not None and effect.to <= state.clock:
        return state
    return replace(state, clock=effect.to)


def _lot(state: MemberState, effect: LotOpened) -> MemberState:
    lot = Lot(effect.lot, effect.points, effect.points, effect.opened_at, effect.expires_at)
    lots = (*state.lots.get(effect.program, ()), lot)
    return replace(state, lots=_with(state.lots, effect.program, lots))


def _counter(state: MemberState, effect: CounterAdded) -> MemberState:
    days = state.counters.get(effect.counter, MappingProxyType({}))
    value = effect.value
    if effect.day in days:
        value = _JOINED[effect.measure](days[effect.day], effect.value)
    changed = _with(days, effect.day, value)
    return replace(state, counters=_with(state.counters, effect.counter, changed))


def _level(state: MemberState, effect: LevelSet) -> MemberState:
    level = Level(effect.level, effect.since)
    return replace(state, levels=_with(state.levels, effect.program, level))


def _timer(state: MemberState, effect: TimerSet) -> MemberState:
    if effect.due_at is None:
        return replace(state, timers=_without(state.timers, effect.timer))
    return replace(state, timers=_with(state.timers, effect.timer, effect.due_at))


def _once(state: MemberState, effect: OnceClaimed) -> MemberState:
    return replace(state, once=state.once | {effect.key})


def _profile(state: MemberState, effect: ProfileSet) -> MemberState:
    told = {**state.profile, **dict(effect.values)}
    known = {key: value for key, value in told.items() if value is not None}
    return replace(state, profile=MappingProxyType(known))


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
_APPLIED: Final[Mapping[type, Callable[[MemberState, Any], MemberState]]] = {
    ClockMoved: _clock,
    LotOpened: _lot,
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
