"""Points on their way from one member to another: as lots that keep their age, their end and their payers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.event import Event, Json
from loyalty_rules.domain.funding import Funding, Part

TRANSFER: Final = "transfer"
"""The kind of event with which a member gives points to another one."""

RECEIVED: Final = "transfer_received"
"""The kind of event that brings them."""

GIVEN_BY: Final = "~transfer"
"""The source of events that bring points of another member."""


class Moved(NamedTuple):
    """Points of one lot, in units of the scale, on their way."""

    points: int
    opened_at: datetime
    expires_at: datetime | None
    funding: Funding


def received(
    name: str,
    cause: Event,
    member: str,
    program: str,
    moved: Iterable[Moved],
    kind: str = RECEIVED,
    source: str = GIVEN_BY,
) -> Event:
    """The event that brings points to a member, of the id ``name``."""
    fields: dict[str, Json] = {"program": program, "lots": tuple(_written(one) for one in moved)}
    return Event(name, kind, member, cause.occurred_at, source, fields=MappingProxyType(fields))


def moved_by(event: Event) -> tuple[Moved, ...]:
    """What such an event brings. Errors: ``CorruptLedger`` when it is not what was written."""
    lots = event.fields.get("lots")
    try:
        assert isinstance(lots, tuple), "lots stand in a list"
        return tuple(_read(one) for one in lots)
    except (AssertionError, KeyError, ValueError, TypeError) as problem:
        raise CorruptLedger(f"what the event `{event.id}` brings cannot be read") from problem


def whole_units(event: Event) -> int:
    """The points that an event made here speaks of, in units of the scale."""
    return _units(event.fields["points"])


def _written(one: Moved) -> Mapping[str, Json]:
    lot: dict[str, Json] = {
        "points": one.points,
        "opened_at": one.opened_at.isoformat(),
        "funding": tuple(
            MappingProxyType[str, Json](
                {
                    "payer": part.payer,
                    "points": part.points,
                    "rate": str(part.rate),
                    "cost": str(part.cost),
                }
            )
            for part in one.funding
        ),
    }
    if one.expires_at is not None:
        lot["expires_at"] = one.expires_at.isoformat()
    return MappingProxyType(lot)


def _read(plain: Json) -> Moved:
    assert isinstance(plain, Mapping), "a lot is a map"
    funding = plain.get("funding", ())
    assert isinstance(funding, tuple), "payers stand in a list"
    ends = plain.get("expires_at")
    return Moved(
        _units(plain["points"]),
        datetime.fromisoformat(str(plain["opened_at"])),
        None if ends is None else datetime.fromisoformat(str(ends)),
        tuple(_part(one) for one in funding),
    )


def _part(plain: Json) -> Part:
    assert isinstance(plain, Mapping), "a payer is a map"
    return Part(
        str(plain["payer"]), _units(plain["points"]), _price(plain["rate"]), _price(plain["cost"])
    )


def _units(number: Json) -> int:
    assert isinstance(number, int | Decimal), "points are a number"
    return int(number)


def _price(text: Json) -> int | Fraction:
    price = Fraction(str(text))
    return price.numerator if price.denominator == 1 else price
