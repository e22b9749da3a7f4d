"""Random operations on a shop's members, wrong ones among them. Each is plain data with an instant of its
own, so that any of them can be left out and the rest still means the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.torture.plain_orders import Order
from tests.torture.plain_shop import Operation, Raw, Shop, minor
from tests.torture.policies import LEVELS

BEGIN: Final = datetime(2025, 1, 15, 9, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass
class Drawing:
    """Draws one operation after another; the plain shop says what there is to return, spend or cancel."""

    random: Random
    shop: Shop
    members: int
    now: datetime = BEGIN
    number: int = 0

    def draw(self) -> Operation:
        """The next operation."""
        self.number += 1
        member = f"m-{self.random.randrange(self.members)}"
        self.now = self._instant(member)
        draws: tuple[tuple[int, Callable[[str], Operation]], ...] = (
            (26, self._purchase),
            (6, self._paid_with_points),
            (14, self._return),
            (4, self._cancellation),
            (18, self._redemption),
            (12, self._redemption_cancelled),
            (4, self._adjustment),
            (2, self._level),
            (3, self._delivery),
            (2, self._profile),
            (2, self._return_first),
            (4, self._again),
            (3, self._advance),
            (5, self._look),
        )
        [one] = self.random.choices([one for _, one in draws], [weight for weight, _ in draws])
        return one(member)

    def _instant(self, member: str) -> datetime:
        """Some time later; now and then the very instant at which something falls due, or the last before."""
        random = self.random
        due = self.shop.member(member).lots.next_due()
        near = due is not None and MICROSECOND < due - self.now < timedelta(days=40)
        if due is not None and near and random.random() < 0.05:
            return due - random.choice([0, 0, 1]) * MICROSECOND
        spans = [
            timedelta(seconds=1),
            timedelta(minutes=7),
            timedelta(hours=3),
            timedelta(hours=20),
        ]
        return self.now + random.choice(spans) * random.randint(1, 3)

    def _event(self, member: str, kind: str, **fields: Any) -> Raw:
        at = self.now.isoformat()
        return {
            "id": f"e{self.number}",
            "type": kind,
            "member": member,
            "occurred_at": at,
            **fields,
        }

    def _deliver(self, *events: Raw) -> Operation:
        return {"now": self.now.isoformat(), "deliver": list(events)}

    def _bought(self, member: str) -> Raw:
        lines: list[Raw] = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            cents = self.random.choice([1, 99, 999, 1000, 2_000, 3_000, 5_000, 9_950])
            cents += self.random.choice([0, 0, self.random.randrange(400)])
            quantity = self.random.choice([1, 1, 2, 3])
            lines.append({"quantity": quantity, "amount": _text(cents)})
        return self._event(member, "purchase", currency="EUR", lines=lines)

    def _purchase(self, member: str) -> Operation:
        return self._deliver(self._bought(member))

    def _paid_with_points(self, member: str) -> Operation:
        """An order that points paid in part: of one of the latest redemptions, or of one made for it."""
        known = list(self.shop.member(member).redemptions)[-5:]
        first: list[Raw] = []
        if known and self.random.random() < 0.4:
            redemption = self.random.choice(known)
        else:
            has = self.shop.member(member).lots.available
            if not has:
                return self._purchase(member)
            first = [
                self._event(member, "redemption", take={"sticker": self.random.randint(1, has)})
            ]
            redemption = first[0]["id"]
            self.number += 1
            self.now += timedelta(seconds=1)
        bought = self._bought(member)
        whole = sum(minor(one["amount"]) for one in bought["lines"])
        paid = self.random.choice([whole, max(1, whole // 3), self.random.randint(1, whole)])
        tenders = [{"type": "points", "amount": _text(paid), "redemption": redemption}]
        if whole > paid:
            tenders.append({"type": "card", "amount": _text(whole - paid)})
        return self._deliver(*first, {**bought, "tenders": tenders})

    def _order_of(self, member: str) -> Order | None:
        """One of the member's orders, mostly of the latest; rarely one that has all come back."""
        orders = list(self.shop.member(member).orders.values())[-8:]
        if self.random.random() < 0.9:
            orders = [one for one in orders if one.is_open]
        return self.random.choice(orders) if orders else None

    def _return(self, member: str) -> Operation:
        order = self._order_of(member)
        if order is None or self.random.random() < 0.01:
            line = {"line": "1", "quantity": 1}
            return self._deliver(self._event(member, "return", order="nowhere", lines=[line]))
        names = self.random.sample(list(order.lines), self.random.randint(1, len(order.lines)))
        lines: list[Raw] = []
        for name in names:
            line_of = order.lines[name]
            quantity = self.random.randint(1, max(1, line_of.left))
            if self.random.random() < 0.03:
                quantity = line_of.left + 1
            lines.append({"line": name, "quantity": quantity})
        if self.random.random() < 0.01:
            lines = [{"line": "9", "quantity": 1}]
        return self._deliver(self._event(member, "return", order=order.id, lines=lines))

    def _cancellation(self, member: str) -> Operation:
        order = self._order_of(member)
        name = "nowhere" if order is None else order.id
        return self._deliver(self._event(member, "cancellation", order=name))

    def _return_first(self, member: str) -> Operation:
        """An order that comes back, and whose return is delivered before it."""
        bought = self._bought(member)
        self.number += 1
        self.now += self.random.choice([timedelta(seconds=1), timedelta(days=9)])
        line = {"line": "1", "quantity": 1}
        back = self._event(member, "return", order=bought["id"], lines=[line])
        return self._deliver(back, bought)

    def _redemption(self, member: str) -> Operation:
        has = self.shop.member(member).lots.available
        units = {"sticker": self.random.randint(1, 9)}
        if self.random.random() < 0.5:
            units = {"mug": self.random.randint(1, max(1, has // 7))}
        if self.random.random() < 0.3:
            units |= {"lamp": self.random.randint(1, max(1, has // 40))}
        if self.random.random() < 0.2 and has:
            units = {"sticker": has + self.random.choice([0, 0, 1])}
        if self.random.random() < 0.01:
            units |= {"moon": 1}
        return self._deliver(self._event(member, "redemption", take=units))

    def _redemption_cancelled(self, member: str) -> Operation:
        known = self.shop.member(member).redemptions
        names = list(known)[-12:]
        if self.random.random() < 0.9:
            names = [name for name in names if not known[name].is_cancelled]
        name = self.random.choice(names) if names else "nothing"
        return self._deliver(self._event(member, "redemption_cancelled", redemption=name))

    def _adjustment(self, member: str) -> Operation:
        points = self.random.choice([-200, -20, -1, 1, 5, 50])
        return self._deliver(self._event(member, "adjustment", program="beans", points=points))

    def _level(self, member: str) -> Operation:
        """A level by hand: as the least or fixed, for a time or for ever."""
        said: Raw = {"program": "status", "level": self.random.choice(LEVELS)}
        said["floor"] = self.random.random() < 0.6
        if self.random.random() < 0.9:
            days = self.random.choice([-1, 0, 1, 9, 33, 90])
            zone = ZoneInfo(self.shop.policy.zone)
            said["through"] = (self.now.astimezone(zone).date() + timedelta(days=days)).isoformat()
        return self._deliver(self._event(member, "adjustment", **said))

    def _delivery(self, member: str) -> Operation:
        order = self._order_of(member)
        of = {} if order is None or self.random.random() < 0.4 else {"order": order.id}
        return self._deliver(self._event(member, "delivery", **of))

    def _profile(self, member: str) -> Operation:
        segments = self.random.choice([["vip"], []])
        return self._deliver(self._event(member, "profile", segments=segments))

    def _again(self, member: str) -> Operation:
        """Something that was taken before, perhaps with other content now."""
        taken = self.shop.booked[-200:]
        if not taken:
            return self._advance(member)
        before = self.random.choice(taken)
        if self.random.random() < 0.3:
            before = {**before, "sequence": 7}
        return {"now": self.now.isoformat(), "again": before}

    def _advance(self, member: str) -> Operation:
        return {"now": self.now.isoformat(), "advance": True}

    def _look(self, member: str) -> Operation:
        return {"now": self.now.isoformat(), "look": member}


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
