"""A whole ledger as plain objects, one for each thing that it holds: for other tools and for later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ledger.accounts import BOOKED, HELD, REDEMPTION, raw, whole, words
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.statements import (
    ENTRIES_AFTER,
    LIST_EVENTS,
    LIST_ORDERS,
    LIST_REFUSALS,
    LIST_SEALS,
    LIST_SHARED,
    Cell,
    Row,
    Work,
)

Line = Mapping[str, object]

EXPORT_FORMAT: Final = 1
"""Grows when a line changes its meaning."""


def exported_member(member: Row) -> Work[list[Line]]:
    """Everything about one member (number, external id, salt): entries, held returns, orders."""
    number, external, salt = whole(member[0]), words(member[1]), raw(member[2])
    entries = yield ENTRIES_AFTER, [(number, 0)]
    events = yield LIST_EVENTS, [(number, BOOKED)]
    held = yield LIST_EVENTS, [(number, HELD)]
    orders = yield LIST_ORDERS, [(number,)]
    lines: list[Line] = [{"is": "member", "number": number, "member": external, "salt": salt.hex()}]
    by_number = {row[0]: row for row in events}
    lines += [_entry(number, row, by_number[row[0]]) for row in entries]
    lines += [{"is": "held", "account": number, **_event(row)} for row in held]
    lines += [_order(row) for row in orders]
    return lines


def exported_rest(ledger: int) -> Work[list[Line]]:
    """What belongs to no member: refusals, what all members share, and seals."""
    refusals = yield LIST_REFUSALS, [(ledger,)]
    shared = yield LIST_SHARED, [(ledger,)]
    seals = yield LIST_SEALS, [(ledger,)]
    return [*map(_refusal, refusals), *map(_shared, shared), *map(_seal, seals)]


def _entry(account: int, row: Row, event: Row) -> Line:
    return {
        "is": "entry",
        "account": account,
        "sequence": row[0],
        "plan": row[1],
        "booked_at": _instant(row[2]),
        "event": _event(event),
        "effects": json.loads(words(row[3])),
        "orders": json.loads(words(row[4])),
        "previous": raw(row[5]).hex(),
        "hash": raw(row[6]).hex(),
    }


def _event(row: Row) -> dict[str, object]:
    return {
        "source": row[1],
        "id": row[2],
        "type": row[3],
        "occurred_at": _instant(row[4]),
        "received_at": _instant(row[5]),
        "digest": raw(row[6]).hex(),
        "body": words(row[7]),
        "receipt": json.loads(words(row[8])),
    }


def _order(row: Row) -> Line:
    _, source, order, account, event, _, _, sequence = row
    name = words(order)
    kind = "redemption" if name.startswith(REDEMPTION) else "order"
    return {
        "is": kind,
        "account": account,
        "source": source,
        kind: name.removeprefix(REDEMPTION),
        "event": event,
        "sequence": sequence,
    }


def _refusal(row: Row) -> Line:
    source, event, code, path, reason, received_at, _, _ = row
    return {
        "is": "refusal",
        "source": source,
        "event": event,
        "code": code,
        "path": path,
        "reason": reason,
        "received_at": _instant(received_at),
    }


def _shared(row: Row) -> Line:
    counter, changes, days, own = row
    return {
        "is": "shared_counter",
        "counter": counter,
        "changes": changes,
        "days": json.loads(words(days)),
        "checksum": raw(own).hex(),
    }


def _seal(row: Row) -> Line:
    named: Sequence[str] = ("number", "account", "sequence")
    hashes = ("head", "previous", "hash")
    return {
        "is": "seal",
        **dict(zip(named, row[:3], strict=True)),
        **{name: raw(cell).hex() for name, cell in zip(hashes, row[3:6], strict=True)},
    }


def _instant(micros: Cell) -> str:
    return write_instant(instant_of(whole(micros)))
