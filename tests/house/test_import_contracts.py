"""Every import contract is kept, and is reported as broken by a copy of the package that breaks it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.laws import PACKAGE, ROOT

CONFIG = ROOT / ".importlinter"
TOWER = ["base", "domain", "engine", "sdk", "builtin", "ruleset", "planner", "service", "testing"]
TOWER += ["batch", "cli"]
BREACHES = [
    pytest.param("layers", "engine", "loyalty_rules.expr", id="siblings"),
    pytest.param("layers", "expr", "loyalty_rules.engine", id="siblings the other way"),
    pytest.param("layers", "expr", "loyalty_rules.sdk", id="expr imports upwards"),
    pytest.param("builtin-uses-sdk", "builtin", "loyalty_rules.engine.model", id="round the sdk"),
    pytest.param("builtin-uses-sdk", "builtin", "loyalty_rules.base", id="round the sdk to base"),
    pytest.param("builtin-is-a-plugin", "ruleset", "loyalty_rules.builtin.points", id="by name"),
    pytest.param("builtin-is-a-plugin", "sdk", "loyalty_rules.builtin", id="by name from below"),
    pytest.param("yaml", "ruleset", "yaml", id="a second door for YAML"),
    pytest.param("jsonschema", "planner", "jsonschema", id="JSON Schema in the planner"),
    pytest.param("pluggy", "planner", "pluggy", id="hooks at run time"),
    pytest.param("simpleeval", "planner", "simpleeval", id="a second witness"),
    pytest.param(
        "witness", "planner/rendering", "loyalty_rules.base.rounding", id="a borrowed rounding"
    ),
    pytest.param("calendars", "base", "persiantools.jdatetime", id="a calendar below the plugins"),
    pytest.param("databases", "service", "sqlite3", id="a service that opens a database"),
    pytest.param("databases", "domain", "sqlalchemy", id="an event with a table"),
    pytest.param("spelling", "ledger/rows", "msgspec", id="a second spelling"),
    pytest.param("databases", "batch", "alembic", id="a batch that migrates"),
    pytest.param("layers", "ruleset", "loyalty_rules.ledger", id="rules that book"),
    pytest.param("layers", "ledger", "loyalty_rules.ruleset", id="a ledger that reads YAML"),
    pytest.param("pytest", "service", "pytest", id="a service that tests"),
    pytest.param("terminal", "service", "click", id="a service that asks"),
    pytest.param("terminal", "batch", "rich.progress", id="a batch that draws"),
]


def contracts() -> dict[str, str]:
    """Name of each contract by its id."""
    config = configparser.ConfigParser()
    config.read(CONFIG, "utf-8")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): config[s]["name"] for s in config if s.startswith(prefix)}


def lint(folder: Path, *contract: str) -> tuple[int, str]:
    """Exit code and report of the import linter on the package below ``folder``."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    command += [f"--config={CONFIG}", *(f"--contract={c}" for c in contract)]
    run = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "loyalty_rules", ignore=ignore)
    return tmp_path


def plant(house: Path, place: str, module: str) -> str:
    """Let a new file on a floor (or the file ``place``) import ``module``; the name of what imports it."""
    file = (house / "loyalty_rules" / place).with_suffix(".py")
    if not file.exists():
        file = house / "loyalty_rules" / place / "planted.py"
        file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as text:
        text.write(f"import {module}\n")
    return ".".join(file.relative_to(house).with_suffix("").parts)


def test_every_contract_is_kept(house: Path) -> None:
    code, report = lint(house)
    assert code == 0, report
    assert all(f"{name} KEPT" in report for name in contracts().values())


@pytest.mark.parametrize(("contract", "place", "module"), BREACHES)
def test_a_breach_breaks_the_contract(contract: str, place: str, module: str, house: Path) -> None:
    importer = plant(house, place, module)
    code, report = lint(house, contract)
    assert code == 1, report
    assert f"{contracts()[contract]} BROKEN" in report
    assert importer in report


def test_no_floor_may_import_the_one_above_it(house: Path) -> None:
    for lower, upper in pairwise(TOWER):
        plant(house, lower, f"loyalty_rules.{upper}.planted")
    plant(house, TOWER[-1], "loyalty_rules.base.planted")
    code, report = lint(house, "layers")
    assert code == 1
    for lower, upper in pairwise(TOWER):
        assert f"loyalty_rules.{lower} is not allowed to import loyalty_rules.{upper}:" in report


def test_a_room_without_a_floor_breaks_the_layers(house: Path) -> None:
    plant(house, "attic", "json")
    (house / "loyalty_rules" / "attic" / "__init__.py").write_text("", "utf-8")
    code, report = lint(house, "layers")
    assert code == 1
    assert "loyalty_rules.attic" in report


def test_every_contract_has_its_breach() -> None:
    assert {case.values[0] for case in BREACHES} == set(contracts())
