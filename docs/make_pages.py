"""Writes what is made from code: ``docs/errors.md``, ``docs/cli.md`` and the JSON Schemas of rule sets and
scenarios for editors. Run by ``make docs``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from docs.schema_texts import describe
from loyalty_rules.base.codes import CODES
from loyalty_rules.cli import main as command_line
from loyalty_rules.ruleset.schema import json_schema
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.testing.scenarios import scenario_schema

ROOT: Final = Path(__file__).parents[1]
FLOORS: Final = {
    "LR0": "The file and its shape",
    "LR1": "Names",
    "LR2": "Expressions",
    "LR3": "Meaning",
    "LR4": "Plugins",
    "LR5": "Events and mappings",
    "LR7": "Scenarios",
}
EXAMPLE_LINES_MAX: Final = 40


def errors_page() -> str:
    """Every diagnostic with the shortest example that shows it."""
    examples = _examples()
    parts = [
        "# Diagnostics\n",
        "What `loyalty-rules check` says, by number. A number keeps its meaning for ever. An error stops a "
        "rule set from being used, a warning does not. Each example is a file and the report on it.\n",
    ]
    for prefix, title in FLOORS.items():
        parts.append(f"## {title}\n")
        here = sorted(
            (code.number, name) for name, code in CODES.items() if code.number.startswith(prefix)
        )
        parts += [_section(name, examples.get(number)) for number, name in here]
    return "\n".join(parts)


def cli_page() -> str:
    """Every command with its help."""
    parts = [
        "# Command line\n",
        "Exit codes: 0 done, 1 problems were found in what was given, 2 wrong use, 130 stopped by Ctrl-C, "
        "141 nobody\n"
        "reads the output any more (as in `loyalty-rules ... | head`). With `--format json` what went wrong "
        "is an object too:\n"
        "`error` with `message` and `exit`, or `diagnostics`.\n",
    ]
    parts += [
        f"## `{path}`\n\n```text\n{text}\n```\n"
        for path, text in _helps(command_line, "loyalty-rules")
    ]
    return "\n".join(parts)


def schema_page() -> str:
    """The JSON Schema of a rule set with the types that ship with us, and what their keys mean."""
    registry = Registry.builtin()
    schema = json_schema(
        {name: kind.schema for name, kind in registry.program_types.items()},
        {name: kind.schema for name, kind in registry.reward_types.items()},
    )
    plain = json.loads(json.dumps(schema))  # nothing in it is shared with the schema that checks
    text = (ROOT / "docs" / "language.md").read_text("utf-8")
    return json.dumps(describe(plain, text), indent=2, ensure_ascii=False) + "\n"


def scenario_schema_page() -> str:
    """The JSON Schema of a scenario file."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/errors.md": errors_page,
    "docs/cli.md": cli_page,
    "docs/schema/loyalty-rules.schema.json": schema_page,
    "docs/schema/scenario.schema.json": scenario_schema_page,
}


def _section(name: str, example: tuple[str, str] | None) -> str:
    code = CODES[name]
    text = f"### {code.number} `{name}`\n\n{code.severity.capitalize()}: {code.title}.\n"
    if example is None:
        return text
    source, report = example
    return f"{text}\n```text\n{source.rstrip()}\n```\n\n```text\n{report.rstrip()}\n```\n"


def _examples() -> dict[str, tuple[str, str]]:
    """By number: the shortest golden pair of which the report has this one finding and no other."""
    found: dict[str, tuple[str, str]] = {}
    for report_file in sorted((ROOT / "tests" / "golden").rglob("*.txt")):
        source_file = report_file.with_suffix(".yaml")
        several = report_file.name == "report.txt"
        report = report_file.read_bytes().decode("utf-8")
        numbers = [
            line.split("[")[1].split("]")[0] for line in report.splitlines() if _is_head(line)
        ]
        if len(numbers) != 1 or not (several or source_file.exists()):
            continue
        try:
            source = _folder(report_file.parent) if several else _text(source_file)
        except UnicodeDecodeError:
            continue  # a file that is not text cannot be shown on a page
        if not _shows(source) or source.count("\n") > EXAMPLE_LINES_MAX:
            continue
        known = found.get(numbers[0])
        if known is None or len(source) < len(known[0]):
            found[numbers[0]] = (source, report)
    return found


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


def _folder(folder: Path) -> str:
    """The files of a folder of versions, each below its name."""
    return "\n".join(f"# {file.name}\n{_text(file)}" for file in sorted(folder.glob("*.yaml")))


def _is_head(line: str) -> bool:
    return not line.startswith(" ") and (": error[LR" in line or ": warning[LR" in line)


def _shows(source: str) -> bool:
    """Whether the text can stand on a page as it is: visible characters, no fence of its own."""
    return "```" not in source and all(c.isprintable() or c == "\n" for c in source)


def _helps(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=path, terminal_width=80, max_content_width=80)
    yield path, command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _helps(command.commands[name], f"{path} {name}")


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(), "utf-8", newline="\n")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
