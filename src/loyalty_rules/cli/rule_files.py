"""Rule sets on the disk: which files of a folder are some, and reading one under a limit."""

from __future__ import annotations

from pathlib import Path

import click

from loyalty_rules.base.report import render_all
from loyalty_rules.base.screen import printable
from loyalty_rules.cli.terminal import complain
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.finding import read, rule_sets_in
from loyalty_rules.service.loading import Checked, check_text
from loyalty_rules.service.rule_set import RuleSet


def rule_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and of every folder the YAML files in it that hold a rule set, by name.

    Errors: wrong use, when a folder has none or cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        here = _in_folder(path) if path.is_dir() else [path]
        if not here:
            raise click.UsageError(
                printable(f"`{path}` has no rule set: no YAML file in it has the key `ruleset:`")
            )
        found += here
    return list(dict.fromkeys(found))


def check_file(path: Path, registry: Registry) -> Checked:
    """Check one file. Errors: wrong use, when it cannot be read; ``PluginError``."""
    return check_text(_read(path), str(path), registry)


def the_rule_set(path: Path, registry: Registry) -> RuleSet | None:
    """The rule set in a file, or the only one in a folder; None after its mistakes were reported.

    Errors: wrong use, when it cannot be read or a folder has several; ``PluginError``.
    """
    files = rule_files((path,))
    if len(files) > 1:
        names = ", ".join(f"`{file}`" for file in files)
        raise click.UsageError(printable(f"`{path}` has several rule sets, name one: {names}"))
    checked = check_file(files[0], registry)
    if checked.rules is None:
        errors = [one for one in checked.diagnostics if one.is_error]
        complain(render_all(errors, checked.text), newline=False)
    return checked.rules


def _in_folder(folder: Path) -> list[Path]:
    try:
        return rule_sets_in(folder)
    except OSError as problem:
        raise _unreadable(Path(problem.filename or folder), problem) from None


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except OSError as problem:
        raise _unreadable(path, problem) from None


def _unreadable(path: Path, problem: OSError) -> click.UsageError:
    reason = (problem.strerror or "unknown reason").lower()
    return click.UsageError(printable(f"`{path}` cannot be read: {reason}"))
