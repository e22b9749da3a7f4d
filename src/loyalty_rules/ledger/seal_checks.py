"""Checks the chain over all accounts, and each account against it."""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_rules.ledger.account_checks import Log
from loyalty_rules.ledger.accounts import raw, whole
from loyalty_rules.ledger.chain import FIRST_SEAL, seal_hash
from loyalty_rules.ledger.findings import Report
from loyalty_rules.ledger.statements import LAST_SEAL_OF, Row, Work


def seals_of(
    report: Report, identity: bytes, rows: Sequence[Row]
) -> dict[int, list[tuple[int, bytes]]]:
    """Checks the chain over all accounts; what it says of each: how far, and the head there."""
    sealed: dict[int, list[tuple[int, bytes]]] = {}
    head = FIRST_SEAL
    for place, row in enumerate(rows, start=1):
        number, member, sequence = whole(row[0]), whole(row[1]), whole(row[2])
        report.seals += 1
        if number != place:
            report.found("the seals", f"seal {place} is missing")
            break
        own, sealed_at = raw(row[5]), whole(row[6])
        made = seal_hash(head, identity, (number, member, sequence, sealed_at), raw(row[3]))
        if row[4] != head or made != own:
            report.found("the seals", f"seal {number} was changed: its hash is wrong")
        head = own
        sealed.setdefault(member, []).append((sequence, raw(row[3])))
    return sealed


def held_against_seals(
    report: Report, account: int, log: Log, seals: Sequence[tuple[int, bytes]]
) -> Work[None]:
    """Holds an account against its seals."""
    last = 0
    for sequence, head in seals:
        if log.hashes.get(sequence) != head:
            report.found(f"account {account}", f"is not what was sealed at entry {sequence}")
        last = max(last, sequence)
    newest = yield LAST_SEAL_OF, [(account,)]
    if newest and newest[0][0] != (seals[-1][0] if seals else None):
        report.found(f"account {account}", "its last seal is not among those of the ledger")
    if len(log.by_entry) > last:
        report.unsealed += len(log.by_entry) - last
        report.unsealed_accounts.append(account)
