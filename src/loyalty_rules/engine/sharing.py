"""What all members share, such as what a budget has used up: lent to the member whose event is decided, and
taken from him again with what he used. Whoever lends it decides one event after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from loyalty_rules.domain.effects import SHARED, CounterAdded, Effect, Value
from loyalty_rules.domain.state import MemberState

Shared = Mapping[str, Mapping[int, Value]]
"""Counters of all members together, by name; entries by local day."""

NOTHING: Shared = MappingProxyType({})
"""Where nobody has used anything yet."""


def lent(state: MemberState, shared: Shared) -> MemberState:
    """The member with what all share, ready to be decided about."""
    return replace(state, shared=MappingProxyType(dict(shared)))


def given_back(state: MemberState) -> tuple[MemberState, Shared]:
    """The member alone, as he is kept; and what all share, with what he used of it."""
    return replace(state, shared=None), NOTHING if state.shared is None else state.shared


def shared_effects(effects: Iterable[Effect]) -> tuple[CounterAdded, ...]:
    """What effects change of what all members share."""
    return tuple(
        one for one in effects if isinstance(one, CounterAdded) and one.counter.startswith(SHARED)
    )
