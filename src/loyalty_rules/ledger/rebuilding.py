"""Makes what the log implies again: states, lots, postings. Runs no rule and no plugin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.record_codec import read_effects
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.ledger.accounts import BOOKED, Account, raw, whole, words
from loyalty_rules.ledger.chain import account_start, entry_hash, event_digest
from loyalty_rules.ledger.rows import lot_rows, posting_rows
from loyalty_rules.ledger.sealing import members
from loyalty_rules.ledger.statements import (
    ADD_POSTING,
    FIND_ACCOUNT,
    LIST_ENTRIES,
    LIST_EVENTS,
    LIST_LOTS,
    LIST_POSTINGS,
    PUT_ACCOUNT,
    PUT_LOT,
    REMOVE_LOTS,
    REMOVE_POSTINGS,
    Row,
    Step,
    Work,
)


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to: ``changed`` are the accounts (by number) of which something stood otherwise
    than the log says; of all others every byte was the same."""

    accounts: int = 0
    entries: int = 0
    changed: list[int] = field(default_factory=list)

    @property
    def is_identical(self) -> bool:
        """Everything stood as the log says, to the byte."""
        return not self.changed


def rebuild(ledger: int) -> Work[Rebuilt]:
    """Make states, lots and postings again from the effects of the log, and put right what differs.

    Errors: ``CorruptLedger`` when the log itself is damaged: then nothing is touched.
    """
    report = Rebuilt()
    writes: list[Step] = []
    for number, external, salt in (yield from members(ledger)):
        account = Account(words(external), whole(number), raw(salt), MemberState(words(external)))
        entries = yield LIST_ENTRIES, [(number,)]
        events = yield LIST_EVENTS, [(number, BOOKED)]
        by_entry = _effects_of(account, entries, events)
        effects = [effect for own in by_entry for effect in own]
        account.state = fold(account.state, effects)
        report.entries += len(by_entry)
        report.accounts += bool(by_entry)
        steps = yield from _differing(ledger, account, by_entry, effects)
        if steps:
            report.changed.append(whole(number))
            writes += steps
    for step in writes:
        if step[1]:
            yield step
    return report


def _effects_of(
    account: Account, entries: Sequence[Row], events: Sequence[Row]
) -> list[tuple[Effect, ...]]:
    """The effects of each entry, once the chain has been followed to its end."""
    account.head = account_start(account.salt)
    found: list[tuple[Effect, ...]] = []
    place = f"the log of account {account.id} is damaged"
    if len(events) != len(entries):
        raise CorruptLedger(f"{place}: it has {len(entries)} entries and {len(events)} events")
    for row, event in zip(entries, events, strict=True):
        account.sequence += 1
        digest = event_digest(account.salt, account.member, words(event[7]))
        own = entry_hash(
            account.head,
            account.sequence,
            (words(event[1]), words(event[2]), digest),
            words(row[1]),
            whole(row[2]),
            (words(event[8]), words(row[3]), words(row[4])),
        )
        if own != row[6] or whole(row[0]) != account.sequence:
            raise CorruptLedger(f"{place} at entry {account.sequence}: restore it from a backup")
        account.head = own
        found.append(read_effects(words(row[3])))
    return found


def _differing(
    ledger: int, account: Account, by_entry: Sequence[Sequence[Effect]], effects: Sequence[Effect]
) -> Work[list[Step]]:
    """The writes that put right what stands otherwise than it should."""
    number = account.id
    steps: list[Step] = []
    assert number is not None, "the account has a number"
    if by_entry:
        row = account.row(ledger)
        stands = yield FIND_ACCOUNT, [(number,)]
        if not stands or tuple(stands[0]) != row[2:]:
            steps.append((PUT_ACCOUNT, [row]))
    lots = lot_rows(number, effects)
    stands = yield LIST_LOTS, [(number,)]
    if sorted(map(tuple, stands)) != sorted(row[1:] for row in lots):
        steps += [(REMOVE_LOTS, [(number,)]), (PUT_LOT, lots)]
    postings = [
        row
        for sequence, own in enumerate(by_entry, start=1)
        for row in posting_rows(number, sequence, own)
    ]
    stands = yield LIST_POSTINGS, [(number,)]
    if list(map(tuple, stands)) != [row[1:] for row in postings]:
        steps += [(REMOVE_POSTINGS, [(number,)]), (ADD_POSTING, postings)]
    return steps
