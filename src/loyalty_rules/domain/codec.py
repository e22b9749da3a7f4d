"""The door for events: `parse_event` takes JSON text or a mapping and returns a checked `Event`.

One table of readers for each kind that ships; a kind that a rule set or a plugin declares is not known
here, so its fields are kept as they came (bounded, frozen) for the rule set to judge. Whatever is wrong,
the only thing raised is `EventError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Basket, Event, Json, Purchase
from loyalty_rules.domain.json_text import read_plain
from loyalty_rules.domain.kinds import DERIVED_KINDS, OWN_KINDS, SHIPPED_KINDS
from loyalty_rules.domain.orders import (
    LINES_MAX,
    check_order,
    read_discounts,
    read_exchange,
    read_lines,
    read_tenders,
)
from loyalty_rules.domain.records import Readers, missing, read_list, read_record
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.values import (
    OWN_FIELDS_MAX,
    read_currency,
    read_day,
    read_decimal,
    read_fields,
    read_flag,
    read_id,
    read_instant,
    read_kind,
    read_name,
    read_names,
    read_not_negative,
    read_positive,
    read_redemption,
    read_whole,
    shown,
    what_it_is,
    within,
)
from loyalty_rules.domain.vocabulary import Field


def parse_event(raw: str | bytes | Mapping[str, object], *, source: str = "") -> Event:
    """The event that ``raw`` holds: JSON text, its bytes, or the same as a mapping.

    Amounts may be text, JSON numbers, ``int`` or ``Decimal``; never a float. ``source`` is who
    sent it, as the edge knows; an event never says that of itself. The input is not changed.
    Errors: `EventError` with a code, the path of the value and one sentence.

    >>> event = parse_event('{"id": "e-1", "type": "checkin", "member": "m-1", '
    ...                     '"occurred_at": "2026-03-07T10:15:00+01:00"}')
    >>> event.occurred_at.isoformat()
    '2026-03-07T09:15:00+00:00'
    """
    if source:
        try:
            read_id(source)
        except EventError as problem:
            raise within(problem, "source") from None
    plain = read_plain(raw)
    kind = _kind_of(plain)
    if kind in DERIVED_KINDS:
        raise _made_here(kind)
    event = _event(plain, kind, source)
    content_text(event)  # what it is known by from here on: it is spelt where it is understood
    return event


def read_again(raw: str | Mapping[str, object], source: str) -> Event:
    """An event as a ledger keeps it, those among them that were made here of what another member did.

    Errors: as of `parse_event`.
    """
    plain = read_plain(raw)
    event = _event(plain, _kind_of(plain), source)
    content_text(event)
    return event


def _event(plain: dict[str, object], kind: str, source: str) -> Event:
    if kind in ("purchase", FRIEND_ORDER):
        return _purchase(plain, source)
    readers, required = _TABLES.get(kind, (_HEAD, _HEAD_REQUIRED))
    known, extra = read_record(plain, readers, required)
    head = {key: known.pop(key) for key in _HEAD if key in known}
    if kind == "return":
        _check_return(known)
    basket = _basket(known) if kind == "redemption" else {}
    fields: dict[str, Json] = {**known, **read_fields(extra)}
    if basket:
        return Basket(**head, source=source, fields=MappingProxyType(fields), **basket)
    if kind == "profile":  # null takes a fact about the member away
        fields |= {key: None for key in readers if key not in _HEAD and key in plain} | fields
    return Event(**head, source=source, fields=MappingProxyType(fields))


def _kind_of(plain: dict[str, object]) -> str:
    if plain.get("type") is None:
        raise missing("type", (key for key in plain if key not in _HEAD))
    try:
        kind = read_kind(plain["type"])
    except EventError as problem:
        raise within(problem, "type") from None
    if kind in OWN_KINDS:
        raise _made_here(kind)
    return kind


def _made_here(kind: str) -> EventError:
    reason = f"events of type {shown(kind)} are made here, never sent"
    return EventError("reserved_type", "type", reason)


def _purchase(plain: dict[str, object], source: str) -> Purchase:
    known, extra = read_record(plain, _PURCHASE, _PURCHASE_REQUIRED)
    known.setdefault("order", known["id"])
    check_order(
        known["lines"],
        known.get("discounts", ()),
        known.get("tenders"),
        known.get("prices", "gross"),
    )
    if extra:
        known["fields"] = read_fields(extra)
    return Purchase(source=source, **known)


def _basket(known: dict[str, Any]) -> dict[str, Any]:
    """The cart that a redemption brings, taken out of its fields; empty if it brings none."""
    basket = {key: known.pop(key) for key in _CART if key in known}
    if not basket:
        return basket
    for key in ("currency", "lines"):
        if key not in basket:
            raise EventError("missing_field", key, f"`{key}` is missing: a cart has both")
    prices = basket.get("prices", "gross")
    check_order(basket["lines"], basket.get("discounts", ()), None, prices)
    return basket


def _object(raw: object) -> dict[str, object]:
    if type(raw) is not dict:
        raise EventError("bad_shape", "", f"expected an object, found {what_it_is(raw)}")
    return raw


def _attributes(raw: object) -> Mapping[str, Json]:
    return read_fields(_object(raw))


def _prices(raw: object) -> str:
    if raw not in ("gross", "net"):
        reason = f"expected `gross` or `net`, found {what_it_is(raw)}"
        raise EventError("not_one_of", "", reason)
    return str(raw)


_RETURN_LINE: Final = {
    "line": read_id,
    "sku": read_name,
    "quantity": read_positive,
    "amount": read_not_negative,
}


def _return_line(raw: object, number: int) -> Mapping[str, Json]:
    known, extra = read_record(raw, _RETURN_LINE, ("quantity",))
    return MappingProxyType({**known, **read_fields(extra)})


def _return_lines(raw: object) -> tuple[Mapping[str, Json], ...]:
    lines: tuple[Mapping[str, Json], ...] = read_list(raw, _return_line, LINES_MAX)
    if not lines:
        raise EventError("no_lines", "", "a return has at least one line")
    return lines


def _check_return(known: dict[str, Any]) -> None:
    """A return that names its order names the order's lines; one that does not says item and amount."""
    needed = ("line",) if "order" in known else ("sku", "amount")
    seen: set[Json] = set()
    for index, line in enumerate(known["lines"]):
        for key in needed:
            if key not in line:
                cure = "with `order`, a line names the `line` of that order"
                if key != "line":
                    cure = "without `order`, a line has `sku` and `amount`"
                raise EventError(
                    "missing_field", f"lines[{index}].{key}", f"`{key}` is missing: {cure}"
                )
        if "order" in known and line["line"] in seen:
            reason = "this return has that line already"
            raise EventError("duplicate_line", f"lines[{index}].line", reason)
        seen.add(line.get("line"))


def _take(raw: object) -> Mapping[str, Json]:
    """Units of each reward: whole numbers above zero."""
    units = _object(raw)
    if not 0 < len(units) <= OWN_FIELDS_MAX:
        reason = f"`take` names 1 to {OWN_FIELDS_MAX} rewards"
        raise EventError("bad_shape", "", reason)
    taken: dict[str, Json] = {}
    for reward, count in units.items():
        name = read_name(reward)
        try:
            if (number := read_whole(count)) <= 0:
                reason = f"expected at least 1, found `{number}`"
                raise EventError("not_positive", "", reason)
        except EventError as problem:
            raise within(problem, name) from None
        taken[name] = number
    return MappingProxyType(taken)


_HEAD: Final[Readers] = {
    "id": read_id,
    "type": read_kind,
    "member": read_id,
    "occurred_at": read_instant,
    "sequence": read_whole,
}
_HEAD_REQUIRED: Final = ("id", "type", "member", "occurred_at")

_CART: Final[Readers] = {
    "currency": read_currency,
    "lines": read_lines,
    "discounts": read_discounts,
    "prices": _prices,
    "exchange": read_exchange,
}
_PURCHASE: Final[Readers] = {
    **_HEAD,
    **_CART,
    "order": read_id,
    "tenders": read_tenders,
    "channel": read_name,
    "store": read_name,
    "partner": read_name,
    "coupons": read_names,
    "attributes": _attributes,
}
KNOWN_KEYS: Final = frozenset(_PURCHASE) | {"source", "received_at"}
"""Keys of a purchase that mean something; a field of a shop's own has another name."""

_PURCHASE_REQUIRED: Final = (*_HEAD_REQUIRED, "currency", "lines")

_BY_FIELD: Final[Readers] = {
    "text": read_name,
    "number": read_decimal,
    "money": read_decimal,
    "boolean": read_flag,
    "day": read_day,
    "list": read_names,
}

_IDS: Final = frozenset({"order", "friend", "into", "to", "household", "code", "used_code"})
"""Fields that name a member or another event, or become the id of one, so they obey the rules of ids."""

_MORE: Final[Mapping[str, Readers]] = {
    "return": {"lines": _return_lines},
    "redemption": {"take": _take, **_CART},
    "friend_return": {"lines": lambda raw: read_list(raw, _return_line, LINES_MAX)},
}
"""Fields that no rule can name but whose shape is known."""


def _reader_of(field: Field) -> Any:
    if field.name == "redemption":
        return read_redemption
    return read_id if field.name in _IDS else _BY_FIELD[field.kind.name]


def _tables() -> dict[str, tuple[Readers, tuple[str, ...]]]:
    tables: dict[str, tuple[Readers, tuple[str, ...]]] = {}
    for kind in SHIPPED_KINDS:
        own = {field.name: _reader_of(field) for field in kind.fields}
        required = tuple(field.name for field in kind.fields if not field.optional)
        more = _MORE.get(kind.name, {})
        needed = ("lines",) if kind.name == "return" else ()
        tables[kind.name] = ({**own, **more, **_HEAD}, (*_HEAD_REQUIRED, *required, *needed))
    return tables


_TABLES: Final = _tables()
"""For each shipped kind but purchases: the readers of its fields, and which of them it must have."""


def keys_of(kind: str) -> frozenset[str]:
    """The keys that mean something in an event of a kind; of one that does not ship, those that all have."""
    if kind == "purchase":
        return frozenset(_PURCHASE)
    return frozenset(_TABLES.get(kind, (_HEAD, ()))[0])
