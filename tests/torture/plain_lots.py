"""Lots of points in the plain model: a list that is searched from one end to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.torture.plain_days import day_of, end_of, start_of
from tests.torture.plain_orders import Order
from tests.torture.policies import Expiry, Policy


@dataclass
class Lot:
    """Points that were granted together. ``expires_at`` is their own end, if they have one; ``sleeps`` says
    that they also end when nothing happens for too long; ``origin`` is the lot of which these points came
    back after its end."""

    id: str
    granted: int
    left: int
    opened_at: datetime
    order: Order | None = None
    expires_at: datetime | None = None
    sleeps: bool = False
    waits: bool = False
    usable_at: datetime | None = None
    origin: str = ""
    has_ended: bool = False


@dataclass
class Lots:
    """All lots that a member ever had, what he owes, and where points came from and went to."""

    policy: Policy
    lots: list[Lot] = field(default_factory=list)
    owes: int = 0
    awake_until: datetime | None = None
    grace_until: dict[str, datetime] = field(default_factory=dict)
    level: int = 0
    books: Counter[str] = field(default_factory=Counter)

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots if not lot.waits)

    @property
    def pending(self) -> int:
        return sum(lot.left for lot in self.lots if lot.waits)

    def end(self, lot: Lot) -> datetime | None:
        """When a lot ends, as far as is known."""
        ends = [lot.expires_at, self.awake_until if lot.sleeps else None]
        return min((one for one in ends if one is not None), default=None)

    def next_due(self) -> datetime | None:
        """When the next lot ends or has waited long enough."""
        dues = [self.end(lot) for lot in self.lots if not lot.has_ended]
        dues += [lot.usable_at for lot in self.lots if lot.waits and lot.left]
        return min((one for one in dues if one is not None), default=None)

    def pass_to(self, at: datetime) -> None:
        """What has waited long enough by then is free, what has ended is gone."""
        for lot in self.lots:
            if lot.waits and lot.usable_at is not None and lot.usable_at <= at:
                lot.waits = False
            end = self.end(lot)
            if not lot.has_ended and end is not None and end <= at:
                lot.has_ended = True
                self._expire(lot, lot.left)

    def stirred(self, at: datetime) -> None:
        """Something happened that keeps points alive that end when nothing happens."""
        for form in self.policy.expiry:
            if form.kind == "activity":
                end = end_of(form, at, self.policy.zone)
                self.awake_until = max(self.awake_until or end, end)

    def earn(self, id: str, points: int, at: datetime, order: Order | None) -> None:
        """A new lot, which pays what is owed first."""
        lot = Lot(id, points, points, at, order)
        if self.policy.waits_for or self.policy.waits_days:
            lot.waits = True
            if self.policy.waits_days:
                day = day_of(at, self.policy.zone) + timedelta(days=self.policy.waits_days)
                lot.usable_at = start_of(day, self.policy.zone)
        self._date(lot)
        self.lots.append(lot)
        self.books["issued"] += points
        self._pay_debt(lot, points)

    def free(self, at: datetime, order: str | None) -> None:
        """What lots wait for has happened: those of an order, or all."""
        for lot in self.lots:
            of = lot.order is not None and lot.order.id == order
            if self.policy.waits_for and lot.waits and (order is None or of):
                lot.waits, lot.usable_at = False, at
                if self.policy.counts_from_use:
                    self._date(lot)

    def moved(self, level: int, at: datetime) -> None:
        """The member stands on another level. A step up ends no points earlier; after a step down they may
        count anew from there."""
        before, self.level = self.level, level
        if not self.policy.by_level or level == before:
            return
        for lot in self.lots:
            if not lot.left or lot.origin:
                continue
            end = lot.expires_at
            if level > before:
                self._date(lot)
                if end is None or (lot.expires_at is not None and lot.expires_at < end):
                    lot.expires_at = end
            elif self.policy.on_downgrade == "restart":
                ends = [
                    *self._ends(lot, self.policy.expiry),
                    *(end_of(form, at, self.policy.zone) for form in self.policy.by_level[level]),
                ]
                lot.expires_at = min(ends, default=None)

    def in_spend_order(self, lots: Iterable[Lot]) -> list[Lot]:
        """Those that end first, then the oldest; or the oldest first."""
        if self.policy.spend_order == "oldest":
            return sorted(lots, key=lambda lot: (lot.opened_at, lot.id))

        def place(lot: Lot) -> tuple[object, ...]:
            end = self.end(lot)
            return end is None, end or lot.opened_at, lot.opened_at, lot.id

        return sorted(lots, key=place)

    def take(self, points: int, why: str, chosen: Callable[[Lot], bool]) -> list[tuple[Lot, int]]:
        """As many of so many points as chosen lots have, in spend order; from which lots."""
        taken: list[tuple[Lot, int]] = []
        for lot in self.in_spend_order(lot for lot in self.lots if lot.left and chosen(lot)):
            part = min(points, lot.left)
            if part:
                lot.left -= part
                points -= part
                self.books[why] += part
                taken.append((lot, part))
        return taken

    def give_back(self, lot: Lot, points: int, at: datetime, id: str, end: datetime | None) -> None:
        """Spent points come back to their lot, for as long as the policy says. ``end`` was that of the lot
        when they were spent: so it is opened again if nothing is left of it."""
        self.books["spent"] -= points
        if self.policy.by_level and not lot.left:
            lot.expires_at, lot.has_ended = end, end is not None and end <= at
        if self.policy.restore == "new":
            lot = Lot(id, points, 0, at)
            self._date(lot)
            self.lots.append(lot)
        elif lot.has_ended:
            late = self._late(lot, at)
            if late is None:
                lot.left += points
                self._expire(lot, points)
                return
            lot = late
        lot.left += points
        self._pay_debt(lot, points)

    def _late(self, lot: Lot, at: datetime) -> Lot | None:
        """The lot that holds, for a grace granted once, what comes back of one that has ended."""
        if self.policy.grace_days is None or lot.origin:
            return None
        day = day_of(at, self.policy.zone) + timedelta(days=self.policy.grace_days + 1)
        until = self.grace_until.setdefault(lot.id, start_of(day, self.policy.zone))
        if until <= at:
            return None
        for one in self.lots:
            if one.origin == lot.id:
                return one
        late = Lot(f"{lot.id}~grace", lot.granted, 0, lot.opened_at, lot.order, until)
        late.origin = lot.id
        self.lots.append(late)
        return late

    def _date(self, lot: Lot) -> None:
        """When a lot ends by its own: the earliest of what the policy says, as far as is known."""
        forms = self.policy.expiry
        if self.policy.by_level:
            forms += self.policy.by_level[self.level]
        lot.expires_at = min(self._ends(lot, forms), default=None)

    def _ends(self, lot: Lot, forms: Iterable[Expiry]) -> list[datetime]:
        """What each of some forms says of a lot."""
        ends: list[datetime] = []
        for form in forms:
            since = lot.opened_at
            if form.kind == "activity":
                lot.sleeps = True
                if self.awake_until is None or self.awake_until <= since:
                    self.stirred(since)
                continue
            if form.kind == "after" and form.start == "usable" and (lot.waits or lot.usable_at):
                if lot.usable_at is None:
                    continue
                since = lot.usable_at
            ends.append(end_of(form, since, self.policy.zone))
        return ends

    def _pay_debt(self, lot: Lot, points: int) -> None:
        paid = min(points, self.owes)
        self.owes -= paid
        lot.left -= paid

    def _expire(self, lot: Lot, points: int) -> None:
        lot.left -= points
        self.books["expired"] += points
        if lot.order is not None:
            lot.order.expired += points
