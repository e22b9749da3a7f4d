"""Scenarios: tests of a rule set that its designer writes, in YAML, beside it."""

from loyalty_rules.testing.scenarios.files import Library, is_scenario, scenario_files
from loyalty_rules.testing.scenarios.read import ReadScenario, read_scenario
from loyalty_rules.testing.scenarios.result import Failure, ScenarioResult
from loyalty_rules.testing.scenarios.run import run_scenario
from loyalty_rules.testing.scenarios.schema import scenario_schema

__all__ = [
    "Failure",
    "Library",
    "ReadScenario",
    "ScenarioResult",
    "is_scenario",
    "read_scenario",
    "run_scenario",
    "scenario_files",
    "scenario_schema",
]
