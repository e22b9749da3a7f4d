"""Rule sets from files, folders of versions and texts, with every mistake at once."""

from __future__ import annotations

from pathlib import Path

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.domain.errors import RulesError
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.checked import Checked, check_text
from loyalty_rules.service.checked_versions import CheckedVersions, check_many
from loyalty_rules.service.finding import read, rule_sets_in
from loyalty_rules.service.rule_set import RuleSet

__all__ = ["Checked", "check", "check_text", "load", "load_text"]


def load(path: str | Path, registry: Registry | None = None) -> RuleSet:
    """The rule set in a YAML file; of a folder, the rule set whose versions are the files in it.

    Errors: ``RulesError`` with every mistake, its line and cure; ``PluginError``; ``OSError`` when a file
    cannot be read, and when a folder holds no rule set. Warnings do not stop it: see `check`.
    """
    return _ready(_checked(path, registry))


def load_text(
    text: str | bytes, registry: Registry | None = None, file: str = "rules.yaml"
) -> RuleSet:
    """The rule set in a text; ``file`` is the name that reports show."""
    data = text.encode() if isinstance(text, str) else text
    checked = check_text(data, file, registry)
    return _ready(CheckedVersions((checked,), checked.rules))


def check(path: str | Path, registry: Registry | None = None) -> tuple[Diagnostic, ...]:
    """Every mistake and warning of a rule set, in file order; empty when there is none. ``path`` and errors
    as in `load`, but for ``RulesError``."""
    return _checked(path, registry).diagnostics


def _checked(path: str | Path, registry: Registry | None) -> CheckedVersions:
    place = Path(path)
    files = rule_sets_in(place, below=False) if place.is_dir() else [place]
    if not files:
        raise FileNotFoundError(f"no YAML file in `{path}` has the key `ruleset:`")
    texts = [(read(file), str(file)) for file in files]
    return check_many(texts, Registry.builtin() if registry is None else registry)


def _ready(checked: CheckedVersions) -> RuleSet:
    if checked.rules is None:
        errors = checked.errors()
        raise RulesError(errors.diagnostics, errors.report())
    return checked.rules
