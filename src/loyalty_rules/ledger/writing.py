"""What a group of bookings writes, statement by statement: the rows of all its events, made in one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from loyalty_rules.domain.canonical import content_text
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
    Logged,
    Name,
    OrderRow,
    RedemptionRow,
    items_of,
)
from loyalty_rules.ledger.chain import entry_hash, event_digest
from loyalty_rules.ledger.postings import MOVES
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.rows import held_checksum, number, outbox_rows
from loyalty_rules.ledger.spelling import plain_texts
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
    Row,
    Step,
)

Kept = OrderRow | RedemptionRow
"""What is kept among orders."""

SPELT_TOGETHER: Final = 16
"""Events whose texts are spelt in one go."""

LotName = tuple[int, str, str]
"""Member, program, lot."""


def booking_steps(
    ledger: int,
    logged: Sequence[Logged],
    orders: Sequence[tuple[Name, Kept, bool]],
    accounts: Sequence[Account],
    received_at: int,
) -> Iterator[Step]:
    """Everything that is written for events that were booked or are held. Of orders and redemptions it is
    said whether they are new: one that somebody else has booked meanwhile stands against that."""
    rows = _Rows(ledger, received_at)
    rows.add(logged)
    yield ADD_EVENT, rows.events
    yield ADD_ENTRY, rows.entries
    yield ADD_POSTING, rows.postings
    yield ADD_OUTBOX, rows.outbox
    yield from rows.lots.steps()
    yield ADD_ORDER, _order_rows(ledger, [(name, order) for name, order, new in orders if new])
    yield PUT_ORDER, _order_rows(ledger, [(name, order) for name, order, new in orders if not new])
    yield PUT_ACCOUNT, [account.row(ledger) for account in accounts]
    kept = [(account, state) for account in accounts if (state := account.snapshot) is not None]
    yield PUT_STATE, [state.row(ledger, number(account)) for account, state in kept]


class _Rows:
    """The rows of a group, as far as each is that of one event. Here events get their texts and hashes."""

    def __init__(self, ledger: int, received_at: int) -> None:
        self._ledger, self._received_at = ledger, received_at
        self.events: list[Row] = []
        self.entries: list[Row] = []
        self.postings: list[Row] = []
        self.outbox: list[Row] = []
        self.lots = _Touched()

    def add(self, logged: Sequence[Logged]) -> None:
        ledger, received_at = self._ledger, self._received_at
        events, entries, beside = self.events, self.entries, self._beside
        texts = _texts(logged)
        for one, receipt, effects, orders in zip(logged, texts, texts, texts, strict=True):
            event, account, sequence = one.event, one.account, one.sequence
            if sequence is None:
                events.append(_held(ledger, one, receipt, received_at))
                continue
            source, id, plan, member = event.source, event.id, one.plan, number(account)
            body, previous = content_text(event), account.head
            digest = event_digest(account.salt, account.member, body)
            said, rest = (source, id, digest), (receipt, effects, orders)
            own = entry_hash(previous, sequence, said, plan, received_at, rest)
            account.chain(sequence, own)
            at, kind = micros(event.occurred_at), event.type
            place = (ledger, source, id, member, BOOKED, sequence, kind, at)
            events.append((*place, received_at, digest, body, receipt, None, None))
            entries.append(
                (member, sequence, ledger, plan, received_at, effects, orders, previous, own)
            )
            beside(account, member, sequence, one.effects)

    def _beside(
        self, account: Account, member: int, sequence: int, effects: Sequence[Effect]
    ) -> None:
        """What is made of an entry's effects beside the log; of most of them nothing is."""
        rows, grants, last = self.postings, list[Effect](), 0
        for effect in effects:
            kind = type(effect)
            if kind not in _TOLD:
                continue
            move, touch = _TOLD[kind]
            if move is not None:
                for book, program, points in move(effect):
                    last += 1
                    rows.append((member, sequence, last, book, program, points))
            if touch is None:
                grants.append(effect)
            else:
                touch(self.lots, account, member, effect)
        if grants:
            self.outbox += outbox_rows(self._ledger, member, sequence, self._received_at, grants)


def _texts(logged: Sequence[Logged]) -> Iterator[str]:
    """The receipt, the effects and the records of each, spelt for a few at a time: so much stays at hand."""
    for start in range(0, len(logged), SPELT_TOGETHER):
        some = logged[start : start + SPELT_TOGETHER]
        yield from plain_texts(
            [part for one in some for part in (one.kept, one.effects, one.records)]
        )


class _Touched:
    """The lots that a group's entries touch: the rows of those that are written ``whole``; of those of which
    something was taken or given back their ``owners``, whose states say what is left of them; and when lots
    ``end`` that were there before, as far as that was said."""

    def __init__(self) -> None:
        self.whole: dict[LotName, Row] = {}
        self.owners: dict[LotName, Account] = {}
        self.ends: dict[LotName, int | None] = {}

    def steps(self) -> Iterator[Step]:
        """Lots that were opened, whole; of older ones what is left of them now, and when they end."""
        whole, ends = self.whole, self.ends
        for name in self.owners:
            if name in whole:
                whole[name] = self._row(name)
        yield PUT_LOT, list(whole.values())
        rest = [name for name in self.owners if name not in whole]
        yield CHANGE_LOT, [(self._left(name), *name) for name in rest]
        yield CHANGE_LOT_END, [(end, *name) for name, end in ends.items() if name not in whole]

    def opened(self, account: Account, member: int, lot: LotOpened) -> None:
        program, id, points = lot.program, lot.lot, lot.points
        ends = None if lot.expires_at is None else micros(lot.expires_at)
        opened_at = micros(lot.opened_at)
        self.whole[member, program, id] = (member, program, id, points, points, opened_at, ends)

    def unmoved(self, account: Account, member: int, effect: Effect) -> None:
        """What moves points of no lot."""

    def reduced(self, account: Account, member: int, lot: LotReduced) -> None:
        self.owners[member, lot.program, lot.lot] = account

    def dated(self, account: Account, member: int, lot: LotDated | LotRestored | LotStands) -> None:
        name = (member, lot.program, lot.lot)
        self.ends[name] = ends = None if lot.expires_at is None else micros(lot.expires_at)
        if name in self.whole:
            self.whole[name] = (*self.whole[name][:6], ends)

    def restored(self, account: Account, member: int, lot: LotRestored) -> None:
        name = (member, lot.program, lot.lot)
        self.owners[name] = account
        if name not in self.whole:  # it may never have been there
            self._stands(name, lot.granted, lot.opened_at)
        self.dated(account, member, lot)

    def retold(self, account: Account, member: int, told: HistoryRetold) -> None:
        for lot in told.lots:
            name = (member, lot.program, lot.lot)
            self.owners[name] = account
            self._stands(name, lot.granted, lot.opened_at)
            self.dated(account, member, lot)

    def _stands(self, name: LotName, granted: int, opened_at: datetime) -> None:
        self.whole[name] = (*name, granted, 0, micros(opened_at), None)

    def _held(self, name: LotName) -> Lot | None:
        """A lot as the state has it, which may have had fewer points than are given back to it."""
        return Lots.of(self.owners[name].state.lots.get(name[1])).get(name[2])

    def _left(self, name: LotName) -> int:
        """What is left of a lot in the state; a lot that is gone has nothing left."""
        held = self._held(name)
        return 0 if held is None else held.left

    def _row(self, name: LotName) -> Row:
        row, held = self.whole[name], self._held(name)
        granted, left = (row[3], 0) if held is None else (held.granted, held.left)
        return (*name, granted, left, *row[5:])


_TOUCHES: Final[dict[type, Callable[[_Touched, Account, int, Any], None]]] = {
    LotOpened: _Touched.opened,
    LotReduced: _Touched.reduced,
    LotDated: _Touched.dated,
    LotRestored: _Touched.restored,
    HistoryRetold: _Touched.retold,
}
"""Effects of which the rows of lots know."""

_TOLD: Final = {
    kind: (MOVES.get(kind), _TOUCHES.get(kind, _Touched.unmoved if kind in MOVES else None))
    for kind in (*MOVES, *_TOUCHES, Granted, GrantWithdrawn)
}
"""For each type of effect of which anything is made beside the log, what it moves and which lots it touches;
what touches none is handed out."""


def _held(ledger: int, logged: Logged, receipt: str, received_at: int) -> Row:
    """An event that waits: it is in no chain yet, so it has a checksum."""
    event, account, waits_for = logged.event, logged.account, logged.waits_for
    body, at = content_text(event), micros(event.occurred_at)
    digest = account.digest(body)
    said = (event.source, event.id, number(account), event.type, at, received_at)
    checksum = held_checksum(account.salt, *said, digest, receipt, waits_for)
    kept = (digest, body, receipt, waits_for, checksum)
    return (ledger, *said[:3], HELD, None, *said[3:], *kept)


def _order_rows(ledger: int, orders: Sequence[tuple[Name, Kept]]) -> list[Row]:
    rows: list[tuple[int, str, str, int, str, int]] = []
    items: list[list[str]] = []
    for (source, id), order in orders:
        if isinstance(order, OrderRow):
            paid = order.record.purchase
            at = paid.occurred_at
            items.append(items_of([line.sku for line in paid.lines]))
        else:
            at = order.record.occurred_at
            items.append([])
        rows.append((ledger, source, id, number(order.account), order.event, micros(at)))
    texts = zip(rows, plain_texts(items), orders, strict=True)
    return [(*row, text, order.sequence) for row, text, (_, order) in texts]
