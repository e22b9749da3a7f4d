"""The sealer: joins the heads of all accounts into one gap-free chain over the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field

from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.ledger.accounts import raw, whole, words
from loyalty_rules.ledger.chain import FIRST_SEAL, account_checksum, ledger_identity, seal_hash
from loyalty_rules.ledger.statements import (
    ADD_SEAL,
    ENTRY_AT,
    FIND_ACCOUNT,
    LAST_SEAL,
    LAST_SEAL_OF,
    LEDGER_ROW,
    LIST_MEMBERS,
    LOCK_SEALS,
    Row,
    Rows,
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


def identity_of(rows: Rows) -> bytes:
    """What tells a ledger from every other one, from its row (`LEDGER_ROW`)."""
    if not rows:
        raise CorruptLedger("the row of the ledger is gone")
    name, ruleset, _, created_at, _, origin, _ = rows[0]
    return ledger_identity(
        words(name if origin is None else origin), words(ruleset), whole(created_at)
    )


@dataclass(slots=True)
class Sealed:
    """What sealing came to: how many accounts had gone on, and which (by number) do not stand where their log
    does. A seal is for ever, so nothing wrong is sealed."""

    accounts: int = 0
    damaged: list[int] = field(default_factory=list)


def seal(ledger: int, now: int) -> Work[Sealed]:
    """Seal every account that has gone on since it was last sealed."""
    yield LOCK_SEALS, [(ledger,)]
    rows = yield LAST_SEAL, [(ledger,)]
    number, previous = (whole(rows[0][0]), raw(rows[0][1])) if rows else (0, FIRST_SEAL)
    identity = identity_of((yield LEDGER_ROW, [(ledger,)]))
    report, seals = Sealed(), list[Row]()
    for member, _, _ in (yield from members(ledger)):
        stands = yield from _gone_on(whole(member))
        if stands is None:
            continue
        sequence, head = stands
        if not head:
            report.damaged.append(whole(member))
            continue
        number += 1
        own = seal_hash(previous, identity, (number, whole(member), sequence, now), head)
        seals.append((ledger, number, member, sequence, head, previous, own, now))
        previous = own
    if seals:
        yield ADD_SEAL, seals
    report.accounts = len(seals)
    return report


def _gone_on(member: int) -> Work[tuple[int, bytes] | None]:
    """How far an account has come, and the head there (none: its row is wrong); None if that is sealed."""
    account = yield FIND_ACCOUNT, [(member,)]
    if not account:
        return None
    sealed = yield LAST_SEAL_OF, [(member,)]
    try:
        sequence, head = whole(account[0][0]), raw(account[0][1])
        if sealed and whole(sealed[0][0]) >= sequence:
            return None
        entry = yield ENTRY_AT, [(member, sequence)]
    except CorruptLedger:
        return 0, b""
    is_right = account_checksum(member, sequence, head) == account[0][2]
    return sequence, head if is_right and entry and entry[0][6] == head else b""
