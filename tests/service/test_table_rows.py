"""A rate without a row says which table it asked, and for what; one point is told as one."""

from __future__ import annotations

import pytest

import loyalty_rules as lr
from loyalty_rules.service.loading import load_text

RULES = load_text("""\
ruleset: club
version: "1.0"
currency: EUR
timezone: Europe/Berlin
events:
  purchase: {fields: {route: text, cabin: {type: text, optional: true}}}
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
  status:
    type: tiers
    window: ever
    levels: [{id: green}, {id: gold, at: {orders: 2}}]
    keep: {through: window}
tables:
  rates:
    keys: {route: exact, spent: at_least}
    rows: {LHR: {10: 2, 100: 3}}
rules:
  - id: flight
    event: purchase
    give: {type: bonus, program: beans, points: "rates(event.route, order.total)"}
  - {id: one, event: purchase, give: {type: bonus, program: beans, points: 1}}
""")


def decided(route: str, amount: str) -> lr.Decision:
    line = {"id": "1", "sku": "a", "quantity": 1, "amount": amount}
    event = {"id": "e-1", "type": "purchase", "member": "ana", "currency": "EUR", "route": route}
    return RULES.decide(
        lr.parse_event({**event, "occurred_at": "2026-03-07T10:00:00+01:00", "lines": [line]})
    )


@pytest.mark.parametrize(
    ("route", "amount", "keys"),
    [
        pytest.param("JFK", "50.00", '`"JFK"`, `50`', id="a text that is in no row"),
        pytest.param("LHR", "9.99", '`"LHR"`, `9.99`', id="a number below every row"),
    ],
)
def test_a_missing_row_is_told_with_its_table_and_keys(route: str, amount: str, keys: str) -> None:
    report = next(one for one in decided(route, amount).explain().rules if one.rule == "flight")
    assert (report.reason, report.why) == (
        "no_table_row",
        f"the table `rates` has no row for {keys}",
    )


def test_one_point_is_not_told_in_the_plural() -> None:
    told = str(decided("JFK", "50.00").explain())
    assert "1 point of beans" in told and "1 beans" not in told


def test_one_order_that_is_missing_is_not_told_in_the_plural() -> None:
    told = str(decided("JFK", "50.00").explain())
    assert "1 of orders missing" in told and "1 orders" not in told
