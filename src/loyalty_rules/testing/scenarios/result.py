"""What running a scenario came to: what was not as expected, and which rules gave something."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.testing.scenarios.model import Scenario

Fired = frozenset[tuple[str, str]]
"""The rules that gave something: the file of the version that decided, and the rule's id."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as expected: where it stands, what was expected and got, as texts, and why the
    rules decided so."""

    diagnostic: Diagnostic
    expected: str
    got: str
    explanation: str


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """A scenario that was run. ``checked`` counts what was looked at."""

    scenario: Scenario
    failures: tuple[Failure, ...]
    fired: Fired
    checked: int

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures
