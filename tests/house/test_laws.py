"""The laws hold, and each checker reports a breach that is planted in a copy of the package."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.house import laws

EXEMPT_LENGTHS: dict[str, int] = {}
"""The ratchet: what is longer than the law allows today. Entries may shrink or go, never grow."""

LAWS: list[Callable[[Path], Iterable[str]]] = [
    laws.foreign_imports,
    laws.spoken_calls,
    laws.float_uses,
    laws.undocumented,
]
LONG_FUNCTION = "def long() -> None:\n" + "    long()\n" * 50
BREACHES = [
    pytest.param(laws.foreign_imports, "engine/planted.py", "import numpy", id="a foreign package"),
    pytest.param(laws.foreign_imports, "domain/planted.py", "import msgspec", id="a second place"),
    pytest.param(
        laws.foreign_imports, "base/planted.py", "def f():\n    from yaml import load", id="inside"
    ),
    pytest.param(laws.foreign_imports, "expr/planted.py", "from . import scope", id="relative"),
    pytest.param(laws.spoken_calls, "ruleset/planted.py", "x = open('a')", id="a file is opened"),
    pytest.param(
        laws.spoken_calls, "planner/planted.py", "say = print", id="print under another name"
    ),
    pytest.param(laws.float_uses, "domain/planted.py", "x = 0.1", id="a float"),
    pytest.param(laws.float_uses, "builtin/planted.py", "x = float('1')", id="a float is made"),
    pytest.param(laws.undocumented, "cli/planted.py", "x = 1", id="no first line"),
    pytest.param(laws.too_long, "sdk/planted.py", LONG_FUNCTION, id="51 lines of function"),
    pytest.param(laws.too_long, "batch/planted.py", "x = 1\n" * 401, id="401 lines of file"),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds(law: Callable[[Path], Iterable[str]]) -> None:
    assert list(law(laws.PACKAGE)) == []


def test_no_file_and_no_function_is_too_long_and_exemptions_only_shrink() -> None:
    assert laws.too_long(laws.PACKAGE) == EXEMPT_LENGTHS


@pytest.mark.parametrize(("law", "file", "text"), BREACHES)
def test_a_breach_is_reported(
    law: Callable[[Path], Iterable[str]], file: str, text: str, tmp_path: Path
) -> None:
    copy = tmp_path / "loyalty_rules"
    shutil.copytree(laws.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = set(law(copy))
    (copy / file).write_text(text, "utf-8")
    new = set(law(copy)) - before
    assert new and all(offence.startswith(file) for offence in new)


def test_a_function_of_fifty_lines_and_a_file_of_four_hundred_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "function.py").write_text("def f():\n" + "    f()\n" * 49, "utf-8")
    (tmp_path / "file.py").write_text("x = 1\n" * 400, "utf-8")
    assert laws.too_long(tmp_path) == {}


def test_the_source_package_holds_what_its_makefile_runs() -> None:
    top = laws.PACKAGE.parents[1]
    settings = tomllib.loads((top / "pyproject.toml").read_text("utf-8"))
    included = set(settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    modules = re.findall(r"-m (\w+)\.\w+", (top / "Makefile").read_text("utf-8"))
    needed = {f"/{one}" for one in modules} | {"/tests", "/plugins", "/rules", "/.importlinter"}
    assert needed <= included
    assert all((top / one[1:]).exists() for one in included)
