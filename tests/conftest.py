"""What every test may use: golden files and the option that renews them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The time of one example says more about the machine's other work than about us.
settings.register_profile("quiet", deadline=None)
settings.load_profile("quiet")

collect_ignore_glob = ["golden/*"]  # scenarios with mistakes, whose reports are what is tested

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=False,
        help="write what the tests got into the golden files; read the diff afterwards",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden(path, text)``: ``text`` is exactly what stands in the golden file ``path``."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("update_golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden and read it"
        assert text == path.read_bytes().decode("utf-8")

    return compare


def pytest_unconfigure() -> None:
    """No server outlives the run that started it."""
    shared = sys.modules.get("tests.postgres.shared")
    if shared is not None:
        shared.stop()
