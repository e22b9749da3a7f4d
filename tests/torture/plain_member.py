"""One member in the plain model: what each operation does to his points, orders, redemptions and levels.

Written from the documents, without the engine. Each operation answers with the status of its receipt and the
code of a refusal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import floor

from tests.torture.plain_budgets import POINTS, STOCK, Shared
from tests.torture.plain_days import ONE_DAY, day_of, start_of
from tests.torture.plain_levels import Levels
from tests.torture.plain_lots import Lot, Lots
from tests.torture.plain_orders import Line, Order, kept, paid_back, worth
from tests.torture.policies import COSTS, Policy

Answer = tuple[str, str]
BOOKED: Answer = ("booked", "")
HELD: Answer = ("held", "")


@dataclass
class Spent:
    """Points that a redemption took from a lot and that have not come back; ``end`` was then the lot's."""

    lot: Lot
    points: int
    end: datetime | None


@dataclass
class Redemption:
    """From which lots a redemption took points, and how many they were at first; its day, its mugs."""

    spent: list[Spent]
    points: int
    day: date
    mugs: int = 0
    is_cancelled: bool = False


@dataclass
class Member:
    """A member under a policy."""

    policy: Policy
    lots: Lots
    levels: Levels
    shared: Shared
    orders: dict[str, Order] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    is_vip: bool = False
    used: Counter[tuple[int, int]] = field(default_factory=Counter)

    @classmethod
    def under(cls, policy: Policy, shared: Shared) -> Member:
        """A new member, beside all others."""
        return cls(policy, Lots(policy), Levels(policy), shared)

    def pass_to(self, at: datetime) -> date:
        """Time passes up to and including an instant; its day."""
        day = day_of(at, self.policy.zone)
        while self.policy.by_level and self.levels.day is not None and self.levels.day < day:
            next_day = self.levels.day + ONE_DAY
            begins = start_of(next_day, self.policy.zone)
            self.lots.pass_to(begins)
            self.levels.pass_to(next_day)
            self.lots.moved(self.levels.stands, begins)
        self.lots.pass_to(at)
        self.levels.pass_to(day)
        return day

    def purchase(
        self, id: str, at: datetime, lines: list[tuple[int, int]], paid_minor: int, paid_by: str
    ) -> Answer:
        """Lines are quantities and amounts in cents; points of the redemption ``paid_by`` paid so many."""
        day = self.pass_to(at)
        self.lots.stirred(at)
        room = None
        if self.policy.cap_points is not None:
            room = max(0, self.policy.cap_points - self.used[day.year, day.month])
        named = {str(number): Line(*one, one[0]) for number, one in enumerate(lines, 1)}
        order = Order(id, day, named, self.levels.stands, self.is_vip, room)
        order.shared_room = self.shared.room(POINTS, day)
        order.paid, order.paid_by = Fraction(paid_minor, order.whole_minor), paid_by
        order.first = order.booked = worth(self.policy, order)
        self.orders[id] = order
        self.used[day.year, day.month] += order.booked
        self.shared.use(POINTS, day, order.booked)
        if order.booked:
            self.lots.earn(f"{id}/1", order.booked, at, order)
        self.levels.bought(day, order.whole_minor)
        self.lots.moved(self.levels.stands, at)
        return BOOKED

    def bring_back(
        self, id: str, at: datetime, order_id: str, lines: dict[str, int] | None
    ) -> Answer:
        """A return of pieces of some lines, or (None) of all that is left."""
        order = self.orders.get(order_id)
        if order is None:
            return HELD
        if lines is None:
            lines = {name: line.left for name, line in order.lines.items() if line.left}
        if not order.is_open:
            return "refused", "nothing_left"
        if any(name not in order.lines for name in lines):
            return "refused", "unknown_line"
        if any(count > order.lines[name].left for name, count in lines.items()):
            return "refused", "return_exceeds_order"
        day, before = self.pass_to(at), order.left_minor
        due_before = paid_back(self.policy, order) if order.paid else Fraction(0)
        for name, count in lines.items():
            order.lines[name].left -= count
        refund_minor = before - order.left_minor
        if order.paid:
            self._pay_back(id, at, order, due_before)
        points = order.booked - kept(self.policy, order)
        order.booked -= points
        if self.policy.cap_counts == "net":
            self.used[order.day.year, order.day.month] -= points
        self.shared.give_back(POINTS, order.day, points)
        self._take_back(order, points)
        self.levels.came_back(order.day, refund_minor, not order.is_open, day)
        self.lots.moved(self.levels.stands, at)
        return BOOKED

    def _pay_back(self, id: str, at: datetime, order: Order, due_before: Fraction) -> None:
        """Points that paid a part of an order come back, the last that were taken first."""
        redemption = self.redemptions.get(order.paid_by)
        if redemption is None or redemption.is_cancelled:
            return
        due = floor(redemption.points * paid_back(self.policy, order))
        due -= floor(redemption.points * due_before)
        back = [0] * len(redemption.spent)
        for number in reversed(range(len(back))):
            back[number] = min(due, redemption.spent[number].points)
            due -= back[number]
        self._give_back(id, at, redemption, back)

    def _give_back(self, id: str, at: datetime, redemption: Redemption, back: list[int]) -> None:
        for number, (spent, points) in enumerate(zip(redemption.spent, back, strict=True), 1):
            if points:
                spent.points -= points
                self.lots.give_back(spent.lot, points, at, f"{id}/r{number}", spent.end)

    def _take_back(self, order: Order, points: int) -> None:
        """From the order's own points, those that wait first; then from others, those that wait last."""
        lots = self.lots

        def take(missing: int, own: bool, waiting: bool) -> int:
            taken = lots.take(
                missing, "reversed", lambda lot: (lot.order is order, lot.waits) == (own, waiting)
            )
            return missing - sum(part for _, part in taken)

        points = take(points, True, True)
        points = take(points, True, False)
        if self.policy.expired == "forgive":
            forgiven = min(points, order.expired)
            order.expired -= forgiven
            points -= forgiven
        points = take(points, False, False)
        points = take(points, False, True)
        if self.policy.negative == "allow":
            lots.owes += points
            lots.books["reversed"] += points

    def redeem(self, id: str, at: datetime, units: dict[str, int]) -> Answer:
        """Units of rewards are paid with points."""
        if any(reward not in COSTS for reward in units):
            return "refused", "unknown_reward"
        day, mugs, cost = self.pass_to(at), units.get("mug", 0), 0
        stock = self.shared.room(STOCK, day)
        for reward, count in sorted(units.items()):
            if reward == "mug" and stock is not None and count > stock:
                return "refused", "out_of_stock"
            cost += COSTS[reward] * count
            if cost > self.lots.available:
                return "refused", "insufficient_points"
        self.shared.use(STOCK, day, mugs)
        ends = {lot.id: lot.expires_at for lot in self.lots.lots}
        taken = self.lots.take(cost, "spent", lambda lot: not lot.waits)
        self.redemptions[id] = Redemption(
            [Spent(lot, points, ends[lot.id]) for lot, points in taken], cost, day, mugs
        )
        self.lots.stirred(at)
        return BOOKED

    def cancel_redemption(self, id: str, at: datetime, redemption_id: str) -> Answer:
        """A redemption is undone, once."""
        redemption = self.redemptions.get(redemption_id)
        if redemption is None:
            return HELD
        if redemption.is_cancelled:
            return "refused", "already_cancelled"
        self.pass_to(at)
        redemption.is_cancelled = True
        self.shared.give_back(STOCK, redemption.day, redemption.mugs)
        self._give_back(id, at, redemption, [one.points for one in redemption.spent])
        return BOOKED

    def adjust(self, id: str, at: datetime, points: int) -> Answer:
        """Points by hand: given, or taken if there are as many."""
        self.pass_to(at)
        if points > 0:
            self.lots.earn(f"{id}/1", points, at, None)
        elif -points > self.lots.available:
            return "refused", "insufficient_points"
        else:
            self.lots.take(-points, "reversed", lambda lot: not lot.waits)
        return BOOKED

    def put_on(self, at: datetime, level: int, last: date | None, floor: bool) -> Answer:
        """A level by hand, through a day."""
        day = day_of(at, self.policy.zone)
        if last is not None and last < day:
            return "refused", "level_ended"
        self.pass_to(at)
        self.levels.give(level, last, floor, day)
        self.lots.moved(self.levels.stands, at)
        return BOOKED

    def deliver(self, at: datetime, order: str | None) -> Answer:
        """What points wait for."""
        self.pass_to(at)
        self.lots.free(at, order)
        return BOOKED

    def profile(self, at: datetime, is_vip: bool) -> Answer:
        """Who the member is."""
        self.pass_to(at)
        self.is_vip = is_vip
        return BOOKED
