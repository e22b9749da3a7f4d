"""Redemptions in a history: cancelled, and given back with the orders that they paid."""

from __future__ import annotations

from datetime import date

from loyalty_rules import parse_event
from loyalty_rules.batch.history import AsOf, decide_history
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.receipts import Receipt
from tests.semantics.shop import purchase, rules

RULES = rules(
    more="rewards:\n  off: {cost: {program: beans, points: 1}, give: {type: discount, amount: 0.01}}"
)


def event(kind: str, id: str, day: int, **fields: object) -> dict[str, object]:
    at = f"2026-03-{day:02}T12:00:00Z"
    return {"id": id, "type": kind, "member": "m-1", "occurred_at": at, **fields}


def run(*events: dict[str, object]) -> dict[str, Receipt]:
    """The receipts of a history by the id of their event; what was held is told by what became of it."""
    lines = [ReadEvent("events", n, parse_event(one)) for n, one in enumerate(events, 1)]
    found: dict[str, Receipt] = {}

    def keep(receipt: Receipt) -> None:
        found[receipt.event.id] = receipt
        for one in receipt.released:
            keep(one)

    as_of = AsOf.through_day(RULES, date(2026, 12, 31).toordinal())
    decide_history(RULES, lines, as_of, keep)
    return found


def beans(receipt: Receipt) -> object:
    assert receipt.decision is not None, receipt
    return receipt.decision.points["beans"]


def test_a_cancelled_redemption_gives_its_points_back_once() -> None:
    found = run(
        purchase("100.00", id="p", at="2026-03-01T12:00:00Z"),
        event("redemption", "red", 2, take={"off": 60}),
        event("redemption_cancelled", "can", 3, redemption="red"),
        event("redemption_cancelled", "again", 4, redemption="red"),
        event("redemption_cancelled", "unknown", 4, redemption="other"),
    )
    assert (beans(found["red"]), beans(found["can"])) == (-60, 60)
    refusal = found["again"].refusal
    assert refusal is not None and refusal.code == "already_cancelled"
    assert found["unknown"].status == "held"


def test_a_cancellation_that_comes_first_waits() -> None:
    """By the clock of its till it happened before the redemption."""
    found = run(
        purchase("100.00", id="p", at="2026-03-01T12:00:00Z"),
        event("redemption_cancelled", "can", 2, redemption="red"),
        event("redemption", "red", 3, take={"off": 60}),
    )
    assert (beans(found["red"]), beans(found["can"])) == (-60, 60)


def test_returns_without_an_order_share_what_a_redemption_paid() -> None:
    """One redemption paid half of each of two orders; both come back in one event."""
    paid = [
        {"type": "points", "amount": "0.50", "redemption": "red"},
        {"type": "card", "amount": "0.50"},
    ]
    line = {"sku": "PEN", "quantity": 1, "amount": "1.00"}
    back = [{"sku": "PEN", "quantity": 2, "amount": "2.00"}]
    found = run(
        purchase("100.00", id="p", at="2026-03-01T12:00:00Z"),
        event("redemption", "red", 2, take={"off": 100}),
        purchase(line, id="a", at="2026-03-03T12:00:00Z", tenders=paid),
        purchase(line, id="b", at="2026-03-04T12:00:00Z", tenders=paid),
        event("return", "ret", 5, lines=back),
        event("redemption_cancelled", "can", 6, redemption="red"),
    )
    assert beans(found["ret"]) == 100
    assert beans(found["can"]) == 0
