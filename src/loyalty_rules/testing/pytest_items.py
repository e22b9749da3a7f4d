"""Scenario files as pytest sees them: a file to collect and the one test in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from loyalty_rules.domain.errors import PluginError
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.testing.scenarios import Library, run_scenario
from loyalty_rules.testing.scenarios.report import failures_text, mistakes_text

_LIBRARY: Final = pytest.StashKey[Library]()


class ScenarioFailed(Exception):  # noqa: N818 (pytest shows its text, nobody catches it)
    """A scenario that did not pass; its text is the whole report."""


class ScenarioWarning(pytest.PytestWarning):
    """What a scenario may mean otherwise than it says; its text is the report."""


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one test in it."""
        name = self.path.name.partition(".scenario.")[0]
        yield ScenarioItem.from_parent(self, name=name)


class ScenarioItem(pytest.Item):
    """A scenario as a test."""

    def runtest(self) -> None:
        """Run it. Errors: `ScenarioFailed` with what ``loyalty-rules test`` would show."""
        read = _library(self.config).scenario(self.path)
        if read.scenario is None:
            raise ScenarioFailed(mistakes_text(read))
        if read.diagnostics:
            self.warn(ScenarioWarning(mistakes_text(read)))
        result = run_scenario(read.scenario)
        if not result.passed:
            raise ScenarioFailed(failures_text(result))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """The report alone: where it was raised tells a designer nothing."""
        if isinstance(excinfo.value, ScenarioFailed | PluginError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands, and its heading."""
        return self.path, 0, f"scenario {self.name}"


def _library(config: pytest.Config) -> Library:
    """The rule sets of this run, each read once."""
    if _LIBRARY not in config.stash:
        allowed = [str(name) for name in config.getini("loyalty_rules_plugins")]
        registry = Registry.builtin().discover(allow=allowed)
        config.stash[_LIBRARY] = Library(registry, config.rootpath)
    return config.stash[_LIBRARY]
