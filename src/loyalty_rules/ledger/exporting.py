"""A whole ledger as lines of JSON, one for each thing that it holds: for other stores and tools, for later.

Everything that does not follow from something else is there, so `ledger.importing` makes the same ledger of
it, byte by byte. One member at a time is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ledger.accounts import BOOKED, HELD, REDEMPTION, raw, whole, words
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.rows import NEW
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ENTRIES_AFTER,
    LEDGER_ROW,
    LIST_EVENTS,
    LIST_MEMBERS,
    LIST_ORDERS,
    LIST_OUTBOX,
    LIST_RULES,
    NEXT_SOURCE,
    REFUSALS_AFTER,
    REFUSALS_OF,
    RULES_ROW,
    SEALS_AFTER,
    Cell,
    Row,
)

Line = Mapping[str, object]

EXPORT_FORMAT: Final = 3
"""Grows when a line changes its meaning."""


def exported(execute: Execute, ledger: int) -> Iterator[str]:
    """The lines of a ledger; the last one says how many are before it, and their digest."""
    count, digest = 0, sha256()
    for line in _lines(execute, ledger):
        text = json.dumps(line, ensure_ascii=False)
        count += 1
        digest.update(f"{text}\n".encode())
        yield text
    yield json.dumps({"is": "end", "lines": count, "digest": digest.hexdigest()})


def _lines(execute: Execute, ledger: int) -> Iterator[Line]:
    [row] = execute(LEDGER_ROW, [(ledger,)])
    yield _head(row)
    for digest, ruleset in execute(LIST_RULES, [()]):
        if ruleset == row[1]:
            yield from map(_rules, execute(RULES_ROW, [(digest,)]))
    last = 0
    while members := execute(LIST_MEMBERS, [(ledger, last)]):
        for member in members:
            yield from _member(execute, member)
        last = whole(members[-1][0])
    for refusal in _refusals(execute, ledger):
        yield _refusal(refusal)
    number = 0
    while seals := execute(SEALS_AFTER, [(ledger, number)]):
        yield from map(_seal, seals)
        number = whole(seals[-1][0])


def _head(row: Row) -> Line:
    name, ruleset, plan, created_at, advanced_to, origin, key = row
    return {
        "is": "ledger",
        "format": EXPORT_FORMAT,
        "name": name,
        "origin": origin,
        "ruleset": ruleset,
        "plan": plan,
        "created_at": _instant(created_at),
        "advanced_to": None if advanced_to is None else _instant(advanced_to),
        "erasure_key": None if key is None else raw(key).hex(),
    }


def _rules(row: Row) -> Line:
    digest, version, file, text, kept_at = row
    return {
        "is": "rules",
        "digest": digest,
        "version": version,
        "file": file,
        "text": text,
        "kept_at": _instant(kept_at),
    }


def _member(execute: Execute, member: Row) -> Iterator[Line]:
    """Everything about one member (number, external id, salt): entries, held returns, orders, what was
    delivered to him."""
    number, external, salt = whole(member[0]), words(member[1]), raw(member[2])
    yield {"is": "member", "number": number, "member": external, "salt": salt.hex()}
    events = {row[0]: row for row in execute(LIST_EVENTS, [(number, BOOKED)])}
    for row in execute(ENTRIES_AFTER, [(number, 0)]):
        yield _entry(number, row, events[row[0]])
    for row in execute(LIST_EVENTS, [(number, HELD)]):
        checksum = {"checksum": None if row[11] is None else raw(row[11]).hex()}
        yield {"is": "held", "account": number, **_event(row), **checksum}
    yield from map(_order, execute(LIST_ORDERS, [(number,)]))
    for row in execute(LIST_OUTBOX, [(number,)]):
        if row[-1] != NEW:
            place = {"account": number, "sequence": row[1], "number": row[2]}
            yield {"is": "outbox", **place, "status": row[-1]}


def _entry(account: int, row: Row, event: Row) -> Line:
    return {
        "is": "entry",
        "account": account,
        "sequence": row[0],
        "plan": row[1],
        "booked_at": _instant(row[2]),
        "event": _event(event),
        "effects": _parsed(row[3]),
        "orders": _parsed(row[4]),
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
        "receipt": _parsed(row[8]),
    }


def _parsed(cell: Cell) -> object:
    """A text as what it says, for tools; as it stands, if it would not be spelt so again."""
    text = words(cell)
    said: object = json.loads(text)
    return said if plain_text(said) == text else text


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


def _refusals(execute: Execute, ledger: int) -> Iterator[Row]:
    """All of them, source by source, some events at a time."""
    source = ""
    while True:
        yield from _refusals_from(execute, ledger, source)
        following = execute(NEXT_SOURCE, [(ledger, source)])
        if not following:
            return
        source = words(following[0][0])


def _refusals_from(execute: Execute, ledger: int, source: str) -> Iterator[Row]:
    last = ""
    while rows := execute(REFUSALS_AFTER, [(ledger, source, last)]):
        last = words(rows[-1][1])
        if len(rows) == REFUSALS_AFTER.limit:  # the last event may have been cut
            rows = [row for row in rows if row[1] != last]
            rows = [*rows, *execute(REFUSALS_OF, [(ledger, source, last)])]
        yield from rows


def _refusal(row: Row) -> Line:
    source, event, code, path, reason, received_at, member, _ = row
    return {
        "is": "refusal",
        "source": source,
        "event": event,
        "code": code,
        "path": path,
        "reason": reason,
        "received_at": _instant(received_at),
        "account": member,
    }


def _seal(row: Row) -> Line:
    return {
        "is": "seal",
        **dict(zip(("number", "account", "sequence"), row[:3], strict=True)),
        **{
            name: raw(cell).hex()
            for name, cell in zip(("head", "previous", "hash"), row[3:6], strict=True)
        },
        "sealed_at": _instant(row[6]),
    }


def _instant(micros: Cell) -> str:
    return write_instant(instant_of(whole(micros)))
