"""Checks one account: its entries with their events, and everything that follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.record_codec import read_effects
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.ledger.accounts import (
    BOOKED,
    HELD,
    Account,
    raw,
    snapshot_before,
    whole,
    words,
)
from loyalty_rules.ledger.chain import (
    account_checksum,
    account_start,
    entry_hash,
    event_digest,
    state_checksum,
)
from loyalty_rules.ledger.erased import follow_erased
from loyalty_rules.ledger.findings import Report
from loyalty_rules.ledger.postings import Posting, imbalance
from loyalty_rules.ledger.receipts import Kept, receipt_text
from loyalty_rules.ledger.records import state_text
from loyalty_rules.ledger.rows import held_checksum, lot_rows, outbox_rows, posting_rows
from loyalty_rules.ledger.said import awaited_of, said_of
from loyalty_rules.ledger.standing import order_rows
from loyalty_rules.ledger.statements import (
    ENTRIES_AFTER,
    FIND_ACCOUNT,
    FIND_STATE,
    LIST_EVENTS,
    LIST_LOTS,
    LIST_ORDERS,
    LIST_OUTBOX,
    LIST_POSTINGS,
    Row,
    Work,
)


@dataclass(slots=True)
class Log:
    """What the entries of an account say: effects so far, hashes by number."""

    effects: list[Effect] = field(default_factory=list)
    by_entry: list[tuple[Effect, ...]] = field(default_factory=list)
    hashes: dict[int, bytes] = field(default_factory=dict)
    head: bytes = b""


class AccountCheck:
    """The checks of one account."""

    def __init__(
        self, report: Report, ledger: int, number: int, external: str, salt: bytes
    ) -> None:
        self.report, self.ledger, self.number = report, ledger, number
        self.external, self.salt = external, salt
        self.place = f"account {number}"

    def run(self) -> Work[Log]:
        """Read everything about the account and hold it together."""
        entries = yield ENTRIES_AFTER, [(self.number, 0)]
        events = yield LIST_EVENTS, [(self.number, BOOKED)]
        log = self._left(entries, events) if self._is_erased else self._chain(entries, events)
        for row in (yield LIST_EVENTS, [(self.number, HELD)]):
            self._held(row)
        self._account((yield FIND_ACCOUNT, [(self.number,)]), log)
        self._state((yield FIND_STATE, [(self.number,)]), log)
        self._postings((yield LIST_POSTINGS, [(self.number,)]), log)
        self._outbox((yield LIST_OUTBOX, [(self.number,)]), entries, log)
        self._lots((yield LIST_LOTS, [(self.number,)]), log)
        if len(log.by_entry) == len(entries) == len(events):  # or more was said of them already
            yield from self._orders(entries, events)
        return log

    @property
    def _is_erased(self) -> bool:
        return not self.salt

    def _left(self, entries: Sequence[Row], events: Sequence[Row]) -> Log:
        """What an erasure left: its own entry says, in place of the hashes of those before."""
        log = Log()
        account = Account(self.external, self.number, self.salt, MemberState(self.external))
        try:
            followed = follow_erased(account, entries, events)
        except CorruptLedger as problem:
            self._found(str(problem))
            followed = []
        self.report.entries += len(followed)
        for sequence, one in enumerate(followed, start=1):
            log.head = log.hashes[sequence] = one.head
            log.by_entry.append(one.effects)
            log.effects += one.effects
        if any(row[10] != self.ledger for row in events) or any(
            row[7] != self.ledger for row in entries
        ):
            self._found("an entry or its event is another ledger's")
        if followed and said_of(events[-1]) != tuple(events[-1][2:5]):
            self._found("the row of its erasure is not what it says")
        return log

    def _found(self, text: str) -> None:
        self.report.found(self.place, text)

    def _chain(self, entries: Sequence[Row], events: Sequence[Row]) -> Log:
        """Entry on entry, each with its event."""
        log = Log(head=account_start(self.salt))
        by_number = {row[0]: row for row in events}
        if len(by_number) < len(events):
            self._found("an entry has two events")
        for place, row in enumerate(entries, start=1):
            self.report.entries += 1
            sequence = whole(row[0])
            if sequence != place:
                self._found(f"entry {place} is missing")
                break
            event = by_number.pop(sequence, None)
            if event is None:
                self._found(f"entry {sequence} has no event in the log")
                break
            self._entry(log, row, event)
        for unknown in by_number:
            self._found(f"an event of the log is entry {whole(unknown)}, which is not there")
        return log

    def _entry(self, log: Log, row: Row, event: Row) -> None:
        sequence, plan, booked_at = whole(row[0]), words(row[1]), whole(row[2])
        effects, orders, previous, own = words(row[3]), words(row[4]), row[5], raw(row[6])
        source, name, digest = words(event[1]), words(event[2]), raw(event[6])
        if row[7] != self.ledger or event[10] != self.ledger:
            self._found(f"entry {sequence} or its event is another ledger's")
        elif event_digest(self.salt, self.external, words(event[7])) != digest:
            self._found(f"the event `{name}` of entry {sequence} was changed")
        elif said_of(event) != tuple(event[2:5]) or (event[5], event[11]) != (booked_at, None):
            self._found(f"the row of event `{name}` of entry {sequence} is not what it says")
        made = entry_hash(
            log.head,
            sequence,
            (source, name, digest),
            plan,
            booked_at,
            (words(event[8]), effects, orders),
        )
        if previous != log.head or made != own:
            self._found(f"entry {sequence} was changed: its hash is wrong")
        log.head = log.hashes[sequence] = own
        read = read_effects(effects)
        log.effects += read
        log.by_entry.append(read)

    def _held(self, event: Row) -> None:
        """One event that waits for another one."""
        name = words(event[2])
        if event[10] != self.ledger:
            self._found(f"the event `{name}` that waits is another ledger's")
        elif event_digest(self.salt, self.external, words(event[7])) != event[6]:
            self._found(f"the event `{name}` that waits was changed")
        elif (said_of(event), awaited_of(event)) != (tuple(event[2:5]), event[9]):
            self._found(f"the row of event `{name}` that waits is not what it says")
        elif event[11] != held_checksum(
            self.salt, *event[1:3], self.number, *event[3:7], *event[8:10]
        ):
            self._found(f"the row of event `{name}` that waits was changed: its checksum is wrong")
        elif words(event[8]) != receipt_text(Kept(order=words(event[9]))):
            self._found(f"the receipt of event `{name}` that waits was changed")

    def _account(self, rows: Sequence[Row], log: Log) -> None:
        if not rows:
            if log.by_entry:
                self._found("has entries and no state")
            return
        self.report.accounts += 1
        sequence, head = whole(rows[0][0]), raw(rows[0][1])
        if account_checksum(self.number, sequence, head) != rows[0][2]:
            self._found("its row was changed: its checksum is wrong")
        elif rows[0][3] != self.ledger:
            self._found("its row was changed: it is another ledger's")
        elif sequence != len(log.by_entry) or head != log.head:
            self._found(f"its row says {sequence} entries, the log has {len(log.by_entry)}")

    def _state(self, rows: Sequence[Row], log: Log) -> None:
        due = 0 if self._is_erased else snapshot_before(len(log.by_entry))
        if not rows:
            if due:
                self._found("its state is gone")
            return
        sequence, head, text = whole(rows[0][0]), raw(rows[0][1]), words(rows[0][2])
        if state_checksum(text, self.number, sequence, head) != rows[0][3]:
            self._found("its state was changed: its checksum is wrong")
        elif rows[0][4] != self.ledger:
            self._found("its state was changed: it is another ledger's")
        elif sequence != due or head != log.hashes.get(due):
            self._found(f"its state is that after entry {sequence}, not after entry {due}")
        else:
            effects = (effect for own in log.by_entry[:due] for effect in own)
            if text != state_text(fold(MemberState(self.external), effects)):
                self._found("its state is not what the effects of its entries make")

    def _postings(self, rows: Sequence[Row], log: Log) -> None:
        expected: list[Row] = []
        for sequence, effects in enumerate(log.by_entry, start=1):
            own = posting_rows(self.number, sequence, effects)
            expected += [row[1:] for row in own]
        if list(map(tuple, rows)) != expected:
            self._found("its postings are not those of its effects")
        by_entry: dict[int, list[Posting]] = {}
        for entry, _, book, program, points in rows:
            posting = Posting(words(book), words(program), whole(points))
            by_entry.setdefault(whole(entry), []).append(posting)
            books = self.report.books.setdefault(posting.program, Counter())
            books[posting.book] = books.get(posting.book, 0) + posting.points
        for sequence, own_postings in by_entry.items():
            for program, left in imbalance(own_postings).items():
                self._found(
                    f"the postings of entry {sequence} in `{program}` come to {left}, not zero"
                )

    def _outbox(self, rows: Sequence[Row], entries: Sequence[Row], log: Log) -> None:
        """How far it was delivered is not said by the log."""
        expected: list[Row] = []
        for sequence, effects in enumerate(log.by_entry, start=1):
            booked_at = whole(entries[sequence - 1][2])
            expected += outbox_rows(self.ledger, self.number, sequence, booked_at, effects)
        if [tuple(row[:-1]) for row in rows] != [row[:-1] for row in expected]:
            self._found("its rows of the outbox are not those of its effects")

    def _lots(self, rows: Sequence[Row], log: Log) -> None:
        expected = sorted(row[1:] for row in lot_rows(self.number, log.effects))
        if sorted(map(tuple, rows)) != expected:
            self._found("its lots are not those of its effects")

    def _orders(self, entries: Sequence[Row], events: Sequence[Row]) -> Work[None]:
        due = yield from order_rows(self.ledger, self.number, entries, events)
        said = {row[1:3]: row for row in due}
        for row in (yield LIST_ORDERS, [(self.number,)]):
            self.report.orders += 1
            expected = said.pop(tuple(row[1:3]), None)
            if expected is None:
                self._found(f"the order `{words(row[2])}` is in no entry")
            elif expected != tuple(row):
                self._found(f"the row of order `{words(row[2])}` is not what its last entry says")
        for _, order in said:
            self._found(f"the row of order `{words(order)}` is gone")
