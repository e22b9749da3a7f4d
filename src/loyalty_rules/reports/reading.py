"""Every entry of a ledger, account by account, out of one look at the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loyalty_rules.ledger.accounts import new_account, raw, whole, words
from loyalty_rules.ledger.drivers.store import Execute, run
from loyalty_rules.ledger.history import PastEntry, past_entries
from loyalty_rules.ledger.sealing import members


def accounts_of(
    execute: Execute, ledger: int, until: datetime
) -> Iterator[tuple[int, list[PastEntry]]]:
    """Each account of a ledger by number, with its entries that were booked up to an instant, that one
    included, in the order of booking. Every entry is held against the chain of its account.

    Errors: ``CorruptLedger`` when an account is not what was written.
    """
    for row in run(members(ledger), execute):
        account = new_account(words(row[1]), raw(row[2]), whole(row[0]))
        past = run(past_entries((), account, until), execute)
        yield whole(row[0]), [one for one in past if one.received_at <= until]
