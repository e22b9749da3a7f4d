"""The rows that a group of bookings writes, statement by statement; made of effects alone where they can be,
so that they can be made again from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import compress
from typing import Any, Final, NamedTuple

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
from loyalty_rules.domain.lots import Lot, Lots
from loyalty_rules.ledger.accounts import (
    BOOKED,
    HELD,
    Account,
    Entry,
    Logged,
    OrderRow,
    RedemptionRow,
    items_text,
    whole,
)
from loyalty_rules.ledger.chain import row_checksum
from loyalty_rules.ledger.postings import MOVES, postings
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ADD_ENTRY,
    ADD_EVENT,
    ADD_MEMBER,
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
    Work,
)

NEW: Final = "new"
"""The status of something to hand out that nobody has delivered yet."""

LotName = tuple[int, str, str]
"""Member, program, lot."""


class _Telling(NamedTuple):
    """Of an entry, those effects of which anything is made beside the log."""

    account: Account
    sequence: int
    effects: Sequence[Effect]


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
    telling = [_Telling(one, entry.sequence, _telling(entry.effects)) for one, entry in entries]
    yield (
        ADD_POSTING,
        [
            row
            for account, sequence, effects in telling
            for row in posting_rows(number(account), sequence, effects)
        ],
    )
    yield (
        ADD_OUTBOX,
        [
            row
            for account, sequence, effects in telling
            for row in outbox_rows(ledger, number(account), sequence, received_at, effects)
        ],
    )
    yield from _lots(telling)
    yield ADD_ORDER, [_order(ledger, order) for order, is_new in orders if is_new]
    yield PUT_ORDER, [_order(ledger, order) for order, is_new in orders if not is_new]
    yield PUT_ACCOUNT, [account.row(ledger) for account in accounts]
    kept = [(account, one) for account in accounts if (one := account.snapshot) is not None]
    yield PUT_STATE, [one.row(ledger, number(account)) for account, one in kept]


def _telling(effects: Sequence[Effect]) -> list[Effect]:
    """Those of which anything is made beside the log."""
    return list(compress(effects, map(_is_told, map(type, effects))))


def write_members(ledger: int, accounts: Iterable[Account]) -> Work[None]:
    """Write those whom nobody has heard of, who get their numbers: in the order of their names, as every
    writer does, so that two who write the same ones do not wait for each other."""
    new = sorted((one for one in accounts if one.id is None), key=lambda one: one.member)
    if new:
        numbers = yield ADD_MEMBER, [(ledger, one.member, one.salt) for one in new]
        for account, row in zip(new, numbers, strict=True):
            account.id = whole(row[0])


def posting_rows(member: int, sequence: int, effects: Iterable[Effect]) -> list[Row]:
    """The postings of one entry."""
    return [
        (member, sequence, place, book, program, points)
        for place, (book, program, points) in enumerate(postings(effects), start=1)
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


def _lots(entries: Sequence[_Telling]) -> Iterator[Step]:
    """Lots that were opened, whole; of older ones what is left of them now, and when they end."""
    touched = _Touched()
    for account, _, effects in entries:
        for effect in effects:
            touch = _TOUCHES.get(type(effect))
            if touch is not None:
                touch(touched, account, effect)
    yield PUT_LOT, [touched.row(name) for name in touched.whole]
    rest = [name for name in touched.owners if name not in touched.whole]
    yield CHANGE_LOT, [(touched.left(name), *name) for name in rest]
    ends = touched.ends
    yield CHANGE_LOT_END, [(_instant(ends[name]), *name) for name in rest if name in ends]


class _Touched:
    """The lots that a group's entries touch: whose they are, those that are written ``whole`` (points
    granted, opened when), and when they end as far as that was said."""

    def __init__(self) -> None:
        self.owners: dict[LotName, Account] = {}
        self.whole: dict[LotName, tuple[int, datetime]] = {}
        self.ends: dict[LotName, datetime | None] = {}

    def opened(self, account: Account, lot: LotOpened) -> None:
        name = (number(account), lot.program, lot.lot)
        self.owners[name] = account
        self.whole[name] = (lot.points, lot.opened_at)
        self.ends[name] = lot.expires_at

    def reduced(self, account: Account, lot: LotReduced) -> None:
        self.owners[number(account), lot.program, lot.lot] = account

    def dated(self, account: Account, lot: LotDated) -> None:
        name = (number(account), lot.program, lot.lot)
        self.owners[name] = account
        self.ends[name] = lot.expires_at

    def restored(self, account: Account, lot: LotRestored) -> None:
        self.dated(account, LotDated(lot.program, lot.lot, lot.expires_at))
        name = (number(account), lot.program, lot.lot)  # it may be a lot that was never there
        self.whole.setdefault(name, (lot.granted, lot.opened_at))

    def retold(self, account: Account, told: HistoryRetold) -> None:
        for lot in told.lots:
            self.dated(account, LotDated(lot.program, lot.lot, lot.expires_at))
            self.whole[number(account), lot.program, lot.lot] = (lot.granted, lot.opened_at)

    def held(self, name: LotName) -> Lot | None:
        """A lot as the state has it, which may have had fewer points than are given back to it."""
        return Lots.of(self.owners[name].state.lots.get(name[1])).get(name[2])

    def left(self, name: LotName) -> int:
        """What is left of a lot in the state; a lot that is gone has nothing left."""
        held = self.held(name)
        return 0 if held is None else held.left

    def row(self, name: LotName) -> Row:
        granted, opened_at = self.whole[name]
        held, left = self.held(name), 0
        if held is not None:
            granted, left = held.granted, held.left
        return (*name, granted, left, micros(opened_at), _instant(self.ends[name]))


_TOUCHES: Final[dict[type, Callable[[_Touched, Account, Any], None]]] = {
    LotOpened: _Touched.opened,
    LotReduced: _Touched.reduced,
    LotDated: _Touched.dated,
    LotRestored: _Touched.restored,
    HistoryRetold: _Touched.retold,
}
"""Effects of which the rows of lots know."""

_TOLD: Final = frozenset[type]({*MOVES, *_TOUCHES, Granted, GrantWithdrawn})
"""Effects of which anything is made beside the log; most are none of these."""

_is_told: Final = _TOLD.__contains__


def _reopened(lot: LotRestored) -> LotStands:
    """A lot just before points come back to it."""
    return LotStands(lot.program, lot.lot, lot.granted, 0, lot.opened_at, lot.expires_at)


def _instant(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


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
        purchase = order.record.purchase
        at = purchase.occurred_at
        items = items_text([line.sku for line in purchase.lines])
    else:
        at, items = order.record.occurred_at, items_text(())
    source, name = order.name
    member = number(order.account)
    return (ledger, source, name, member, order.event, micros(at), items, order.sequence)
