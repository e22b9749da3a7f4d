"""A plugin's calendar is the one offer that the engine calls: its mistakes are its plugin's too."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

import loyalty_rules as lr
from loyalty_rules.base.period import Calendar
from loyalty_rules.domain.errors import PluginError, RulesError
from loyalty_rules.testing.calendar_probes import calendar_faults
from tests.plugins.samples import HEAD, Plugin, purchase, registry, rules

GREGORIAN = lr.Registry.builtin().calendars["gregorian"]
METHODS = ("parse", "write", "box", "add_months", "parts")
TEXT = (
    HEAD.replace("timezone: UTC", "timezone: UTC\ncalendar: pebble_days")
    + """
rules:
  - id: march
    event: purchase
    during: {from: 2026-03-01, through: 2026-03-31}
    when: within(orders, "month") == 0
    give: {type: bonus, program: points, points: 1}
"""
)


def calendar(**changes: object) -> Plugin:
    methods = {name: getattr(GREGORIAN, name) for name in METHODS}
    offer = SimpleNamespace(**{"name": "pebble_days", **methods, **changes})
    return Plugin(loyalty_calendars=lambda: [offer])


def guarded(**changes: object) -> Calendar:
    return registry(calendar(**changes)).calendars["pebble_days"]


def test_a_calendar_works_behind_its_guard() -> None:
    assert rules(TEXT, calendar()).decide(purchase()).points["points"] == 1
    assert calendar_faults(guarded()) == []
    assert calendar_faults(GREGORIAN) == []


def test_a_text_that_is_no_day_is_the_designer_s_mistake() -> None:
    with pytest.raises(RulesError, match="month 13"):
        rules(TEXT.replace("2026-03-31", "2026-13-01"), calendar())


def failing(*given: object) -> object:
    raise SystemExit(1)


@pytest.mark.parametrize(
    ("method", "given", "answer", "told"),
    [
        ("parse", ("2026-03-01",), 1.5, "`1.5` is not a day"),
        ("parse", ("2026-03-01",), True, "`True` is not a day"),
        ("write", (739_000,), None, "must return a text"),
        ("box", ("month", 739_000, 0), (1, 2), "does not hold day 739000"),
        ("box", ("month", 739_000, 0), [739_000, 739_001], "must return 2 whole numbers"),
        ("box", ("month", 739_000, 0), (739_000.0, 739_001), "must return 2 whole numbers"),
        ("add_months", (739_000, 1), -5, "`-5` is not a day"),
        ("parts", (739_000,), (2026, 3), "must return 3 whole numbers"),
    ],
)
def test_a_wrong_answer_is_an_error_of_the_plugin(
    method: str, given: tuple[object, ...], answer: object, told: str
) -> None:
    for act, expected in ((lambda *g: answer, told), (failing, "it failed: SystemExit")):
        with pytest.raises(PluginError, match=expected) as caught:
            getattr(guarded(**{method: act}), method)(*given)
        assert (caught.value.plugin, caught.value.hook) == ("pebble", "calendar `pebble_days`")


@pytest.mark.parametrize(
    ("method", "act", "told"),
    [
        ("write", lambda day: "2026-01-01", "is read as another day"),
        ("add_months", lambda day, months: day + 1, "no months later"),
        (
            "box",
            lambda unit, day, start: (day, day + 7),
            "the week of its last day is another",
        ),
        ("parts", lambda day: (1, 1, 1), "has the parts 1, 1, 1"),
        ("box", failing, "it failed: SystemExit"),
    ],
)
def test_the_kit_walks_through_a_calendar(method: str, act: object, told: str) -> None:
    faults = calendar_faults(guarded(**{method: act}))
    assert [fault for fault in faults if re.search(told, fault)] != []
