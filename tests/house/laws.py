"""Laws of the house that no linter knows: functions from a package folder to a list of offences."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "loyalty_rules"
PURE = ("base", "domain", "expr", "engine")
BELOW_SERVICE = (*PURE, "sdk", "builtin", "ruleset", "ledger", "planner")
NEARNESS = "base/suggest.py"  # how near two names are is no money
SPEAKING = frozenset({"open", "print", "input", "breakpoint"})
RECORDS = "base/records.py"
"""Where the one foreign package stands that the pure floors need."""

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def sources(package: Path, floors: tuple[str, ...] = ("",)) -> Iterator[tuple[str, ast.Module]]:
    """Every module of some floors: its path from the package's folder on, and its tree."""
    for floor in floors:
        for path in sorted((package / floor).rglob("*.py")):
            yield path.relative_to(package).as_posix(), ast.parse(path.read_text("utf-8"))


def foreign_imports(package: Path) -> list[str]:
    """Imports of the pure floors that are neither ours nor the standard library's, nor what records are made
    of."""
    ours = {"loyalty_rules", *sys.stdlib_module_names}
    return [
        f"{name}:{node.lineno} imports {module}"
        for name, tree in sources(package, PURE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in _imported(node)
        if module.partition(".")[0] not in (ours | {"msgspec"} if name == RECORDS else ours)
    ]


def spoken_calls(package: Path) -> list[str]:
    """Names below service that open a file, ask or speak."""
    return [
        f"{name}:{node.lineno} uses {node.id}"
        for name, tree in sources(package, BELOW_SERVICE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in SPEAKING
    ]


def float_uses(package: Path) -> list[str]:
    """Binary floats in the rooms that count money and points: literals and calls of ``float``."""
    return [
        f"{name}:{node.lineno} uses a float"
        for name, tree in sources(package, ("base", "domain", "engine", "builtin"))
        if name != NEARNESS
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "float"
        )
    ]


def too_long(package: Path) -> dict[str, int]:
    """Files and functions that are longer than a reader can hold, with their lines."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name, text = path.relative_to(package).as_posix(), path.read_text("utf-8")
        if (lines := text.count("\n")) > FILE_LINES_MAX:
            found[name] = lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found[f"{name}::{node.name}"] = lines
    return found


def undocumented(package: Path) -> list[str]:
    """Modules without a first line that says what lives there."""
    return [name for name, tree in sources(package) if ast.get_docstring(tree) is None]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["its own room by dots"] if node.level else [node.module or ""]
