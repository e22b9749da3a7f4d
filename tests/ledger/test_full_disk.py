"""A disk that becomes full: a clear error, nothing half, nothing lost, and it goes on when there is room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.house.laws import ROOT

MOUNT = 'mount -t tmpfs -o size={size} tmpfs "$1" && shift && exec "$@"'


def on_a_small_disk(folder: Path, size: str, *command: str) -> list[str]:
    """The command with ``folder`` on a disk of its own, which nobody else sees and which goes with it."""
    return ["unshare", "-rm", "sh", "-c", MOUNT.format(size=size), "sh", str(folder), *command]


@cache
def has_small_disks() -> bool:
    """Whether this system lets us have one."""
    with TemporaryDirectory() as name:
        try:
            tried = subprocess.run(
                on_a_small_disk(Path(name), "1m", "touch", f"{name}/there"),
                capture_output=True,
                check=False,
            )
        except OSError:
            return False
        return tried.returncode == 0 and not (Path(name) / "there").exists()


def filled(folder: Path, kind: str) -> dict[str, Any]:
    """What a process tells that books until its disk is full."""
    words = [sys.executable, "-m", "tests.ledger.filling", str(folder)]
    command = on_a_small_disk(folder, "1500k", *words) if kind == "disk" else [*words, "pages"]
    return told_by(command)


def told_by(command: list[str]) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("kind", ["disk", "pages"])
def test_a_full_disk_is_told_and_nothing_that_was_promised_is_lost(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """On a small tmpfs; where that cannot be had, SQLite is told how many pages its file may have."""
    if kind == "disk" and not has_small_disks():
        kind = "pages"
    record_property("full_disk", {"disk": "tmpfs", "pages": "max_page_count"}[kind])
    print("full disk by", "tmpfs" if kind == "disk" else "max_page_count")
    check(filled(tmp_path, kind))


def check(told: dict[str, Any]) -> None:
    """What was promised is there, what failed is not, and all of it when there was room again."""
    assert told["failed"] and len(told["promised"]) > 50
    assert "is full" in told["problem"]
    assert "is full" in told["again"]
    assert sorted(told["there"]) == sorted(told["promised"]), "all of it, once, and nothing else"
    assert told["findings"] == told["after"] == []
    assert set(told["resumed"]) == {"booked"}
    assert told["rebuilt"]
    assert sorted(told["reopened"]) == sorted([*told["promised"], *told["failed"]])
