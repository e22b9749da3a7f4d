"""What a ledger hands out beside points, as it waits for whoever delivers it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loyalty_rules.ledger.accounts import whole, words
from loyalty_rules.ledger.drivers.store import Execute
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.rows import NEW
from loyalty_rules.ledger.statements import LIST_OUTBOX, NAME_MEMBER, OUTBOX_AFTER, Row


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Something granted or withdrawn: the ``number``-th of an entry of a member's account (by number), booked
    at an instant. ``payload`` are the fields of the effect, whole in themselves; ``grant`` names the same
    grant in its withdrawal."""

    member: str
    account: int
    entry: int
    number: int
    action: Literal["granted", "withdrawn"]
    kind: str
    grant: str
    payload: Mapping[str, object]
    booked_at: datetime
    status: str


def outbox_items(execute: Execute, ledger: int, status: str = NEW) -> Iterator[OutboxItem]:
    """Everything of one status, by account and in the order of booking; some accounts at a time in memory."""
    last = -1
    while rows := execute(OUTBOX_AFTER, [(ledger, status, last)]):
        last = whole(rows[-1][0])
        if len(rows) == OUTBOX_AFTER.limit:  # it may have been cut within an account
            whole_rows = [row for row in rows if row[0] != last]
            rows = [*whole_rows, *_of_status(execute(LIST_OUTBOX, [(last,)]), status)]
        names: dict[int, str] = {}
        for row in rows:
            account = whole(row[0])
            if account not in names:
                found = execute(NAME_MEMBER, [(account,)])
                names[account] = words(found[0][0]) if found else ""
            yield _item(row, names[account])


def _of_status(rows: Sequence[Row], status: str) -> Iterator[Row]:
    return (row for row in rows if row[-1] == status)


def _item(row: Row, member: str) -> OutboxItem:
    account, entry, number, _, action, kind, grant, payload, booked_at, status = row
    return OutboxItem(
        member,
        whole(account),
        whole(entry),
        whole(number),
        "granted" if action == "granted" else "withdrawn",
        words(kind),
        words(grant),
        json.loads(words(payload)),
        instant_of(whole(booked_at)),
        words(status),
    )
