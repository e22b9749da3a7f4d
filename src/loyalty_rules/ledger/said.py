"""What the content of an event in the log says of itself, to be held against the columns of its row."""

from __future__ import annotations

import json
from datetime import datetime

from loyalty_rules.ledger.accounts import REDEMPTION, Account, Name, words
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.rows import held_checksum
from loyalty_rules.ledger.statements import Row

# the rows are those of `statements.LIST_EVENTS`


def said_of(event: Row) -> Row:
    """The id, the kind and the instant. Errors: ``ValueError``, ``LookupError``, ``TypeError`` when the
    content is that of no event."""
    said = json.loads(words(event[7]))
    return (said["id"], said["type"], micros(datetime.fromisoformat(said["occurred_at"])))


def awaited_of(event: Row) -> str:
    """The order that a held event names, or the redemption as it lies among orders. Errors: as above."""
    said = json.loads(words(event[7]))
    if "order" in said:
        return words(said["order"])
    return REDEMPTION + words(said["redemption"])


def is_as_it_was_held(account: Account, order: Name, row: Row) -> bool:
    """Whether an event that waits is what was written when it came, from its row (`HELD_FOR_ORDER`)."""
    name, member, received_at, body, digest, kind, occurred_at, receipt, checksum = row
    if account.digest(words(body)) != digest:
        return False
    said = (order[0], name, member, kind, occurred_at, received_at, digest, receipt, order[1])
    return checksum == held_checksum(account.salt, *said)
