"""Explanations of what no rule did: what fell due before an event, with it, and by itself."""

from __future__ import annotations

from datetime import datetime

from loyalty_rules import parse_event
from tests.semantics.shop import BASE, decide, purchase, rules

RULES = rules(expiry="{after: 10 days, from: usable}", points="pending: 14 days")
BOUGHT = decide(RULES, purchase("100.00", at="2026-03-01T12:00:00Z")).state


def test_a_decision_of_time_says_what_ended_and_what_became_free() -> None:
    freed, ended = RULES.advance(BOUGHT, datetime.fromisoformat("2026-06-01T00:00:00+00:00"))
    assert str(freed.explain()).splitlines() == [
        "clock ~clock/2026-03-14T23:00:00+00:00 of member m-1, Sunday 2026-03-15 00:00",
        "comes to no points",
        "100 beans became free",
    ]
    assert str(ended.explain()).splitlines()[1:] == ["comes to -100 beans", "100 beans ended"]
    (said,) = ended.explain().passages
    assert said.as_json()["reason"] == "expired"
    assert said.as_json()["points"] == {"beans": "-100 beans"}


def test_an_event_says_what_fell_due_before_it() -> None:
    bought = decide(RULES, purchase("7.00", id="p-2", at="2026-06-01T12:00:00Z"), BOUGHT)
    assert str(bought.explain()).splitlines()[1:4] == [
        "before it, Sunday 2026-03-15 00:00: 100 beans became free",
        "before it, Thursday 2026-03-26 00:00: 100 beans ended",
        "gives 7 beans",
    ]


def test_an_event_says_what_the_clock_gave_before_it() -> None:
    rule = (
        "{id: hello, event: clock, every: quarter, give: {type: bonus, program: beans, points: 3}}"
    )
    rule_set = rules(BASE, rule)
    state = decide(rule_set, purchase("1.00", at="2026-03-01T12:00:00Z")).state
    bought = decide(rule_set, purchase("7.00", id="p-2", at="2026-06-01T12:00:00Z"), state)
    said = str(bought.explain()).splitlines()[1]
    assert said == "before it, Wednesday 2026-04-01 00:00: hello gave 3 beans"


def test_points_that_ended_with_a_late_event_are_part_of_what_it_comes_to() -> None:
    now = decide(RULES, purchase("7.00", id="p-2", at="2026-06-01T12:00:00Z")).state
    late = RULES.decide(parse_event(purchase("30.00", id="l", at="2026-01-10T12:00:00Z")), now)
    explained = late.explain()
    assert dict(explained.points) == {"beans": 0}
    assert [one.why for one in explained.passages] == ["30 beans became free", "30 beans ended"]
