"""What a run into a ledger counts of an event that came late: what it moved, not only what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from loyalty_rules import Ledger, open_ledger, parse_event
from loyalty_rules.batch.booked import book_history
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.read_events import ReadEvent
from tests.semantics.shop import purchase, rules

GIVE = "give: {type: points, program: beans, points: 1, per: 1.00}"
CAPPED = rules(f"{{id: base, event: purchase, limit: {{points: 50, per: month}}, {GIVE}}}")
SHORT = rules(f"{{id: base, event: purchase, {GIVE}}}", expiry="{after: 3 days}")
SPENT = 'within(spend, "month") >= 50.00'
NOW = datetime(2026, 5, 1, tzinfo=UTC)
Raw = Mapping[str, object]


def booked(ledger: Ledger, *events: Raw) -> Figures:
    """The figures of a run that books some events."""
    lines = [
        ReadEvent("events.jsonl", number, parse_event(one)) for number, one in enumerate(events, 1)
    ]
    day = datetime(2026, 5, 1, tzinfo=UTC).date().toordinal()
    return book_history(ledger, lines, day, lambda one: None, lambda count: None)


def bought(id: str, day: str, amount: str) -> Raw:
    return purchase(amount, id=id, at=f"{day}T12:00:00Z")


def test_a_late_purchase_that_uses_up_a_cap_gives_what_others_lose() -> None:
    with open_ledger("memory:", CAPPED, now=lambda: NOW) as ledger:
        first = booked(ledger, bought("p-2", "2026-04-10", "100.00"))
        second = booked(ledger, bought("p-1", "2026-04-01", "20.00"))
        assert (first.points["beans"], second.points["beans"]) == (50, 0)
        assert second.rules["base"].points["beans"] == 20  # what the rule gave for this event
        assert -ledger.verify().books["beans"]["issued"] == 50


@pytest.mark.parametrize("late", ["2026-04-02", "2026-04-20"])
def test_what_ended_meanwhile_is_counted_once(late: str) -> None:
    events = [bought("p-1", "2026-04-01", "10.00"), bought("p-3", "2026-04-25", "5.00")]
    with open_ledger("memory:", SHORT, now=lambda: NOW) as ledger:
        runs = [booked(ledger, *events), booked(ledger, bought("p-2", late, "20.00"))]
        ledger.advance()
        books = ledger.verify().books["beans"]
        assert sum(one.points["beans"] for one in runs) == -books["issued"] == 35
        assert sum(one.expired["beans"] for one in runs) == 30  # the last five end after both runs
        assert books["expired"] == 35


def test_a_late_return_takes_what_it_takes_of_all() -> None:
    give = "{type: bonus, program: beans, points: 30}"
    large = f"{{id: second, event: purchase, when: '{SPENT}', give: {give}}}"
    rule_set = rules(f"{{id: base, event: purchase, {GIVE}}}", large)
    back = {
        "id": "r-1",
        "type": "return",
        "member": "m-1",
        "occurred_at": "2026-04-05T12:00:00Z",
        "order": "p-1",
        "lines": [{"line": "1", "quantity": 1}],
    }
    events = [bought("p-1", "2026-04-01", "60.00"), bought("p-2", "2026-04-10", "10.00")]
    with open_ledger("memory:", rule_set, now=lambda: NOW) as ledger:
        runs = [booked(ledger, *events), booked(ledger, back)]
        books = ledger.verify().books["beans"]
        assert [one.points["beans"] for one in runs] == [60 + 10 + 30, -30]
        assert [one.taken["beans"] for one in runs] == [0, 60]
        assert (books["issued"], books["reversed"]) == (-70, 60)
