"""What one group of bookings has read, and what it has booked so far. Without I/O.

Everything is read and decided before the first write, so a refusal costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from loyalty_rules.domain.errors import CorruptLedger
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.merges import merged_into
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.engine.points_back import paid_with
from loyalty_rules.ledger.accounts import (
    Account,
    Claim,
    Logged,
    Name,
    OrderRow,
    RedemptionRow,
    claim_of,
    new_account,
    raw,
    redemption_name,
    whole,
    words,
)
from loyalty_rules.ledger.erased import ErasedMembers
from loyalty_rules.ledger.standing import bring_up, stored_order
from loyalty_rules.ledger.statements import (
    ENTRY_AT,
    FIND_ACCOUNT,
    FIND_ACCOUNTS,
    FIND_EVENT,
    FIND_EVENTS,
    FIND_MEMBER,
    FIND_MEMBERS,
    FIND_ORDER,
    FIND_ORDERS,
    FIND_RULES,
    HELD_FOR_ORDER,
    HELD_FOR_ORDERS,
    NAME_MEMBER,
    Cell,
    Row,
    Work,
    among,
)
from loyalty_rules.service.attempts import Locks
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.setting import Setting, order_named

_UNASKED: Final = object()  # in place of what was not looked up yet


@dataclass(slots=True)
class Known:
    """What a group has read of accounts, ids, orders and rules; what it has booked itself comes first."""

    setting: Setting
    received_at: datetime
    locks: Locks = field(default_factory=Locks)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _claims: dict[Name, Claim | None] = field(default_factory=dict)
    _orders: dict[Name, OrderRow | RedemptionRow | None] = field(default_factory=dict)
    _waiting: dict[Name, Sequence[Row]] = field(default_factory=dict)
    _held: dict[Name, Logged] = field(default_factory=dict)
    _logged: dict[Name, Logged] = field(default_factory=dict)
    _dropped: dict[Name, None] = field(default_factory=dict)
    _erased: ErasedMembers = field(init=False)
    _gone: set[Name] = field(default_factory=set)
    latest: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.latest = self.received_at + self.setting.tolerance
        self._erased = ErasedMembers(self.setting.ledger)

    def look_up(self, events: Sequence[Event]) -> Work[None]:
        """Read at once what recording these events will ask for one by one."""
        names = list(dict.fromkeys([event.member for event in events]))
        known = self.setting.remembered.named(names)
        members = yield from self._written([name for name in names if name not in known])
        numbers = [*(one.number for one in known.values()), *(one for one, _ in members.values())]
        yield from self.locks.take(numbers)
        rows = yield from among(FIND_ACCOUNTS, (), numbers)
        stands = {row[0]: row[1:] for row in rows}
        changed = []  # since they were remembered
        for name, one in known.items():
            row = stands.get(one.number)
            if row is not None and row[1] == one.head and row[0] == one.sequence:
                self._accounts[name] = one.account()
            else:
                changed.append(name)
        if changed:
            members |= yield from self._written(changed)
            yield from self.locks.take(number for number, _ in members.values())
        for name in names:
            if name not in self._accounts:
                yield from self._look_up_account(name, members.get(name), stands)
        for source in dict.fromkeys([event.source for event in events]):
            yield from self._look_up_from(source, [one for one in events if one.source == source])

    def _written(self, names: Sequence[str]) -> Work[dict[str, tuple[int, bytes]]]:
        """Number and salt of members who are written, by name."""
        found = yield from among(FIND_MEMBERS, (self.setting.ledger,), names)
        return {words(row[0]): (whole(row[1]), raw(row[2])) for row in found}

    def _look_up_account(
        self, name: str, written: tuple[int, bytes] | None, stands: Mapping[Cell, Row]
    ) -> Work[None]:
        if written is None:
            gone = yield from self._erased.number_of(name)
            self._accounts[name] = yield from self._standing(name, gone, b"", None)
            return
        number, salt = written
        row = stands.get(number)
        if row is None:  # it was remembered under another number
            rows = yield FIND_ACCOUNT, [(number,)]
            row = rows[0] if rows else None
        self._accounts[name] = yield from self._standing(name, number, salt, row)

    def _look_up_from(self, source: str, events: Sequence[Event]) -> Work[None]:
        """Ids, orders and returns that wait, of one source."""
        place = (self.setting.ledger, source)
        ids = list(dict.fromkeys([event.id for event in events]))
        claims = yield from among(FIND_EVENTS, place, ids)
        self._claims.update(dict.fromkeys([(source, one) for one in ids]))
        self._claims.update({(source, words(row[0])): claim_of(row[1:]) for row in claims})
        paid = dict.fromkeys([one.order or one.id for one in events if isinstance(one, Purchase)])
        held = yield from among(HELD_FOR_ORDERS, place, paid)
        named = [(source, order) for order in paid]
        self._waiting.update(dict.fromkeys(named, ()))
        for row in held:
            name = (source, words(row[0]))
            self._waiting[name] = [*self._waiting[name], row[1:]]
        others = [order_named(one) for one in events if not isinstance(one, Purchase)]
        meant = dict.fromkeys(order for order in others if order and order not in paid)
        orders = yield from among(FIND_ORDERS, place, [*paid, *meant])
        self._orders.update(dict.fromkeys([*named, *((source, order) for order in meant)]))
        for row in orders:
            name = (source, words(row[0]))
            self._orders[name] = yield from self._order(name, row[1:])

    def account(self, member: str) -> Work[Account]:
        """A member's account with his state; of one who is another one by now, that one's."""
        return (yield from self.survivor((yield from self.account_named(member))))

    def survivor(self, account: Account) -> Work[Account]:
        """Who a member is by now."""
        while account.is_merged:
            into = yield from self.owner_of(merged_into(account.state))
            if into is None:
                raise CorruptLedger(f"the one who account {account.id} is by now is gone")
            account = into
        return account

    def owner_of(self, name: Name) -> Work[Account | None]:
        """In whose log an event stands, whoever that is by now; None if nobody has sent it."""
        account = self.booked_as(name)
        if account is not None:
            return account
        claim = yield from self.claim(name)
        if claim is None or claim.member is None:
            return None
        return (yield from self.account_of(claim.member))

    def account_named(self, member: str) -> Work[Account]:
        """The account that was opened under a name, whoever its member is by now."""
        account = self._accounts.get(member)
        if account is None:
            account = yield from self._account(member)
            self._accounts[member] = account
        return account

    def at_hand(self, event: Event) -> Account | None:
        """The account of an event whose id is free, if both were looked up: then nothing has to be asked."""
        name = (event.source, event.id)
        if name in self._logged or self._claims.get(name, _UNASKED) is not None:
            return None
        account = self._accounts.get(event.member)
        return None if account is None or account.is_merged else account

    def _account(self, member: str) -> Work[Account]:
        found = yield FIND_MEMBER, [(self.setting.ledger, member)]
        yield from self.locks.take(whole(row[0]) for row in found)
        if not found:
            number = yield from self._erased.number_of(member)
            return (yield from self._standing(member, number, b"", None))
        number, salt = whole(found[0][0]), raw(found[0][1])
        rows = yield FIND_ACCOUNT, [(number,)]
        return (yield from self._standing(member, number, salt, rows[0] if rows else None))

    def _standing(
        self, member: str, number: int | None, salt: bytes, row: Row | None
    ) -> Work[Account]:
        if number is None:
            return new_account(member, self.setting.new_salt())
        account = new_account(member, salt, number)
        if account.is_erased:
            return account
        if row is not None:
            yield from bring_up(account, row, self.setting.remembered)
        elif (yield ENTRY_AT, [(number, 1)]):
            raise CorruptLedger(
                f"the row of account {number} is gone"
                " (`loyalty-rules ledger rebuild` makes it again from the log)"
            )
        return account

    def account_of(self, number: int) -> Work[Account]:
        """The account of that number, whoever its member is by now."""
        rows = yield NAME_MEMBER, [(number,)]
        if not rows:
            raise CorruptLedger(f"the name of account {number} is gone")
        account = yield from self.account_named(words(rows[0][0]))
        if account.id is None:  # somebody else has written him since we looked
            raise self.locks.come_to_light(number)
        return account

    def still_new(self, account: Account) -> Work[None]:
        """That nobody else has written a member since we looked. Asked where an event of his is there
        already: it can only be held against the salt that he has now.

        Errors: ``Unlocked`` when somebody has.
        """
        if account.id is None:
            for row in (yield FIND_MEMBER, [(self.setting.ledger, account.member)]):
                raise self.locks.come_to_light(whole(row[0]))

    def numbers(self) -> Iterator[tuple[str, int]]:
        """What a shop calls the members of this group, and their numbers as far as they have one."""
        return ((name, one.id) for name, one in self._accounts.items() if one.id is not None)

    def claim(self, name: Name) -> Work[Claim | None]:
        """Who has taken an id, if anybody."""
        if name in self._logged:
            return self._logged[name].claim
        if name not in self._claims:
            rows = yield FIND_EVENT, [(self.setting.ledger, *name)]
            self._claims[name] = claim_of(rows[0]) if rows else None
        return self._claims[name]

    def order(self, name: Name) -> Work[OrderRow | None]:
        """An order that was booked."""
        row = self._orders[name] if name in self._orders else (yield from self._kept(name))
        return row if isinstance(row, OrderRow) else None

    def stands_alone(self, purchase: Purchase) -> Account | None:
        """The account of a purchase for which nothing has to be asked and that nobody waits for, if it
        stands behind all that its member did. None: it is another one, or that is not known."""
        source, id = purchase.source, purchase.id
        name, order = (source, id), (source, purchase.order or id)
        if (
            self._claims.get(name, _UNASKED) is not None
            or self._orders.get(order, _UNASKED) is not None
            or order not in self._waiting
            or self._waiting[order]
            or name in self._logged
            or order in self._gone
            or self._held
        ):
            return None
        account = self._accounts.get(purchase.member)
        if account is None or account.is_merged or account.is_erased or account.is_late(purchase):
            return None
        return account

    def is_free(self, order: Name) -> bool:
        """Whether an order was looked up and is not there, nor ever was."""
        return self._orders.get(order, _UNASKED) is None and order not in self._gone

    def redemption(self, place: Name) -> Work[RedemptionRow | None]:
        """A redemption that was booked, by its place among orders."""
        row = yield from self._kept(place)
        return row if isinstance(row, RedemptionRow) else None

    def paying_for(self, order: BookedOrder) -> Work[tuple[BookedRedemption, ...]]:
        """The redemptions by whose points an order was paid, as far as they are here."""
        found: list[BookedRedemption] = []
        for name in paid_with(order):
            row = yield from self.redemption(redemption_name(order.purchase.source, name))
            if row is not None:
                found.append(row.record)
        return tuple(found)

    def _kept(self, name: Name) -> Work[OrderRow | RedemptionRow | None]:
        if name not in self._orders:
            rows = yield FIND_ORDER, [(self.setting.ledger, *name)]
            self._orders[name] = (yield from self._order(name, rows[0])) if rows else None
        return self._orders[name]

    def _order(self, name: Name, row: Row) -> Work[OrderRow | RedemptionRow | None]:
        account = yield from self.account_of(whole(row[0]))
        if account.is_erased:
            self._gone.add(name)
            return None
        return (yield from stored_order(account, self.setting.ledger, name, row))

    def is_of_erased(self, name: Name) -> bool:
        """Whether an order was there and is not, because its member was erased; asked after `order`."""
        return name in self._gone

    def rules_of(self, digest: str) -> Work[RuleSet | None]:
        """The version of the rules of that digest; None if it cannot be had again."""
        versions = self.setting.versions
        if not versions.known(digest):
            rows = yield FIND_RULES, [(digest,)]
            if rows:
                versions.restore(digest, words(rows[0][0]), words(rows[0][1]))
            else:
                versions.lost(digest)
        return versions.get(digest)

    def waiting(self, order: Name) -> Work[Sequence[Row]]:
        """The rows of `HELD_FOR_ORDER`: what waits in the store for an order."""
        if order not in self._waiting:
            self._waiting[order] = yield HELD_FOR_ORDER, [(self.setting.ledger, *order)]
        return self._waiting[order]

    def may_wait_for(self, order: Name) -> bool:
        """Whether something may wait for an order, here or in the store: whoever wants to know must ask."""
        return bool(self._held) or order not in self._waiting or bool(self._waiting[order])

    def booked_as(self, name: Name) -> Account | None:
        """Whose event of that name this group has booked."""
        return self._logged[name].account if name in self._logged else None

    def logged(self, name: Name) -> Logged | None:
        """An event that this group has booked or holds."""
        return self._logged.get(name)

    def held_here(self) -> Iterator[Logged]:
        """Returns that this group holds and that are not written yet."""
        return iter(self._held.values())

    def booked_here(self, account: Account) -> Iterator[Logged]:
        """What this group has booked on an account and not written yet, in the order of booking."""
        return (
            one
            for one in self._logged.values()
            if one.account is account and one.sequence is not None
        )

    def accounts_here(self) -> list[Account]:  # those that were read or made
        return list(self._accounts.values())

    def orders_here(self, account: Account) -> Iterator[OrderRow]:
        """Orders of an account that this group has booked or read."""
        rows = (row for row in self._orders.values() if isinstance(row, OrderRow))
        return (row for row in rows if row.account is account)

    def is_dropped(self, name: Name) -> bool:
        """Whether this group lets go of an event that the store still holds."""
        return name in self._dropped
