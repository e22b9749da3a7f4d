"""Rule sets on the disk: which files of a folder are some, and reading one under a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from loyalty_rules.base.report import render_all
from loyalty_rules.base.screen import printable
from loyalty_rules.cli.terminal import complain
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.loading import Checked, check_text
from loyalty_rules.service.rule_set import RuleSet

SUFFIXES: Final = (".yaml", ".yml")

_READ_MAX: Final = 5_000_000
"""More than any rule set may have, so that a larger file is refused without being held."""

_RULESET_KEY: Final = re.compile(
    rb"""(?:^|\r)(?:\xef\xbb\xbf)?(?:\{\s*)?["']?ruleset["']?[ \t]*:""", re.MULTILINE
)


def rule_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and of every folder the YAML files in it that hold a rule set, by name.

    Errors: wrong use, when a folder has none or cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        here = sorted(_in_folder(path)) if path.is_dir() else [path]
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


def _in_folder(folder: Path) -> Iterator[Path]:
    """Files with a rule set, in the folder and below it; what is hidden is passed over."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in inside)
        is_yaml = path.suffix in SUFFIXES and not hidden and path.is_file()
        if is_yaml and _RULESET_KEY.search(_read(path)):
            yield path


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_READ_MAX)
    except OSError as problem:
        reason = (problem.strerror or "unknown reason").lower()
        raise click.UsageError(printable(f"`{path}` cannot be read: {reason}")) from None
