"""Worked examples E50 (its figures), E54 and E56: levels."""

from __future__ import annotations

import pytest

from loyalty_rules import Decision
from tests.semantics.shop import BASE, decide, given, history, points, purchase, rules


def status(window: str, at: str, tier_at: str = "before") -> str:
    return f"""\
status:
  type: tiers
  window: {window}
  levels:
    - id: silver
    - {{id: gold, at: {at}}}
  keep: {{through: window}}
  tier_at: {tier_at}
"""


GOLD_EARNS_MORE = (
    "{id: gold-earns-more, event: purchase, when: status.level >= 'gold', "
    "give: {type: multiplier, program: beans, times: 1.5}}"
)


@pytest.mark.parametrize(
    ("day", "figure"),
    [("2026-02-02", "1050"), ("2026-05-10", "650"), ("2026-05-09", "1050")],
)
def test_e50_a_rolling_year_forgets_day_by_day(day: str, figure: str) -> None:
    """400 on 2025-05-10, 350 on 2025-09-01, 300 on 2026-02-01; the 400 leave on 2026-05-10."""
    is_it = (
        f"{{id: is-it, event: purchase, when: 'within(beans.base, \"last 12 months\") == {figure}', "
        "give: {type: bonus, program: beans, points: 7}}"
    )
    gold = (
        "{id: gold, event: purchase, when: status.level == 'gold', "
        "give: {type: bonus, program: beans, points: 100}}"
    )
    rule_set = rules(BASE, is_it, gold, programs=status("last 12 months", "{beans.base: 1000}"))
    *_, last = history(
        rule_set,
        [
            purchase("400.00", id="a", at="2025-05-10T10:00:00Z"),
            purchase("350.00", id="b", at="2025-09-01T10:00:00Z"),
            purchase("300.00", id="c", at="2026-02-01T10:00:00Z"),
            purchase("1.00", id="d", at=f"{day}T10:00:00Z"),
        ],
    )
    gave = given(last)
    assert gave["is-it"] == 7
    assert ("gold" in gave) == (int(figure) >= 1000)


@pytest.mark.parametrize(("tier_at", "expected"), [("before", 100), ("after", 150), ("split", 125)])
def test_e54_the_purchase_that_crosses_the_threshold(tier_at: str, expected: int) -> None:
    rule_set = rules(BASE, GOLD_EARNS_MORE, programs=status("year", "{beans.base: 1000}", tier_at))
    _, last = history(rule_set, [purchase("950.00", id="a"), purchase("100.00", id="b")])
    assert last.points["beans"] == expected


@pytest.mark.parametrize("figure", ["spend", "bought", "beans.base"])
@pytest.mark.parametrize("amounts", [["150.00"], ["75.00", "75.00"], ["40.00", "0.00", "110.00"]])
def test_split_cuts_the_order_where_money_spent_meets_the_threshold(
    figure: str, amounts: list[str]
) -> None:
    """100.00 as silver, 50.00 x 1.5 as gold, whatever the figure that meets 100 there is called."""
    rule_set = rules(
        BASE,
        GOLD_EARNS_MORE,
        programs=status("ever", f"{{{figure}: 100}}", "split"),
        more="counters: {bought: {event: purchase, adds: order.total}}",
    )
    assert points(rule_set, purchase(*amounts)) == 175


def test_e56_a_level_with_two_figures_needs_both() -> None:
    """Needs 650 points and 325 qualifying points: 700 and 300 are not enough."""
    rule_set = rules(
        BASE,
        "{id: qualify, event: purchase, items: item.category == 'flights', "
        "give: {type: points, program: qualifying, points: 1, per: 1.00}}",
        programs="qualifying: {type: points, title: qualifying points, basis: {tax: included}, "
        "expiry: never, spendable: false}\n"
        + status("ever", "{beans.earned: 650, qualifying.earned: 325}"),
    )
    event = purchase(
        {"amount": "300.00", "category": "flights"}, {"amount": "400.00", "category": "hotels"}
    )
    decision: Decision = decide(rule_set, event)
    assert dict(decision.points) == {"beans": 700, "qualifying": 300}
    assert (
        decision.state.levels.get("status") is None
        or decision.state.levels["status"].id == "silver"
    )
    assert "25 qualifying points missing" in str(decision.explain())


def test_points_of_a_new_level_wait_for_the_next_purchase() -> None:
    rule_set = rules(BASE, GOLD_EARNS_MORE, programs=status("year", "{beans.base: 1000}"))
    assert points(rule_set, purchase("2000.00")) == 2000
