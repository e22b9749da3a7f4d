"""Worked example E66: the figures of a program, each from a ledger that events have built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from loyalty_rules import EventError, open_ledger, parse_event
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.reports import Parameters, Report, report
from loyalty_rules.service.loading import load_text

RULES = """
ruleset: figures
version: "1"
currency: EUR
timezone: UTC
programs:
  points: {type: points, basis: {tax: included}, expiry: never, value: %s}
rules:
  - {id: base, event: purchase, give: {type: points, program: points, points: 1, per: %s}}
rewards:
  point: {cost: {program: points, points: 1}, give: {type: perk, name: thanks}}
"""
NOW = datetime(2028, 1, 1, tzinfo=UTC)

Raw = Mapping[str, object]


def figures(
    events: Iterable[Raw],
    value: str = "0.01",
    per: str = "1.00",
    at: datetime = NOW,
    **asked: object,
) -> Report:
    """The report of a ledger in which some events were booked when they occurred."""
    rules = load_text(RULES % (value, per))
    store = open_store("memory:")
    parsed = [parse_event(raw) for raw in events]
    clock = NOW
    with open_ledger(store, rules, now=lambda: clock) as ledger:
        for receipt in ledger.record_many(parsed):
            assert receipt.status == "booked", receipt.refusal
        assert ledger.verify().is_clean
        made = report(store, rules, at, now=NOW, parameters=Parameters(**asked))  # type: ignore[arg-type]
    assert made.is_reconciled
    return made


def event(kind: str, id: str, member: str, at: str = "2027-06-01", **fields: object) -> Raw:
    return {
        "id": id,
        "type": kind,
        "member": member,
        "occurred_at": f"{at}T12:00:00Z",
        **fields,
    }


def order(id: str, member: str, amount: str, at: str = "2027-06-01", *categories: str) -> Raw:
    lines = [
        {"id": str(number), "quantity": 1, "amount": amount, "category": name}
        for number, name in enumerate(categories or ("tea",))
    ]
    return event("purchase", id, member, at, currency="EUR", lines=lines)


def euros(minor: Fraction | None) -> str:
    assert minor is not None
    return f"{round(minor) / 100:.2f}"


def test_e66_liability() -> None:
    made = figures([order("o", "m", "1000000.00")], value="0.008", expected=Fraction(3, 4))
    [points] = made.programs
    assert points.held == 1_000_000
    assert euros(points.liability_minor) == "6000.00"


def test_e66_redemption_rate_and_breakage() -> None:
    made = figures(
        [
            order("o", "m", "600000.00"),
            event("redemption", "r", "m", "2027-06-02", take={"point": 450_000}),
        ]
    )
    [points] = made.programs
    assert points.redemption_rate == Fraction(75, 100)
    assert points.breakage == Fraction(25, 100)


def test_e66_revenue_is_allocated_to_goods_and_points() -> None:
    made = figures(
        [
            order("o", "m", "100000.00"),
            event("redemption", "r", "m", "2027-06-02", take={"point": 4_500}),
        ],
        value="1.00",
        per="10.00",
        expected=Fraction(95, 100),
    )
    [points] = made.programs
    assert points.issued == 10_000 and points.allocation is not None
    assert euros(points.allocation.goods) == "91324.20"
    assert euros(points.allocation.points) == "8675.80"
    assert euros(points.allocation.recognised) == "4109.59"


def test_e66_retention_and_churn() -> None:
    stayed = range(30, 200)
    before = [order(f"a-{one}", f"m-{one}", "10.00", "2026-06-01") for one in range(200)]
    now = [order(f"b-{one}", f"m-{one}", "10.00") for one in (*stayed, *range(200, 240))]
    made = figures([*before, *now])
    assert made.retention == (200, 210, 40)
    assert made.retention.rate == Fraction(85, 100)
    assert made.retention.churn == Fraction(15, 100)


def test_e66_lifetime_value() -> None:
    before = [order(f"a-{one}", f"m-{one}", "10.00", "2026-06-01") for one in range(5)]
    now = [order(f"b-{one}", f"m-{one}", "400.00") for one in range(4)]
    made = figures([*before, *now], margin=Fraction(1, 4), discount=Fraction(1, 10))
    assert made.retention.rate == Fraction(4, 5)
    assert euros(made.lifetime_minor) == "266.67"


def test_e66_net_promoter_score() -> None:
    scores = [10] * 30 + [9] * 30 + [8] * 20 + [7] * 5 + [6] * 10 + [0] * 5
    answers = [
        event("survey", f"s-{number}", f"m-{number}", score=score, survey="nps")
        for number, score in enumerate(scores)
    ]
    made = figures(answers)
    assert (made.promoter_score, made.scores) == (45, 100)


def test_e66_upsell_ratio() -> None:
    one = [order(f"o-{n}", f"m-{n}", "10.00") for n in range(600)]
    two = [order(f"t-{n}", f"k-{n}", "10.00", "2027-06-01", "tea", "cups") for n in range(300)]
    made = figures([*one, *two])
    assert made.upsell_ratio == Fraction(1, 2)


def test_e66_loyalty_index() -> None:
    answers = [
        event("survey", f"s-{name}", "m", score=score, survey=f"loyalty_{name}")
        for name, score in (("again", 2), ("recommend", 1), ("other", 3))
    ]
    made = figures(answers)
    assert (made.loyalty_index, made.answers) == (80, 3)


def test_what_came_back_is_neither_revenue_nor_an_order_nor_a_kind() -> None:
    back = event(
        "return", "r", "m-1", "2027-06-03", order="two", lines=[{"line": "1", "quantity": 1}]
    )
    gone = event("cancellation", "c", "m-2", "2027-06-04", order="gone")
    made = figures(
        [
            order("two", "m-1", "10.00", "2027-06-01", "tea", "cups"),
            order("gone", "m-2", "10.00"),
            back,
            gone,
        ]
    )
    assert euros(made.revenue_minor) == "10.00"
    assert made.retention.now == 1
    assert made.upsell_ratio == 0
    assert made.rfm == {"555": 1}


def test_an_answer_out_of_range_is_left_out_and_said() -> None:
    made = figures([event("survey", "s", "m", score=11)])
    assert (made.promoter_score, made.scores, made.out_of_range) == (None, 0, 1)


def test_an_earlier_instant_knows_nothing_of_what_was_booked_later() -> None:
    made = figures([order("o", "m", "10.00")], at=NOW - timedelta(seconds=1))
    assert made.members == 0 and made.programs == ()


def test_a_report_as_of_the_future_is_refused() -> None:
    with pytest.raises(EventError) as refused:
        figures([order("o", "m", "10.00")], at=NOW + timedelta(seconds=1))
    assert refused.value.code == "from_the_future"
