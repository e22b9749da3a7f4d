"""The rule set that uses Skyline miles: loaded as a host loads it, and every rule of it fires."""

from __future__ import annotations

from pathlib import Path

import pytest

import loyalty_rules as lr
from loyalty_rules.testing import check_plugin

FILE = Path(__file__).parents[3] / "rules" / "airline-partner" / "rules.yaml"


@pytest.fixture(scope="module")
def rules() -> lr.RuleSet:
    return lr.load(FILE, lr.Registry.builtin().discover(allow=["skyline"]))


def purchase(name: str, day: str, amount: str, category: str = "trips") -> dict[str, object]:
    return {
        "id": name,
        "type": "purchase",
        "member": "m-1",
        "occurred_at": f"{day}T12:00:00Z",
        "currency": "EUR",
        "lines": [{"id": "1", "category": category, "quantity": 1, "amount": amount}],
    }


SIGNUP: dict[str, object] = {
    "id": "s-1",
    "type": "signup",
    "member": "m-1",
    "occurred_at": "2026-03-01T08:00:00Z",
}
LIFE = [
    SIGNUP,
    purchase("p-1", "2026-03-02", "51.99"),
    purchase("p-2", "2026-03-03", "20.50", "luggage"),
    purchase("p-3", "2026-03-04", "2000.00"),
    purchase("p-4", "2026-07-01", "60.00"),
]


def test_a_member_s_life_gives_what_the_rules_say(rules: lr.RuleSet) -> None:
    state, given = lr.MemberState("m-1"), []
    for raw in LIFE:
        decision = rules.decide(lr.parse_event(raw), state)
        state = decision.state
        given.append(
            {
                piece.rule: piece.points
                for trace in decision.trace
                for piece in trace.given
                if piece.points
            }
        )
    assert given == [
        {"first-flight": 500},
        {"miles": 75, "stamps": 5},
        {"luggage": 40, "stamps": 2},
        {"miles": 1425, "stamps": 200},  # 3,000, trimmed by the cap of March
        {"miles": 90, "summer": 90, "stamps": 6},
    ]
    assert set().union(*given) == {rule.id for rule in rules.plan.model.rules}


def test_the_kit_finds_nothing_with_this_rule_set() -> None:
    import loyalty_skyline_miles

    text = FILE.read_text("utf-8")
    assert check_plugin(loyalty_skyline_miles, "skyline", [text], LIFE) == ()


def test_without_the_plugin_its_type_is_a_diagnostic_with_the_cure() -> None:
    found = lr.check(FILE)
    assert [one.name for one in found] == ["plugin_not_allowed"] * 2
    assert found[0].help is not None
    assert "--plugin skyline" in found[0].help
