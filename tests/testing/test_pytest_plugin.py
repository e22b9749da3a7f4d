"""The plugin of pytest: scenario files are collected, run, and fail with the report of the command."""

from __future__ import annotations

import textwrap

import pytest

from tests.cli.conftest import RULES
from tests.cli.test_test import FAILS, MISTAKE, PASSES

pytest_plugins = "pytester"

PLUGIN = ("-p", "pytest_loyalty_rules", "-p", "no:cacheprovider")


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a rule set and one scenario beside it."""
    write(pytester, "rules.yaml", RULES)
    write(pytester, "joining.scenario.yaml", PASSES)
    return pytester


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    path = pytester.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_scenario_file_is_one_test(shop: pytest.Pytester) -> None:
    result = shop.runpytest(*PLUGIN, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["joining.scenario.yaml::joining PASSED*"])


def test_a_failure_shows_the_report_of_the_command_and_nothing_of_python(
    shop: pytest.Pytester,
) -> None:
    write(shop, "rules/buying.scenario.yaml", "rules: ../rules.yaml\n" + FAILS)
    result = shop.runpytest(*PLUGIN)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ scenario buying _*",
            "rules/buying.scenario.yaml:2:74: error?LR701?: balance of `beans`: expected 8, got 7",
            "2 | steps: *",
            "  purchase purchase-1 of member m-1, *",
            "  base: gave 7 beans",
        ],
        consecutive=False,
    )
    result.stdout.no_fnmatch_line("*pytest_items.py*")


def test_a_mistake_in_a_scenario_is_a_failure_with_its_place(shop: pytest.Pytester) -> None:
    write(shop, "buying.scenario.yaml", MISTAKE)
    result = shop.runpytest(*PLUGIN)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["buying.scenario.yaml:1:67: error?LR101?: unknown program `bean`"])


SKYLINE = """\
ruleset: miles
version: "1"
currency: EUR
timezone: Europe/Vienna
programs:
  miles: {type: points, basis: {tax: included}, expiry: never, spendable: false}
rules:
  - {id: fly, event: purchase, give: {type: skyline.miles, program: miles, miles: 2, per_full: 1.00}}
"""
FLIES = "steps: [{at: 2026-03-01, do: {purchase: 7.00}, expect: {gave: {fly: 14}}}]\n"


def test_plugins_are_allowed_by_the_ini_file(pytester: pytest.Pytester) -> None:
    write(pytester, "rules.yaml", SKYLINE)
    write(pytester, "flying.scenario.yaml", FLIES)
    result = pytester.runpytest(*PLUGIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*`skyline.miles` belongs to no plugin that is allowed here"])
    pytester.makeini("[pytest]\nloyalty_rules_plugins = skyline\n")
    pytester.runpytest(*PLUGIN).assert_outcomes(passed=1)


def test_a_plugin_that_is_not_installed_is_named(shop: pytest.Pytester) -> None:
    shop.makeini("[pytest]\nloyalty_rules_plugins = moonline\n")
    result = shop.runpytest(*PLUGIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*moonline*"])


def test_a_project_without_scenarios_does_not_import_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        textwrap.dedent(
            """
            import sys

            def test_it_is_not_there():
                assert "pytest_loyalty_rules" in sys.modules
                assert "loyalty_rules" not in sys.modules
            """
        )
    )
    pytester.runpytest_subprocess(*PLUGIN).assert_outcomes(passed=1)


def test_scenarios_run_beside_other_tests_and_are_chosen_by_name(shop: pytest.Pytester) -> None:
    write(shop, "buying.scenario.yml", FAILS)
    shop.makepyfile("def test_one(): pass")
    shop.runpytest(*PLUGIN).assert_outcomes(passed=2, failed=1)
    shop.runpytest(*PLUGIN, "-k", "joining").assert_outcomes(passed=1, deselected=2)


def test_a_number_that_may_be_meant_in_thousands_is_a_warning(shop: pytest.Pytester) -> None:
    write(shop, "joining.scenario.yaml", PASSES.replace("60.00", "60.000"))
    result = shop.runpytest(*PLUGIN, "-W", "always")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ScenarioWarning: joining.scenario.yaml:4:35: warning?LR343?*"])
