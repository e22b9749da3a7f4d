"""What follows from another level is explained behind its cause, by what it saw itself."""

from __future__ import annotations

from datetime import UTC, datetime

from loyalty_rules import Decision
from tests.semantics.shop import BASE, decide, purchase, rules

CLUB = rules(
    BASE,
    "{id: welcome, event: level_changed, when: event.to == 'gold', "
    "give: {type: bonus, program: miles, points: 100}}",
    "{id: goodbye, event: level_changed, when: event.from == 'gold', "
    "give: {type: bonus, program: miles, points: 7}}",
    programs="""\
miles: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
status:
  type: tiers
  window: year
  levels: [{id: basic}, {id: gold, at: {beans.base: 1000}}]
  keep: {through: window}
""",
)


def bought(amount: str) -> Decision:
    return decide(CLUB, purchase(amount))


def test_a_rule_on_a_change_of_level_is_explained_by_the_change() -> None:
    text = str(bought("1000.00").explain())
    assert "gives 1000 beans and 100 miles" in text
    assert "welcome: gave 100 miles" in text
    assert '''`event.to == 'gold'`: yes, it was "gold"''' in text
    assert '''`event.from == 'gold'`: no, it was "basic"''' in text
    assert "status: basic before, gold from now on" in text


def test_without_a_change_of_level_its_rules_are_not_asked() -> None:
    assert [one.rule for one in bought("1.00").explain().rules] == ["base"]


def test_what_time_ends_is_explained_too() -> None:
    [ended] = CLUB.advance(bought("1000.00").state, datetime(2027, 6, 1, tzinfo=UTC))
    text = str(ended.explain())
    assert "goodbye: gave 7 miles" in text
    assert "status: gold before, basic from now on" in text
