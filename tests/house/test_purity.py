"""Below service no clock, no dice, no file: ruff reports each banned name there, and allows it above."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.laws import BELOW_SERVICE, ROOT

BANNED: list[str] = sorted(
    tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"][
        "flake8-tidy-imports"
    ]["banned-api"]
)
EVERYTHING_BANNED = "".join(
    f"import {name if name.count('.') == 1 and name[:6] == 'urllib' else name.split('.')[0]}\n"
    f"print({name})\n"
    for name in BANNED
)


def findings(floor: str) -> set[str]:
    """The banned names that ruff finds in a file of ``floor`` which uses them all."""
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ruff")),
            "check",
            "--no-cache",
            "--output-format=concise",
            "--select=TID251",
            f"--stdin-filename=src/loyalty_rules/{floor}/planted.py",
            "-",
        ],
        cwd=ROOT,
        input=EVERYTHING_BANNED,
        capture_output=True,
        text=True,
        check=False,
    )
    return {line.split("`")[1] for line in run.stdout.splitlines() if "TID251" in line}


@pytest.mark.parametrize("floor", BELOW_SERVICE)
def test_every_banned_name_is_reported_below_service(floor: str) -> None:
    assert findings(floor) == set(BANNED)


@pytest.mark.parametrize("floor", ["service", "testing", "batch", "cli"])
def test_the_edges_may_read_clocks_and_files(floor: str) -> None:
    assert findings(floor) == set()


def test_clocks_dice_and_files_are_all_on_the_list() -> None:
    assert {"datetime.datetime.now", "time", "random", "secrets", "os", "pathlib"} <= set(BANNED)
