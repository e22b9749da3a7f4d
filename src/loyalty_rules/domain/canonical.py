"""The one spelling of an event: canonical JSON, and the digest that tells same content from other.

12.5, 12.50 and "12.50" are the same amount; +01:00 and Z may be the same instant; a default that is
written is the same as one that is not. So the digest is made of what was understood, not of bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring

from loyalty_rules.domain.event import Discount, Event, Exchange, Json, Line, Purchase, Tender
from loyalty_rules.domain.values import EXACT


def canonical_json(event: Event, member: str | None = None) -> str:
    """The content of an event in its one spelling: keys sorted, no blanks, UTC, defaults filled.

    ``source`` is not content: it belongs to the edge. Read again by ``parse_event`` it gives an
    equal event. ``member`` stands in the place of the event's own, where that must not be told.
    """
    parts: dict[str, object] = {
        **event.fields,
        "id": event.id,
        "type": event.type,
        "member": event.member if member is None else member,
        "occurred_at": event.occurred_at,
        "sequence": event.sequence,
    }
    if event.sequence is None:
        del parts["sequence"]
    if isinstance(event, Purchase):
        parts |= _order(event)
    return _write(parts)


def digest(event: Event) -> str:
    """The SHA-256 of the canonical form, in hexadecimal."""
    return sha256(canonical_json(event).encode("utf-8")).hexdigest()


def _present(**parts: object) -> dict[str, object]:
    """Parts without those that are not there."""
    return {key: value for key, value in parts.items() if value is not None}


def _order(order: Purchase) -> dict[str, object]:
    return _present(
        order=order.order or order.id,
        currency=order.currency,
        lines=tuple(_line(line) for line in order.lines),
        discounts=tuple(_discount(discount) for discount in order.discounts),
        tenders=None if order.tenders is None else tuple(_tender(one) for one in order.tenders),
        prices=order.prices,
        exchange=None if order.exchange is None else _exchange(order.exchange),
        channel=order.channel,
        store=order.store,
        partner=order.partner,
        coupons=order.coupons,
        attributes=order.attributes,
    )


def _line(line: Line) -> dict[str, object]:
    return dict(line.fields) | _present(
        id=line.id,
        quantity=line.quantity,
        amount=line.amount,
        sku=line.sku,
        category=line.category,
        kind=line.kind,
        tags=line.tags,
        unit_price=line.unit_price,
        discount=line.discount,
        tax=line.tax,
    )


def _discount(discount: Discount) -> dict[str, object]:
    return _present(id=discount.id, amount=discount.amount, lines=discount.lines)


def _tender(tender: Tender) -> dict[str, object]:
    return _present(
        type=tender.type,
        amount=tender.amount,
        fingerprint=tender.fingerprint,
        redemption=tender.redemption,
    )


def _exchange(exchange: Exchange) -> dict[str, object]:
    return _present(to=exchange.to, rate=exchange.rate, date=exchange.date)


def write_decimal(value: Decimal) -> str:
    """The shortest exact decimal: ``12.5`` for 12.50, never an exponent."""
    return f"{EXACT.normalize(value):f}" if value else "0"


def write_instant(instant: datetime) -> str:
    """An instant that is UTC already, with ``Z``; microseconds only where there are any."""
    return instant.isoformat().replace("+00:00", "Z")


def _write(value: Json | object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        return write_decimal(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, datetime):
        return f'"{write_instant(value)}"'
    if isinstance(value, tuple):
        return f"[{','.join([_write(item) for item in value])}]"
    if isinstance(value, dict):
        return _write_pairs(value)
    if isinstance(value, Mapping):
        return _write_pairs(dict(value))
    raise AssertionError(f"no event holds {type(value)}")


def _write_pairs(value: dict[str, object]) -> str:
    pairs = [f"{encode_basestring(key)}:{_write(value[key])}" for key in sorted(value)]
    return f"{{{','.join(pairs)}}}"
