"""Whatever members and partners do, and in whatever order it is heard of, a settlement balances, and stands
where the postings stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import open_ledger, parse_event
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.reports.settlement import Settlement, settle
from loyalty_rules.service.loading import load_text

RULES = """
ruleset: coalition
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  points:
    type: points
    basis: {tax: included}
    expiry: {after: 2 months}
    value: 0.0071
    scale: 1
    returns: {negative: %s, claw_back: %s}
  stars: {type: points, basis: {tax: included}, expiry: never, spendable: false}
  gym: {type: partner, pays_per_point_issued: 0.0100, is_paid_per_point_redeemed: 0.0085}
  shop: {type: partner, pays_per_point_issued: {points: 0.0083, stars: 0}, is_paid_per_point_redeemed: 0.0071}
  card:
    type: challenge
    counts: orders
    target: 3
    repeat: true
    rest: drop
    give: {type: bonus, program: points, points: 7}
rules:
  - {id: base, event: purchase, give: {type: points, program: points, points: 1.3, per: 1.00}}
  - id: gym-double
    event: purchase
    when: event.partner == "gym"
    give: {type: multiplier, program: points, times: 1.7}
    funded_by: {shop: 33.3 %%, gym: 12.5 %%, operator: 54.2 %%}
  - id: large
    event: purchase
    when: order.total >= 40.00
    give: {type: bonus, program: points, points: 11}
    funded_by: {shop: 100 %%}
  - id: small
    event: purchase
    when: order.total < 20.00
    give: {type: bonus, program: points, points: 5}
    funded_by: {gym: 100 %%}
  - id: off
    event: purchase
    when: order.total >= 30.00
    give: {type: discount, percent: 10 %%}
    funded_by: {gym: 40 %%, operator: 60 %%}
  - {id: star, event: purchase, give: {type: points, program: stars, points: 1}}
rewards:
  point: {cost: {program: points, points: 1}, give: {type: bonus, program: stars, points: 1}}
"""
START = datetime(2026, 1, 1, 9, tzinfo=UTC)
PARTNERS = st.sampled_from(["gym", "shop", ""])

steps = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(1, 60), PARTNERS),
        st.tuples(st.just("late"), st.integers(1, 60), PARTNERS),
        st.tuples(st.just("spend"), st.integers(1, 40), PARTNERS),
        st.tuples(st.just("back"), st.integers(1, 60), PARTNERS),
        st.tuples(st.just("undo"), st.integers(0, 9), PARTNERS),
        st.tuples(st.just("wait"), st.integers(1, 40), PARTNERS),
        st.tuples(st.just("adjust"), st.integers(-20, 20), PARTNERS),
    ),
    min_size=4,
    max_size=25,
)


@dataclass
class Life:
    """One or two members of a coalition and what was heard of them."""

    rules: str
    now: datetime = START
    orders: list[tuple[str, str, int]] = field(default_factory=list)
    redemptions: list[tuple[str, str]] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.rule_set = load_text(self.rules)
        self.store = open_store("memory:")
        self.ledger = open_ledger(self.store, self.rule_set, now=lambda: self.now)

    def live(self, kind: str, size: int, partner: str) -> None:
        """One step; what cannot be is refused and changes nothing."""
        self.number += 1
        self.now += timedelta(hours=7)
        member = f"m-{self.number % 2}"
        named: dict[str, object] = {"partner": partner} if partner else {}
        if kind == "wait":
            self.now += timedelta(days=size)
            self.ledger.advance(self.now)
        elif kind in ("buy", "late"):
            line = {"id": "1", "quantity": size, "amount": f"{size}.00"}
            at = self.now - timedelta(days=9 if kind == "late" else 0)
            self.send("purchase", member, at, currency="EUR", lines=[line], **named)
            self.orders.append((member, f"e-{self.number}", size))
        elif kind == "spend":
            if self.send("redemption", member, self.now, take={"point": size}, **named):
                self.redemptions.append((member, f"e-{self.number}"))
        elif kind == "back" and self.orders:
            member, order, bought = self.orders[size % len(self.orders)]
            lines = [{"line": "1", "quantity": 1 + size % bought}]
            self.send("return", member, self.now, order=order, lines=lines)
        elif kind == "undo" and self.redemptions:
            member, redemption = self.redemptions[size % len(self.redemptions)]
            self.send("redemption_cancelled", member, self.now, redemption=redemption)
        elif kind == "adjust":
            self.send("adjustment", member, self.now, program="points", points=size)

    def send(self, kind: str, member: str, at: datetime, **fields: object) -> bool:
        raw: Mapping[str, object] = {
            "id": f"e-{self.number}",
            "type": kind,
            "member": member,
            "occurred_at": at.isoformat(),
            **fields,
        }
        return self.ledger.record(parse_event(raw)).status == "booked"

    def settled(self, first: date, last: date) -> Settlement:
        return settle(self.store, self.rule_set, first, last, now=self.now + timedelta(days=99))


@pytest.mark.property
@settings(max_examples=15)
@given(steps, st.sampled_from(["allow", "clamp"]), st.sampled_from(["recompute", "proportional"]))
def test_debits_are_credits_and_what_is_held_is_what_the_postings_say(lived, negative, how) -> None:
    life = Life(RULES % (negative, how))
    for step in lived:
        life.live(*step)
    report = life.ledger.verify()
    assert report.is_clean, report.findings
    first, last = date(2025, 12, 1), date(2030, 12, 31)
    whole = life.settled(first, last)
    assert whole.debits_minor == whole.credits_minor
    assert sum(line.exact for line in whole.lines) == 0
    assert sum(line.amount_minor for line in whole.lines) == 0
    assert whole.unpriced == {}, "every point has a payer"
    held: dict[str, int] = {}
    for one in whole.remaining:
        assert one.points >= 0 and one.paid >= 0, "nobody pays for fewer points than none"
        held[one.program] = held.get(one.program, 0) + one.points
    books = {name: sums.get("lots", 0) for name, sums in report.books.items()}
    assert held == {name: points for name, points in books.items() if points}

    cut = life.now.date() - (life.now.date() - START.date()) // 2
    halves = [life.settled(first, cut), life.settled(cut + timedelta(days=1), last)]
    for partner in whole.partners:
        assert whole.balance_minor(partner) == sum(one.balance_minor(partner) for one in halves)
    assert all(half.debits_minor == half.credits_minor for half in halves)


@pytest.mark.property
@settings(max_examples=10)
@given(
    st.lists(st.tuples(st.integers(1, 60), PARTNERS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 20), PARTNERS), max_size=3),
)
def test_when_everything_comes_back_nobody_has_paid_for_anything(bought, spent) -> None:
    """As long as no points ended and no price changed between payers, returns leave no trace."""
    life = Life(RULES % ("allow", "recompute"))
    for step in bought:
        life.live("buy", *step)
    for size, partner in spent:
        life.live("spend", size, partner)
    for member, redemption in life.redemptions:
        life.number += 1
        assert life.send("redemption_cancelled", member, life.now, redemption=redemption)
    for member, order, size in life.orders:
        life.number += 1
        assert life.send(
            "return", member, life.now, order=order, lines=[{"line": "1", "quantity": size}]
        )
    made = life.settled(date(2025, 12, 1), date(2030, 12, 31))
    assert {partner: made.balance_minor(partner) for partner in made.partners} == dict.fromkeys(
        made.partners, 0
    )
    assert not [one for one in made.remaining if one.program == "points"]
