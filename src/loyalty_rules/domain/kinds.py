"""The kinds of events that ship: their own fields, and their order at one instant."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.vocabulary import (
    BOOLEAN,
    DAY,
    LIST,
    MONEY,
    NUMBER,
    TEXT,
    EventKind,
    Field,
    Kind,
)

EARNING_RANK: Final = 40
"""Rank of purchases, of all other kinds that earn, and of kinds that do not ship."""


def _kind(name: str, rank: int, *fields: Field, about: str = "member") -> EventKind:
    return EventKind(
        name, "order" if about == "order" else "member", rank, fields, (), name in _DECIDED
    )


def _must(name: str, kind: Kind) -> Field:
    return Field(name, kind)


def _may(name: str, kind: Kind) -> Field:
    return Field(name, kind, optional=True)


_DECIDED = frozenset(
    {"purchase", "signup", "profile", "adjustment", "clock", "level_changed", "redemption", "grant"}
    | {"review", "survey", "social", "checkin", "balance", "membership", "draw"}
    | {"referral", "friend_order", "friend_return", "codes", "transfer", "transfer_received"}
    | {"household", "household_place", "pool_given", "pool_received"}
)

SHIPPED_KINDS: Final[tuple[EventKind, ...]] = (
    # who the member is comes before what he does
    _kind("profile", 10, _may("birthday", DAY), _may("segments", LIST)),
    _kind("signup", 11, _may("channel", TEXT), _may("store", TEXT), _may("partner", TEXT)),
    _kind(
        "household",
        12,
        _must("household", TEXT),
        _may("action", Kind("text", choices=("join", "leave"))),
    ),
    _kind("household_place", 13),  # made by this package, never sent
    _kind("merge", 13, _must("into", TEXT)),
    _kind("merged", 13, _must("of", TEXT)),  # made by this package, never sent
    _kind(
        "membership",
        14,
        _must("action", Kind("text", choices=("join", "renew", "change", "cancel"))),
        _may("plan", TEXT),
        _may("program", TEXT),
    ),
    _kind("transfer", 15, _must("to", TEXT), _must("program", TEXT), _must("points", NUMBER)),
    _kind("transfer_received", 15, _must("program", TEXT)),  # made by this package, never sent
    _kind("grant", 16, _must("offer", TEXT)),
    _kind("referral", 17, _may("friend", TEXT), _may("code", TEXT), _may("used_code", TEXT)),
    _kind("codes", 18, _must("coupon", TEXT), _must("codes", LIST)),
    _kind("pool_received", 19, _must("program", TEXT)),  # made by this package, never sent
    # what was given back may be spent again
    _kind("redemption_cancelled", 20, _must("redemption", TEXT)),
    _kind(
        "redemption",
        21,
        _may("reward", TEXT),
        _may("order", TEXT),
        _may("partner", TEXT),
        about="order",
    ),
    # what earns; at one instant all of these are equals
    _kind(
        "purchase",
        EARNING_RANK,
        _may("id", TEXT),
        _may("partner", TEXT),
        _may("store", TEXT),
        _may("channel", TEXT),
        _may("coupons", LIST),
        _may("currency", TEXT),
        about="order",
    ),
    _kind("review", EARNING_RANK, _may("sku", TEXT), _may("rating", NUMBER)),
    _kind("survey", EARNING_RANK, _must("score", NUMBER), _may("survey", TEXT)),
    _kind("social", EARNING_RANK, _may("network", TEXT), _may("action", TEXT)),
    _kind("checkin", EARNING_RANK, _may("store", TEXT), _may("partner", TEXT)),
    _kind("balance", EARNING_RANK, _must("amount", MONEY), _may("account", TEXT)),
    _kind("draw", EARNING_RANK, _must("raffle", TEXT), _must("seed", TEXT)),
    # made by this package, never sent: an order of one member, as another one is rewarded for it
    _kind(
        "friend_order",
        EARNING_RANK + 1,
        _may("program", TEXT),
        _may("level", NUMBER),
        _may("number", NUMBER),
        _may("previous", NUMBER),
        _may("partner", TEXT),
        _may("store", TEXT),
        _may("channel", TEXT),
        about="order",
    ),
    _kind("return", 50, _may("order", TEXT), about="order"),
    _kind("cancellation", 51, _must("order", TEXT), about="order"),
    _kind("friend_return", 52, _must("order", TEXT), _may("previous", NUMBER), about="order"),
    # made by this package, never sent
    _kind("clock", 60),
    _kind("level_changed", 61, _must("program", TEXT), _may("from", TEXT), _must("to", TEXT)),
    # the shop's last word
    _kind(
        "adjustment",
        70,
        _may("program", TEXT),
        _may("points", NUMBER),
        _may("level", TEXT),
        _may("through", DAY),
        _may("floor", BOOLEAN),
        _may("reason", TEXT),
        _may("author", TEXT),
    ),
    _kind("erasure", 71),
    # made by this package, never sent: behind everything that its member did until then
    _kind("pool_given", 73, _must("program", TEXT), _must("points", NUMBER)),
    _kind("correction", 72, _must("from", TEXT), _may("reason", TEXT), _may("author", TEXT)),
)

KINDS_BY_NAME: Final[dict[str, EventKind]] = {kind.name: kind for kind in SHIPPED_KINDS}

CORRECTION: Final = "correction"
"""The kind under which what other rules make of a member's past is booked."""

OWN_KINDS: Final = frozenset({"clock", "level_changed", CORRECTION, "merged"})
"""Kinds that only this package makes; from outside they are refused."""

DERIVED_KINDS: Final = frozenset(
    {"friend_order", "friend_return", "transfer_received"}
    | {"household_place", "pool_given", "pool_received"}
)
"""Kinds that this package makes of what another member did. They are told again as if they had been sent."""

BusinessKey = tuple[datetime, int, int, str, str]


def rank_of(kind: str) -> int:
    """The place of a kind among events of one instant (a kind that does not ship: an earning one)."""
    shipped = KINDS_BY_NAME.get(kind)
    return EARNING_RANK if shipped is None else shipped.rank


def business_key(event: Event) -> BusinessKey:
    """What events are ordered by, however they were delivered: a total order.

    ``(occurred_at, sequence, rank of kind, source, id)``. An event without a ``sequence`` counts as
    0, so a caller may put one before it (-1) or after it (1).
    """
    return (
        event.occurred_at,
        event.sequence or 0,
        rank_of(event.type),
        event.source,
        event.id,
    )
