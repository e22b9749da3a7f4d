"""An account whose member was erased: what is left of it, and how one knows that nothing else is gone.

His log keeps what moves points and what was handed out, and loses what he told and did: contents of events,
records of orders, facts, counters. The hashes of its entries stand, but cannot be made again. In their place
the entry of the erasure, whose hash can, holds a digest over all that is left before it. The salt is gone, so
nobody can tell from the digests of his events what they said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import (
    SHARED,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantKept,
    GrantWithdrawn,
    HistoryRetold,
    LotDated,
    LotOpened,
    LotReduced,
    LotRestored,
    MemberErased,
    PartnerPaid,
    PayersShifted,
    PointsTaken,
)
from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.record_codec import read_effects
from loyalty_rules.ledger.accounts import Account, raw, whole, words
from loyalty_rules.ledger.chain import keyed_digest, log_digest
from loyalty_rules.ledger.receipts import Kept, receipt_of, receipt_text
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.standing import Followed, follow
from loyalty_rules.ledger.statements import FIND_MEMBER, LEDGER_ROW, Cell, Row, Work

ERASED: Final = "~erased/"
"""How the names begin under which erased members stand in the map; no member of a shop begins so."""

_KEPT: Final = (
    LotReduced,
    DeficitChanged,
    Granted,
    GrantWithdrawn,
    GrantKept,
    PartnerPaid,
    PayersShifted,
)
"""Effects that say nothing of a person."""

NO_SALT: Final = b""
"""Of a member who was erased."""


def erased_name(key: bytes, member: str) -> str:
    """What stands in the map in place of an erased member's id: whoever asks for him finds him, and nobody
    reads him there."""
    return ERASED + keyed_digest(key, member)


def is_erased_name(name: str) -> bool:
    """Whether what stands in the map stands there in place of an erased member's id."""
    return name.startswith(ERASED)


class ErasedMembers:
    """Those of a ledger; asks once whether there are any."""

    def __init__(self, ledger: int) -> None:
        self._ledger = ledger
        self._key: Cell = b""

    def number_of(self, member: str) -> Work[int | None]:
        """The number under which a member was known before he was erased."""
        if self._key == b"":
            rows = yield LEDGER_ROW, [(self._ledger,)]
            self._key = rows[0][6] if rows else None
        if not isinstance(self._key, bytes):
            return None
        found = yield FIND_MEMBER, [(self._ledger, erased_name(self._key, member))]
        return whole(found[0][0]) if found else None


def left_of_entry(row: Row) -> Row:
    """An entry (its row of `ENTRIES_AFTER`) without what its member did and told."""
    effects = plain_text(tuple(_left(read_effects(words(row[3])))))
    orders = [(*one[:3], _left_of_record(one[3])) for one in json.loads(words(row[4]))]
    return (*row[:3], effects, plain_text(orders) if orders else "[]", *row[5:])


def _left_of_record(parts: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Of an order nothing, of a redemption when it was: their rows hold no more."""
    if parts is None:
        return None
    return {key: parts[key] for key in ("occurred_at",) if key in parts}


def left_of_event(row: Row) -> Row:
    """The row of its event (`EVENTS_AFTER`): the id stays taken, and what it moved stays told."""
    kept = receipt_of(words(row[8]))
    return (*row[:7], "", receipt_text(Kept(points=kept.points, late=kept.late)))


def _left(effects: Iterable[Effect]) -> Iterator[Effect]:
    """What moves points between books, what all members share, and what was handed out."""
    for one in effects:
        if isinstance(one, LotOpened):
            yield replace(one, ends_with="", freed_by="", order="")
        elif isinstance(one, LotDated):
            yield replace(one, ends_with="")
        elif isinstance(one, LotRestored):
            yield replace(one, ends_with="", order="")
        elif isinstance(one, PointsTaken):
            yield replace(one, order="")
        elif isinstance(one, HistoryRetold):
            yield replace(one, patch="{}")
        elif isinstance(one, _KEPT) or (
            isinstance(one, CounterAdded) and one.counter.startswith(SHARED)
        ):
            yield one


def left_digest(entries: Iterable[Row], events: Iterable[Row]) -> str:
    """Over all that is left of some entries and their events."""
    both = zip(entries, events, strict=True)
    return log_digest((*entry[:7], *event[:9]) for entry, event in both)


def follow_erased(
    account: Account, entries: Sequence[Row], events: Sequence[Row]
) -> list[Followed]:
    """The entries of an erased member's account, of which ``account`` has the name and the number.

    Errors: ``CorruptLedger`` when they are not what the erasure left.
    """
    place = f"the log of account {account.id}, whose member was erased,"
    if not entries or len(entries) != len(events):
        raise CorruptLedger(f"{place} has {len(entries)} entries and {len(events)} events")
    head = raw(entries[0][5])
    for number, row in enumerate(entries, start=1):
        if row[0] != number or row[5] != head:
            raise CorruptLedger(f"{place} is damaged at entry {number}: restore it from a backup")
        head = raw(row[6])
    last = len(entries) - 1
    account.sequence, account.head = last, raw(entries[last][5])
    end = follow(account, entries[last:], events[last:])
    said = [one.left for one in end[0].effects if isinstance(one, MemberErased)]
    if said != [left_digest(entries[:last], events[:last])]:
        raise CorruptLedger(f"{place} is not what the erasure left: restore it from a backup")
    before = [Followed(raw(row[6]), read_effects(words(row[3]))) for row in entries[:last]]
    return [*before, *end]
