"""What a group has booked that others have to be told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.referrals import REFERRED_BY, STEP, Step, brought_by, steps_of
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import Account, Name, OrderRow, RedemptionRow
from loyalty_rules.ledger.rows import refusal_row
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import Row
from loyalty_rules.service.setting import Booking


class Booked(NamedTuple):
    """An entry: of its account as it stood ``before`` (and the one who became its member with it), and the
    records of its orders as they were."""

    event: Event
    account: Account
    before: Sequence[MemberState]
    booking: Booking
    were: Sequence[OrderRow | RedemptionRow | None]

    def steps(self) -> dict[Step, Name | None]:
        """What qualified before, each with the event that had brought the member."""
        return {step: brought_by(state) for state in self.before for step in steps_of(state)}

    def orders(self) -> Iterator[tuple[BookedOrder, BookedOrder | None]]:
        """The records of orders as they are now, and as they were (None: they are new)."""
        for now, then in zip(self.booking.orders, self.were, strict=True):
            yield now, then.record if isinstance(then, OrderRow) else None


@dataclass(slots=True)
class Telling:
    """Entries that others have to be told of, in the order of booking."""

    _waiting: list[Booked] = field(default_factory=list)

    def note(self, booked: Booked, orders: str) -> None:
        """Keep an entry, with the text of its orders, if it may concern other members."""
        effects = plain_text(booked.booking.effects)
        is_joined = len(booked.before) > 1
        if is_joined or STEP in effects or STEP in orders or REFERRED_BY in orders:
            self._waiting.append(booked)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def next(self) -> Booked | None:
        """The entry that waits longest; None if none does."""
        return self._waiting.pop(0) if self._waiting else None


def order_of(record: BookedOrder) -> Name:
    """Where an order lies."""
    return record.purchase.source, record.order


def refusal_rows(
    ledger: int, refusals: Mapping[tuple[Name, Refusal], Account | None], received_at: int
) -> Iterator[Row]:
    """The rows of what a group refused."""
    for (name, refusal), account in refusals.items():
        said = (refusal.code, refusal.path, refusal.reason)
        yield refusal_row(ledger, name, said, received_at, None if account is None else account.id)
