"""Which part of an order goes back: the lines that a return names, all that is left, or, of a return that
names no order, the latest purchases of its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event, Json
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.referrals import FRIEND_RETURN
from loyalty_rules.domain.values import EXACT, shown
from loyalty_rules.engine.refused import Refused

CANCELLATION: Final = "cancellation"
RETURNS: Final = ("return", CANCELLATION, FRIEND_RETURN)
"""The kinds of events that take back."""

_PART: Final = "~part"
"""The field that numbers the parts of a return that names no order."""

Quantities = Mapping[str, Decimal]
"""Quantities by the id of a line."""


def left_after(event: Event, order: BookedOrder) -> Quantities:
    """What is left of every line of an order, those of which nothing is left too, after a return that
    names it; a cancellation is the return of all that is left. A friend's may say that nothing went back.

    Errors: refused as ``other_members_order``, ``other_currency``, ``nothing_left``, ``unknown_line``,
    ``duplicate_line`` or ``return_exceeds_order``; a return is taken whole or not at all.
    """
    _check_whose(event, order)
    left = dict(order.left)
    if event.type == FRIEND_RETURN and not event.fields["lines"]:
        return left
    if not any(left.values()):
        raise Refused(
            "nothing_left", "order", f"all of order {shown(order.order)} went back before"
        )
    if event.type == CANCELLATION:
        return dict.fromkeys(left, Decimal(0))
    named: set[str] = set()
    for number, line in enumerate(_lines(event)):
        name, quantity = str(line["line"]), _quantity(line)
        if name not in left:
            reason = f"order {shown(order.order)} has no line {shown(name)}"
            raise Refused("unknown_line", f"lines[{number}].line", reason)
        if name in named:
            reason = "this return has that line already"
            raise Refused("duplicate_line", f"lines[{number}].line", reason)
        named.add(name)
        if quantity > left[name]:
            reason = f"`{quantity:f}` of line {shown(name)} come back, but only `{left[name]:f}` are left"
            raise Refused("return_exceeds_order", f"lines[{number}].quantity", reason)
        left[name] = EXACT.subtract(left[name], quantity)
    return left


def returned(order: BookedOrder, left: Quantities) -> tuple[tuple[str, Decimal], ...]:
    """What went back of each line, where ``left`` is what did not."""
    lines = ((one.id, EXACT.subtract(one.quantity, left[one.id])) for one in order.purchase.lines)
    return tuple((name, quantity) for name, quantity in lines if quantity)


@dataclass(frozen=True, slots=True)
class Match:
    """What of a return that names no order belongs to one order: quantities by its lines."""

    order: BookedOrder
    lines: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What of one line (its place in the event, from 0) belongs to no order. ``nothing_left``: everything
    that was bought of the item went back before."""

    place: int
    sku: str
    quantity: Decimal
    reason: Literal["never_bought", "nothing_left"]


def match_unlinked(
    event: Event, orders: Sequence[BookedOrder]
) -> tuple[tuple[Match, ...], tuple[Unmatched, ...]]:
    """The orders that a return without ``order`` takes from, and what of it belongs to none.

    ``orders`` are the member's, newest first; each line of the return takes what is left of its item, the
    latest purchase first. Orders after the return do not count.
    """
    before = [one for one in orders if business_key(one.purchase) < business_key(event)]
    left = [dict(one.left) for one in before]
    taken: list[dict[str, Decimal]] = [{} for _ in before]
    rest: list[Unmatched] = []
    for place, line in enumerate(_lines(event)):
        sku, wanted = str(line["sku"]), _quantity(line)
        bought = False
        for number, order in enumerate(before):
            for name in _lines_of(order, sku):
                bought = True
                part = min(wanted, left[number][name])
                if part > 0:
                    left[number][name] = EXACT.subtract(left[number][name], part)
                    had = taken[number].get(name, Decimal(0))
                    taken[number][name] = EXACT.add(had, part)
                    wanted = EXACT.subtract(wanted, part)
        if wanted:
            reason: Literal["never_bought", "nothing_left"] = (
                "nothing_left" if bought else "never_bought"
            )
            rest.append(Unmatched(place, sku, wanted, reason))
    matches = (
        Match(order, tuple(parts.items()))
        for order, parts in zip(before, taken, strict=True)
        if parts
    )
    return tuple(matches), tuple(rest)


def linked(event: Event, match: Match, part: int = 1) -> Event:
    """The part of a return without ``order`` that belongs to one order, as a return that names it; the
    ``part``-th of its event, from 1."""
    lines: tuple[Json, ...] = tuple(
        MappingProxyType({"line": name, "quantity": quantity}) for name, quantity in match.lines
    )
    fields = {**event.fields, "order": match.order.order, "lines": lines, _PART: part}
    return replace(event, fields=MappingProxyType(fields))


def numbered(event: Event, number: int) -> str:
    """The number of a lot that a return opens, as its id says it: a return that names no order opens some for
    each order that it touches."""
    part = event.fields.get(_PART, 1)
    return str(number) if part == 1 else f"{part}.{number}"


def _check_whose(event: Event, order: BookedOrder) -> None:
    assert event.fields.get("order") == order.order, "a return is decided with the order it names"
    purchase = order.purchase
    if event.member != purchase.member:
        reason = f"order {shown(order.order)} is another member's"
        raise Refused("other_members_order", "order", reason)
    currency = event.fields.get("currency")
    if currency is not None and currency != purchase.currency:
        reason = (
            f"order {shown(order.order)} was paid in `{purchase.currency}`,"
            f" the return says {shown(str(currency))}"
        )
        raise Refused("other_currency", "currency", reason)


def _lines(event: Event) -> Iterable[Mapping[str, Json]]:
    lines = event.fields["lines"]
    assert isinstance(lines, tuple), "the door has read the lines"
    for line in lines:
        assert isinstance(line, Mapping), "the door has read each line"
        yield line


def _quantity(line: Mapping[str, Json]) -> Decimal:
    quantity = line["quantity"]
    assert isinstance(quantity, (int, Decimal)) and quantity > 0, "the door has read each quantity"
    return Decimal(quantity)


def _lines_of(order: BookedOrder, sku: str) -> Iterable[str]:
    return (line.id for line in order.purchase.lines if line.sku == sku)
