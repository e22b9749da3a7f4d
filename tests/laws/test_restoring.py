"""Redemptions and cancellations, in any order and number: they make no points, and none that last longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Ledger, open_ledger, parse_event
from loyalty_rules.service.loading import load_text
from tests.semantics.shop import purchase, rules
from tests.semantics.test_redemptions import REWARDS

pytestmark = pytest.mark.property

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
VALID_DAYS, GRACE_DAYS = 8, 12
EARNED = {"a": 100, "b": 37}


def text_of(grace: str) -> str:
    """Points are valid for 8 days from when they were earned."""
    restore = f"restore: {{expiry: original, grace: {grace}}}"
    (text,) = rules(points=restore, more=REWARDS).sources.values()
    return text.replace("expiry: never", f"expiry: {{after: {VALID_DAYS} days}}")


RULES = {grace: load_text(text_of(grace)) for grace in ("none", f"{GRACE_DAYS} days")}


def send(ledger: Ledger, kind: str, id: str, at: datetime, **fields: object) -> None:
    """Something happens, or is refused."""
    head = {"id": id, "type": kind, "member": "m-1", "occurred_at": at.isoformat()}
    ledger.record(parse_event({**head, **fields}))


def after_days(at: datetime, days: int) -> datetime:
    """An instant that lies behind the last of so many days, wherever the shop is."""
    return at + timedelta(days=days + 2)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["none", f"{GRACE_DAYS} days"]))
def test_points_that_go_and_come_are_never_more_and_end_in_time(seed: int, grace: str) -> None:
    random, now = Random(seed), BEGIN
    with open_ledger("memory:", RULES[grace], now=lambda: now) as ledger:
        for id, points in EARNED.items():
            ledger.record(parse_event(purchase(f"{points}.00", at=now.isoformat(), id=id)))
            now += timedelta(hours=1)
        last_end = after_days(now, VALID_DAYS)
        graced = dict[str, datetime]()
        names = [f"red-{one}" for one in range(31)]
        taken = 0
        for number in range(30):
            now += timedelta(hours=random.choice([1, 10, 20, 40]))
            if random.random() < 0.5:
                take = {"point": random.choice([1, 20, 40, 90])}
                send(ledger, "redemption", names[taken], now, take=take)
                taken += 1
            else:  # perhaps a second time, perhaps too early: then it waits for its redemption
                name = names[random.randint(0, taken)]
                send(ledger, "redemption_cancelled", f"can-{number}", now, redemption=name)
            report = ledger.verify(seal=False)
            assert report.findings == []
            books, balance = report.books["beans"], ledger.balance("m-1")["beans"]
            assert balance.available <= sum(EARNED.values()) - books.get("spent", 0)
            for lot in balance.lots:
                assert lot.left <= lot.granted
                assert lot.expires_at is not None
                if lot.expires_at > last_end:
                    assert grace != "none"
                    assert graced.setdefault(lot.id, lot.expires_at) == lot.expires_at
                    assert lot.expires_at <= after_days(now, GRACE_DAYS)
        assert len(graced) <= len(EARNED)
        now = after_days(max([last_end, now, *graced.values()]), 0)
        assert ledger.balance("m-1")["beans"].available == 0
