"""Every folder in ``golden/versions`` holds versions of a rule set and exactly the report on them.

After a wanted change: ``pytest --update-golden``, then read the diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_rules import Registry
from loyalty_rules.service.checked_versions import check_many

FOLDER = Path(__file__).parent / "golden" / "versions"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())

pytestmark = pytest.mark.golden


def report(case: Path, *, backwards: bool = False) -> str:
    files = sorted(case.glob("*.yaml"), reverse=backwards)
    checked = check_many([(file.read_bytes(), file.name) for file in files], Registry.builtin())
    assert (checked.rules is None) == any(one.is_error for one in checked.diagnostics)
    return (checked.report() or "no mistakes") + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_versions_give_their_report(case: Path, golden: Callable[[Path, str], None]) -> None:
    golden(case / "report.txt", report(case))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_order_in_which_files_are_found_changes_nothing(case: Path) -> None:
    assert report(case, backwards=True) == report(case)


def test_what_is_said_between_versions_names_both_files_and_places() -> None:
    for case in CASES:
        for line in (case / "report.txt").read_text("utf-8").splitlines():
            if re.search(r"\[LR38\d\]", line):
                here, _, message = line.partition(": ")
                there = re.search(r"`([\w.]+):\d+:\d+`", message)
                assert there is not None, line
                assert there[1] != here.partition(":")[0], line
