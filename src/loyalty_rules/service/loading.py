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
    cannot be read, and when a folder holds no rule set. Warnings do not stop it: see `check`. What is no path
    is a ``RulesError``, too, without diagnostics.
    """
    return _ready(_checked(path, registry))


def load_text(
    text: str | bytes, registry: Registry | None = None, file: str = "rules.yaml"
) -> RuleSet:
    """The rule set in a text; ``file`` is the name that reports show."""
    if not isinstance(text, str | bytes):
        raise _not_read(f"the text of a rule set is `str` or `bytes`, not {_kind(text)}")
    data = text.encode() if isinstance(text, str) else text
    checked = check_text(data, file, registry)
    return _ready(CheckedVersions((checked,), checked.rules))


def check(path: str | Path, registry: Registry | None = None) -> tuple[Diagnostic, ...]:
    """Every mistake and warning of a rule set, in file order; empty when there is none. ``path`` and errors
    as in `load`, but for ``RulesError``."""
    return _checked(path, registry).diagnostics


def _checked(path: str | Path, registry: Registry | None) -> CheckedVersions:
    place = _place(path)
    files = rule_sets_in(place, below=False) if place.is_dir() else [place]
    if not files:
        raise FileNotFoundError(f"no YAML file in `{path}` has the key `ruleset:`")
    texts = [(read(file), str(file)) for file in files]
    if registry is not None and not isinstance(registry, Registry):
        cure = '`Registry.builtin().discover(allow=["skyline"])` makes one'
        raise _not_read(f"plugins are handed in as a `Registry`, not as {_kind(registry)}: {cure}")
    return check_many(texts, Registry.builtin() if registry is None else registry)


def _place(path: str | Path) -> Path:
    """A path that may name a rule set; what is none is told with the way to read what it is."""
    cure = "`load_text` reads the text of one"
    if not isinstance(path, str | Path):
        raise _not_read(f"a rule set is read from a path, not from {_kind(path)}: {cure}")
    if isinstance(path, str) and "\n" in path:
        raise _not_read(
            f"a rule set is read from a path, and this is a text of several lines: {cure}"
        )
    if path == "":
        raise _not_read("an empty path names no rule set: write `.` for the folder where you are")
    return Path(path)


def _not_read(reason: str) -> RulesError:
    return RulesError((), reason)


def _kind(value: object) -> str:
    return f"`{type(value).__name__}`"


def _ready(checked: CheckedVersions) -> RuleSet:
    if checked.rules is None:
        errors = checked.errors()
        raise RulesError(errors.diagnostics, errors.report())
    return checked.rules
