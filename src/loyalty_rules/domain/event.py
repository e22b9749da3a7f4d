"""Events as they arrive: what a member did, with exact amounts. Frozen; knows no rule set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.portable import Portable

Json = str | bool | Decimal | int | None | tuple["Json", ...] | Mapping[str, "Json"]
"""A decoded JSON value: numbers are ``Decimal`` (or ``int``), lists tuples, objects read-only."""

EMPTY: Mapping[str, Json] = MappingProxyType({})


def _nothing() -> Mapping[str, Json]:
    return EMPTY  # by way of a factory: Python 3.11 takes no read-only mapping as a default


@dataclass(frozen=True, slots=True)
class Line(Portable):
    """One line of an order. Amounts are decimals in the event's currency; ``amount`` is owed for
    the whole line after ``discount``; tax is inside it unless the event says ``prices: net``."""

    id: str
    quantity: Decimal
    amount: Decimal
    sku: str | None = None
    category: str | None = None
    kind: str = "goods"
    tags: tuple[str, ...] = ()
    unit_price: Decimal | None = None
    discount: Decimal = Decimal(0)
    tax: Decimal | None = None
    fields: Mapping[str, Json] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Discount:
    """A reduction of the whole order, spread by amount over ``lines`` (default: all of them)."""

    id: str
    amount: Decimal
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tender:
    """One means of payment of an order."""

    type: str
    amount: Decimal
    fingerprint: str | None = None
    redemption: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """The caller's own rate: one unit of the event's currency is ``rate`` units of ``to``."""

    to: str
    rate: Decimal
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Event(Portable):
    """Anything that happens to a member. ``occurred_at`` is aware and kept as UTC; ``fields`` holds
    what the kind (or the rule set's own declaration) adds beyond the order."""

    id: str
    type: str
    member: str
    occurred_at: datetime
    source: str = ""
    sequence: int | None = None
    fields: Mapping[str, Json] = field(default_factory=_nothing)
    _content: str = field(default="", init=False, repr=False, compare=False)


def checked_event(value: Event) -> Event:
    """The event that a caller hands over, whatever he says that it is.

    Errors: ``EventError`` (``bad_shape``) for anything else, such as the JSON of one.
    """
    if not isinstance(value, Event):
        kind = type(value).__name__
        reason = f"expected an `Event`, found `{kind}`: `loyalty_rules.parse_event` makes one"
        raise EventError("bad_shape", "", reason)
    return value


def known_content(event: Event) -> str:
    """The spelling that `keep_content` left with an event; empty if there is none."""
    return event._content


def keep_content(event: Event, text: str) -> None:
    """Remember how the content of an event is spelt. It is no part of the event: a copy knows nothing."""
    object.__setattr__(event, "_content", text)


@dataclass(frozen=True, slots=True)
class Basket(Event):
    """An event with lines of goods: an order that was paid, or the cart that a reward is taken on."""

    currency: str = ""
    lines: tuple[Line, ...] = ()
    discounts: tuple[Discount, ...] = ()
    tenders: tuple[Tender, ...] | None = None
    prices: str = "gross"
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Purchase(Basket):
    """An order that was paid. ``order`` is its id at the shop (default: the event's id)."""

    order: str = ""
    channel: str | None = None
    store: str | None = None
    partner: str | None = None
    coupons: tuple[str, ...] = ()
    attributes: Mapping[str, Json] = field(default_factory=_nothing)
