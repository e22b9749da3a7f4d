"""Skyline miles by themselves: full steps, the minimum, which money counts, a designer's mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import loyalty_skyline_miles
import pytest

import loyalty_rules as lr
from loyalty_rules.service.loading import check_text, load_text
from loyalty_rules.testing import check_plugin

REGISTRY = lr.Registry.builtin().with_plugins(skyline=loyalty_skyline_miles)
RULES = """
ruleset: trips
version: "1.0"
currency: EUR
timezone: UTC
programs:
  miles: {type: points, basis: {tax: included}, expiry: never, spendable: false}
rules:
  - id: trip
    event: purchase
    give: GIVE
"""
GIVE = "{type: skyline.miles, program: miles, miles: 3, per_full: 2.00, minimum: 50.00}"


def rules(give: str = GIVE) -> str:
    return RULES.replace("GIVE", give)


def purchase(*amounts: str, kind: str = "goods") -> dict[str, object]:
    lines = [
        {"id": str(number), "quantity": 1, "amount": amount, "kind": kind}
        for number, amount in enumerate(amounts, 1)
    ]
    return {
        "id": "p-1",
        "type": "purchase",
        "member": "m-1",
        "occurred_at": "2026-03-02T12:00:00Z",
        "currency": "EUR",
        "lines": lines,
    }


def miles(event: dict[str, object], give: str = GIVE) -> int | Decimal:
    return load_text(rules(give), REGISTRY).decide(lr.parse_event(event)).points["miles"]


def test_the_plugin_passes_the_kit() -> None:
    assert check_plugin(loyalty_skyline_miles, "skyline", [rules()], [purchase("60.00")]) == ()


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        pytest.param(["50.00"], 75, id="the minimum itself counts"),
        pytest.param(["49.99"], 0, id="one cent below it gives nothing"),
        pytest.param(["51.99"], 75, id="a step that is only started gives nothing"),
        pytest.param(["52.00"], 78, id="a full step more"),
        pytest.param(["30.99", "21.01"], 78, id="lines count together, not one by one"),
        pytest.param(["0.00"], 0, id="a free order"),
        pytest.param(["9999999999.99"], 14_999_999_997, id="no binary rounding far up"),
    ],
)
def test_miles_for_an_order(amounts: Sequence[str], expected: int) -> None:
    assert miles(purchase(*amounts)) == expected


@pytest.mark.parametrize(("amount", "expected"), [("50.99", 0), ("51.00", 75), ("51.01", 75)])
def test_a_minimum_between_two_steps_is_the_minimum(amount: str, expected: int) -> None:
    assert miles(purchase(amount), GIVE.replace("50.00", "51.00")) == expected


def test_without_a_minimum_the_first_full_step_counts() -> None:
    give = "{type: skyline.miles, program: miles, miles: 3, per_full: 2.00}"
    assert (miles(purchase("2.00"), give), miles(purchase("1.99"), give)) == (3, 0)


def test_money_that_the_basis_leaves_out_gives_no_miles() -> None:
    assert miles(purchase("60.00", kind="gift_card")) == 0


def test_miles_may_come_from_a_table() -> None:
    text = rules(GIVE.replace("miles: 3", "miles: 'rate(event.channel)'"))
    text += "tables:\n  rate: {keys: {channel: exact}, rows: {web: 3, app: 5}}\n"
    decision = load_text(text, REGISTRY).decide(
        lr.parse_event({**purchase("50.00"), "channel": "app"})
    )
    assert decision.points["miles"] == 125


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (GIVE.replace("miles: 3", "mile: 3"), "unknown key `mile`"),
        (GIVE.replace("2.00", "0"), "`0` is out of range"),
        (GIVE.replace("program: miles", "program: mils"), "unknown program `mils`"),
        (GIVE.replace("50.00", "-1"), "`-1` is out of range"),
        (GIVE.replace("miles: 3", "miles: order.total"), "order.total"),
    ],
)
def test_a_mistake_of_the_designer_is_one_diagnostic_at_its_place(give: str, message: str) -> None:
    found = check_text(rules(give).encode(), "rules.yaml", REGISTRY).diagnostics
    assert [one.span.line if one.span else 0 for one in found] == [11]
    assert message in found[0].message
