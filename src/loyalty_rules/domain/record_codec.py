"""Records as canonical JSON and back, exactly: orders, redemptions, member states, effects.

One spelling for equal records: keys sorted, no blanks, mappings by key, sets sorted, instants in UTC, no
number with a point. A fraction is ``{"/": [1, 3]}``. A field that is what it is by default is not
written, so that records of an earlier form, which did not know it, keep their spelling. What stands in no
table here cannot be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, get_args

from loyalty_rules.domain.canonical import canonical_json
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantWithdrawn,
    Hold,
    LevelSet,
    LotDated,
    LotFreed,
    LotOpened,
    LotReduced,
    LotRestored,
    OnceClaimed,
    PointsTaken,
    ProfileSet,
    TimerSet,
    Value,
)
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.domain.redemption_record import BookedRedemption, SpentLot
from loyalty_rules.domain.spelling import write_decimal, write_instant
from loyalty_rules.domain.state import Level, Lot, MemberState


def write_state(state: MemberState) -> str:
    """A member's state as canonical JSON."""
    return _text(state)


def read_state(text: str) -> MemberState:
    """The state that `write_state` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    state: MemberState = _read(_STATE, text)
    return state


def write_order(order: BookedOrder, purchase: str | None = None) -> str:
    """An order's record as canonical JSON; ``purchase`` is the canonical text of its purchase, for whoever
    has it already."""
    if purchase is None:
        return _text(order)
    return _text(_PARTS[BookedOrder](order) | {"purchase": [order.purchase.source, purchase]})


def read_order(text: str) -> BookedOrder:
    """The record that `write_order` wrote; the purchase is read by the door of events.

    Errors: ``ValueError`` for a text that it did not write.
    """
    order: BookedOrder = _read(_ORDER, text)
    return order


def write_redemption(redemption: BookedRedemption) -> str:
    """A redemption's record as canonical JSON."""
    return _text(redemption)


def read_redemption(text: str) -> BookedRedemption:
    """The record that `write_redemption` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    redemption: BookedRedemption = _read(_REDEMPTION, text)
    return redemption


def write_effects(effects: Iterable[Effect]) -> str:
    """Effects in their order as canonical JSON: a list of pairs, the effect's name and its fields."""
    return _text([(type(one).__name__, one) for one in effects])


def read_effects(text: str) -> tuple[Effect, ...]:
    """The effects that `write_effects` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    effects: tuple[Effect, ...] = _read(_read_effects, text)
    return effects


def record_parts(record: object) -> dict[str, object]:
    """The fields of an effect or a record that are written, by name: those that are not what they are by
    default. Their own records, if they hold any, stand in them as they are."""
    return _PARTS[type(record)](record)


_NOT_OURS: Final = (LookupError, TypeError, AttributeError, ArithmeticError, EventError)
"""What reading meets in a text of another make, beside ``ValueError``."""


_Read = Callable[[Any], Any]
"""How one sort of value comes back from plain JSON; None for what is plain already."""


def _text(value: object) -> str:
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    """What JSON has no word for, in plain parts: the encoder asks for it and does the rest."""
    if isinstance(value, MappingProxyType):
        return value.copy()
    if (parts := _PARTS.get(type(value))) is not None:
        return parts(value)
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, Lots):
        return tuple(value)
    if isinstance(value, Fraction):
        return {"/": [value.numerator, value.denominator]}
    if isinstance(
        value, Purchase
    ):  # the event in its one spelling: its own numbers may have points
        return [value.source, canonical_json(value)]
    if isinstance(value, Decimal):
        return write_decimal(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise AssertionError(f"no record holds {type(value)}")


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
)


def _read(read: _Read, text: str) -> Any:
    try:
        return read(json.loads(text, parse_float=_no_number, parse_constant=_no_number))
    except _NOT_OURS as problem:
        raise ValueError(f"not a record: {problem}") from problem


def _no_number(written: str) -> object:
    raise ValueError(f"no record holds the number {written}")


def _read_value(plain: Any) -> Value:
    if isinstance(plain, dict):
        top, bottom = plain["/"]
        return Fraction(top, bottom)
    if isinstance(plain, list):
        return tuple(_read_value(one) for one in plain)
    if plain is None or isinstance(plain, bool | str | int):
        return plain
    raise ValueError("a value is none of ours")


def _read_instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _maybe(read: _Read) -> _Read:
    return lambda plain: None if plain is None else read(plain)


def _list(read: _Read) -> _Read:
    return lambda plain: tuple([read(one) for one in plain])


def _pair(read: _Read | None = None) -> _Read:
    """A pair of a name and something else."""

    def of(plain: Any) -> Any:
        name, other = plain
        return (name, other if read is None else read(other))

    return of


def _mapping(read: _Read | None = None, key: type = str) -> _Read:
    if read is None:
        return lambda plain: MappingProxyType({key(name): one for name, one in plain.items()})
    return lambda plain: MappingProxyType({key(name): read(one) for name, one in plain.items()})


def _record(made: type, **more: _Read) -> _Read:
    """A record by its fields; those that ``more`` does not name are plain."""
    names = tuple(one.name for one in fields(made))
    defaults = _defaults(made)

    def of(plain: Any) -> Any:
        parts = {name: plain[name] for name in names if name in plain or name not in defaults}
        for name, read in more.items():
            if name in parts:
                parts[name] = read(parts[name])
        return made(**parts)

    return of


def _defaults(made: type) -> dict[str, object]:
    """What the fields of a record are if nobody says otherwise."""
    found: dict[str, object] = {}
    for one in fields(made):
        if one.default is not MISSING:
            found[one.name] = one.default
        elif one.default_factory is not MISSING:
            found[one.name] = one.default_factory()
    return found


def _parts_of(made: type) -> Callable[[Any], dict[str, object]]:
    """A record's fields by name, without those that are what they are by default."""
    names = tuple(one.name for one in fields(made))
    defaults = tuple(_defaults(made).items())
    if len(names) == 1:
        [name] = names
        return lambda value: {name: getattr(value, name)}
    get = attrgetter(*names)

    def parts(value: Any) -> dict[str, object]:
        found = dict(zip(names, get(value), strict=True))
        for name, default in defaults:
            if found[name] == default:
                del found[name]
        return found

    return parts


def _read_purchase(plain: Any) -> Purchase:
    source, text = plain
    event = parse_event(text, source=source)
    if not isinstance(event, Purchase):
        raise ValueError("an order is of a purchase")
    return event


def _read_effects(plain: Any) -> tuple[Effect, ...]:
    if not isinstance(plain, list):
        raise ValueError("effects stand in a list")
    return tuple([_EFFECTS[name](one) for name, one in plain])


_POINTS: Final = _list(_pair())
"""Pairs of a name and a number, or of two names."""

_LOT: Final = _record(
    Lot,
    opened_at=_read_instant,
    expires_at=_maybe(_read_instant),
    usable_at=_maybe(_read_instant),
)
_LEVEL: Final[Mapping[str, _Read]] = {
    "since": _read_instant,
    "until": _maybe(_read_instant),
    "holds": _list(_record(Hold)),
}


def _read_lots(plain: Any) -> Lots:
    return Lots(_list(_LOT)(plain))


_STATE: Final = _record(
    MemberState,
    clock=_maybe(_read_instant),
    lots=_mapping(_read_lots),
    counters=_mapping(_mapping(_read_value, int)),
    levels=_mapping(_record(Level, **_LEVEL)),
    timers=_mapping(_read_instant),
    once=frozenset,
    profile=_mapping(_read_value),
    deficits=_mapping(),
    expired=_mapping(_mapping()),
)

_ORDER: Final = _record(
    BookedOrder,
    purchase=_read_purchase,
    facts=_mapping(_read_value),
    shares=_list(_record(Share)),
    first=_POINTS,
    added=_list(_record(Added, value=_read_value)),
    lots=_POINTS,
    returned=_list(_pair(Decimal)),
    unrecovered=_POINTS,
)

_GRANTED: Final[Mapping[str, _Read]] = {
    "granted_at": _read_instant,
    "share": _read_value,
    "valid_until": _maybe(_read_instant),
    "lines": _POINTS,
    "funding": _POINTS,
}

_REDEMPTION: Final = _record(
    BookedRedemption,
    occurred_at=_read_instant,
    units=_POINTS,
    spent=_list(_record(SpentLot, lot=_LOT)),
    granted=_list(_record(Granted, **_GRANTED)),
    opened=_list(tuple),
    added=_list(_record(Added, value=_read_value)),
)

_EFFECT_PARTS: Final[Mapping[type, Mapping[str, _Read]]] = {
    ClockMoved: {"to": _read_instant},
    LotOpened: {
        "opened_at": _read_instant,
        "shares": _POINTS,
        "expires_at": _maybe(_read_instant),
        "usable_at": _maybe(_read_instant),
    },
    LotFreed: {"at": _read_instant},
    LotDated: {"expires_at": _maybe(_read_instant)},
    LotReduced: {},
    LotRestored: {
        "opened_at": _read_instant,
        "expires_at": _maybe(_read_instant),
        "usable_at": _maybe(_read_instant),
    },
    PointsTaken: {"shares": _POINTS, "forgiven": _POINTS},
    DeficitChanged: {},
    CounterAdded: {"value": _read_value},
    LevelSet: _LEVEL,
    TimerSet: {"due_at": _maybe(_read_instant)},
    OnceClaimed: {},
    ProfileSet: {"values": _list(_pair(_read_value))},
    Granted: _GRANTED,
    GrantWithdrawn: {},
}
_EFFECTS: Final = {made.__name__: _record(made, **reads) for made, reads in _EFFECT_PARTS.items()}

RECORDS: Final[tuple[type, ...]] = (
    MemberState,
    Lot,
    Level,
    Hold,
    BookedOrder,
    Share,
    Added,
    BookedRedemption,
    SpentLot,
    *get_args(Effect),
)
_PARTS: Final = {made: _parts_of(made) for made in RECORDS}
