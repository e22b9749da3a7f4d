"""Modules import alone and without warnings, and their examples run."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from types import ModuleType

import pytest

from tests.house.laws import PACKAGE

# Importing any module runs the package's front door first; what that brings is the same for all of them.
IMPORT_EACH_ALONE = """
import importlib, sys
import loyalty_rules
front = set(sys.modules)
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.startswith("loyalty_rules.")]:
        if name not in front:
            del sys.modules[name]
    try:
        importlib.import_module(module)
    except BaseException as error:
        print(f"{module}: {type(error).__name__}: {error}")
"""


def module_names() -> list[str]:
    """Every module of the package by its dotted name."""
    paths = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def modules_with_examples() -> list[ModuleType]:
    texts = {name: PACKAGE.parent.joinpath(*name.split(".")) for name in module_names()}
    files = {
        n: p.with_suffix(".py") if not p.is_dir() else p / "__init__.py" for n, p in texts.items()
    }
    return [importlib.import_module(n) for n, f in files.items() if ">>> " in f.read_text("utf-8")]


def test_every_module_imports_alone_with_warnings_as_errors() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH_ALONE, *module_names()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout + run.stderr == ""


@pytest.mark.parametrize("module", modules_with_examples(), ids=lambda module: module.__name__)
def test_the_examples_of_a_module_run(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
