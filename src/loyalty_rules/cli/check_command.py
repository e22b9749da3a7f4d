"""``loyalty-rules check``: every mistake of rule sets, and what each of their rules costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import as_json, render_all
from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.rule_files import check_file, families, rule_files
from loyalty_rules.cli.terminal import say
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.checked import Checked
from loyalty_rules.service.checked_versions import checked_together


@click.command("check")
@click.argument("rules", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@plugin_option
@format_option
def check_command(rules: tuple[Path, ...], plugins: tuple[str, ...], form: str) -> int:
    """Check rule sets and say what is wrong, where, and what to do about it.

    RULES are files or folders; of a folder every YAML file with the key `ruleset:` is checked. Files of one
    folder that have one id are versions of one rule set, and are held against each other. For each
    rule its class is shown: what it costs to run it over a whole history, from `columns` (least) over
    `columns + segmented scan`, `member by member` and `in one order` (budgets) to `opaque` (a plugin's own
    code). Warnings do not fail.

    \b
    Example:
      loyalty-rules check rules/
      loyalty-rules check rules/coffee-club/rules.yaml --format json

    Exit: 0 no mistakes, 1 mistakes found, 2 wrong use or an unreadable file.
    """
    registry = allowed(plugins)
    checked = _together([_checked(path, registry) for path in rule_files(rules)])
    if form == "json":
        say(json.dumps(_as_object(checked), indent=2))
    else:
        say("\n".join(_as_text(checked)))
    return 1 if _counts(checked)[0] else 0


@dataclass(frozen=True, slots=True)
class _Failed:
    """A file whose plugin failed before it was checked to its end."""

    file: str
    problem: str
    rules: None = None
    diagnostics: tuple[Diagnostic, ...] = ()


_Result = Checked | _Failed


def _checked(path: Path, registry: Registry) -> _Result:
    try:
        return check_file(path, registry)
    except PluginError as problem:
        return _Failed(str(path), str(problem))


def _together(checked: list[_Result]) -> list[_Result]:
    """The same, with what is wrong between versions of one rule set."""
    found = {one.file: one for one in checked}
    for family in families(one for one in checked if isinstance(one, Checked)):
        if len(family) > 1:
            found.update({one.file: one for one in checked_together(family).files})
    return list(found.values())


def _as_object(checked: list[_Result]) -> dict[str, object]:
    errors, warnings = _counts(checked)
    return {
        "files": [_file_object(one) for one in checked],
        "errors": errors,
        "warnings": warnings,
    }


def _file_object(checked: _Result) -> dict[str, object]:
    rules = checked.rules
    return {
        "file": checked.file,
        "ruleset": rules and rules.id,
        "version": rules and rules.version,
        "digest": rules and rules.digest,
        "rules": []
        if rules is None
        else [{"id": name, "class": of} for name, of in rules.classes.items()],
        "diagnostics": [as_json(one) for one in checked.diagnostics],
        "plugin_error": checked.problem if isinstance(checked, _Failed) else None,
    }


def _as_text(checked: list[_Result]) -> Iterator[str]:
    for one in checked:
        if isinstance(one, _Failed):
            yield printable(f"{one.file}: {one.problem}\n")
        elif one.diagnostics:
            yield render_all(one.diagnostics, one.text)
        if one.rules is not None:
            yield from _classes(one)
    yield _sum(checked)


def _classes(checked: Checked) -> Iterator[str]:
    rules = checked.rules
    assert rules is not None
    yield printable(f"{checked.file}: {rules.id} {rules.version}")
    wide = max((len(name) for name in rules.classes), default=0)
    for name, of in rules.classes.items():
        yield f"  {name:<{wide}}  {of}"
    yield ""


def _sum(checked: list[_Result]) -> str:
    errors, warnings = _counts(checked)
    rules = sum(len(one.rules.classes) for one in checked if one.rules is not None)
    sets = len(families(one for one in checked if isinstance(one, Checked)))
    sets += sum(isinstance(one, _Failed) for one in checked)
    found = [_some(errors, "mistake")] if errors else []
    found += [_some(warnings, "warning")] if warnings else []
    versions = f" in {len(checked)} files" if sets < len(checked) else ""
    looked = f"{_some(sets, 'rule set')}{versions}, {_some(rules, 'rule')}"
    return f"{looked}: {' and '.join(found) or 'no mistakes'}"


def _counts(checked: list[_Result]) -> tuple[int, int]:
    found = [one for each in checked for one in each.diagnostics]
    errors = sum(one.is_error for one in found)
    failed = sum(isinstance(one, _Failed) for one in checked)
    return errors + failed, len(found) - errors


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
