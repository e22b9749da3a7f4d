"""What a shop calls the member of an account, then and now, as the log and the map of names say it: for
whoever lists accounts without their states."""

from __future__ import annotations

from typing import NamedTuple

from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.merges import MERGE, bringing
from loyalty_rules.ledger.accounts import BOOKED, whole, words
from loyalty_rules.ledger.erased import is_erased_name
from loyalty_rules.ledger.statements import FIND_EVENT, LAST_EVENT_OF, NAME_MEMBER, Work


class NameNow(NamedTuple):
    """The name under which an account was ``opened_as``, and that of its member ``now``, who may be another
    one since a merge. Both are None when he was erased."""

    opened_as: str | None
    now: str | None


def name_now(ledger: int, number: int) -> Work[NameNow]:
    """What the member of an account (by number) is called.

    Errors: ``CorruptLedger`` when the log does not say it.
    """
    opened_as = now = yield from _name_of(number)
    passed = {number}
    while now is not None and (after := (yield from _merged_into(ledger, number))) is not None:
        if after in passed:
            raise CorruptLedger(f"account {number} is merged in a circle")
        passed.add(number := after)
        now = yield from _name_of(number)
    return NameNow(opened_as, now)


def _name_of(number: int) -> Work[str | None]:
    rows = yield NAME_MEMBER, [(number,)]
    if not rows:
        raise CorruptLedger(f"the name of account {number} is gone")
    name = words(rows[0][0])
    return None if is_erased_name(name) else name


def _merged_into(ledger: int, number: int) -> Work[int | None]:
    """The account to which the history of this one was brought; None if it is its member's own. A merge is
    the last event of an account that ends."""
    rows = yield LAST_EVENT_OF, [(number, BOOKED)]
    if not rows:
        raise CorruptLedger(f"the events of account {number} are gone")
    source, event, kind = map(words, rows[0])
    if kind != MERGE:
        return None
    found = yield FIND_EVENT, [(ledger, *bringing(source, event))]
    if not found:
        raise CorruptLedger(f"the one who account {number} is by now is gone")
    return whole(found[0][4])
