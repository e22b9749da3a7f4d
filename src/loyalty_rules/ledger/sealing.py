"""The sealer: joins the heads of all accounts into one gap-free chain over the ledger."""

from __future__ import annotations

from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.ledger.accounts import raw, whole
from loyalty_rules.ledger.chain import FIRST_SEAL, account_checksum, seal_hash
from loyalty_rules.ledger.statements import (
    ADD_SEAL,
    ENTRY_AT,
    FIND_ACCOUNT,
    LAST_SEAL,
    LAST_SEAL_OF,
    LIST_MEMBERS,
    Row,
    Work,
)


def members(ledger: int) -> Work[list[Row]]:
    """Every member of a ledger: number, external id, salt; in the order of their numbers."""
    found: list[Row] = []
    last = 0
    while rows := (yield LIST_MEMBERS, [(ledger, last)]):
        found += rows
        last = whole(rows[-1][0])
    return found


def seal(ledger: int, now: int) -> Work[int]:
    """Seal every account that has gone on since it was last sealed; how many were.

    Errors: ``CorruptLedger`` when the row of one does not say where its log stands: a seal is for ever, so
    nothing wrong is sealed.
    """
    rows = yield LAST_SEAL, [(ledger,)]
    number, previous = (whole(rows[0][0]), raw(rows[0][1])) if rows else (0, FIRST_SEAL)
    seals: list[Row] = []
    for member, _, _ in (yield from members(ledger)):
        account = yield FIND_ACCOUNT, [(member,)]
        if not account:
            continue
        sequence, head = whole(account[0][0]), raw(account[0][1])
        sealed = yield LAST_SEAL_OF, [(member,)]
        if sealed and whole(sealed[0][0]) >= sequence:
            continue
        entry = yield ENTRY_AT, [(member, sequence)]
        stands = account_checksum(whole(member), sequence, head) == account[0][2]
        if not stands or not entry or entry[0][6] != head:
            raise CorruptLedger(
                f"account {whole(member)} does not stand where its log does, so nothing is sealed"
                " (`loyalty-rules ledger verify` says what is wrong)"
            )
        number += 1
        own = seal_hash(previous, number, whole(member), sequence, head)
        seals.append((ledger, number, member, sequence, head, previous, own, now))
        previous = own
    if seals:
        yield ADD_SEAL, seals
    return len(seals)
