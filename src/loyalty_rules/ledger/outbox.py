"""What a ledger hands out beside points, as it waits for whoever delivers it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from loyalty_rules.ledger.accounts import whole, words
from loyalty_rules.ledger.drivers.store import Execute, run
from loyalty_rules.ledger.names import NameNow, name_now
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.rows import NEW
from loyalty_rules.ledger.statements import LIST_OUTBOX, OUTBOX_AFTER, Row


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Something granted or withdrawn: the ``number``-th of an entry of an account (by number), booked at an
    instant. ``member`` is whose it is, by the name that he has by now: that of the one who stays, if accounts
    were merged since. ``booked_for`` is the name under which it was booked. Who was erased has neither, and
    nobody can hand him anything. ``payload`` are the fields of the effect, whole in themselves; ``grant``
    names the same grant in its withdrawal."""

    member: str | None
    booked_for: str | None
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
    """Everything of one status, by account and in the order of booking; some accounts at a time in memory.

    Errors: ``CorruptLedger`` when nobody can say whose something is.
    """
    last = -1
    while rows := execute(OUTBOX_AFTER, [(ledger, status, last)]):
        last = whole(rows[-1][0])
        if len(rows) == OUTBOX_AFTER.limit:  # it may have been cut within an account
            whole_rows = [row for row in rows if row[0] != last]
            rows = [*whole_rows, *_of_status(execute(LIST_OUTBOX, [(last,)]), status)]
        names: dict[int, NameNow] = {}
        for row in rows:
            account = whole(row[0])
            if account not in names:
                names[account] = run(name_now(ledger, account), execute)
            yield _item(row, names[account])


def _of_status(rows: Sequence[Row], status: str) -> Iterator[Row]:
    return (row for row in rows if row[-1] == status)


def _item(row: Row, name: NameNow) -> OutboxItem:
    account, entry, number, _, action, kind, grant, payload, booked_at, status = row
    return OutboxItem(
        name.now,
        name.opened_as,
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
