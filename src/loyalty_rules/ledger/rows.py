"""The rows that a group of bookings writes, statement by statement; made of effects alone where they can be,
so that they can be made again from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from loyalty_rules.domain.effects import (
    Effect,
    Granted,
    GrantWithdrawn,
    HistoryRetold,
    LotDated,
    LotOpened,
    LotReduced,
    LotRestored,
    LotStands,
)
from loyalty_rules.domain.lots import Lots
from loyalty_rules.ledger.accounts import (
    BOOKED,
    HELD,
    Account,
    Entry,
    Logged,
    OrderRow,
    RedemptionRow,
    items_text,
)
from loyalty_rules.ledger.chain import row_checksum
from loyalty_rules.ledger.postings import postings
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ADD_ENTRY,
    ADD_EVENT,
    ADD_ORDER,
    ADD_OUTBOX,
    ADD_POSTING,
    CHANGE_LOT,
    CHANGE_LOT_END,
    PUT_ACCOUNT,
    PUT_LOT,
    PUT_ORDER,
    PUT_STATE,
    Cell,
    Row,
    Step,
)

NEW: Final = "new"
"""The status of something to hand out that nobody has delivered yet."""

LotName = tuple[int, str, str]
"""Member, program, lot."""


def booking_steps(
    ledger: int,
    logged: Sequence[Logged],
    orders: Sequence[tuple[OrderRow | RedemptionRow, bool]],
    accounts: Sequence[Account],
    received_at: int,
) -> Iterator[Step]:
    """Everything that is written for events that were booked or are held. Of orders and redemptions it is
    said whether they are new: one that somebody else has booked meanwhile stands against that."""
    entries = [(one.account, entry) for one in logged if (entry := one.entry) is not None]
    yield ADD_EVENT, [_event(ledger, one, received_at) for one in logged]
    yield ADD_ENTRY, [_entry(ledger, account, entry, received_at) for account, entry in entries]
    yield (
        ADD_POSTING,
        [
            row
            for account, entry in entries
            for row in posting_rows(number(account), entry.sequence, entry.effects)
        ],
    )
    yield (
        ADD_OUTBOX,
        [
            row
            for account, entry in entries
            for row in outbox_rows(
                ledger, number(account), entry.sequence, received_at, entry.effects
            )
        ],
    )
    yield from _lots(entries)
    yield ADD_ORDER, [_order(ledger, order) for order, is_new in orders if is_new]
    yield PUT_ORDER, [_order(ledger, order) for order, is_new in orders if not is_new]
    yield PUT_ACCOUNT, [account.row(ledger) for account in accounts]
    kept = [(account, one) for account in accounts if (one := account.snapshot) is not None]
    yield PUT_STATE, [one.row(ledger, number(account)) for account, one in kept]


def posting_rows(member: int, sequence: int, effects: Iterable[Effect]) -> list[Row]:
    """The postings of one entry."""
    return [
        (member, sequence, place, *posting)
        for place, posting in enumerate(postings(effects), start=1)
    ]


def outbox_rows(
    ledger: int, member: int, sequence: int, booked_at: int, effects: Iterable[Effect]
) -> list[Row]:
    """What one entry hands out or takes back beside points, for whoever delivers it."""
    handed = [one for one in effects if isinstance(one, Granted | GrantWithdrawn)]
    return [
        (
            member,
            sequence,
            place,
            ledger,
            "granted" if isinstance(one, Granted) else "withdrawn",
            one.kind,
            one.grant,
            plain_text(one),
            booked_at,
            NEW,
        )
        for place, one in enumerate(handed, start=1)
    ]


def lot_rows(member: int, effects: Iterable[Effect]) -> list[Row]:
    """Every lot that a member ever had, as all his effects leave it."""
    return [_lot(member, one) for one in lots_of(effects)]


def lots_of(effects: Iterable[Effect]) -> list[LotStands]:
    """Every lot of all the effects of a member, as they leave it."""
    lots: dict[tuple[str, str], LotStands] = {}
    for effect in effects:
        if isinstance(effect, HistoryRetold):
            lots.update({(one.program, one.lot): one for one in effect.lots})
        elif isinstance(effect, LotOpened):
            lots[effect.program, effect.lot] = _opened(effect)
        elif isinstance(effect, LotReduced | LotDated | LotRestored):
            name = (effect.program, effect.lot)
            if name not in lots and isinstance(effect, LotRestored):
                lots[name] = _reopened(effect)
            lots[name] = _after(lots[name], effect)
    return list(lots.values())


def _opened(lot: LotOpened) -> LotStands:
    return LotStands(lot.program, lot.lot, lot.points, lot.points, lot.opened_at, lot.expires_at)


def _after(lot: LotStands, effect: LotReduced | LotDated | LotRestored) -> LotStands:
    if isinstance(effect, LotReduced):
        return replace(lot, left=lot.left - effect.points)
    if isinstance(effect, LotRestored):
        # told again since, it may have had fewer points than were taken from it
        granted = max(lot.granted, effect.granted) if lot.left else effect.granted
        lot = replace(lot, left=lot.left + effect.points, granted=granted)
    return replace(lot, expires_at=effect.expires_at)


def number(account: Account) -> int:
    """The number of a member who is written."""
    assert account.id is not None, "members are written first"
    return account.id


def _lots(entries: Sequence[tuple[Account, Entry]]) -> Iterator[Step]:
    """Lots that were opened, whole; of older ones what is left of them now, and when they end."""
    whole: dict[LotName, LotStands] = {}
    older: dict[LotName, Account] = {}
    ends: dict[LotName, datetime | None] = {}
    for account, entry in entries:
        for effect in entry.effects:
            if isinstance(effect, HistoryRetold):
                told = {(number(account), one.program, one.lot): one for one in effect.lots}
                whole.update(told)
                ends.update({name: one.expires_at for name, one in told.items()})
            if not isinstance(effect, LotOpened | LotReduced | LotDated | LotRestored):
                continue
            name = (number(account), effect.program, effect.lot)
            if isinstance(effect, LotOpened):
                whole[name] = _opened(effect)
            elif isinstance(effect, LotRestored):  # it may be a lot that was never there
                whole.setdefault(name, _reopened(effect))
            else:
                older[name] = account
            if not isinstance(effect, LotReduced):
                ends[name] = effect.expires_at
    owner = {number(account): account for account, _ in entries}
    yield (
        PUT_LOT,
        [
            _lot(name[0], _as_it_is(owner[name[0]], name, replace(lot, expires_at=ends[name])))
            for name, lot in whole.items()
        ],
    )
    rest = [(name, account) for name, account in older.items() if name not in whole]
    yield CHANGE_LOT, [(_left(account, name), *name) for name, account in rest]
    yield CHANGE_LOT_END, [(_instant(ends[name]), *name) for name, _ in rest if name in ends]


def _reopened(lot: LotRestored) -> LotStands:
    """A lot just before points come back to it."""
    return LotStands(lot.program, lot.lot, lot.granted, 0, lot.opened_at, lot.expires_at)


def _instant(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _as_it_is(account: Account, name: LotName, lot: LotStands) -> LotStands:
    """A lot as the state has it, which may have had fewer points than are given back to it."""
    held = Lots.of(account.state.lots.get(name[1])).get(name[2])
    return (
        replace(lot, left=0) if held is None else replace(lot, left=held.left, granted=held.granted)
    )


def _left(account: Account, name: LotName) -> int:
    """What is left of a lot in the state; a lot that is gone has nothing left."""
    lot = Lots.of(account.state.lots.get(name[1])).get(name[2])
    return 0 if lot is None else lot.left


def _lot(member: int, lot: LotStands) -> Row:
    return (
        member,
        lot.program,
        lot.lot,
        lot.granted,
        lot.left,
        micros(lot.opened_at),
        _instant(lot.expires_at),
    )


def _event(ledger: int, logged: Logged, received_at: int) -> Row:
    event, entry = logged.event, logged.entry
    member, at = number(logged.account), micros(event.occurred_at)
    checksum = None
    if logged.waits_for is not None:  # it is in no chain yet
        said = (event.source, event.id, member, event.type, at, received_at)
        rest = (logged.digest, logged.receipt, logged.waits_for)
        checksum = held_checksum(logged.account.salt, *said, *rest)
    return (
        ledger,
        event.source,
        event.id,
        member,
        HELD if entry is None else BOOKED,
        None if entry is None else entry.sequence,
        event.type,
        at,
        received_at,
        logged.digest,
        logged.body,
        logged.receipt,
        logged.waits_for,
        checksum,
    )


def held_checksum(salt: bytes, *cells: Cell) -> bytes:
    """Of an event that waits: source, id, member, kind, when it occurred and was received, digest, receipt,
    and what it waits for."""
    assert len(cells) == 9, "all of them"
    return row_checksum(salt, *cells)


def refusal_row(
    ledger: int,
    name: tuple[str, str],
    said: tuple[str, str, str],
    received_at: int,
    member: int | None,
) -> Row:
    """What is kept of a refusal: code, path and reason; and of whose event, where he is known."""
    cells = (ledger, *name, *said, received_at, member)
    return (*cells, row_checksum(b"", *cells))


def _entry(ledger: int, account: Account, entry: Entry, received_at: int) -> Row:
    return (
        number(account),
        entry.sequence,
        ledger,
        entry.plan,
        received_at,
        entry.effects_text,
        entry.orders_text,
        entry.previous,
        entry.hash,
    )


def _order(ledger: int, order: OrderRow | RedemptionRow) -> Row:
    if isinstance(order, OrderRow):
        at = order.record.purchase.occurred_at
        items = items_text(line.sku for line in order.record.purchase.lines)
    else:
        at, items = order.record.occurred_at, items_text(())
    place = (ledger, *order.name, number(order.account))
    return (*place, order.event, micros(at), items, order.sequence)
