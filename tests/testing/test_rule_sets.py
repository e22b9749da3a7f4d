"""The rule sets that ship: each has scenarios beside it, all pass, and in them every rule fires."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import Registry
from loyalty_rules.service.finding import rule_sets_in
from loyalty_rules.testing.scenarios import Library, run_scenario, scenario_files
from loyalty_rules.testing.scenarios.coverage import coverage
from loyalty_rules.testing.scenarios.report import failures_text, mistakes_text
from tests.house.laws import ROOT

PLUGINS = ("skyline",)
SETS = rule_sets_in(ROOT / "rules")
LIBRARY = Library(Registry.builtin().discover(allow=PLUGINS), ROOT)


@pytest.mark.parametrize("rules", SETS, ids=lambda path: path.parent.name)
def test_every_rule_fires_in_the_scenarios_beside_its_rule_set(rules: Path) -> None:
    checked = LIBRARY.rules(rules)
    fired: list[frozenset[str]] = []
    for path in scenario_files([rules.parent]):
        read = LIBRARY.scenario(path)
        assert read.scenario is not None, mistakes_text(read)
        result = run_scenario(read.scenario)
        assert result.passed, failures_text(result)
        assert result.checked > 0, f"{path} expects nothing"
        if read.rules is checked:
            fired.append(result.fired)
    assert fired, "no scenario is about this rule set"
    assert coverage(checked, fired).never == ()


@pytest.mark.parametrize("rules", SETS, ids=lambda path: path.parent.name)
def test_a_rule_set_and_its_rules_have_titles(rules: Path) -> None:
    checked = LIBRARY.rules(rules)
    assert checked.rules is not None, checked.report()
    model = checked.rules.plan.model
    assert model.title
    assert [rule.id for rule in model.rules if not rule.title] == []
