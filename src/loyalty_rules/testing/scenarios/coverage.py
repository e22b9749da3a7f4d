"""Which rules of a rule set gave something in any of its scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loyalty_rules.service.checked import Checked
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.scenarios.result import Fired


@dataclass(frozen=True, slots=True)
class Coverage:
    """One file of rules: how many scenarios are about it, everything in it that gives, and of this what
    never gave in any scenario, with its line."""

    file: str
    scenarios: int
    rules: tuple[str, ...]
    never: tuple[tuple[str, int], ...]

    @property
    def is_full(self) -> bool:
        """Whether every rule gave something."""
        return not self.never


def coverage(checked: Checked, fired: Iterable[Fired]) -> Coverage:
    """The coverage of a file of rules by the scenarios about it, each told by what fired in it."""
    by_scenario = list(fired)
    lines = {} if checked.rules is None else giving(checked.rules)
    gave = {rule for one in by_scenario for file, rule in one if file == checked.file}
    never = tuple((name, line) for name, line in lines.items() if name not in gave)
    return Coverage(checked.file, len(by_scenario), tuple(lines), never)


def giving(rules: RuleSet) -> Mapping[str, int]:
    """Everything in one version of a rule set that gives (its rules, the programs that give like one, its
    rewards), in the order of its file, with the line of each."""
    model = rules.plan.model
    found = [*model.rules, *(reward.rule for reward in model.rewards)]
    found.sort(key=lambda rule: rule.span)
    return {rule.id: rule.span.line for rule in found}
