"""Rule sets on the disk: which files of a folder are some, and reading one under a limit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.terminal import tell_mistakes
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.checked_versions import checked_together
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


def the_rule_set(path: Path, registry: Registry, form: str) -> RuleSet | None:
    """The rule set in a file, or the only one in a folder, perhaps in several versions; None after its
    mistakes were reported.

    Errors: wrong use, when it cannot be read or a folder has several; ``PluginError``.
    """
    files = rule_files((path,))
    checked = [check_file(file, registry) for file in files]
    known = [one for one in checked if one.rules is not None]
    if len(known) < len(files) or len(families(known)) == 1:
        together = checked_together(checked)
        if together.rules is None:
            errors = together.errors()
            tell_mistakes(errors.diagnostics, errors.report(), as_json=form == "json")
        return together.rules
    names = ", ".join(f"`{file}`" for file in files)
    raise click.UsageError(printable(f"`{path}` has several rule sets, name one: {names}"))


def families(checked: Iterable[Checked]) -> list[list[Checked]]:
    """Files that stand beside each other and have one id are versions of one rule set; a file with
    mistakes may be anything and stands alone."""
    found: dict[object, list[Checked]] = {}
    for one in checked:
        rules = one.rules
        family = one.file if rules is None else (Path(one.file).resolve().parent, rules.id)
        found.setdefault(family, []).append(one)
    return list(found.values())


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
