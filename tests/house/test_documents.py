"""The documents tell of everything that exists: hooks, codes, commands, YAML keys; their examples run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

import loyalty_rules as lr
from docs import make_pages
from loyalty_rules.base.codes import CODES
from loyalty_rules.cli import main as command_line
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.sdk import hooks
from tests.house.laws import PACKAGE, ROOT

GOLDEN = ROOT / "tests" / "golden"
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"sketch|file=")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")]
)


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(path: Path, language: str) -> Iterator[str]:
    """The fenced examples of one language; ``sketch`` after it marks those that are not complete, ``file=``
    those that are files of a shop, which `tests/recipes` runs."""
    for found, rest, text in FENCE.findall(path.read_text("utf-8")):
        if found == language and not ELSEWHERE.search(rest):
            yield text


def named(page_path: Path) -> str:
    return page_path.relative_to(ROOT).as_posix()


HOOKS = sorted(name for name in vars(hooks) if name.startswith("loyalty_"))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_its_signature_and_tested(hook: str) -> None:
    function = getattr(hooks, hook)
    assert inspect.getdoc(function)
    assert f"def {hook}{inspect.signature(function)}".replace("'", "") in page("docs/plugins.md")
    tests = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "plugins").glob("*/tests/*.py")]
    users = [path for path in tests if hook in path.read_text("utf-8")]
    assert users, f"no test implements {hook}"


@pytest.mark.parametrize("name", sorted(make_pages.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert page(name) == make_pages.PAGES[name](), "run `make docs` and read the diff"


def test_every_code_has_its_section_and_a_number_of_its_own() -> None:
    headings = re.findall(r"^### (LR\d{3}) `(\w+)`$", page("docs/errors.md"), re.MULTILINE)
    assert sorted(headings) == sorted((code.number, name) for name, code in CODES.items())
    assert len({number for number, _ in headings}) == len(headings)


def test_every_code_is_shown_by_a_golden_report_and_every_report_uses_known_codes() -> None:
    reports = "".join(path.read_bytes().decode("utf-8") for path in GOLDEN.rglob("*.txt"))
    shown = set(re.findall(r"^\S.*?: (?:error|warning)\[(LR\d{3})\]: ", reports, re.MULTILINE))
    assert shown == {code.number for code in CODES.values()}


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path:
        yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))


@pytest.mark.parametrize("verb", list(commands(command_line)), ids=" ".join)
def test_every_command_has_a_page_an_example_and_a_test(verb: tuple[str, ...]) -> None:
    command: click.Command = command_line
    for name in verb:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert f"## `loyalty-rules {' '.join(verb)}`" in page("docs/cli.md")
    assert f"loyalty-rules {' '.join(verb)} " in (command.help or ""), "the help shows no example"
    tests = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    assert any(f'"{verb[-1]}"' in text for text in tests), "no test runs it"


def schema_keys(schema: object) -> set[str]:
    """Every key that a JSON schema lets a designer write."""
    if isinstance(schema, Mapping):
        own = schema.get("properties", {})
        keys = set(own) if isinstance(own, Mapping) else set()
        return keys.union(*(schema_keys(value) for value in schema.values()))
    if isinstance(schema, list | tuple):
        return set().union(*(schema_keys(value) for value in schema))
    return set()


def test_every_yaml_key_is_in_the_language_reference() -> None:
    registry = lr.Registry.builtin()
    schema = json_schema(
        {name: kind.schema for name, kind in registry.program_types.items()},
        {name: kind.schema for name, kind in registry.reward_types.items()},
    )
    keys = schema_keys(schema)
    text = page("docs/language.md")
    code = " ".join([*re.findall(r"`([^`\n]+)`", text), *(t for _, _, t in FENCE.findall(text))])
    assert len(keys) > 80
    assert sorted(key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", code)) == []


def test_every_file_that_the_architecture_names_is_there() -> None:
    files = re.findall(r"`([\w./-]+/[\w.-]+\.\w+)`", page("ARCHITECTURE.md"))
    assert len(files) > 30
    assert [f for f in files if not any((top / f).exists() for top in (ROOT, PACKAGE))] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = LINK.findall(path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize(
    "path", [p for p in PAGES if any("ruleset:" in b for b in blocks(p, "yaml"))], ids=named
)
def test_the_rule_sets_of_a_document_are_clean(path: Path, tmp_path: Path) -> None:
    for text in blocks(path, "yaml"):
        if re.search(r"^ruleset:", text, re.MULTILINE):
            file = tmp_path / "rules.yaml"
            file.write_text(text, "utf-8")
            assert lr.load(file)


@pytest.mark.parametrize("path", [p for p in PAGES if any(blocks(p, "python"))], ids=named)
def test_the_python_of_a_document_runs_and_prints_what_it_says(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Beside it stand the project's rule sets, and as rules.yaml the rule set last shown on the page."""
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    for language, rest, text in FENCE.findall(path.read_text("utf-8")):
        if language == "yaml" and re.search(r"^ruleset:", text, re.MULTILINE):
            Path("rules.yaml").write_text(text, "utf-8")
        elif language == "python" and not ELSEWHERE.search(rest):
            exec(compile(text, named(path), "exec"), namespace)
            said = capsys.readouterr().out.splitlines()
            promised = re.findall(r"^print\(.*\) +# (\d\S*)$", text, re.MULTILINE)
            assert [figure for figure in promised if figure not in said] == []
