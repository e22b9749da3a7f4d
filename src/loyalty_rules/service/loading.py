"""Rule sets from files and texts, with every mistake at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import render_all
from loyalty_rules.domain.errors import RulesError
from loyalty_rules.planner.build import make_plan
from loyalty_rules.ruleset.read import BYTES_MAX, read_ruleset
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one file came to: the rule set if it has no mistake, and everything found."""

    file: str
    rules: RuleSet | None
    diagnostics: tuple[Diagnostic, ...]
    text: str

    def report(self) -> str:
        """Every finding with its place, as text."""
        return render_all(self.diagnostics, self.text).removesuffix("\n")


def load(path: str | Path, registry: Registry | None = None) -> RuleSet:
    """The rule set in a YAML file.

    Errors: ``RulesError`` with every mistake, its line and cure; ``PluginError``; ``OSError`` when the file
    cannot be read. Warnings do not stop it: see `check`.
    """
    file = Path(path)
    return _ready(check_text(_bytes_of(file), str(path), registry))


def load_text(
    text: str | bytes, registry: Registry | None = None, file: str = "rules.yaml"
) -> RuleSet:
    """The rule set in a text; ``file`` is the name that reports show."""
    data = text.encode() if isinstance(text, str) else text
    return _ready(check_text(data, file, registry))


def check(path: str | Path, registry: Registry | None = None) -> tuple[Diagnostic, ...]:
    """Every mistake and warning of a rule set file, in file order; empty when there is none."""
    return check_text(_bytes_of(Path(path)), str(path), registry).diagnostics


def check_text(data: bytes, file: str, registry: Registry | None = None) -> Checked:
    """Check the bytes of one file."""
    registry = Registry.builtin() if registry is None else registry
    model, diagnostics, text = read_ruleset(data, file, registry)
    if model is None:
        return Checked(file, None, diagnostics, text)
    plan = make_plan(model, registry)
    return Checked(file, RuleSet(plan, registry, {file: text}, file), diagnostics, text)


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file; of one that is too large as many as show that."""
    with path.open("rb") as file:
        return file.read(BYTES_MAX + 1)


def _ready(checked: Checked) -> RuleSet:
    if checked.rules is None:
        errors = tuple(one for one in checked.diagnostics if one.is_error)
        raise RulesError(errors, render_all(errors, checked.text).removesuffix("\n"))
    return checked.rules
