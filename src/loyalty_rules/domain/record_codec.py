"""Records as canonical JSON and back, exactly: orders, member states, effects.

One spelling for equal records: keys sorted, no blanks, mappings by key, sets sorted, instants in UTC, no
number with a point. A fraction is ``{"/": [1, 3]}``. A record is a table of fields, each with
its `_Form`; what stands in no table cannot be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from loyalty_rules.domain.canonical import canonical_json, write_decimal, write_instant
from loyalty_rules.domain.codec import parse_event
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
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.domain.state import Level, Lot, MemberState


def write_state(state: MemberState) -> str:
    """A member's state as canonical JSON."""
    return _text(_STATE.write(state))


def read_state(text: str) -> MemberState:
    """The state that `write_state` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    state: MemberState = _read(_STATE, text)
    return state


def write_order(order: BookedOrder) -> str:
    """An order's record as canonical JSON."""
    return _text(_ORDER.write(order))


def read_order(text: str) -> BookedOrder:
    """The record that `write_order` wrote; the purchase is read by the door of events.

    Errors: ``ValueError`` for a text that it did not write.
    """
    order: BookedOrder = _read(_ORDER, text)
    return order


def write_effects(effects: Iterable[Effect]) -> str:
    """Effects in their order as canonical JSON: a list of pairs, the effect's name and its fields."""
    return _text([[type(one).__name__, _EFFECTS[type(one).__name__].write(one)] for one in effects])


def read_effects(text: str) -> tuple[Effect, ...]:
    """The effects that `write_effects` wrote.

    Errors: ``ValueError`` for a text that it did not write.
    """
    effects: tuple[Effect, ...] = _read(_Form(str, _read_effects), text)
    return effects


_NOT_OURS: Final = (LookupError, TypeError, AttributeError, ArithmeticError, EventError)
"""What reading meets in a text of another make, beside ``ValueError``."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How one sort of value becomes plain JSON, and how it comes back."""

    write: Callable[[Any], object]
    read: Callable[[Any], Any]


def _text(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _read(form: _Form, text: str) -> Any:
    try:
        return form.read(json.loads(text, parse_float=_no_number, parse_constant=_no_number))
    except _NOT_OURS as problem:
        raise ValueError(f"not a record: {problem}") from problem


def _no_number(written: str) -> object:
    raise ValueError(f"no record holds the number {written}")


def _write_value(value: Value) -> object:
    if isinstance(value, Fraction):
        return {"/": [value.numerator, value.denominator]}
    if isinstance(value, tuple):
        return [_write_value(one) for one in value]
    return value


def _read_value(plain: Any) -> Value:
    if isinstance(plain, dict):
        top, bottom = plain["/"]
        return Fraction(top, bottom)
    if isinstance(plain, list):
        return tuple(_read_value(one) for one in plain)
    if plain is None or isinstance(plain, bool | str | int):
        return plain
    raise ValueError("a value is none of ours")


def _same(value: Any) -> Any:
    return value


def _read_instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


_PLAIN: Final = _Form(_same, _same)
_VALUE: Final = _Form(_write_value, _read_value)
_INSTANT: Final = _Form(write_instant, _read_instant)
_DECIMAL: Final = _Form(write_decimal, Decimal)
_DAY: Final = _Form(str, int)


def _maybe(form: _Form) -> _Form:
    return _Form(
        lambda value: None if value is None else form.write(value),
        lambda plain: None if plain is None else form.read(plain),
    )


def _list(form: _Form) -> _Form:
    return _Form(
        lambda values: [form.write(one) for one in values],
        lambda plain: tuple(form.read(one) for one in plain),
    )


def _tuple(*forms: _Form) -> _Form:
    return _Form(
        lambda values: [form.write(one) for form, one in zip(forms, values, strict=True)],
        lambda plain: tuple(form.read(one) for form, one in zip(forms, plain, strict=True)),
    )


def _mapping(form: _Form, key: _Form = _PLAIN) -> _Form:
    return _Form(
        lambda values: {key.write(name): form.write(one) for name, one in values.items()},
        lambda plain: MappingProxyType({key.read(n): form.read(one) for n, one in plain.items()}),
    )


def _record(made: type, **more: _Form) -> _Form:
    """A record by its fields; those that ``more`` does not name are plain."""
    forms = {one.name: more.get(one.name, _PLAIN) for one in fields(made)}
    return _Form(
        lambda value: {name: form.write(getattr(value, name)) for name, form in forms.items()},
        lambda plain: made(**{name: form.read(plain[name]) for name, form in forms.items()}),
    )


def _write_purchase(purchase: Purchase) -> object:
    """The event in its one spelling, as text: its own numbers may have points."""
    return [purchase.source, canonical_json(purchase)]


def _read_purchase(plain: Any) -> Purchase:
    source, text = plain
    event = parse_event(text, source=source)
    if not isinstance(event, Purchase):
        raise ValueError("an order is of a purchase")
    return event


def _read_effects(plain: Any) -> tuple[Effect, ...]:
    if not isinstance(plain, list):
        raise ValueError("effects stand in a list")
    return tuple(_EFFECTS[name].read(one) for name, one in plain)


_SET: Final = _Form(sorted, frozenset)
_POINTS: Final = _list(_tuple(_PLAIN, _PLAIN))
"""Pairs of a name and a number, or of two names."""

_STATE: Final = _record(
    MemberState,
    clock=_maybe(_INSTANT),
    lots=_mapping(_list(_record(Lot, opened_at=_INSTANT, expires_at=_maybe(_INSTANT)))),
    counters=_mapping(_mapping(_VALUE, _DAY)),
    levels=_mapping(_record(Level, since=_INSTANT)),
    timers=_mapping(_INSTANT),
    once=_SET,
    profile=_mapping(_VALUE),
    deficits=_mapping(_PLAIN),
)

_ORDER: Final = _record(
    BookedOrder,
    purchase=_Form(_write_purchase, _read_purchase),
    facts=_mapping(_VALUE),
    shares=_list(_record(Share)),
    first=_POINTS,
    added=_list(_record(Added, value=_VALUE)),
    lots=_POINTS,
    returned=_list(_tuple(_PLAIN, _DECIMAL)),
    unrecovered=_POINTS,
)

_EFFECTS: Final[Mapping[str, _Form]] = {
    made.__name__: _record(made, **forms)
    for made, forms in {
        ClockMoved: {"to": _INSTANT},
        LotOpened: {"opened_at": _INSTANT, "shares": _POINTS, "expires_at": _maybe(_INSTANT)},
        LotReduced: {},
        PointsTaken: {"shares": _POINTS},
        DeficitChanged: {},
        CounterAdded: {"value": _VALUE},
        LevelSet: {"since": _INSTANT},
        TimerSet: {"due_at": _maybe(_INSTANT)},
        OnceClaimed: {},
        ProfileSet: {"values": _list(_tuple(_PLAIN, _VALUE))},
    }.items()
}
