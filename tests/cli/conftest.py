"""What the tests of the command line share: a small club, its events, and a way to run commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty_rules.cli import main

RULES = """\
ruleset: club
version: "1"
title: A small club
currency: EUR
timezone: Europe/Berlin
programs:
  beans: {type: points, value: 0.01, basis: {tax: included}, expiry: never}
  status: {type: tiers,
    window: last 12 months,
    levels: [{id: green}, {id: gold, at: {beans.base: 50}}],
    keep: {through: window},
    on_return: immediate}
rules:
  - {id: welcome, event: signup, give: {type: bonus, program: beans, points: 5}}
  - {id: base, event: purchase, limit: {points: 100, per: month},
     give: {type: points, program: beans, points: 1, per: 1.00}}
  - {id: gold, event: purchase, when: status.level >= "gold",
     give: {type: multiplier, program: beans, times: 2}}
"""


def purchase(name: str, day: int, amount: str, member: str = "ana") -> dict[str, object]:
    return {
        "id": name,
        "type": "purchase",
        "member": member,
        "occurred_at": f"2026-03-{day:02}T12:00:00+01:00",
        "currency": "EUR",
        "lines": [{"id": "1", "quantity": 1, "amount": amount}],
    }


EVENTS: list[dict[str, object]] = [
    {"id": "s", "type": "signup", "member": "ana", "occurred_at": "2026-03-01T12:00:00+01:00"},
    purchase("a", 2, "60.00"),
    purchase("b", 3, "50.00"),
    purchase("c", 3, "20.00", "ben"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ``rules.yaml`` and ``year.jsonl``."""
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    write_events(tmp_path / "year.jsonl", EVENTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_events(path: Path, events: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")


Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a command in ``folder``: ``run("check", "rules.yaml")``."""

    def invoke(*arguments: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=input, catch_exceptions=False)

    return invoke


def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """The command as a process of its own, as a shell would start it for somebody at the keyboard.

    A shell hands its background jobs a Ctrl-C that is ignored, and they hand it on; nobody here is one.
    """

    def listen() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "loyalty_rules", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        preexec_fn=None if sys.platform == "win32" else listen,
    )
