"""The codes that a scenario may expect are those with which anything is refused, and documented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from loyalty_rules.testing.scenarios.refusals import REFUSALS
from tests.house.laws import ROOT

PACKAGE = ROOT / "src" / "loyalty_rules"
HELD = {"unknown_order", "unknown_redemption"}
"""What waited for another event in vain; the code is put together from the kind of that one."""


def test_a_scenario_may_expect_every_code_that_is_refused_with_and_no_other() -> None:
    trees = {
        path: ast.parse(path.read_text("utf-8"))
        for room in ("engine", "service")
        for path in (PACKAGE / room).glob("*.py")
    }
    words = {name: word for tree in trees.values() for name, word in _words(tree)}
    written = {code for tree in trees.values() for code in _written(tree, words)}
    assert written | HELD == REFUSALS


def test_every_code_that_a_scenario_may_expect_is_in_the_documents() -> None:
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert sorted(code for code in REFUSALS if not re.search(rf"`{code}`", pages)) == []


def _words(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names at the top of a file that stand for a text."""
    for target, value in _assigned(tree):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield target, value.value


def _written(tree: ast.Module, words: dict[str, str]) -> Iterator[str]:
    """The codes of refusals that are made in a file: as a text, by the name of one, out of a table."""
    for target, table in _assigned(tree):
        if target == "_CODES" and isinstance(table, ast.Dict):
            yield from (str(code.value) for code in table.values if isinstance(code, ast.Constant))
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
            continue
        if call.func.id in ("Refusal", "Refused"):
            code = call.args[0]
            if isinstance(code, ast.Constant):
                yield str(code.value)
            elif isinstance(code, ast.Name) and code.id in words:
                yield words[code.id]


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None]]:
    """What stands at the top of a file, by name."""
    for line in tree.body:
        targets = [line.target] if isinstance(line, ast.AnnAssign) else []
        targets = line.targets if isinstance(line, ast.Assign) else targets
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(line, ast.AnnAssign | ast.Assign):
                yield target.id, line.value
