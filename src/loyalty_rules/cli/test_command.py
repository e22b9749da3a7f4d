"""``loyalty-rules test``: the scenarios of rule sets, and which rules no scenario has seen fire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.service.checked_versions import CheckedVersions
from loyalty_rules.testing.scenarios import (
    Library,
    ReadScenario,
    ScenarioResult,
    run_scenario,
    scenario_files,
)
from loyalty_rules.testing.scenarios.coverage import Coverage, coverage
from loyalty_rules.testing.scenarios.report import (
    coverage_object,
    coverage_text,
    failures_text,
    mistakes_text,
    result_object,
    some,
)
from loyalty_rules.testing.scenarios.result import Fired


@click.command("test")
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option(
    "--all-rules-fire",
    "all_fire",
    is_flag=True,
    help="A rule that never fires in a scenario of its rule set is a failure.",
)
@plugin_option
@format_option
def test_command(
    paths: tuple[Path, ...], all_fire: bool, plugins: tuple[str, ...], form: str
) -> int:
    """Run the scenarios of rule sets, and say which of their rules never fired.

    PATH is a scenario file, or a folder: every `*.scenario.yaml` in it and below is run. Without any it
    is the folder where you are. A failure shows what was expected, what was there, and why the rules
    decided so. Nothing is stored.

    \b
    Example:
      loyalty-rules test rules/coffee-club
      loyalty-rules test rules/ --plugin skyline --all-rules-fire

    Exit: 0 all passed, 1 a scenario failed or has a mistake, 2 wrong use or an unreadable file.
    """
    paths = paths or (Path(),)
    files = scenario_files(paths)
    if not files:
        raise click.UsageError(printable(f"no scenario in {_listed(paths)}: {_CURE}"))
    runs = _Runs(Library(allowed(plugins)))
    for path in files:
        runs.add(path)
    covered = runs.coverage(paths)
    if form == "json":
        say(json.dumps(_as_object(runs.runs, covered), indent=2))
    else:
        say("\n".join(_lines(runs.runs, covered)))
    unfired = all_fire and not all(one.is_full for one in covered)
    return 1 if unfired or not all(one.passed for one in runs.runs) else 0


_CURE = "the name of a scenario file ends in `.scenario.yaml`"


@dataclass(frozen=True, slots=True)
class _Run:
    """One file: what was read, and what came of it unless it has mistakes."""

    read: ReadScenario
    result: ScenarioResult | None

    @property
    def passed(self) -> bool:
        return self.result is not None and self.result.passed


class _Runs:
    """The scenarios of one call, and the rule sets that they are about."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.runs: list[_Run] = []

    def add(self, path: Path) -> None:
        read = self._library.scenario(path)
        result = None if read.scenario is None else run_scenario(read.scenario)
        self.runs.append(_Run(read, result))

    def coverage(self, paths: tuple[Path, ...]) -> list[Coverage]:
        """Of every rule set that a scenario is about, and of those in the folders."""
        known = [one.read.rules for one in self.runs if one.read.rules is not None]
        for folder in (path for path in paths if path.is_dir()):
            known += self._library.rule_sets(folder)
        files = {one.file: (one, together) for together in known for one in together.files}
        return [
            coverage(checked, self._fired(together))
            for _, (checked, together) in sorted(files.items())
            if checked.rules is not None
        ]

    def _fired(self, rules: CheckedVersions) -> list[Fired]:
        """What fired in each scenario about a rule set."""
        return [
            frozenset() if one.result is None else one.result.fired
            for one in self.runs
            if one.read.rules is rules
        ]


def _lines(runs: list[_Run], covered: list[Coverage]) -> Iterator[str]:
    told = set[str]()
    for one in runs:
        if one.result is None:
            text = mistakes_text(one.read)
            if text not in told:  # of a rule set with a mistake it is told once
                yield text
                yield ""
            told.add(text)
            continue
        if one.read.diagnostics:  # warnings of numbers
            yield mistakes_text(one.read)
            yield ""
        if not one.passed:
            yield failures_text(one.result)
            yield ""
    for one in runs:
        yield printable(f"{one.read.file}: {_outcome(one)}")
    yield ""
    for each in covered:
        yield from (printable(line) for line in coverage_text(each))
    if covered:
        yield ""
    yield _sum(runs)


def _outcome(one: _Run) -> str:
    if one.result is None:
        return "has mistakes"
    looked = some(one.result.checked, "expectation")
    if one.passed:
        return f"passed, {looked}"
    return f"failed, {some(len(one.result.failures), 'failure')} in {looked}"


def _sum(runs: list[_Run]) -> str:
    passed = sum(one.passed for one in runs)
    broken = sum(one.result is None for one in runs)
    said = [f"{passed} passed"]
    if failed := len(runs) - passed - broken:
        said.append(f"{failed} failed")
    if broken:
        said.append(f"{broken} with mistakes")
    return f"{some(len(runs), 'scenario')}: {', '.join(said)}"


def _as_object(runs: list[_Run], covered: list[Coverage]) -> dict[str, object]:
    return {
        "scenarios": [result_object(one.read, one.result) for one in runs],
        "coverage": [coverage_object(one) for one in covered],
        "passed": sum(one.passed for one in runs),
        "failed": sum(not one.passed for one in runs),
    }


def _listed(paths: tuple[Path, ...]) -> str:
    return ", ".join(f"`{path}`" for path in paths)
