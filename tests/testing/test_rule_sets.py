"""The rule sets that ship: each has scenarios beside it, all pass, and in them every rule fires."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_rules import Ledger, Registry
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


def sound(ledger: Ledger) -> None:
    """What is true of every ledger at every time."""
    assert ledger.verify().is_clean
    assert ledger.rebuild().is_identical


@pytest.mark.parametrize("rules", SETS, ids=named)
def test_every_rule_fires_in_the_scenarios_beside_its_rule_set(rules: CheckedVersions) -> None:
    fired: list[Fired] = []
    for path in scenario_files([folder_of(rules)]):
        read = LIBRARY.scenario(path)
        assert read.scenario is not None, mistakes_text(read)
        result = run_scenario(read.scenario, at_end=sound)
        assert result.passed, failures_text(result)
        assert result.checked > 0, f"{path} expects nothing"
        if read.rules is rules:
            fired.append(result.fired)
    assert fired, "no scenario is about this rule set"
    for checked in rules.files:
        assert coverage(checked, fired).never == ()


EXAMPLES = scenario_files([ROOT / "tests" / "semantics" / "scenarios"])


@pytest.mark.parametrize(
    ("store", "files"),
    [("memory:", EXAMPLES[::2]), ("sqlite:///{}/ledger.db", EXAMPLES[1::12])],
    ids=["memory", "file"],
)
def test_the_ledgers_of_worked_examples_are_sound(
    store: str, files: list[Path], tmp_path: Path
) -> None:
    for number, path in enumerate(files):
        scenario = LIBRARY.scenario(path).scenario
        assert scenario is not None
        own = tmp_path / str(number)
        own.mkdir()
        result = run_scenario(scenario, store.format(own), sound)
        assert result.passed, failures_text(result)


@pytest.mark.parametrize("rules", SETS, ids=named)
def test_a_rule_set_and_its_rules_have_titles_and_no_warning(rules: CheckedVersions) -> None:
    assert rules.report() == ""
    for checked in rules.files:
        assert checked.rules is not None
        model = checked.rules.plan.model
        assert model.title
        assert [rule.id for rule in model.rules if not rule.title] == []
