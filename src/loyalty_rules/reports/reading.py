"""Every entry of a ledger, account by account, out of one look at the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.merges import cause_of
from loyalty_rules.ledger.accounts import BOOKED, Account, new_account, raw, whole, words
from loyalty_rules.ledger.drivers.store import Execute, run
from loyalty_rules.ledger.erased import ERASED, follow_erased
from loyalty_rules.ledger.history import PastEntry, past_entries
from loyalty_rules.ledger.receipts import receipt_of
from loyalty_rules.ledger.records import instant_of
from loyalty_rules.ledger.sealing import members
from loyalty_rules.ledger.standing import numbered
from loyalty_rules.ledger.statements import ENTRIES_AFTER, EVENTS_AFTER, FIND_EVENT, Work


class Past(NamedTuple):
    """An account by number, and its entries in the order of booking. Of a member who was erased they say what
    points and money moved, and not what he did."""

    account: int
    is_erased: bool
    entries: list[PastEntry]


def accounts_of(execute: Execute, ledger: int, until: datetime) -> Iterator[Past]:
    """Each account of a ledger with its entries that were booked up to an instant, that one included. Every
    entry is held against the chain of its account.

    Errors: ``CorruptLedger`` when an account is not what was written.
    """
    for row in run(members(ledger), execute):
        account = new_account(words(row[1]), raw(row[2]), whole(row[0]))
        is_erased = account.member.startswith(ERASED)
        past = (
            _erased(execute, account) if is_erased else run(_past(ledger, account, until), execute)
        )
        yield Past(whole(row[0]), is_erased, [one for one in past if one.received_at <= until])


def _past(ledger: int, account: Account, until: datetime) -> Work[list[PastEntry]]:
    """Entries with those of who became this member."""

    def brought(event: Event) -> Work[list[PastEntry]]:
        rows = yield FIND_EVENT, [(ledger, *cause_of(event))]
        other = yield from numbered(ledger, whole(rows[0][4]))
        assert other is not None, "a member goes with who he became, and not alone"
        return (yield from _past(ledger, other, until))

    return (yield from past_entries((), account, until, brought))


def _erased(execute: Execute, account: Account) -> list[PastEntry]:
    """What is left of the entries of a member who was erased."""
    entries = execute(ENTRIES_AFTER, [(account.id, 0)])
    events = execute(EVENTS_AFTER, [(account.id, BOOKED, 0)])
    followed = follow_erased(account, entries, events)
    return [
        PastEntry(
            Event(words(event[2]), words(event[3]), account.member, instant_of(whole(event[4]))),
            words(row[1]),
            instant_of(whole(row[2])),
            one.effects,
            (),
            receipt_of(words(event[8])),
        )
        for row, event, one in zip(entries, events, followed, strict=True)
    ]
