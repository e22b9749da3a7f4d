"""What all members share, while a stretch of one member's history is told again. Members were served in the
order of booking, and keep what they were served: an event that is told again may use what it used, and what
is left now. Nobody else loses anything by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeVar

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import CounterAdded, Effect, HistoryRetold
from loyalty_rules.domain.kinds import OWN_KINDS
from loyalty_rules.domain.shared import added
from loyalty_rules.engine.sharing import NOTHING, Lent
from loyalty_rules.engine.time import clock_event
from loyalty_rules.ledger.accounts import Name
from loyalty_rules.ledger.history import PastEntry
from loyalty_rules.ledger.shared import uses_of
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.lane import Lane
from loyalty_rules.service.rule_set import RuleSet

Number = int | Fraction
Uses = dict[tuple[str, int], Number]
"""By counter and day."""

History = TypeVar("History")

_OF_TIME: Final = "~clock/"


def name_of_time(member: str, at: datetime) -> Name:
    """What stands for the event of whatever falls due for a member at an instant."""
    return "", clock_event(member, at).id


def uses_by_event(entries: Sequence[PastEntry]) -> dict[Name, Uses]:
    """What each event of some entries uses by now, by its name; of what fell due, by that of its instant."""
    found: dict[Name, Uses] = {}
    for entry in entries:
        event = entry.event
        name = (event.source, event.id)
        if event.type in OWN_KINDS:
            name = name_of_time(event.member, event.occurred_at)
        own = (one for one in entry.effects if isinstance(one, CounterAdded))
        for counter, day, value in uses_of(own):
            _add(found.setdefault(name, {}), (counter, day), value)
        for one in entry.effects:
            if isinstance(one, HistoryRetold):
                for source, id, counter, day, value in one.served:
                    _add(found.setdefault((source, id), {}), (counter, day), value)
    return found


@dataclass(slots=True)
class Served:
    """What members were served, as the events of a stretch are told again one by one.

    ``now`` is what all have used, by counter; ``served`` is what each of the events was served. ``asked`` are
    counters that were asked for and are not in ``now``.

    What an event uses less than before is free for others, but for what somebody gives back later: of that he
    then gives back less. So what is ``freed`` stays kept as far as give-backs are still ``to_come``.
    """

    now: dict[str, Days]
    served: Mapping[Name, Uses]
    asked: set[str] = field(default_factory=set)
    _freed: Uses = field(default_factory=dict)
    _to_come: Uses = field(default_factory=dict)
    _told: dict[Name, Uses] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for uses in self.served.values():
            for place, value in uses.items():
                if value < 0:
                    _add(self._to_come, place, -value)

    def lend(self, name: Name) -> Lent:
        """What an event is lent when it is told again: as if it had not given back yet what it gave back."""
        kept, used, own = NOTHING, dict(self.now), self._left(name)
        for (counter, day), value in own.items():
            if value > 0:
                kept = kept.add([(counter, day, value)])
            else:
                used[counter] = added(used[counter], day, -value)
        for (counter, day), value in self._freed.items():
            gives_back = max(-own.get((counter, day), 0), 0)
            value = min(value, self._to_come.get((counter, day), 0) - gives_back)
            if value > 0:
                used[counter] = added(used[counter], day, value)
        return Lent(MappingProxyType(used), kept, self.asked)

    def told(self, name: Name, effects: Iterable[Effect]) -> None:
        """An event was told again, and came to these effects."""
        had, uses = self._left(name), Uses()
        for counter, day, value in uses_of(effects):
            _add(uses, (counter, day), value)
        for place in {**had, **uses}:
            if place[0] in self.now:
                self._change(place, had.get(place, 0), uses.get(place, 0))
            else:  # all of this is told again once it is known
                self.asked.add(place[0])
        told = self._told.setdefault(name, {})
        for place, value in uses.items():
            _add(told, place, value)

    def _change(self, place: tuple[str, int], had: Number, has: Number) -> None:
        counter, day = place
        if had != has:
            self.now[counter] = added(self.now[counter], day, has - had)
        if had < 0:
            _add(self._to_come, place, had)
        if had > has or had < 0:
            self._freed[place] = max(self._freed.get(place, 0) + had - has, 0)

    def instants(self, after: datetime | None, through: datetime) -> list[datetime]:
        """The instants at which something fell due that was served, and is still to be told."""
        served = [
            datetime.fromisoformat(id.removeprefix(_OF_TIME))
            for source, id in self.served
            if not source and id.startswith(_OF_TIME) and (source, id) not in self._told
        ]
        return sorted(at for at in served if at <= through and (after is None or at > after))

    def differences(self) -> Iterator[tuple[str, str, str, int, Number]]:
        """Where events use more or less now than they were served: source and id, counter, day, how much."""
        for name in sorted({*self.served, *self._told}):
            had, has = self.served.get(name, {}), self._told.get(name, {})
            for counter, day in sorted({*had, *has}):
                change = has.get((counter, day), 0) - had.get((counter, day), 0)
                if change:
                    yield (*name, counter, day, _whole(change))

    def _left(self, name: Name) -> Uses:
        """What an event was served that was not told again yet."""
        return {} if name in self._told else dict(self.served.get(name, {}))


def serving(
    lane: Lane,
    stretch: Sequence[PastEntry],
    rules: Iterable[RuleSet],
    tell: Callable[[Served | None], History | None],
) -> Work[History | None]:
    """What ``tell`` makes of a stretch of a history, given what its events were served (None: members share
    nothing). Where it asks for counters that were not read, they are read, and it is told again.

    Errors: ``CorruptLedger``; what ``tell`` raises.
    """
    if not lane.is_used and not any(one.has_budgets for one in rules):
        return tell(None)
    uses = uses_by_event(stretch)
    yield from lane.read({counter for own in uses.values() for counter, _ in own})
    while True:
        served = Served(lane.stand(), uses)
        found = tell(served)
        if not served.asked:
            return found
        yield from lane.read(served.asked)


def _add(uses: Uses, place: tuple[str, int], value: Number) -> None:
    uses[place] = _whole(uses.get(place, 0) + value)


def _whole(value: Number) -> Number:
    return value.numerator if value.denominator == 1 else value
