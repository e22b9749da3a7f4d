"""Every text in ``cases.txt`` gives exactly what stands below it there.

After a wanted change: pytest --update-golden, then read the diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from loyalty_rules.base.codes import CODES
from loyalty_rules.expr import Checked, Expect, check, unparse
from tests.expr.setting import ITEMS, WHEN

CASES = Path(__file__).with_name("cases.txt")


def _plain(written: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found.group(1), 16)), written)


def _answer(line: str) -> list[str]:
    expect, _, written = line.partition("|")
    text = _plain(written[1:])
    for one in get_args(Expect):
        if one == expect.strip():
            return _report(check(text, ITEMS if one == "filter" else WHEN, one))
    raise AssertionError(f"no such expectation: {line}")


def _report(checked: object) -> list[str]:
    if isinstance(checked, Checked):
        terms = [
            f"{term.factor} x {term.program + ' ' if term.program else ''}{term.source}"
            + (f" {term.text}" if term.text else "")
            for term in checked.terms
        ]
        return [
            f"    = {unparse(checked.tree)}  ({checked.kind.name}, cost {checked.cost})",
            *(f"      {term}" for term in terms),
        ]
    assert isinstance(checked, tuple)
    lines = []
    for problem in checked:
        lines.append(
            f"    {CODES[problem.name].number} {problem.start}-{problem.end}: {problem.message}"
        )
        if problem.help is not None:
            lines.append(f"      help: {problem.help}")
    return lines


def _cases() -> list[str]:
    lines = CASES.read_text("utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("    ")]


def test_every_case_gives_what_stands_below_it(golden: Callable[[Path, str], None]) -> None:
    lines: list[str] = []
    for line in _cases():
        lines.append(line)
        if not line.startswith("#"):
            lines.extend(_escaped(answer) for answer in _answer(line))
    golden(CASES, "\n".join(lines) + "\n")


def _escaped(line: str) -> str:
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in line)


def test_every_code_of_expressions_has_a_case() -> None:
    codes = {code.number for code in CODES.values() if code.number.startswith("LR2")}
    seen = set(re.findall(r"^    (LR\d+) ", CASES.read_text("utf-8"), re.M))
    elsewhere = {"LR202", "LR203", "LR215"}  # too long for a line: tests of bounds
    assert codes - elsewhere <= seen
