"""The page of worked examples: every id is there once, and what it says to run is a test of that id."""

from __future__ import annotations

import re

import pytest

from tests.house.laws import ROOT

PAGE = (ROOT / "docs" / "semantics.md").read_text("utf-8")
TOLD = re.findall(r"^- \*\*(E\d\d)\*\*", PAGE, re.MULTILINE)
WAITING = re.findall(r"^\| (E\d\d) \|", PAGE, re.MULTILINE)
FOLDER = ROOT / "tests" / "semantics"
IN_PYTHON = {
    found.upper()
    for path in FOLDER.glob("test_*.py")
    for found in re.findall(r"^def test_(e\d\d)_", path.read_text("utf-8"), re.MULTILINE)
}
AS_SCENARIOS = {path.name[:3] for path in (FOLDER / "scenarios").glob("E*.scenario.yaml")}
TESTED = IN_PYTHON | AS_SCENARIOS
RUN_BY = {
    example: set(re.findall(r"\]\(\.\./tests/semantics/([^)]+)\)", files))
    for example, files in re.findall(r"^\| \*\*(E\d\d)\*\* \| (.+) \|$", PAGE, re.MULTILINE)
}


def test_every_example_is_told_or_waits() -> None:
    assert sorted([*TOLD, *WAITING]) == [f"E{number:02}" for number in range(1, 67)]


def test_pytest_runs_the_scenarios_of_examples(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin("pytest_loyalty_rules")
    assert len(AS_SCENARIOS) >= 9


def test_an_example_is_told_exactly_if_a_test_runs_it() -> None:
    assert set(TOLD) == TESTED


def test_the_page_links_each_example_to_every_file_that_runs_it() -> None:
    runs: dict[str, set[str]] = {}
    for path in FOLDER.glob("test_*.py"):
        for found in re.findall(r"^def test_(e\d\d)_", path.read_text("utf-8"), re.MULTILINE):
            runs.setdefault(found.upper(), set()).add(path.name)
    for path in (FOLDER / "scenarios").glob("E*.scenario.yaml"):
        runs.setdefault(path.name[:3], set()).add(f"scenarios/{path.name}")
    assert runs == RUN_BY
    assert len(RUN_BY) == 66
