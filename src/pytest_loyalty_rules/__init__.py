"""A plugin of pytest: scenario files are tests, one for each file.

pytest loads this module in every project that has loyalty-rules installed, so it stands beside the package
and imports nothing of it before the first scenario file is collected.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of the ini file that allows plugins."""
    parser.addini(
        "loyalty_rules_plugins",
        "plugins of loyalty-rules that the rule sets of scenarios may use, by name",
        type="args",
        default=[],
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario file as something to collect."""
    if not file_path.name.endswith((".scenario.yaml", ".scenario.yml")):
        return None
    from loyalty_rules.testing.pytest_items import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)
