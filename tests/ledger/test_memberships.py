"""Memberships in a ledger: late acts take their place, points end with the membership, a return gives a use
back, and a member's account shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_rules import Event, parse_event
from tests.ledger.shop import STORES, Opener, beans, bought, opener, sound
from tests.semantics.shop import rules

CREDIT = (
    "{id: credit, event: purchase, when: club.active,"
    " give: {type: points, program: beans, points: 1, per: 1.00}}"
)
RULES = rules(
    CREDIT,
    expiry="{with: club}",
    programs="club: {type: membership, plans: {month: {price: 6.90, period: 1 month}}}",
)


@pytest.fixture(params=STORES)
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    return opener(request.param, tmp_path)


def does(action: str, day: str) -> Event:
    return parse_event(
        {
            "id": f"{action}-{day}",
            "type": "membership",
            "member": "m-1",
            "occurred_at": f"{day}T12:00:00Z",
            "action": action,
        }
    )


def test_points_end_with_a_membership_that_nobody_renewed(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        ledger.record(does("join", "2026-10-10"))
        ledger.record(bought("50.00", day="2026-10-20"))
        ledger.record(does("renew", "2026-11-10"))
        ledger.advance(datetime(2026, 12, 10, 22, tzinfo=UTC))
        before = ledger.statement("m-1", at=datetime(2026, 12, 10, 22, tzinfo=UTC))
        assert before.balances["beans"].available == 50
        (club,) = before.memberships
        assert (club.plan, club.through) == ("month", "2026-12-10")
        assert club.text == "month, through 2026-12-10; paid 6.90 EUR, saved 0.00 EUR"
        ledger.advance(datetime(2026, 12, 10, 23, tzinfo=UTC))  # midnight in Berlin
        assert beans(ledger) == 0
        assert ledger.statement("m-1").memberships == ()


def test_a_late_join_pays_for_what_was_bought_since(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        assert dict(ledger.record(bought("50.00", day="2026-12-20")).points) == {}
        late = ledger.record(does("join", "2026-12-18"))
        assert late.late and late.status == "booked"
        assert beans(ledger) == 50


def test_a_join_before_the_one_that_was_booked_is_judged_by_todays_facts(open_one: Opener) -> None:
    """In its place it would make the other one impossible, and that cannot be undone."""
    with sound(open_one(RULES)) as ledger:
        ledger.record(does("join", "2026-12-20"))
        late = ledger.record(does("join", "2026-12-18"))
        assert late.refusal is not None and late.refusal.code == "already_member"
        (club,) = ledger.statement("m-1").memberships
        assert club.through == "2027-01-20"


def test_a_fee_is_granted_once_however_often_it_is_sent(open_one: Opener) -> None:
    with sound(open_one(RULES)) as ledger:
        first = ledger.record(does("join", "2026-12-20"))
        again = ledger.record(does("join", "2026-12-20"))
        assert (first.status, again.status) == ("booked", "duplicate")
        assert first.decision is not None
        assert "club: 6.90 EUR to pay for month" in str(first.decision.explain())
