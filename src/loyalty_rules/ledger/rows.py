"""The rows that stand beside the log, made of effects alone, so that they can be made again from it; and
those of what is not in the log yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from loyalty_rules.base.records import by_name, replace
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
from loyalty_rules.ledger.accounts import (
    Account,
    whole,
)
from loyalty_rules.ledger.chain import row_checksum
from loyalty_rules.ledger.postings import postings
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ADD_MEMBER,
    Cell,
    Row,
    Work,
)

NEW: Final = "new"
"""The status of something to hand out that nobody has delivered yet."""


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
            plain_text(by_name(one)),
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
