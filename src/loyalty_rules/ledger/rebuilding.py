"""Makes what the log implies again: states, lots, postings, orders. Runs no rule and no plugin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.ledger.accounts import (
    ASK,
    BOOKED,
    Account,
    Snapshot,
    raw,
    snapshot_before,
    whole,
    words,
)
from loyalty_rules.ledger.chain import account_start
from loyalty_rules.ledger.erased import follow_erased
from loyalty_rules.ledger.rows import lot_rows, outbox_rows, posting_rows
from loyalty_rules.ledger.sealing import members
from loyalty_rules.ledger.shared import Summed
from loyalty_rules.ledger.standing import Followed, follow, order_rows
from loyalty_rules.ledger.statements import (
    ADD_OUTBOX,
    ADD_POSTING,
    ADD_SHARED,
    ASK_ALL_DUE,
    ENTRIES_AFTER,
    EVENTS_AFTER,
    FIND_ACCOUNT,
    FIND_STATE,
    LIST_LOTS,
    LIST_ORDERS,
    LIST_OUTBOX,
    LIST_POSTINGS,
    LIST_SHARED,
    LOCK_LANE,
    LOCK_MEMBERS,
    PUT_ACCOUNT,
    PUT_LOT,
    PUT_ORDER,
    PUT_STATE,
    REMOVE_LOTS,
    REMOVE_ORDERS,
    REMOVE_OUTBOX,
    REMOVE_POSTINGS,
    REMOVE_SHARED,
    REMOVE_STATE,
    Row,
    Step,
    Work,
    among,
)

NextDue = Callable[[MemberState], int | None]
"""When something falls due by itself for a member: microseconds, None for never."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to: ``changed`` are the accounts (by number) of which something stood otherwise
    than the log says, ``counters`` what all members share of which it did; of all others every byte was the
    same."""

    accounts: int = 0
    entries: int = 0
    changed: list[int] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)

    @property
    def is_identical(self) -> bool:
        """Everything stood as the log says, to the byte."""
        return not self.changed and not self.counters


def rebuild(ledger: int, next_due: NextDue | None = None) -> Work[Rebuilt]:
    """Make states, lots and postings again from the effects of the log, and put right what differs. When
    something falls due for an account, ``next_due`` says; without it the rules are asked later.

    Errors: ``CorruptLedger`` when the log itself is damaged: then the transaction that it runs in is rolled
    back, and nothing was touched.
    """
    report = Rebuilt()
    summed = Summed()
    known = yield from members(ledger)
    yield from among(LOCK_MEMBERS, (), (row[0] for row in known))  # nobody books meanwhile
    for number, external, salt in known:
        account = Account(words(external), whole(number), raw(salt), MemberState(words(external)))
        account.head = account_start(account.salt)
        followed: list[Followed]
        snapshot: Snapshot | None
        entries = yield ENTRIES_AFTER, [(number, 0)]
        events = yield EVENTS_AFTER, [(number, BOOKED, 0)]
        if account.is_erased:
            followed, snapshot = follow_erased(account, entries, events), None
        else:
            followed = follow(account, entries, events)
            snapshot = snapshot_of(account, followed)
        if followed:
            account.sequence, account.head = len(followed), followed[-1].head
        report.entries += len(followed)
        summed.add(effect for one in followed for effect in one.effects)
        report.accounts += bool(followed)
        orders = yield from order_rows(ledger, whole(number), entries, events)
        steps = yield from _differing(ledger, account, followed, snapshot, next_due)
        steps += outbox_steps(
            ledger, whole(number), entries, followed, (yield LIST_OUTBOX, [(number,)])
        )
        if list(map(tuple, (yield LIST_ORDERS, [(number,)]))) != orders:
            steps += [(REMOVE_ORDERS, [(number,)]), (PUT_ORDER, orders)]
        if steps:
            report.changed.append(whole(number))
        for step in steps:
            if step[1]:
                yield step
    for step in (yield from _shared(ledger, summed, report)):
        if step[1]:
            yield step
    if next_due is None:
        yield ASK_ALL_DUE, [(ASK, ledger)]
    return report


def _shared(ledger: int, summed: Summed, report: Rebuilt) -> Work[list[Step]]:
    """The writes that put right what all members share."""
    yield LOCK_LANE, [(ledger,)]
    there = {row[0]: tuple(row) for row in (yield LIST_SHARED, [(ledger,)])}
    rows = summed.rows(ledger)
    due = {row[1]: row[1:] for row in rows}
    names = sorted({str(name) for name in (*there, *due)})
    report.counters += [name for name in names if there.get(name) != due.get(name)]
    return [(REMOVE_SHARED, [(ledger,)]), (ADD_SHARED, rows)] if report.counters else []


def snapshot_of(account: Account, followed: Sequence[Followed]) -> Snapshot | None:
    """The state that is kept whole of a new account that goes on by these entries; none if it is short."""
    sequence = snapshot_before(len(followed))
    if not sequence:
        return None
    effects = (effect for one in followed[:sequence] for effect in one.effects)
    return Snapshot(sequence, followed[sequence - 1].head, fold(account.state, effects))


def _differing(
    ledger: int,
    account: Account,
    followed: Sequence[Followed],
    snapshot: Snapshot | None,
    next_due: NextDue | None,
) -> Work[list[Step]]:
    """The writes that put right what stands otherwise than it should."""
    number = account.id
    steps: list[Step] = []
    assert number is not None, "the account has a number"
    if followed:
        stands = yield FIND_ACCOUNT, [(number,)]
        due = stands[0][4] if stands else None
        if account.is_erased:
            due = account.next_due_at = ASK if due == ASK else None
        elif next_due is not None and due != ASK:  # else the rules are asked later anyhow
            effects = (effect for one in followed for effect in one.effects)
            due = account.next_due_at = next_due(fold(account.state, effects))
        row = account.row(ledger)
        if not stands or tuple(stands[0]) != (*row[2:5], ledger, due):
            steps.append((PUT_ACCOUNT, [row]))
    state = snapshot.row(ledger, number) if snapshot else None
    stands = yield FIND_STATE, [(number,)]
    if [tuple(row) for row in stands] != ([(*state[2:], ledger)] if state else []):
        steps += [(REMOVE_STATE, [(number,)]), (PUT_STATE, [state] if state else [])]
    lots = lot_rows(number, (effect for one in followed for effect in one.effects))
    stands = yield LIST_LOTS, [(number,)]
    if sorted(map(tuple, stands)) != sorted(row[1:] for row in lots):
        steps += [(REMOVE_LOTS, [(number,)]), (PUT_LOT, lots)]
    postings = [
        row
        for sequence, own in enumerate(followed, start=1)
        for row in posting_rows(number, sequence, own.effects)
    ]
    stands = yield LIST_POSTINGS, [(number,)]
    if list(map(tuple, stands)) != [row[1:] for row in postings]:
        steps += [(REMOVE_POSTINGS, [(number,)]), (ADD_POSTING, postings)]
    return steps


def outbox_steps(
    ledger: int,
    account: int,
    entries: Sequence[Row],
    followed: Sequence[Followed],
    stands: Sequence[Row],
) -> list[Step]:
    """The writes that put right what an account has in the outbox. The log does not say how far something was
    delivered: what stands rightly keeps its status."""
    rows: list[Row] = []
    for sequence, (entry, one) in enumerate(zip(entries, followed, strict=True), start=1):
        rows += outbox_rows(ledger, account, sequence, whole(entry[2]), one.effects)
    if [tuple(row[:-1]) for row in stands] == [row[:-1] for row in rows]:
        return []
    status = {tuple(row[:-1]): row[-1] for row in stands}
    kept = [(*row[:-1], status.get(row[:-1], row[-1])) for row in rows]
    return [(REMOVE_OUTBOX, [(account,)]), (ADD_OUTBOX, kept)]
