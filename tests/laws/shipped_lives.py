"""Random lives of a member under the rule sets that ship: the events that these rule sets know of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from loyalty_rules import RuleSet

Plain = dict[str, object]

FIRST = datetime(2026, 4, 1, 8, tzinfo=UTC)
GAPS_MINUTES = (0, 5, 60, 600, 1440, 3 * 1440, 20 * 1440, 40 * 1440)
CATEGORIES = ("drinks", "beans", "cake", "croissant", "bread", "book", "fuel", "fruit", "tobacco")
TAGS: tuple[list[str], ...] = ([], ["own-brand"], ["own-cup"], ["wholemeal"], ["organic"])
CENTS = (0, 199, 999, 5_000, 12_345, 100_000)


class Life:
    """Makes the events of one member, in the order of time. ``seed`` makes them the same again."""

    def __init__(self, rules: RuleSet, seed: str) -> None:
        self._dice = Random(seed)
        model = rules.plan.model
        self._currency = model.currency.code
        self._unit = 100_000 if self._currency == "IRR" else 1
        self._rewards = [reward.id for reward in model.rewards]
        self._kinds = {kind.name for kind in model.kinds}
        self._partners = [partner.id for partner in model.partners]
        self._has_full_price = any(
            field.name == "full_price" for kind in model.kinds for field in kind.item_fields
        )
        self._orders: list[tuple[str, list[Plain]]] = []
        self._redemptions: list[str] = []
        self.now = FIRST

    def events(self, count: int) -> Iterator[Plain]:
        """A sign-up, a birthday, and so many events after them."""
        yield self._event("s", "signup")
        yield self._event("p", "profile", birthday="1990-05-12")
        for number in range(count):
            self.now += timedelta(minutes=self._dice.choice(GAPS_MINUTES))
            event = self._any(f"e{number}")
            if event is not None:
                yield event

    def purchases(self, count: int) -> Iterator[Plain]:
        """Orders of one day."""
        for number in range(count):
            self.now += timedelta(minutes=self._dice.randint(0, 40))
            yield self._purchase(f"e{number}")

    def everything_back(self) -> Iterator[Plain]:
        """All orders so far come back whole, at once or piece by piece, in any order."""
        back: list[tuple[str, str, dict[str, object]]] = []
        for order, lines in self._orders:
            if self._dice.random() < 0.5:
                back.append((f"c-{order}", "cancellation", {"order": order}))
                continue
            for line in lines:
                left = int(str(line["quantity"]))
                while left:
                    part = self._dice.randint(1, left)
                    left -= part
                    given = [{"line": line["id"], "quantity": part}]
                    name = f"r-{order}-{line['id']}-{left}"
                    back.append((name, "return", {"order": order, "lines": given}))
        self._dice.shuffle(back)
        for name, kind, fields in back:
            self.now += timedelta(minutes=self._dice.randint(0, 5))
            yield self._event(name, kind, **fields)

    def _event(self, name: str, kind: str, **fields: object) -> Plain:
        at = self.now.isoformat()
        return {"id": name, "type": kind, "member": "m", "occurred_at": at, **fields}

    def _any(self, name: str) -> Plain | None:
        dice, chance = self._dice, self._dice.random()
        if chance < 0.5 and "flight" in self._kinds:
            return self._flight(name)
        if chance < 0.55 or not self._orders:
            return self._purchase(name)
        order, lines = dice.choice(self._orders)
        if chance < 0.7:
            some = dice.sample(lines, dice.randint(1, len(lines)))
            back = [{"line": one["id"], "quantity": dice.randint(1, 3)} for one in some]
            return self._event(name, "return", order=order, lines=back)
        if chance < 0.75:
            return self._event(name, "cancellation", order=order)
        if chance < 0.9 and self._rewards:
            return self._redemption(name)
        if chance < 0.95 and self._redemptions:
            taken = dice.choice(self._redemptions)
            return self._event(name, "redemption_cancelled", redemption=taken)
        if "subscription" in self._kinds:
            return self._event(name, "subscription", plan="reading", months=2)
        if "delivered" in self._kinds:
            if dice.random() < 0.5:
                return self._event(name, "grant", offer="spring")
            return self._event(name, "delivered", order=order)
        return None

    def _purchase(self, name: str) -> Plain:
        lines = [self._line(str(number + 1)) for number in range(self._dice.randint(1, 3))]
        self._orders.append((name, lines))
        return self._event(
            name, "purchase", currency=self._currency, lines=lines, **self._somewhere()
        )

    def _somewhere(self) -> dict[str, object]:
        """A partner, if the rule set has any, or none."""
        if not self._partners or self._dice.random() < 0.2:
            return {}
        return {"partner": self._dice.choice(self._partners)}

    def _line(self, name: str) -> Plain:
        dice = self._dice
        amount = Decimal(dice.choice(CENTS) * self._unit).scaleb(-2)
        line: Plain = {"id": name, "sku": dice.choice("ABC"), "amount": f"{amount}", "tax": "0.00"}
        line |= {"category": dice.choice(CATEGORIES), "tags": dice.choice(TAGS)}
        line["quantity"] = dice.randint(1, 4)
        if self._has_full_price:
            line["full_price"] = dice.choice([True, False])
        return line

    def _redemption(self, name: str) -> Plain:
        dice = self._dice
        amount = str(dice.randint(1, 90) * self._unit)
        line = {"id": "1", "category": dice.choice(["fuel", "cake"]), "amount": amount}
        cart = [{**line, "quantity": dice.randint(1, 40)}]
        self._redemptions.append(name)
        take = {dice.choice(self._rewards): dice.randint(1, 3)}
        return self._event(
            name,
            "redemption",
            take=take,
            currency=self._currency,
            lines=cart,
            **self._somewhere(),
        )

    def _flight(self, name: str) -> Plain:
        dice = self._dice
        return self._event(
            name,
            "flight",
            route=dice.choice(["domestic", "europe", "africa", "americas"]),
            cabin=dice.choice(["light", "economy", "business"]),
            destination=dice.choice("ABCDEFG"),
            segments=dice.randint(1, 6),
            fare=str(dice.randint(30, 3000)),
        )
