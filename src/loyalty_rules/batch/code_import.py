"""Codes of a coupon in bulk: a list of them as events of a ledger, a thousand in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Final

from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.codes import CODES
from loyalty_rules.domain.errors import ConflictingEvent
from loyalty_rules.domain.event import Event
from loyalty_rules.service.ledger import Ledger

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Imported:
    """How many codes are ``new``, how many were imported ``before`` by the same list; and what of the list
    was ``refused``: code, reason, and how many codes stand with it."""

    new: int = 0
    before: int = 0
    refused: tuple[tuple[str, str, int], ...] = ()


def import_codes(
    ledger: Ledger, coupon: str, codes: Iterable[str], *, member: str, at: datetime
) -> Imported:
    """Make codes known to a ledger; how long they are valid counts from ``at``. ``member`` is who the events
    belong to, such as the shop itself; they are named after what they bring, so a list that was cut short is
    sent again whole.

    A thousand codes are booked together or refused together, as the event `codes` is.
    Errors: ``EventError`` for a code that no event may hold; ``LedgerError``.
    """
    new, before = 0, 0
    refused: list[tuple[str, str, int]] = []
    for number, part in enumerate(_parts(codes)):
        try:
            receipt = ledger.record(_event(coupon, part, number, member, at))
        except ConflictingEvent:  # the name says the same codes, and only the time is another
            before += len(part)
            continue
        if receipt.refusal is not None:
            refused.append((receipt.refusal.code, receipt.refusal.reason, len(part)))
        elif receipt.status == "duplicate":
            before += len(part)
        else:
            new += len(part)
    return Imported(new, before, tuple(refused))


def _parts(codes: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Different codes in their order, a thousand at a time."""
    rest = iter(dict.fromkeys(codes))
    while part := tuple(islice(rest, _AT_ONCE)):
        yield part


def _event(coupon: str, codes: tuple[str, ...], number: int, member: str, at: datetime) -> Event:
    """The ``number``-th part of a list, from 0. Numbers keep parts in their order, so that none is late."""
    digest = sha256("".join(f"{code}\n" for code in codes).encode()).hexdigest()
    return parse_event(
        {
            "id": f"{CODES}/{coupon}/{digest[:32]}",
            "type": CODES,
            "member": member,
            "occurred_at": at.isoformat(),
            "sequence": number,
            "coupon": coupon,
            "codes": list(codes),
        }
    )
