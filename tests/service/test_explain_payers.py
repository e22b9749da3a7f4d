"""An explanation says who pays for what a rule gave, where there are partners."""

from __future__ import annotations

from pathlib import Path

import pytest

import loyalty_rules as lr
from tests.house.laws import ROOT
from tests.semantics.shop import purchase, rules

TOWN = lr.load(Path(ROOT / "rules" / "fit-town" / "rules.yaml"))


def decided(source: str = "", **fields: object) -> lr.Decision:
    lines = {"amount": "120.00", "category": "shoes"}
    sent = purchase(lines, at="2026-03-07T11:00:00+01:00", **fields)
    return TOWN.decide(lr.parse_event(sent, source=source))


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        pytest.param("", {"partner": "sports"}, id="the partner that the order names"),
        pytest.param("sports-till", {}, id="the partner whose till sent it"),
    ],
)
def test_who_pays_stands_with_each_rule_that_gave(source: str, fields: dict[str, object]) -> None:
    explanation = decided(source, **fields).explain()
    paid = {rule.rule: rule.paid_by for rule in explanation.rules if rule.paid_by}
    assert paid == {
        "base": (("sports", "100"),),
        "new-shoes": (("gym", "30"), ("sports", "70")),
    }
    text = str(explanation)
    assert "    paid by sports\n" in text
    assert "    paid by gym (30 %) and sports (70 %)\n" in text
    [told] = [one for one in explanation.as_json()["rules"] if one["rule"] == "new-shoes"]  # type: ignore[attr-defined]
    assert told["paid_by"] == {"gym": "30", "sports": "70"}


def test_without_partners_nobody_is_named() -> None:
    explanation = rules().decide(lr.parse_event(purchase("10.00"))).explain()
    assert "paid by" not in str(explanation)
    assert all(not rule.paid_by for rule in explanation.rules)
