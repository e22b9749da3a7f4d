"""What recordings have in common, and what a decision asks to be booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.receipts import Kept
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.standing import Remembered
from loyalty_rules.service.versions import Versions


@dataclass(frozen=True, slots=True)
class Setting:
    """What all recordings in one ledger have in common. ``new_salt`` makes 16 random bytes."""

    ledger: int
    versions: Versions
    tolerance: timedelta
    new_salt: Callable[[], bytes]
    remembered: Remembered = field(default_factory=Remembered)

    def next_due_at(self, account: Account) -> int | None:
        """When something falls due by itself for a member, by the rules in force: microseconds, None for
        never. Nothing does for who was erased or is another one by now."""
        if account.is_erased or account.is_merged:
            return None
        at = self.versions.present.next_due(account.state)
        return None if at is None else micros(at)


def order_named(event: Event) -> str | None:
    """The order that a return or a cancellation speaks of, if it names one."""
    order = event.fields.get("order")
    return order if isinstance(order, str) else None


class Booking(Record, frozen=True):
    """What is to be booked of a decision: effects and the state that they make, the orders and redemptions as
    they are afterwards, the digest of the plan, and the receipt. ``leaving``: orders and redemptions (source,
    id, the event that paid) that lie with another member from now on."""

    effects: tuple[Effect, ...]
    state: MemberState
    orders: tuple[BookedOrder, ...]
    plan: str
    kept: Kept
    redemptions: tuple[BookedRedemption, ...] = ()
    leaving: tuple[tuple[str, str, str], ...] = ()
