"""A coalition for worked examples: events are booked when they occur, by a clock that follows them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from loyalty_rules import Receipt, open_ledger, parse_event
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.reports.settlement import Settlement, settle
from loyalty_rules.service.loading import load_text


class Coalition:
    """A ledger of partners. What is sent at an instant is received then, unless ``received`` says when."""

    def __init__(self, rules: str, url: str = "memory:") -> None:
        self.rules = load_text(rules)
        self.store = open_store(url)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.ledger = open_ledger(self.store, self.rules, now=lambda: self.now)
        self._numbers = 0

    def send(
        self, kind: str, at: str, received: str = "", member: str = "m-1", **fields: object
    ) -> Receipt:
        """Book one event, which must not be refused."""
        self._numbers += 1
        self.now = max(self.now, datetime.fromisoformat(received or at) + timedelta(seconds=1))
        raw = {
            "id": f"e-{self._numbers}",
            "type": kind,
            "member": member,
            "occurred_at": at,
            **fields,
        }
        receipt = self.ledger.record(parse_event(raw))
        assert receipt.status == "booked", receipt.refusal
        return receipt

    def buy(self, points: int, at: str, partner: str = "", **fields: object) -> str:
        """An order worth so many points (one per 1.00); its id."""
        line = {"id": "1", "quantity": points, "amount": f"{points}.00", "sku": "A"}
        named = {"partner": partner} if partner else {}
        return self.send("purchase", at, currency="EUR", lines=[line], **named, **fields).event

    def spend(self, points: int, at: str, partner: str = "", **fields: object) -> str:
        """A redemption of so many points; its id."""
        named = {"partner": partner} if partner else {}
        return self.send("redemption", at, take={"point": points}, **named, **fields).event

    def give_back(self, order: str, quantity: int, at: str, **fields: object) -> Receipt:
        """A return of so many pieces, which are worth a point each."""
        return self.send(
            "return", at, order=order, lines=[{"line": "1", "quantity": quantity}], **fields
        )

    def advance(self, to: str) -> None:
        """Let time pass."""
        self.now = datetime.fromisoformat(to) + timedelta(seconds=1)
        self.ledger.advance(datetime.fromisoformat(to))

    def settled(self, first: str, last: str, now: str = "") -> Settlement:
        """The settlement of a period, asked for now."""
        at = datetime.fromisoformat(now) if now else self.now
        days = date.fromisoformat(first), date.fromisoformat(last)
        return settle(self.store, self.rules, *days, now=at)
