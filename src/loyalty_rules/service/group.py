"""One group of bookings in the making: what was read, what will be written. Without I/O.

Everything is read and decided before the first write, so a refusal costs nothing, and a group that fails
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from loyalty_rules.base.records import by_name, replace
from loyalty_rules.domain.canonical import NOBODY
from loyalty_rules.domain.effects import HistoryRetold
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.sharing import lent
from loyalty_rules.ledger.accounts import (
    Account,
    Logged,
    Name,
    OrderRow,
    RedemptionRow,
)
from loyalty_rules.ledger.receipts import Kept
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.rows import write_members
from loyalty_rules.ledger.spelling import order_parts, plain_text
from loyalty_rules.ledger.statements import (
    KEEP_REFUSAL,
    REMOVE_EVENT,
    Step,
    Work,
)
from loyalty_rules.ledger.writing import booking_steps
from loyalty_rules.service.known import Known
from loyalty_rules.service.lane import Lane
from loyalty_rules.service.naming import as_kept
from loyalty_rules.service.setting import Booking
from loyalty_rules.service.telling import Booked, Telling, order_of, refusal_rows


@dataclass(slots=True)
class Group(Known):
    """What a group has read and will write."""

    lane: Lane = field(init=False)
    _changed_orders: dict[Name, bool] = field(default_factory=dict)  # whether each is new
    _refusals: dict[tuple[Name, Refusal], Account | None] = field(default_factory=dict)
    _also: list[Step] = field(default_factory=list)
    telling: Telling = field(default_factory=Telling)
    received_micros: int = field(init=False)

    def __post_init__(self) -> None:
        Known.__post_init__(self)  # a class with slots is another one than that of its methods
        self.received_micros = micros(self.received_at)
        self.lane = Lane(self.setting.ledger, self.setting.versions.present.has_budgets)

    def book(
        self,
        event: Event,
        account: Account,
        booking: Booking,
        *,
        joined: MemberState | None = None,
    ) -> int:
        """Make an entry; its number in the account. ``joined``: with it a member becomes this one, who stood
        so before."""
        state, effects = booking.state, booking.effects
        before = (account.state,) if joined is None else (account.state, joined)
        is_told = self.setting.versions.concerns_others
        were = [self._orders.get(order_of(one)) for one in booking.orders] if is_told else ()
        sequence = account.add(lent(state, None))
        is_retold = effects and isinstance(effects[-1], HistoryRetold)
        if self.lane.is_used or state.shared is not None or is_retold:
            self.lane.use(effects)
        records = self._records(event, account, sequence, booking)
        if is_told and not account.is_merged:  # what it means is told of the one who he is
            self.telling.note(Booked(event, account, before, booking, were), plain_text(records))
        kept = as_kept(event, self._accounts)
        logged = Logged(kept, account, booking.kept, sequence, booking.plan, effects, records)
        self._logged[event.source, event.id] = logged
        return sequence

    def hold(self, event: Event, account: Account, waits_for: str) -> None:
        """Keep a return until its order comes."""
        name = (event.source, event.id)
        logged = Logged(event, account, Kept(order=waits_for), waits_for=waits_for)
        self._logged[name] = self._held[name] = logged

    def release(self, name: Name) -> None:
        """Let go of a held event: its id is free for what is decided about it now."""
        self._held.pop(name, None)
        if self._logged.pop(name, None) is None:
            self._dropped[name] = None
        self._claims[name] = None

    def refuse(self, name: Name, refusal: Refusal, member: str) -> None:
        """Write down that an event of a member was refused, and why: the only trace that it leaves."""
        self._refusals[name, refusal] = self._accounts.get(member)

    def also(self, steps: Iterable[Step]) -> None:
        """Steps that are done with the writes, before refusals are written down."""
        self._also += (step for step in steps if step[1])

    def _records(
        self, event: Event, account: Account, sequence: int, booking: Booking
    ) -> tuple[tuple[object, ...], ...]:
        """Keeps orders and redemptions, and says their records for the entry."""
        said: list[tuple[object, ...]] = []
        if booking.leaving or booking.redemptions:
            said += ((*one, None) for one in booking.leaving)
            said += self._redeemed(account, sequence, booking.redemptions)
        for record in booking.orders:
            purchase = record.purchase
            name = source, order = (purchase.source, purchase.order or purchase.id)
            known = self._orders.get(name)  # if it is not known, this is its purchase
            paid = event.id if known is None else known.event
            self._orders[name] = OrderRow(account, paid, record, sequence)
            self._changed_orders.setdefault(name, known is None)
            said.append((source, order, paid, order_parts(record)))
        return tuple(said)

    def _redeemed(
        self, account: Account, sequence: int, redemptions: Sequence[BookedRedemption]
    ) -> Iterator[tuple[object, ...]]:
        for taken in redemptions:
            row = RedemptionRow(account, taken.redemption, taken, sequence)
            is_new = self._orders.get(row.name) is None
            self._orders[row.name] = row
            self._changed_orders.setdefault(row.name, is_new)
            yield (*row.name, taken.redemption, by_name(replace(taken, member=NOBODY)))

    def writes(self) -> Work[None]:
        """Everything that was booked, held, let go and refused; members first, who get their numbers."""
        logged = list(self._logged.values())
        accounts = {id(one.account): one.account for one in logged}
        yield from write_members(self.setting.ledger, accounts.values())
        if self._dropped:
            yield REMOVE_EVENT, [(self.setting.ledger, *name) for name in self._dropped]
        orders = [
            (name, row, is_new)
            for name, is_new in self._changed_orders.items()
            if (row := self._orders[name]) is not None
        ]
        changed = [account for account in accounts.values() if account.is_changed]
        for account in changed:
            account.next_due_at = self.setting.next_due_at(account)
        ledger, received_at = self.setting.ledger, self.received_micros
        for step in booking_steps(ledger, logged, orders, changed, received_at):
            if step[1]:
                yield step
        yield from self.lane.writes()
        for step in self._also:
            yield step
        if self._refusals:
            yield KEEP_REFUSAL, list(refusal_rows(ledger, self._refusals, received_at))
        self.setting.remembered.put(changed)
