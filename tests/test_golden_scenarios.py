"""Every scenario in ``golden/scenarios`` gives exactly the report beside it: its mistakes, or its failures.

After a wanted change: ``pytest --update-golden``, then read the diff. A new mistake is a new pair of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_rules import Registry
from loyalty_rules.base.codes import CODES
from loyalty_rules.service.checked_versions import CheckedVersions, check_many
from loyalty_rules.testing.scenarios import read_scenario, run_scenario
from loyalty_rules.testing.scenarios.read import NoRules
from loyalty_rules.testing.scenarios.report import failures_text, mistakes_text

FOLDER = Path(__file__).parent / "golden" / "scenarios"
CASES = sorted(FOLDER.glob("*.scenario.yaml"))
RULES = FOLDER / "rules.yaml"

pytestmark = pytest.mark.golden


def report(data: bytes, name: str) -> str:
    """What a designer sees of one scenario."""
    read = read_scenario(data, name, the_rules)
    if read.scenario is None:
        assert any(one.is_error for one in read.diagnostics)
        return mistakes_text(read) + "\n"
    assert not any(one.is_error for one in read.diagnostics)
    warned = f"{mistakes_text(read)}\n\n" if read.diagnostics else ""
    return warned + (failures_text(run_scenario(read.scenario)) or "passed") + "\n"


def the_rules(written: str) -> CheckedVersions | NoRules:
    if written:
        return NoRules(f"there is no file `{written}`", "write the path of a rule set")
    return check_many([(RULES.read_bytes(), RULES.name)], Registry.builtin())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name.partition(".")[0])
def test_a_scenario_gives_its_report(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case.with_suffix(".txt"), report(case.read_bytes(), case.name))


def test_every_report_belongs_to_a_scenario() -> None:
    assert {path.with_suffix(".yaml") for path in FOLDER.glob("*.txt")} == set(CASES)


def test_every_code_of_scenarios_stands_in_a_report() -> None:
    reports = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.txt"))
    shown = set(re.findall(r"\[(LR7\d\d)\]", reports))
    assert shown == {code.number for code in CODES.values() if code.number.startswith("LR7")}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name.partition(".")[0])
def test_line_ends_of_windows_change_no_place(case: Path) -> None:
    text = case.read_bytes()
    assert report(text.replace(b"\n", b"\r\n"), case.name) == report(text, case.name)
