"""What all members share, such as what a budget has used up: lent to the member whose event is decided, and
taken from him again with what he used. Whoever lends it decides one event after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Self

from loyalty_rules.base.records import replace
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import SHARED, CounterAdded, Effect, HistoryRetold
from loyalty_rules.domain.shared import NOTHING as NOTHING
from loyalty_rules.domain.shared import Shared as Shared
from loyalty_rules.domain.shared import Use, added
from loyalty_rules.domain.state import MemberState


@dataclass(frozen=True, slots=True)
class Lent(Shared):
    """Counters as far as they are known to whoever lends them: one that nobody has used is there without
    days. ``asked`` gathers the names of those that a decision asked for and that are not there: it was made
    as if nobody had used them, and is to be made again when they are known.

    ``kept`` is what the event was served when it was decided before; it stands among the uses of
    ``counters``, and nobody else may have it.
    """

    kept: Shared = NOTHING
    asked: set[str] = field(default_factory=set, compare=False)

    def days(self, counter: str) -> Days:
        """The entries of a counter."""
        if counter not in self.counters:
            self.asked.add(counter)
        return Days.of(self.counters.get(counter))

    def served(self, counter: str) -> Days:
        """What of a counter is kept for the event."""
        return self.kept.days(counter)

    def add(self, uses: Iterable[Use]) -> Self:
        """The same after more uses: first of what is kept for the event, which stands there already."""
        kept, counters = self.kept, dict(self.counters)
        for counter, day, value in uses:
            held = kept.days(counter).get(day, 0)
            assert isinstance(held, int | Fraction), "what all members share are sums"
            again = max(min(held, value), 0)
            if again:
                kept = kept.add([(counter, day, -again)])
            if counter not in counters:
                self.asked.add(counter)
            counters[counter] = added(Days.of(counters.get(counter)), day, value - again)
        return replace(self, counters=MappingProxyType(counters), kept=kept)


def lent(state: MemberState, shared: Shared | None) -> MemberState:
    """The member with what all share, ready to be decided about."""
    return state if shared is state.shared else replace(state, shared=shared)


def given_back(state: MemberState) -> tuple[MemberState, Shared]:
    """The member alone, as he is kept; and what all share, with what he used of it."""
    if state.shared is None:
        return state, NOTHING
    return replace(state, shared=None), state.shared


def shared_effects(effects: Iterable[Effect]) -> Iterator[CounterAdded]:
    """What effects change of what all members share, use by use."""
    for one in effects:
        if isinstance(one, CounterAdded) and one.counter.startswith(SHARED):
            yield one
        elif isinstance(one, HistoryRetold):
            for _, _, counter, day, value in one.served:
                yield CounterAdded(counter, "sum", day, value)


def after(shared: Shared, effects: Iterable[Effect]) -> Shared:
    """What all members share, after some effects of one of them."""
    return shared.add(_uses(effects))


def _uses(effects: Iterable[Effect]) -> Iterator[Use]:
    for one in shared_effects(effects):
        assert isinstance(one.value, int | Fraction), "what all members share are sums"
        yield one.counter, one.day, one.value
