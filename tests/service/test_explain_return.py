"""The explanation of a return says of every rule what it lost or keeps and why, and adds up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import loyalty_rules as lr
from loyalty_rules.service.explanation import Explanation
from loyalty_rules.service.loading import load_text

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"
RULES = """\
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans:
    type: points
    basis: {tax: included, exclude: []}
    expiry: never
    value: 0.01
  miles:
    type: points
    scale: 2
    basis: {tax: included, exclude: []}
    expiry: never
    value: 0.01
    returns: {claw_back: none}
  status:
    type: tiers
    window: last 12 months
    levels: [{id: green}, {id: gold, at: {beans.earned: 150}}]
    keep: {through: window}
    on_return: immediate
groups:
  baskets: {choose: highest_priority}
rules:
  - id: base
    event: purchase
    give: {type: points, program: beans, points: 1, per: 1.00}
    limit: {points: 120, per: month}
  - id: big
    event: purchase
    when: order.total >= 100.00
    group: baskets
    priority: 1
    give: {type: bonus, program: beans, points: 100}
  - id: cups
    event: purchase
    items: item.category == "cups"
    give: {type: multiplier, program: beans, times: 2}
  - {id: miles, event: purchase, give: {type: points, program: miles, points: 0.5, per: 1.00}}
  - id: small
    event: purchase
    group: baskets
    give: {type: bonus, program: beans, points: 5}
  - id: summer
    event: purchase
    during: {from: 2026-06-01}
    give: {type: bonus, program: beans, points: 3}
"""
CLUB = load_text(RULES)


def bought(rules: lr.RuleSet, *lines: dict[str, object]) -> lr.Decision:
    return rules.decide(
        lr.parse_event(
            {
                "id": "inv-7",
                "type": "purchase",
                "member": "m-1",
                "occurred_at": "2026-03-03T10:15:00+01:00",
                "currency": "EUR",
                "lines": [{"quantity": 1, **line} for line in lines],
            }
        )
    )


def back(order: lr.Decision, **quantities: int) -> lr.Decision:
    event = lr.parse_event(
        {
            "id": "ret-1",
            "type": "return",
            "member": "m-1",
            "occurred_at": "2026-03-09T16:40:00+01:00",
            "order": "inv-7",
            "lines": [{"line": line[1:], "quantity": count} for line, count in quantities.items()],
        }
    )
    return order.rules.decide(event, order.state, order.outcome.order)


def test_a_whole_explanation_of_a_return_reads_well(golden: Callable[[Path, str], None]) -> None:
    order = bought(
        CLUB,
        {"amount": "80.00", "category": "beans"},
        {"amount": "30.00", "category": "cups"},
    )
    golden(GOLDEN / "return.txt", f"{back(order, l2=1).explain()}\n")


def test_a_return_without_its_order_says_what_is_missing() -> None:
    event = back(bought(CLUB, {"amount": "1.00"}), l1=1).event
    assert "a return is decided with the record of its order" in str(CLUB.decide(event).explain())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20_000), st.sampled_from(["beans", "cups"]), st.integers(1, 3)),
        min_size=1,
        max_size=3,
    ),
    st.data(),
)
def test_an_explanation_of_a_return_adds_up(
    lines: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    order = bought(
        CLUB,
        *(
            {
                "amount": f"{cents // 100}.{cents % 100:02}",
                "category": category,
                "quantity": quantity,
            }
            for cents, category, quantity in lines
        ),
    )
    number = data.draw(st.integers(1, len(lines)))
    decision = back(order, **{f"l{number}": data.draw(st.integers(1, lines[number - 1][2]))})
    explanation = decision.explain()
    assert isinstance(explanation, Explanation), "making one checks its sum"
    assert str(explanation)
    assert explanation.as_json()["points"] == {
        "beans": decision.points["beans"],
        "miles": "0.00",
    }


def test_what_expired_before_the_return_is_told_apart_from_what_is_taken() -> None:
    short = load_text(RULES.replace("expiry: never", "expiry: {after: 1 day}", 1))
    order = bought(short, {"amount": "40.00"})
    explanation = back(order, l1=1).explain()
    assert explanation.forgiven == (("beans", 45, "45 beans"),)
    assert "45 beans of this order had expired: they count as taken back" in str(explanation)
    assert explanation.as_json()["forgiven"] == {"beans": 45}


def test_what_a_challenge_gave_and_has_expired_is_told_apart_too() -> None:
    club = load_text(
        """
ruleset: club
version: "1"
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, basis: {tax: included}, expiry: {after: 1 day}, value: 0.01}
  first:
    type: challenge
    counts: {event: purchase}
    target: 1
    give: {type: bonus, program: beans, points: 20}
rules: []
"""
    )
    explanation = back(bought(club, {"amount": "40.00"}), l1=1).explain()
    assert dict(explanation.points) == {"beans": 0}
    assert explanation.forgiven == (("beans", 20, "20 beans"),)
