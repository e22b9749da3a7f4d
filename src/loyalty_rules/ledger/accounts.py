"""What a group of bookings works on: accounts, claimed ids, orders, entries. Values of rows, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ledger.chain import account_start, checksum, event_digest
from loyalty_rules.ledger.receipts import Kept, receipt_of
from loyalty_rules.ledger.records import order_of, order_text, state_of, state_text
from loyalty_rules.ledger.statements import Cell, Row

Name = tuple[str, str]
"""A source and an id within it."""

BOOKED: Final = "booked"
HELD: Final = "held"


@dataclass(slots=True)
class Account:
    """A member's account while a group is made. ``id`` is None for a member nobody has heard of yet;
    ``head`` is the hash of its last entry. ``is_changed``: it has entries that are not written yet."""

    member: str
    id: int | None
    salt: bytes
    state: MemberState
    sequence: int = 0
    head: bytes = b""
    is_changed: bool = False

    def digest(self, body: str) -> bytes:
        """Of the content of one of his events."""
        return event_digest(self.salt, self.member, body)

    def row(self, ledger: int) -> Row:
        """The row that says where the account stands."""
        assert self.id is not None, "a member is written before his account"
        text = state_text(self.state)
        own = checksum(text, self.id, self.sequence)
        return (self.id, ledger, self.sequence, self.head, text, own)


@dataclass(frozen=True, slots=True)
class Claim:
    """An id that is taken, and what became of its event. ``digest`` is made with the salt of the member
    who has it."""

    status: Literal["booked", "held"]
    sequence: int | None
    digest: bytes
    kept: Kept


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it lies in the store: whose it is, and the event that paid it."""

    account: Account
    event: str
    record: BookedOrder
    text: str

    @property
    def name(self) -> Name:
        """Its source and id."""
        return (self.record.purchase.source, self.record.order)

    @property
    def items(self) -> str:
        """What it sold, for whoever looks for the purchase of an item."""
        return items_text(self.record)


def order_row(
    account: Account, event: str, record: BookedOrder, purchase: str | None = None
) -> OrderRow:
    """An order with its text; ``purchase`` is the text of its event, if it is at hand."""
    return OrderRow(account, event, record, order_text(record, purchase))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event changed, as it is added to its account. ``orders_text`` are names and checksums of the
    orders that it changed."""

    sequence: int
    plan: str
    effects: tuple[Effect, ...]
    effects_text: str
    orders_text: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Logged:
    """An event for the log; it has an entry unless it waits for an order."""

    event: Event
    account: Account
    body: str
    digest: bytes
    kept: Kept
    receipt: str
    entry: Entry | None = None
    waits_for: str | None = None


def new_account(member: str, salt: bytes, number: int | None = None) -> Account:
    """An account without entries."""
    return Account(member, number, salt, MemberState(member), head=account_start(salt))


def stored_account(member: str, salt: bytes, number: int, row: Row) -> Account:
    """An account from its row (sequence, head, state, checksum).

    Errors: ``CorruptLedger`` when the row is not what was written.
    """
    sequence, head, text = whole(row[0]), raw(row[1]), words(row[2])
    if checksum(text, number, sequence) != row[3]:
        raise CorruptLedger(
            f"the state of account {number} was changed: its checksum is wrong"
            " (`loyalty-rules ledger rebuild` makes states again from the log)"
        )
    return Account(member, number, salt, state_of(text, member), sequence, head)


def claim_of(row: Row) -> Claim:
    """A claim from its row (status, sequence, digest, receipt)."""
    sequence = None if row[1] is None else whole(row[1])
    status: Literal["booked", "held"] = "held" if sequence is None else "booked"
    return Claim(status, sequence, raw(row[2]), receipt_of(words(row[3])))


def order_checksum(text: str, ledger: int, name: Name) -> bytes:
    """Of an order's record, bound to its place."""
    return checksum(text, ledger, *name)


def stored_order(account: Account, ledger: int, name: Name, row: Row) -> OrderRow:
    """An order from its row (member, event, plan, record, checksum).

    Errors: ``CorruptLedger`` when the row is not what was written.
    """
    text = words(row[3])
    if order_checksum(text, ledger, name) != row[4]:
        raise CorruptLedger(f"the record of order `{name[1]}` was changed: its checksum is wrong")
    return OrderRow(account, words(row[1]), order_of(text, account.member), text)


def items_text(record: BookedOrder) -> str:
    """The items of an order's lines, each once."""
    items = sorted({line.sku for line in record.purchase.lines if line.sku is not None})
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


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
