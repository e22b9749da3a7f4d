"""Counters that average: what a figure was on the average day of a window."""

from __future__ import annotations

from fractions import Fraction

import pytest

from loyalty_rules import RuleSet
from tests.semantics.shop import rules
from tests.semantics.test_challenge import Life

MORE = """\
events: {saved: {about: member, fields: {amount: money}}}
counters: {savings: {event: saved, adds: event.amount, measure: average}}
"""


def asking(window: str, least: str = "0.00") -> RuleSet:
    give = "give: {type: bonus, program: beans, points: 1}"
    when = f"within(savings, '{window}') >= {least}"
    rule = f'{{id: rich, event: purchase, when: "{when}", {give}}}'
    return rules(rule.replace("'", '\\"'), more=MORE)


def average(window: str, told: dict[str, str], on: str) -> object:
    """What the decision of a purchase recorded of the average, in minor units."""
    life = Life(asking(window))
    for number, (day, amount) in enumerate(told.items()):
        at = f"2026-{day}" if "T" in day else f"2026-{day}T10:00:00Z"
        life.happen("saved", at, id=f"s-{number}", amount=amount)
    return life.day(on).facts[f"within(savings, {window})"]


@pytest.mark.parametrize(
    ("told", "on", "expected"),
    [
        ({"03-01": "100.00"}, "03-01", 10000),
        ({"03-01": "100.00", "03-05": "300.00"}, "03-08", 20000),
        ({"03-01": "100.00", "03-02": "0.00"}, "03-03", Fraction(10000, 3)),
        ({"02-20": "500.00"}, "03-31", 50000),
        ({"02-20": "500.00", "03-16": "0.00"}, "03-30", 25000),
        ({"03-11": "10.00"}, "03-20", 1000),
    ],
)
def test_every_day_of_a_month_weighs_the_same(
    told: dict[str, str], on: str, expected: object
) -> None:
    """A value holds from its day until the next one; days before the first one are not known."""
    assert average("month", told, on) == expected


def test_of_a_day_its_last_value_counts() -> None:
    told = {"03-01T08:00:00Z": "1000.00", "03-01T20:00:00Z": "10.00"}
    assert average("month", told, "03-02") == 1000


def test_a_rolling_window_sees_its_own_days() -> None:
    told = {"03-01": "100.00", "03-08": "200.00"}
    assert average("last 4 days", told, "03-09") == 15000
    assert average("ever", told, "03-09") == Fraction(7 * 10000 + 2 * 20000, 9)


def test_an_average_of_nothing_is_unknown() -> None:
    life = Life(asking("month"))
    assert life.day("03-01").points["beans"] == 0
    life.happen("saved", "2026-03-02T10:00:00Z", amount="5.00")
    assert life.day("03-03").points["beans"] == 1


def test_an_average_is_exact_at_its_threshold() -> None:
    life = Life(asking("month", "33.34"))
    life.happen("saved", "2026-03-01T10:00:00Z", id="a", amount="100.00")
    life.happen("saved", "2026-03-02T10:00:00Z", id="b", amount="0.00")
    assert life.day("03-03").points["beans"] == 0
