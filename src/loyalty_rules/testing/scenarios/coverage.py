"""Which rules of a rule set gave something in any of its scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loyalty_rules.service.loading import Checked


@dataclass(frozen=True, slots=True)
class Coverage:
    """One rule set: how many scenarios are about it, everything in it that gives, and of this what never
    gave in any scenario, with its line."""

    file: str
    scenarios: int
    rules: tuple[str, ...]
    never: tuple[tuple[str, int], ...]

    @property
    def is_full(self) -> bool:
        """Whether every rule gave something."""
        return not self.never


def coverage(checked: Checked, fired: Iterable[frozenset[str]]) -> Coverage:
    """The coverage of a rule set by its scenarios, each told by the rules that fired in it."""
    by_scenario = list(fired)
    lines = rule_lines(checked)
    gave = frozenset[str]().union(*by_scenario)
    never = tuple((name, line) for name, line in lines.items() if name not in gave)
    return Coverage(checked.file, len(by_scenario), tuple(lines), never)


def rule_lines(checked: Checked) -> Mapping[str, int]:
    """Everything in a rule set that gives, in the order of its file, with the line of each."""
    if checked.rules is None:
        return {}
    rules = checked.rules.plan.model.rules
    return {rule.id: rule.span.line for rule in sorted(rules, key=lambda rule: rule.span)}
