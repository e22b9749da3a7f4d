"""Who brought whom, and for which orders of a friend others are rewarded, as it stands in a member's state;
and the names of the events that are made for those others."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState

REFERRAL: Final = "referral"
"""The kind of event with which a member brings another one."""

FRIEND_ORDER: Final = "friend_order"
FRIEND_RETURN: Final = "friend_return"
"""The kinds of events that tell somebody of an order for which he is rewarded, and what came back of it."""

REFERRED_BY: Final = "~referral"
"""The source of events that are made for other members than the one who did something."""

CODES: Final = "~code"
"""The source under which a member's code is an event of its own, so that nobody else takes it."""

BROUGHT_BY: Final = "by"
"""The field of an event made here that says which event brought its member: source and id."""

STEP: Final = "~step."
PAID: Final = "~paid."
BROUGHT: Final = "~brought"

_ID_MAX: Final = 120


class Step(NamedTuple):
    """An order (or another event) of a friend that qualifies in a referral program."""

    program: str
    source: str
    order: str

    @property
    def counter(self) -> str:
        """The counter that holds it."""
        return f"{STEP}{self.program}|{joined(self.source, self.order)}"


def step_of(counter: str) -> Step:
    """What a counter whose name begins with ``STEP`` holds."""
    program, _, place = counter.removeprefix(STEP).partition("|")
    return Step(program, *parted(place))


def steps_of(state: MemberState) -> frozenset[Step]:
    """What qualifies of all that a member did."""
    return frozenset(step_of(name) for name in state.counters if name.startswith(STEP))


def has_step(state: MemberState, program: str) -> bool:
    """Whether anything of a member qualifies in a program."""
    start = f"{STEP}{program}|"
    return any(name.startswith(start) for name in state.counters)


def brought_by(state: MemberState) -> tuple[str, str] | None:
    """The event that brought a member, by source and id: it is one of his referrer. None: nobody did."""
    days = Days.of(state.counters.get(BROUGHT))
    found = [value for value in days.values() if isinstance(value, str)]
    return parted(found[-1]) if found else None


def brought_on(state: MemberState) -> int | None:
    """The local day on which a member was brought."""
    return next(iter(Days.of(state.counters.get(BROUGHT))), None)


def brought(source: str, event: str) -> str:
    """What is remembered of the event that brought a member."""
    return joined(source, event)


def paid_with(event: Event) -> tuple[str, ...]:
    """The counters that say with which cards an order was paid: of each only a digest is kept."""
    if not isinstance(event, Purchase) or not event.tenders:
        return ()
    cards = {one.fingerprint for one in event.tenders if one.fingerprint}
    return tuple(f"{PAID}{sha256(one.encode()).hexdigest()[:32]}" for one in sorted(cards))


def has_paid_with(state: MemberState, event: Event) -> bool:
    """Whether a member has paid with a card of an order, on its day or before."""
    return any(name in state.counters for name in paid_with(event))


def level_name(step: Step, level: int, time: int) -> str:
    """The id of the order that tells a member at a level (0: the friend himself) of a step, when it has begun
    for the so many-th time."""
    return f"{step.program}/{level}/{time}/{_short(joined(step.source, step.order))}"


def told_by(name: str) -> tuple[str, int, str]:
    """The program and the level of an order of such an id, and the order of which it tells (of a long id the
    digest)."""
    program, level, _, place = name.split("/", 3)
    return program, int(level), parted(place)[1] if "|" in place else place


def next_level(name: str) -> str:
    """The id of the same order one level higher."""
    program, level, rest = name.split("/", 2)
    return f"{program}/{int(level) + 1}/{rest}"


def first_level(name: str) -> str:
    """The id of the same order at the level of the friend himself."""
    program, _, rest = name.split("/", 2)
    return f"{program}/0/{rest}"


def event_name(how: str, event: Event) -> str:
    """The id of an event that is made for another member because of this one."""
    return name_from(how, event.source, event.id)


def name_from(how: str, source: str, id: str) -> str:
    """The same, of an event of which only the name is known."""
    return f"{how}/{_short(joined(source, id))}"


def links(event: Event) -> Mapping[str, str]:
    """The fields of an event made here that brings its member by another event."""
    return MappingProxyType({BROUGHT_BY: joined(event.source, event.id)})


def link_in(event: Event) -> str:
    """What is remembered of the event that brought the member of this one; empty if it brings nobody."""
    if event.source == REFERRED_BY:
        return str(event.fields.get(BROUGHT_BY, ""))
    code = event.fields.get("used_code")
    return joined(CODES, str(code)) if isinstance(code, str) else ""


def is_of_referrer(event: Event) -> bool:
    """Whether an event of a referral is that of the member who brings another one."""
    if event.source == REFERRED_BY:
        return BROUGHT_BY not in event.fields
    return "friend" in event.fields


def _short(place: str) -> str:
    return place if len(place) <= _ID_MAX else sha256(place.encode()).hexdigest()


def joined(source: str, name: str) -> str:
    """A source and an id within it as one text."""
    return f"{len(source)}|{source}{name}"


def parted(text: str) -> tuple[str, str]:
    """The source and the id that `joined` has made one text of."""
    length, _, rest = text.partition("|")
    return rest[: int(length)], rest[int(length) :]
