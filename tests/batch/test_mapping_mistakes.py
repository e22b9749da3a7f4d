"""Every mapping in golden/import gives exactly the report that stands beside it.

After a wanted change: pytest --update-golden, then read the diff.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_rules.base.report import render_all
from loyalty_rules.batch.mapping import read_mapping
from loyalty_rules.batch.rows import check_columns
from loyalty_rules.testing.scenarios.read import NoRules, read_scenario

CASES = sorted((Path(__file__).parents[1] / "golden" / "import").glob("*.yaml"))
HEADER = ["Invoice", "Customer", "Date", "Item", "Pieces", "Price", "Note", "Note"]


def report(case: Path) -> str:
    data = case.read_bytes()
    mapping, found = read_mapping(data, case.name)
    if mapping is not None:
        found = (*found, *check_columns(mapping, HEADER, "sales.csv"))
    return render_all(found, data.decode("utf-8"))


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_report_on_a_mapping(case: Path, golden: Callable[[Path, str], None]) -> None:
    text = report(case)
    assert "error[LR" in text
    golden(case.with_suffix(".txt"), text)


def test_a_broken_mapping_is_never_used() -> None:
    for case in CASES:
        mapping, found = read_mapping(case.read_bytes(), case.name)
        assert (mapping is None) == any(one.is_error for one in found)


def test_an_empty_file_is_told_how_what_it_should_be_begins() -> None:
    [mapping], [scenario] = (
        read_mapping(b"", "import.yaml")[1],
        read_scenario(b"", "a.scenario.yaml", lambda _: NoRules("no rules", "")).diagnostics,
    )
    assert (mapping.name, mapping.help) == ("empty_file", "begin with `import: NAME`")
    assert (scenario.name, scenario.help) == ("empty_file", "begin with `steps:`")
