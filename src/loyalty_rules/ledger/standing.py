"""Where an account stands: a state that was kept whole, and the entries after it, followed one by one.

The hash of an account's last entry stands for everything that was ever booked on it. So a state that this
process remembers is the right one if its hash is met again on the way, whoever has written meanwhile.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple

from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.record_codec import read_effects
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.ledger.accounts import (
    BOOKED,
    REDEMPTION,
    Account,
    Name,
    OrderRow,
    RedemptionRow,
    Snapshot,
    items_text,
    new_account,
    raw,
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
from loyalty_rules.ledger.records import micros, order_of, redemption_of, state_of
from loyalty_rules.ledger.statements import (
    ENTRIES_AFTER,
    ENTRY_AT,
    EVENT_AT,
    EVENT_BODY,
    EVENTS_AFTER,
    FIND_MEMBER,
    FIND_STATE,
    NAME_MEMBER,
    Cell,
    Row,
    Work,
)

REMEMBERED_MAX: Final = 10_000


class Stand(NamedTuple):
    """Whose an account is, and where it stood: what an `Account` is made of."""

    member: str
    number: int
    salt: bytes
    state: MemberState
    sequence: int
    head: bytes

    def account(self) -> Account:
        """The account as it stood there."""
        return Account(*self)


class Remembered:
    """Where the accounts stood that were used last. May be shared between threads. Somebody may have written
    since: what is remembered is right if the account's row has its hash."""

    def __init__(self) -> None:
        self._stands: OrderedDict[int, Stand] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def get(self, account: int) -> Stand | None:
        """How an account was last seen here."""
        with self._lock:
            found = self._stands.get(account)
            if found is not None:
                self._stands.move_to_end(account)
            return found

    def named(self, members: Iterable[str]) -> dict[str, Stand]:
        """How the accounts of some members were last seen here, by name, as far as they were."""
        stands, numbers = self._stands, self._numbers
        with self._lock:
            return {name: stands[numbers[name]] for name in members if name in numbers}

    def put(self, accounts: Iterable[Account]) -> None:
        """Remember where accounts stand; it may be before that is on disk. Of one whose member was erased
        the name is forgotten."""
        stands, numbers = self._stands, self._numbers
        with self._lock:
            for account in accounts:
                number, member = account.id, account.member
                if number is None or not account.sequence:
                    continue
                before = stands.pop(number, None)  # the one used last stands last
                if before is not None and before.member != member:
                    self._forget(before)
                stands[number] = Stand(
                    member, number, account.salt, account.state, account.sequence, account.head
                )
                if account.salt:
                    numbers[member] = number
            while len(stands) > REMEMBERED_MAX:
                self._forget(stands.popitem(last=False)[1])

    def _forget(self, stand: Stand) -> None:
        if self._numbers.get(stand.member) == stand.number:
            del self._numbers[stand.member]


def stored_order(
    account: Account, ledger: int, name: Name, row: Row
) -> Work[OrderRow | RedemptionRow]:
    """An order from its row (member, event, sequence): its record from the log, and its purchase; or a
    redemption.

    Errors: ``CorruptLedger`` when they are not what was written.
    """
    assert account.id is not None, "an account with an order has a number"
    damaged = CorruptLedger(
        f"the record of `{name[1]}` is not where its row says"
        " (`loyalty-rules ledger rebuild` makes the row again from the log)"
    )
    source, paid, sequence = name[0], words(row[1]), whole(row[2])
    entries = yield ENTRY_AT, [(account.id, sequence)]
    events = yield EVENT_AT, [(account.id, BOOKED, sequence)]
    if not entries or not events:
        raise damaged
    before = new_account(account.member, account.salt, account.id)
    before.sequence, before.head = sequence - 1, raw(entries[0][5])
    follow(before, entries, events)
    parts = next((one.parts for one in orders_of(entries[0]) if one[:2] == name), None)
    if parts is None:
        raise damaged
    if name[1].startswith(REDEMPTION):
        return RedemptionRow(account, paid, redemption_of(parts, account.member), sequence)
    body: str | None = words(events[0][7])
    if (words(events[0][1]), words(events[0][2])) != (source, paid):
        body = yield from _body_of(account, ledger, (source, paid))
    if body is None:
        raise damaged
    return OrderRow(account, paid, order_of(parts, source, body, account.member), sequence)


def _body_of(account: Account, ledger: int, name: Name) -> Work[str | None]:
    """What an event of the member said, or of one who became him; None if it is not there as it was."""
    rows = yield EVENT_BODY, [(ledger, *name)]
    for digest, body, _, number in rows:
        text = words(body)
        owner = account if number == account.id else (yield from numbered(ledger, whole(number)))
        return text if owner is not None and owner.digest(text) == digest else None
    return None


def numbered(ledger: int, number: int) -> Work[Account | None]:
    """A member's account by number, at its beginning; None if he is not there."""
    for (external,) in (yield NAME_MEMBER, [(number,)]):
        for _, salt in (yield FIND_MEMBER, [(ledger, external)]):
            return new_account(words(external), raw(salt), number)
    return None


class LoggedOrder(NamedTuple):
    """The record of an order as an entry holds it: its source and id, the event that paid it. Without
    ``parts`` it lies with another member from now on."""

    source: str
    order: str
    event: str
    parts: Mapping[str, object] | None


def orders_of(entry: Row) -> list[LoggedOrder]:
    """The records of the orders that an entry changed, from its row."""
    return [LoggedOrder(*one) for one in json.loads(words(entry[4]))]


def order_rows(
    ledger: int, account: int, entries: Sequence[Row], events: Sequence[Row]
) -> Work[list[Row]]:
    """The rows of all orders and redemptions of an account as its whole log leaves them."""
    paid = {(words(row[1]), words(row[2])): (row[7], row[4]) for row in events}
    found: dict[Name, Row] = {}
    for entry in entries:
        for one in orders_of(entry):
            if one.parts is None:
                found.pop((one.source, one.order), None)
                continue
            if one.order.startswith(REDEMPTION):  # the clock's have no event of their own
                at: Cell = micros(datetime.fromisoformat(str(one.parts["occurred_at"])))
                items = items_text(())
            else:
                name = (one.source, one.event)
                if name not in paid:  # of a member who became this one
                    [bought] = yield EVENT_BODY, [(ledger, *name)]
                    paid[name] = (bought[1], bought[2])
                body, at = words(paid[name][0]), paid[name][1]
                lines = json.loads(body)["lines"] if body else ()  # of somebody who was erased
                items = items_text(line.get("sku") for line in lines)
            found[one.source, one.order] = (
                ledger,
                one.source,
                one.order,
                account,
                one.event,
                at,
                items,
                entry[0],
            )
    return [found[name] for name in sorted(found)]


class Followed(NamedTuple):
    """One entry that stands on the one before it: its hash and what it changed."""

    head: bytes
    effects: tuple[Effect, ...]


def follow(account: Account, entries: Sequence[Row], events: Sequence[Row]) -> list[Followed]:
    """The entries after those that ``account`` has, each checked with its event against the chain.

    Errors: ``CorruptLedger`` when they are not what was written.
    """
    place = f"the log of account {account.id} is damaged"
    if len(events) != len(entries):
        raise CorruptLedger(f"{place}: it has {len(entries)} entries and {len(events)} events")
    sequence, head = account.sequence, account.head
    found: list[Followed] = []
    for row, event in zip(entries, events, strict=True):
        sequence += 1
        digest = event_digest(account.salt, account.member, words(event[7]))
        own = entry_hash(
            head,
            sequence,
            (words(event[1]), words(event[2]), digest),
            words(row[1]),
            whole(row[2]),
            (words(event[8]), words(row[3]), words(row[4])),
        )
        if own != row[6] or whole(row[0]) != sequence:
            raise CorruptLedger(f"{place} at entry {sequence}: restore it from a backup")
        head = own
        found.append(Followed(own, read_effects(words(row[3]))))
    return found


def bring_up(account: Account, row: Row, remembered: Remembered) -> Work[None]:
    """Bring a new account to where its row (sequence, head, checksum) says that it stands.

    Errors: ``CorruptLedger`` when a row is not what was written.
    """
    assert account.id is not None, "an account with a row has a number"
    sequence, head = whole(row[0]), raw(row[1])
    if account_checksum(account.id, sequence, head) != row[2]:
        raise CorruptLedger(
            f"the row of account {account.id} was changed: its checksum is wrong"
            " (`loyalty-rules ledger rebuild` makes it again from the log)"
        )
    known = remembered.get(account.id)
    is_here = known is not None and (yield from _went_on(account, known, sequence, head))
    if not is_here:
        stored = (yield from _stored(account)) or _nothing(account)
        is_here = yield from _went_on(account, stored, sequence, head)
    if not is_here:
        raise CorruptLedger(
            f"account {account.id} does not stand where its log ends"
            " (`loyalty-rules ledger rebuild` makes it again from the log)"
        )
    remembered.put([account])


def _nothing(account: Account) -> Snapshot:
    return Snapshot(0, account_start(account.salt), MemberState(account.member))


def _stored(account: Account) -> Work[Snapshot | None]:
    assert account.id is not None, "an account with a row has a number"
    rows = yield FIND_STATE, [(account.id,)]
    if not rows:
        return None
    sequence, head, text = whole(rows[0][0]), raw(rows[0][1]), words(rows[0][2])
    if state_checksum(text, account.id, sequence, head) != rows[0][3]:
        raise CorruptLedger(
            f"the state of account {account.id} was changed: its checksum is wrong"
            " (`loyalty-rules ledger rebuild` makes states again from the log)"
        )
    return Snapshot(sequence, head, state_of(text, account.member))


def _went_on(account: Account, known: Snapshot | Stand, sequence: int, head: bytes) -> Work[bool]:
    """Whether the account comes from ``known`` to its end; then it stands there."""
    if known.sequence > sequence:  # what was remembered was rolled back
        return False
    if known.sequence == sequence:
        if known.head == head:
            account.sequence, account.head, account.state = sequence, head, known.state
            return True
        return False
    account.sequence, account.head, account.state = known.sequence, known.head, known.state
    place = (account.id, known.sequence)
    entries = yield ENTRIES_AFTER, [place]
    if not entries or entries[0][5] != known.head:
        return False
    events = yield EVENTS_AFTER, [(account.id, BOOKED, known.sequence)]
    followed = follow(account, entries, events)
    if len(followed) != sequence - known.sequence or followed[-1].head != head:
        return False
    effects = (effect for one in followed for effect in one.effects)
    account.sequence, account.head = sequence, head
    account.state = fold(known.state, effects)
    return True
