"""The laws are tested themselves: each fault planted in a copy of the package makes one of them fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.house.laws import PACKAGE, ROOT
from tests.ledger.planted import FAULTS, LIVES, Fault, plant, tried

QUICK = ("a posting has the wrong sign", "the checksum of a state is skipped")
"""Those that the default run plants; each is a run of pytest of its own."""

SHOWN = [
    pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow)
    for one in FAULTS
]


@pytest.mark.parametrize("fault", SHOWN)
def test_a_planted_fault_is_caught(fault: Fault, tmp_path: Path) -> None:
    done = tried(fault.test, plant(fault, tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert " failed" in done.stdout


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_can_still_be_planted(fault: Fault, tmp_path: Path) -> None:
    plant(fault, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("test", sorted({one.test for one in FAULTS}))
def test_without_a_fault_the_same_tests_pass(test: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name)
    done = tried(test, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_says_which_test_catches_which_fault() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for fault in FAULTS:
        name = fault.test.rpartition("::")[2]
        assert f"| {fault.name} | `{name}` |" in page
    assert len(FAULTS) >= 10 and LIVES in {one.test for one in FAULTS}
