"""The tutorial of docs/plugins.md makes a working plugin, and tells every hook as it is."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loyalty_rules.ruleset.schema import REFERABLE
from loyalty_rules.sdk import hooks, types

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ [^\n]*?file=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^```sh tutorial\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[
    0
].splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the tutorial, and the entry point that its installer would write."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    about = tmp_path / "src" / "loyalty_orchard.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = [f"{k} = {v}\n" for k, v in project["entry-points"]["loyalty_rules"].items()]
    (about / "entry_points.txt").write_text("".join(["[loyalty_rules]\n", *points]))
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of the tutorial, run in its folder with the plugin on the path."""
    program, *arguments = command.split()
    module = {"pytest": "pytest", "loyalty-rules": "loyalty_rules"}[program]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tutorial_makes_a_plugin_that_works(folder: Path) -> None:
    assert COMMANDS[0] == "pip install -e ."
    for command, told in zip(COMMANDS[1:], ("2 passed", "no mistakes"), strict=True):
        done = run(command, folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert told in done.stdout


def test_without_the_option_the_plugin_is_not_allowed(folder: Path) -> None:
    done = run("loyalty-rules check rules.yaml", folder)
    assert done.returncode == 1
    assert done.stdout.count("error[LR401]") == 2
    assert "--plugin orchard" in done.stdout


def test_the_page_tells_every_hook_with_its_signature_and_nothing_else() -> None:
    told = set(re.findall(r"^@hookimpl\ndef (.*): \.\.\.$", PAGE, re.MULTILINE))
    real = {
        name + str(inspect.signature(hook)).replace("'", "")
        for name, hook in vars(hooks).items()
        if name.startswith("loyalty_")
    }
    assert told == real


@pytest.mark.parametrize(
    "name", ["RewardType", "ProgramType", "FunctionType", "Declared", "Lowered"]
)
def test_the_page_tells_the_fields_of_an_offer(name: str) -> None:
    fields = [
        field for field in inspect.signature(getattr(types, name)).parameters if field != "later"
    ]
    assert f"`{name}({', '.join(fields)})`" in PAGE


def test_the_page_tells_every_method_of_a_form_with_its_arguments() -> None:
    real = set()
    for name, member in vars(types.Form).items():
        if not name.startswith("_"):
            is_method = callable(member)
            arguments = list(inspect.signature(member).parameters)[1:] if is_method else []
            real.add(f"{name}({', '.join(arguments)})" if is_method else name)
    section = PAGE.partition("| method | what it reads |")[2].partition("\n\n")[0]
    first_cells = [row.split("|")[1] for row in section.splitlines() if row.count("|") > 1]
    told = {word for cell in first_cells for word in re.findall(r"`([^`]+)`", cell)}
    assert told == real


def test_the_formats_that_the_page_tells_are_those_of_the_language() -> None:
    section = PAGE.partition("| format | what the designer writes |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`(lr-[a-z-]+)`", section))
    assert len(told) > 15
    assert told <= REFERABLE
