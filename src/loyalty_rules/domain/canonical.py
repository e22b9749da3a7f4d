"""The one spelling of an event: canonical JSON, and the digest that tells same content from other.

12.5, 12.50 and "12.50" are the same amount; +01:00 and Z may be the same instant; a default that is
written is the same as one that is not. So the digest is made of what was understood, not of bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from loyalty_rules.domain.event import (
    Basket,
    Discount,
    Event,
    Exchange,
    Line,
    Purchase,
    Tender,
    keep_content,
    known_content,
)
from loyalty_rules.domain.spelling import quoted, write_decimal, write_instant, write_value

NOBODY: Final = "-"
"""Stands in texts where the member would stand."""


def content_text(event: Event) -> str:
    """`canonical_json` of an event with nobody in the member's place. It is made once, by the door, and kept
    with the event; for an event that was made in Python, when it is first asked for."""
    text = known_content(event)
    if not text:
        text = canonical_json(event, NOBODY)
        keep_content(event, text)
    return text


def canonical_json(event: Event, member: str | None = None) -> str:
    """The content of an event in its one spelling: keys sorted, no blanks, UTC, defaults filled.

    ``source`` is not content: it belongs to the edge. Read again by ``parse_event`` it gives an
    equal event. ``member`` stands in the place of the event's own, where that must not be told.
    """
    if type(event) is Purchase and not event.fields:
        return _purchase_text(event, event.member if member is None else member)
    return write_parts(event, member)


def write_parts(event: Event, member: str | None = None) -> str:
    """`canonical_json` of any event, part by part."""
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
    if isinstance(event, Basket):
        parts |= _basket(event)
    if isinstance(event, Purchase):
        parts |= _order(event)
    return write_value(parts)


def _purchase_text(event: Purchase, member: str) -> str:
    """`write_parts` of a purchase with no field but those that ship, in one go: most events are such, and
    each is written for its digest and its log."""
    attributes = write_value(event.attributes) if event.attributes else "{}"
    channel = "" if event.channel is None else f'"channel":{quoted(event.channel)},'
    coupons = write_value(event.coupons) if event.coupons else "[]"
    discounts = write_value(tuple(map(_discount, event.discounts))) if event.discounts else "[]"
    exchange, sequence, tenders = event.exchange, event.sequence, event.tenders
    rate = "" if exchange is None else f'"exchange":{write_value(_exchange(exchange))},'
    partner = "" if event.partner is None else f'"partner":{quoted(event.partner)},'
    place = "" if sequence is None else f'"sequence":{sequence},'
    store = "" if event.store is None else f'"store":{quoted(event.store)},'
    paid = "" if tenders is None else f'"tenders":[{",".join(map(_tender_text, tenders))}],'
    return (
        f'{{"attributes":{attributes},{channel}"coupons":{coupons},"currency":{quoted(event.currency)},'
        f'"discounts":{discounts},{rate}"id":{quoted(event.id)},'
        f'"lines":[{",".join(map(_line_text, event.lines))}],"member":{quoted(member)},'
        f'"occurred_at":"{write_instant(event.occurred_at)}","order":{quoted(event.order or event.id)},'
        f'{partner}"prices":{quoted(event.prices)},{place}{store}{paid}"type":{quoted(event.type)}}}'
    )


def _line_text(line: Line) -> str:
    """`write_value` of `_line`."""
    if line.fields:
        return write_value(_line(line))
    tax, unit_price = line.tax, line.unit_price
    category = "" if line.category is None else f'"category":{quoted(line.category)},'
    sku = "" if line.sku is None else f'"sku":{quoted(line.sku)},'
    tags = write_value(line.tags) if line.tags else "[]"
    taxed = "" if tax is None else f',"tax":{write_decimal(tax)}'
    priced = "" if unit_price is None else f',"unit_price":{write_decimal(unit_price)}'
    return (
        f'{{"amount":{write_decimal(line.amount)},{category}"discount":{write_decimal(line.discount)},'
        f'"id":{quoted(line.id)},"kind":{quoted(line.kind)},"quantity":{write_decimal(line.quantity)},'
        f'{sku}"tags":{tags}{taxed}{priced}}}'
    )


def _tender_text(tender: Tender) -> str:
    """`write_value` of `_tender`."""
    card, spent = tender.fingerprint, tender.redemption
    fingerprint = "" if card is None else f'"fingerprint":{quoted(card)},'
    redemption = "" if spent is None else f'"redemption":{quoted(spent)},'
    return (
        f'{{"amount":{write_decimal(tender.amount)},{fingerprint}{redemption}'
        f'"type":{quoted(tender.type)}}}'
    )


def digest(event: Event) -> str:
    """The SHA-256 of the canonical form, in hexadecimal."""
    return sha256(canonical_json(event).encode("utf-8")).hexdigest()


def _present(**parts: object) -> dict[str, object]:
    """Parts without those that are not there."""
    return {key: value for key, value in parts.items() if value is not None}


def _basket(basket: Basket) -> dict[str, object]:
    tenders = basket.tenders
    return _present(
        currency=basket.currency,
        lines=tuple(_line(line) for line in basket.lines),
        discounts=tuple(_discount(discount) for discount in basket.discounts),
        tenders=None if tenders is None else tuple(_tender(one) for one in tenders),
        prices=basket.prices,
        exchange=None if basket.exchange is None else _exchange(basket.exchange),
    )


def _order(order: Purchase) -> dict[str, object]:
    return _present(
        order=order.order or order.id,
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
