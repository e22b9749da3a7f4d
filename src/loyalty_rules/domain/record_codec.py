"""Member states as canonical JSON and back, exactly; orders, redemptions and effects back from the JSON in
which the ledger writes them.

One spelling for equal states: keys sorted, no blanks, mappings by key, sets sorted, instants in UTC, records
as lists of their fields, no number with a point. A fraction is ``{"/": [1, 3]}``. A field of the state that
is what it is by default is not written, so that a state of an earlier form, which did not know it, keeps its
spelling; where a field is missing it is what it is by default. What stands in no table here cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from loyalty_rules.base.records import defaults_of, names_of, speller
from loyalty_rules.domain.codec import read_again
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantKept,
    GrantWithdrawn,
    HistoryRetold,
    Hold,
    InstanceClosed,
    InstanceCounted,
    InstanceOpened,
    InstanceReached,
    InstanceRecounted,
    LevelSet,
    LotDated,
    LotFreed,
    LotOpened,
    LotReduced,
    LotRestored,
    LotStands,
    MemberErased,
    OnceClaimed,
    PartnerPaid,
    PayersShifted,
    PointsTaken,
    ProfileSet,
    TimerSet,
)
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.funding import Part, Payer
from loyalty_rules.domain.instances import Entry, Instance, Reach
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.domain.record_reading import (
    Read,
    listed,
    mapping,
    maybe,
    pair,
    read_instant,
    read_value,
    record,
    told,
)
from loyalty_rules.domain.redemption_record import BookedRedemption, SpentLot
from loyalty_rules.domain.state import Level, Lot, MemberState


def write_state(state: MemberState) -> str:
    """A member's state as canonical JSON; what all members share is given back before."""
    assert state.shared is None, "what all members share is not kept with one of them"
    told: dict[str, object] = {}
    for name, default in _STATE_FIELDS:
        value = getattr(state, name)
        if value != default:
            told[name] = sorted(value) if isinstance(value, frozenset) else value
    return _spell(told)


def read_state(text: str) -> MemberState:
    """The state that `write_state` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    state: MemberState = _read(_STATE, text)
    return state


def read_order(text: str) -> BookedOrder:
    """An order's record; its purchase, a pair of source and text, is read by the door of events.

    Errors: ``ValueError`` for a text of another make.
    """
    order: BookedOrder = _read(_ORDER, text)
    return order


def read_redemption(text: str) -> BookedRedemption:
    """A redemption's record. Errors: ``ValueError`` for a text of another make."""
    redemption: BookedRedemption = _read(_REDEMPTION, text)
    return redemption


def read_effects(text: str) -> tuple[Effect, ...]:
    """Effects in their order, from a list of lists: the effect's name and its fields.

    Errors: ``ValueError`` for a text of another make.
    """
    effects: tuple[Effect, ...] = _read(_read_effects, text)
    return effects


_NOT_OURS: Final = (LookupError, TypeError, AttributeError, ArithmeticError, EventError)
"""What reading meets in a text of another make, beside ``ValueError``."""


def _plain(value: object) -> object:
    """What C has no word for, in plain parts; whatever has keys has them in their order."""
    if isinstance(value, MappingProxyType):
        return dict(sorted(value.items()))
    if isinstance(value, Days):
        return value.plain()
    if isinstance(value, Lots):
        return tuple(value)
    if isinstance(value, Fraction):
        return {"/": (value.numerator, value.denominator)}
    if isinstance(value, Mapping):
        return dict(sorted(value.items()))
    raise AssertionError(f"no record holds {type(value)}")


_spell: Final = speller(_plain, is_sorted=False)


def _read(read: Read, text: str) -> Any:
    try:
        return read(json.loads(text, parse_float=_no_number, parse_constant=_no_number))
    except _NOT_OURS as problem:
        raise ValueError(f"not a record: {problem}") from problem


def _no_number(written: str) -> object:
    raise ValueError(f"no record holds the number {written}")


def _read_purchase(plain: Any) -> Purchase:
    source, text = plain
    event = read_again(text, source)
    if not isinstance(event, Purchase):
        raise ValueError("an order is of a purchase")
    return event


def _read_effects(plain: Any) -> tuple[Effect, ...]:
    if not isinstance(plain, list):
        raise ValueError("effects stand in a list")
    return tuple([_EFFECTS[one[0]](one) for one in plain])


_POINTS: Final = listed(pair())
"""Pairs of a name and a number, or of two names."""

_PRICES: Final[Mapping[str, Read]] = {"rate": read_value, "cost": read_value}
_FUNDING: Final = listed(record(Part, **_PRICES))
_PAID: Final = told(record(PartnerPaid, rate=read_value))

_LOT: Final = record(
    Lot,
    funding=_FUNDING,
    opened_at=read_instant,
    expires_at=maybe(read_instant),
    usable_at=maybe(read_instant),
)
_VALUES: Final = listed(pair(read_value))
"""Pairs of a name and a value."""

_OF_INSTANCES: Final[Mapping[str, Read]] = {
    **dict.fromkeys(("at", "opened_at"), read_instant),
    **dict.fromkeys(("target", "amount", "counted", "used"), read_value),
    **dict.fromkeys(("given", "lots"), _POINTS),
    **dict.fromkeys(("opened", "facts", "added"), _VALUES),
    "grants": listed(tuple),
    "ends_at": maybe(read_instant),
}
"""Fields of instances, of what they are made of and of what changes them; one name means one thing."""

_INSTANCE: Final = record(
    Instance,
    **_OF_INSTANCES,
    entries=listed(record(Entry, **_OF_INSTANCES)),
    reaches=listed(record(Reach, **_OF_INSTANCES)),
)
_LEVEL: Final[Mapping[str, Read]] = {
    "since": read_instant,
    "until": maybe(read_instant),
    "holds": listed(record(Hold)),
}


def _read_lots(plain: Any) -> Lots:
    return Lots(listed(_LOT)(plain))


_DEFAULTS: Final = defaults_of(MemberState)
_STATE_FIELDS: Final = tuple((one, _DEFAULTS.get(one)) for one in sorted(names_of(MemberState)))

_STATE: Final = record(
    MemberState,
    clock=maybe(read_instant),
    lots=mapping(_read_lots),
    counters=mapping(mapping(read_value, int)),
    levels=mapping(record(Level, **_LEVEL)),
    timers=mapping(read_instant),
    once=frozenset,
    profile=mapping(read_value),
    deficits=mapping(),
    expired=mapping(mapping()),
    instances=mapping(listed(_INSTANCE)),
)

_GRANTED: Final[Mapping[str, Read]] = {
    "granted_at": read_instant,
    "share": read_value,
    "valid_until": maybe(read_instant),
    "lines": _POINTS,
    "funding": _POINTS,
}

_ORDER: Final = record(
    BookedOrder,
    purchase=_read_purchase,
    facts=mapping(read_value),
    shares=listed(record(Share, payers=listed(record(Payer, share=read_value, **_PRICES)))),
    first=_POINTS,
    added=listed(record(Added, value=read_value)),
    lots=_POINTS,
    returned=listed(pair(Decimal)),
    unrecovered=_POINTS,
    granted=listed(told(record(Granted, **_GRANTED))),
)

_REDEMPTION: Final = record(
    BookedRedemption,
    occurred_at=read_instant,
    units=_POINTS,
    spent=listed(record(SpentLot, lot=_LOT, funding=_FUNDING)),
    paid=listed(_PAID),
    granted=listed(told(record(Granted, **_GRANTED))),
    opened=listed(tuple),
    added=listed(record(Added, value=read_value)),
)

_LOT_STANDS: Final = record(LotStands, opened_at=read_instant, expires_at=maybe(read_instant))
_EFFECT_PARTS: Final[Mapping[type, Mapping[str, Read]]] = {
    ClockMoved: {"to": read_instant},
    LotOpened: {
        "opened_at": read_instant,
        "shares": _POINTS,
        "expires_at": maybe(read_instant),
        "usable_at": maybe(read_instant),
        "funding": _FUNDING,
    },
    LotFreed: {"at": read_instant},
    LotDated: {"expires_at": maybe(read_instant)},
    LotReduced: {"funding": _FUNDING},
    LotRestored: {
        "opened_at": read_instant,
        "expires_at": maybe(read_instant),
        "usable_at": maybe(read_instant),
        "funding": _FUNDING,
    },
    PartnerPaid: {"rate": read_value},
    PayersShifted: {"parts": _FUNDING},
    PointsTaken: {"shares": _POINTS, "forgiven": _POINTS},
    DeficitChanged: {},
    CounterAdded: {"value": read_value},
    LevelSet: _LEVEL,
    TimerSet: {"due_at": maybe(read_instant)},
    OnceClaimed: {},
    ProfileSet: {"values": _VALUES},
    InstanceOpened: _OF_INSTANCES,
    InstanceCounted: _OF_INSTANCES,
    InstanceReached: _OF_INSTANCES,
    InstanceRecounted: _OF_INSTANCES,
    InstanceClosed: {},
    Granted: _GRANTED,
    GrantWithdrawn: {"funding": _POINTS},
    GrantKept: {},
    HistoryRetold: {
        "moved": listed(tuple),
        "lots": listed(_LOT_STANDS),
        "charges": listed(read_value),
        "served": listed(lambda plain: (*plain[:4], read_value(plain[4]))),
    },
    MemberErased: {},
}
_EFFECTS: Final = {
    made.__name__: told(record(made, **reads)) for made, reads in _EFFECT_PARTS.items()
}
