"""What all members share: what budgets and stocks have used up. It is no member's own; whoever decides events
keeps it beside the members, and lends it to the one whose event is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Never, Self

from loyalty_rules.base.records import replace
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.portable import Portable

Use = tuple[str, int, int | Fraction]
"""A counter, a day, and how much."""


def _nothing() -> Mapping[str, Never]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shared(Portable):
    """Counters of all members together, by name; entries by local day. Immutable; without counters nobody has
    used anything yet."""

    counters: Mapping[str, Mapping[int, Value]] = field(default_factory=_nothing)

    def days(self, counter: str) -> Days:
        """The entries of a counter; none if nobody has used it."""
        return Days.of(self.counters.get(counter))

    def served(self, counter: str) -> Days:
        """What of a counter is kept for the event that is decided: only where it is decided again."""
        return NO_DAYS

    def add(self, uses: Iterable[Use]) -> Self:
        """The same after more uses (below zero: those that are given back). A day that comes to nothing is
        forgotten, and a counter without days."""
        counters = dict(self.counters)
        for counter, day, value in uses:
            days = added(Days.of(counters.get(counter)), day, value)
            if days:
                counters[counter] = days
            else:
                counters.pop(counter, None)
        return replace(self, counters=MappingProxyType(counters))


def added(days: Days, day: int, value: int | Fraction) -> Days:
    """Entries with one more; a day that comes to nothing is forgotten."""
    held = days.get(day, 0)
    assert isinstance(held, int | Fraction), "what all members share are sums"
    total = held + value
    if not total:
        return days.without(day)
    return days.put(day, total.numerator if total.denominator == 1 else total)


NO_DAYS = Days()
NOTHING = Shared()
"""Where nobody has used anything yet."""
