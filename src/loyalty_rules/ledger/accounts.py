"""What a group of bookings works on: accounts, claimed ids, orders, entries. Values of rows, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from loyalty_rules.base.records import Record
from loyalty_rules.domain.canonical import content_text
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.merges import is_merged
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import GAVE_WAY, MemberState
from loyalty_rules.ledger.chain import (
    account_checksum,
    account_start,
    event_digest,
    state_checksum,
)
from loyalty_rules.ledger.receipts import Kept, receipt_of
from loyalty_rules.ledger.records import state_text
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import Cell, Row

Name = tuple[str, str]
"""A source and an id within it."""

ASK: Final = 0
"""In place of the instant at which something falls due: the rules have to be asked when that is."""

SNAPSHOT_GAP_MIN: Final = 16
"""Every gap between states that are kept whole is a multiple of this."""

BOOKED: Final = "booked"
HELD: Final = "held"


class Snapshot(NamedTuple):
    """A state that is kept whole: after how many entries, on which of them (its hash)."""

    sequence: int
    head: bytes
    state: MemberState

    def row(self, ledger: int, account: int) -> Row:
        """The row that keeps it."""
        text = state_text(self.state)
        own = state_checksum(text, account, self.sequence, self.head)
        return (account, ledger, self.sequence, self.head, text, own)


@dataclass(slots=True)
class Account:
    """A member's account while a group is made. ``id`` is None for a member nobody has heard of yet;
    ``head`` is the hash of its last entry that is written. ``is_changed``: it has entries that are not yet;
    ``snapshot``: the last of their states that is kept whole; ``next_due_at``: when something falls due by
    itself (microseconds; None: never; ``ASK``: nobody has asked the rules yet)."""

    member: str
    id: int | None
    salt: bytes
    state: MemberState
    sequence: int = 0
    head: bytes = b""
    is_changed: bool = False
    snapshot: Snapshot | None = None
    next_due_at: int | None = ASK

    @property
    def is_erased(self) -> bool:
        """Its member was erased: he has no salt any more."""
        return self.id is not None and not self.salt

    @property
    def is_merged(self) -> bool:
        """Its member is another one from now on, and his history is told there."""
        return is_merged(self.state)

    def erase(self, name: str) -> None:
        """From now on its member is known by another name only, and nobody can tell what his events said."""
        self.member, self.salt = name, b""

    def is_late(self, event: Event) -> bool:
        """Whether something of the member is booked that did not happen before the event, be it that it gave
        way since: then it may stand again."""
        clock, timers, at = self.state.clock, self.state.timers, event.occurred_at
        return (clock is not None and at <= clock) or (
            GAVE_WAY in timers and at <= timers[GAVE_WAY]
        )

    def digest(self, body: str) -> bytes:
        """Of the content of one of his events."""
        return event_digest(self.salt, self.member, body)

    def add(self, state: MemberState) -> int:
        """The account goes on by one entry, whose number this gives."""
        self.sequence = sequence = self.sequence + 1
        self.state, self.is_changed = state, True
        if sequence % SNAPSHOT_GAP_MIN == 0 and snapshot_before(sequence) == sequence:
            self.snapshot = Snapshot(sequence, b"", state)
        return sequence

    def chain(self, sequence: int, head: bytes) -> None:
        """An entry is written: the next one stands on its hash."""
        self.head = head
        if self.snapshot is not None and self.snapshot.sequence == sequence:
            self.snapshot = self.snapshot._replace(head=head)

    def row(self, ledger: int) -> Row:
        """The row that says how far the account has come."""
        assert self.id is not None, "a member is written before his account"
        own = account_checksum(self.id, self.sequence, self.head)
        return (self.id, ledger, self.sequence, self.head, own, self.next_due_at)

    @property
    def time_source(self) -> str:
        """The source of events that time makes for this member: their ids are made of an instant alone."""
        return f"~{sha256(b'clock' + self.salt).hexdigest()[:20]}"

    def place_of(self, source: str, redemption: str) -> Name:
        """Where a redemption of his lies among orders that an event of this source names."""
        is_of_time = redemption.startswith("~")
        return redemption_name(self.time_source if is_of_time else source, redemption)


def snapshot_before(sequence: int) -> int:
    """The entry, ``sequence`` or one before it, after which the state is kept whole; 0 if there is none yet.

    The gaps grow with the account (an eighth to a sixteenth of it), so a state that grows with every entry is
    written and read a bounded number of times for each, however long the account becomes. It depends on the
    number alone: whoever makes the states again keeps the same ones.
    """
    gap = max(SNAPSHOT_GAP_MIN, 1 << max(0, sequence.bit_length() - 4))
    return sequence - sequence % gap


class Claim(NamedTuple):
    """An id that is taken, and what became of its event. ``digest`` is made with the salt of the member
    who has it (``member``: his number; None: he is new)."""

    status: Literal["booked", "held"]
    sequence: int | None
    digest: bytes
    kept: Kept
    member: int | None = None


class OrderRow(Record, frozen=True):
    """An order as it lies in the store: whose it is, the event that paid it, and the entry of the account
    in which its record was last written."""

    account: Account
    event: str
    record: BookedOrder
    sequence: int

    @property
    def name(self) -> Name:
        """Its source and id."""
        return (self.record.purchase.source, self.record.order)


class RedemptionRow(Record, frozen=True):
    """A redemption as it lies in the store, among the orders: its record is kept as theirs are."""

    account: Account
    event: str
    record: BookedRedemption
    sequence: int

    @property
    def name(self) -> Name:
        """Its source, and the id under which it lies among orders."""
        return redemption_name(self.record.source, self.record.redemption)


REDEMPTION: Final = "~redemption/"
"""How the ids begin under which redemptions lie among orders; no order of a shop begins so."""


def redemption_name(source: str, redemption: str) -> Name:
    """Where a redemption lies among orders."""
    return source, REDEMPTION + redemption


class Logged(Record, frozen=True):
    """An event for the log. It is the entry ``sequence`` of its account, decided by ``plan``, with its
    ``effects`` and the ``records`` (as `orders_text` says them) of the orders and redemptions that it
    changed; or it ``waits_for`` an order. Its texts and hashes are made when it is written."""

    event: Event
    account: Account
    kept: Kept
    sequence: int | None = None
    plan: str = ""
    effects: tuple[Effect, ...] = ()
    records: tuple[tuple[object, ...], ...] = ()
    waits_for: str | None = None

    @property
    def claim(self) -> Claim:
        """That its id is taken."""
        digest = self.account.digest(content_text(self.event))
        status: Literal["booked", "held"] = "held" if self.sequence is None else "booked"
        return Claim(status, self.sequence, digest, self.kept)

    @property
    def orders_text(self) -> str:
        """The records of orders and redemptions for the log."""
        return plain_text(self.records)


def new_account(member: str, salt: bytes, number: int | None = None) -> Account:
    """An account without entries."""
    return Account(member, number, salt, MemberState(member), head=account_start(salt))


def claim_of(row: Row) -> Claim:
    """A claim from its row (status, sequence, digest, receipt, member).

    Errors: ``CorruptLedger`` when it is not what was written.
    """
    sequence = None if row[1] is None else whole(row[1])
    status: Literal["booked", "held"] = "held" if sequence is None else "booked"
    try:
        kept = receipt_of(words(row[3]))
    except (ValueError, TypeError, AttributeError) as problem:
        raise CorruptLedger(
            "the receipt of an event that was received before cannot be read"
            " (`loyalty-rules ledger verify` says which)"
        ) from problem
    return Claim(status, sequence, raw(row[2]), kept, whole(row[4]))


def items_text(skus: Iterable[str | None]) -> str:
    """`items_of` as they are kept."""
    return plain_text(items_of(skus))


def items_of(skus: Iterable[str | None]) -> list[str]:
    """The items of an order's lines, each once, for whoever looks for the purchase of an item."""
    return sorted({one for one in skus if one is not None})


def whole(cell: Cell) -> int:
    """A cell that holds a number."""
    if not isinstance(cell, int):
        raise CorruptLedger("a cell of the store holds something else than a number")
    return cell


def words(cell: Cell) -> str:
    """A cell that holds text."""
    if not isinstance(cell, str):
        raise CorruptLedger("a cell of the store holds something else than text")
    return cell


def raw(cell: Cell) -> bytes:
    """A cell that holds bytes."""
    if isinstance(cell, memoryview):
        return bytes(cell)
    if not isinstance(cell, bytes):
        raise CorruptLedger("a cell of the store holds something else than bytes")
    return cell
