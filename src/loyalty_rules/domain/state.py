"""A member's state: the fold of effects over the five primitives (counter over a window, lot account,
level table, timer, once-key). Changed by ``engine.apply`` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Never, TypeVar

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Hold, Value
from loyalty_rules.domain.instances import Instance
from loyalty_rules.domain.lots import Lot as Lot
from loyalty_rules.domain.portable import Portable
from loyalty_rules.domain.shared import Shared

_NOTHING: Final[Mapping[str, Never]] = MappingProxyType({})


def _nothing() -> Mapping[str, Never]:
    return _NOTHING


class Level(Record, frozen=True):
    """The level last recorded for a tiers program; ``until`` is the instant at which it is looked at again if
    nothing happens before (``None``: never), ``holds`` are the levels that last for a time."""

    id: str
    since: datetime
    until: datetime | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberState(Portable):
    """Everything the engine remembers of one member. ``clock`` is the instant of the latest event;
    ``deficits`` are points, by program, that were taken back and not there: the next earning pays them.
    ``expired`` are points, by program and lot, that a return of their order would have taken. ``instances``
    are those of challenges, by challenge in the order in which they were opened.

    ``shared`` are the counters of all members together, lent to this one while an event of his is decided
    (None: nobody lent them). They are not his: they come and go with `engine.sharing`, and are never kept
    with him."""

    member: str
    clock: datetime | None = None
    lots: Mapping[str, Sequence[Lot]] = field(default_factory=_nothing)
    counters: Mapping[str, Mapping[int, Value]] = field(default_factory=_nothing)
    levels: Mapping[str, Level] = field(default_factory=_nothing)
    timers: Mapping[str, datetime] = field(default_factory=_nothing)
    once: frozenset[str] = frozenset()
    profile: Mapping[str, Value] = field(default_factory=_nothing)
    deficits: Mapping[str, int] = field(default_factory=_nothing)
    expired: Mapping[str, Mapping[str, int]] = field(default_factory=_nothing)
    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=_nothing)
    shared: Shared | None = None
    _due: tuple[object, datetime | None] | None = field(
        default=None, init=False, repr=False, compare=False
    )


GAVE_WAY: Final = "~gave_way"
"""The timer that says up to when what happens is late although the member's clock stands before: something
that he did then was booked, and gave way to what he had done before."""

Held = TypeVar("Held")


def changeable(held: Mapping[str, Held]) -> dict[str, Held]:
    """What a state holds as a dict of one's own."""
    if type(held) is MappingProxyType:  # nearly always, and C copies what is in it
        copy: dict[str, Held] = held.copy()
        return copy
    return dict(held)


def known_due(state: MemberState, asker: object) -> tuple[object, datetime | None] | None:
    """What ``asker`` (a plan) has found and left with `keep_due`: when something falls due next for a member
    who stands so. It is no part of the state: another one, even an equal one, knows nothing."""
    known = state._due
    return known if known is not None and known[0] is asker else None


def keep_due(state: MemberState, asker: object, at: datetime | None) -> None:
    """Remember what `known_due` says: it is asked before an event, after it, and when it is booked."""
    object.__setattr__(state, "_due", (asker, at))
