"""A calendar that needs a package: imported when a rule set names it, and a diagnostic when it is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyalty_rules.base.report import render_all
from loyalty_rules.builtin import jalali
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.service.loading import check_text
from tests.house.laws import ROOT
from tests.plugins.samples import HEAD, Plugin, registry
from tests.plugins.test_calendars import calendar

GOLDEN = ROOT / "tests" / "golden" / "calendars" / "jalali_not_installed.yaml"


@pytest.fixture
def without_the_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine on which the extra is not installed."""
    remembered = (jalali._days_in_month, jalali._first_of, jalali._parts)
    for name in ("persiantools", "persiantools.jdatetime"):
        monkeypatch.setitem(sys.modules, name, None)
    for function in remembered:
        function.cache_clear()
    yield


@pytest.mark.usefixtures("without_the_package")
def test_a_missing_package_is_told_with_its_cure(golden: Callable[[Path, str], None]) -> None:
    checked = check_text(GOLDEN.read_bytes(), GOLDEN.name)
    assert checked.rules is None
    golden(GOLDEN.with_suffix(".txt"), render_all(checked.diagnostics, checked.text))


def test_the_package_is_imported_for_a_rule_set_that_names_the_calendar() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(GOLDEN)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


LOAD = """
import sys
import loyalty_rules as lr
lr.Registry.builtin()
print("persiantools" in sys.modules)
lr.check(sys.argv[1])
print("persiantools" in sys.modules)
"""

NAMED = HEAD.replace("timezone: UTC", "timezone: UTC\ncalendar: pebble_days") + "rules: []\n"


def needing(cure: Callable[[], None]) -> Plugin:
    return calendar(prepare=cure)


def test_a_plugin_s_calendar_may_say_what_it_needs() -> None:
    def prepare() -> None:
        raise ImportError("pip install tides")

    checked = check_text(NAMED.encode(), "rules.yaml", registry(needing(prepare)))
    assert [(one.code, one.help) for one in checked.diagnostics] == [("LR402", "pip install tides")]


def test_a_plugin_s_calendar_that_fails_to_prepare_is_its_plugin_s_fault() -> None:
    def prepare() -> None:
        raise SystemExit(1)

    with pytest.raises(PluginError, match="it failed: SystemExit"):
        check_text(NAMED.encode(), "rules.yaml", registry(needing(prepare)))
