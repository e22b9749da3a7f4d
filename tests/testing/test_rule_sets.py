"""The rule sets that ship: each has scenarios beside it, all pass, and in them every rule fires."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import Registry
from loyalty_rules.service.checked_versions import CheckedVersions
from loyalty_rules.testing.scenarios import Library, run_scenario, scenario_files
from loyalty_rules.testing.scenarios.coverage import coverage
from loyalty_rules.testing.scenarios.report import failures_text, mistakes_text
from loyalty_rules.testing.scenarios.result import Fired
from tests.house.laws import ROOT

PLUGINS = ("skyline",)
LIBRARY = Library(Registry.builtin().discover(allow=PLUGINS), ROOT)
SETS = LIBRARY.rule_sets(ROOT / "rules")


def folder_of(rules: CheckedVersions) -> Path:
    return (ROOT / rules.files[0].file).parent


def named(rules: CheckedVersions) -> str:
    return folder_of(rules).name


@pytest.mark.parametrize("rules", SETS, ids=named)
def test_every_rule_fires_in_the_scenarios_beside_its_rule_set(rules: CheckedVersions) -> None:
    fired: list[Fired] = []
    for path in scenario_files([folder_of(rules)]):
        read = LIBRARY.scenario(path)
        assert read.scenario is not None, mistakes_text(read)
        result = run_scenario(read.scenario)
        assert result.passed, failures_text(result)
        assert result.checked > 0, f"{path} expects nothing"
        if read.rules is rules:
            fired.append(result.fired)
    assert fired, "no scenario is about this rule set"
    for checked in rules.files:
        assert coverage(checked, fired).never == ()


@pytest.mark.parametrize("rules", SETS, ids=named)
def test_a_rule_set_and_its_rules_have_titles_and_no_warning(rules: CheckedVersions) -> None:
    assert rules.report() == ""
    for checked in rules.files:
        assert checked.rules is not None
        model = checked.rules.plan.model
        assert model.title
        assert [rule.id for rule in model.rules if not rule.title] == []
