"""Worked examples of calendars other than the gregorian one. The texts stand in docs/semantics.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import loyalty_rules as lr
from loyalty_rules.base.period import Duration
from loyalty_rules.base.windows import end_of, free_at
from loyalty_rules.base.zones import start_of_day
from tests.semantics.shop import history, points, purchase, rules

TEHRAN = ZoneInfo("Asia/Tehran")
JALALI = lr.Registry.builtin().calendars["jalali"]
MICROSECOND = timedelta(microseconds=1)


def persian(rule: str, more: str = "") -> lr.RuleSet:
    return rules(
        f"{{id: base, event: purchase, {rule}}}",
        more=f"calendar: jalali\nweek_starts: sat\n{more}",
        zone="Asia/Tehran",
    )


ONE_PER_ONE = "give: {type: points, program: beans, points: 1, per: 1.00}"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_e36_a_month_of_a_limit_is_a_month_of_the_calendar() -> None:
    capped = persian(f"{ONE_PER_ONE}, limit: {{points: 500, per: month}}")
    given = history(
        capped,
        [
            purchase("450.00", at="2026-09-22T20:29:59Z", id="p-1"),  # 31 Shahrivar, 23:59:59
            purchase("400.00", at="2026-09-22T20:30:00Z", id="p-2"),  # 1 Mehr, midnight
            purchase("400.00", at="2026-10-22T20:29:59Z", id="p-3"),  # 30 Mehr
            purchase("400.00", at="2026-10-22T20:30:00Z", id="p-4"),  # 1 Aban
        ],
    )
    assert [one.points["beans"] for one in given] == [450, 400, 100, 400]


def test_e36_mehr_1405_in_days_and_instants() -> None:
    first, after = JALALI.box("month", JALALI.parse("1405-07-15"), 5)
    assert start_of_day(first, TEHRAN) == utc("2026-09-22T20:30")
    assert start_of_day(after, TEHRAN) == utc("2026-10-22T20:30")


@pytest.mark.parametrize(
    ("month", "starts", "ends"),
    [
        # until 2022 clocks went forward at midnight of 2 Farvardin and back at midnight of 31 Shahrivar
        ("1400-01", "2021-03-20T20:30", "2021-04-20T19:30"),
        ("1400-02", "2021-04-20T19:30", "2021-05-21T19:30"),
        ("1400-06", "2021-08-22T19:30", "2021-09-22T20:30"),
        ("1400-12", "2022-02-19T20:30", "2022-03-20T20:30"),
        ("1403-12", "2025-02-18T20:30", "2025-03-20T20:30"),
    ],
)
def test_months_begin_and_end_with_the_clocks_of_their_year(
    month: str, starts: str, ends: str
) -> None:
    first, after = JALALI.box("month", JALALI.parse(f"{month}-15"), 5)
    assert start_of_day(first, TEHRAN) == utc(starts)
    assert start_of_day(after, TEHRAN) == utc(ends)


def test_what_is_valid_through_a_day_ends_where_the_next_one_begins() -> None:
    """There is no midnight between 1 and 2 Farvardin 1400: a minute before 20:30Z it is 23:59, then 01:00."""
    start = utc("2021-03-20T20:30")
    end = end_of(start, Duration(1, "months"), JALALI, TEHRAN)
    assert end == utc("2021-04-21T19:30"), "through 1 Ordibehesht"
    day_before = utc("2021-02-19T12:00")  # 1 Esfand 1399; 30 days later is 1 Farvardin
    assert end_of(day_before, Duration(30, "days"), JALALI, TEHRAN) == utc("2021-03-21T20:30")
    assert free_at(day_before, Duration(31, "days"), JALALI, TEHRAN) == utc("2021-03-21T20:30")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-20T20:30:00Z", 0),  # 1405-01-01, midnight
        ("2026-03-31T20:30:00Z", 12),  # 1405-01-12
        ("2026-04-01T20:29:59Z", 12),
        ("2026-04-01T20:30:00Z", 0),
    ],
)
def test_days_are_those_of_the_calendar(at: str, expected: int) -> None:
    day = persian(f"during: {{from: 1405-01-12, through: 1405-01-12}}, {ONE_PER_ONE}")
    assert points(day, purchase("12.00", at=at)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2025-03-20T12:00:00Z", 12),  # 30 Esfand 1403, a leap year
        ("2026-03-20T12:00:00Z", 12),  # 29 Esfand 1404
        ("2026-03-19T12:00:00Z", 0),
        ("2026-05-21T12:00:00Z", 12),  # 31 Ordibehesht 1405
        ("2026-10-22T12:00:00Z", 12),  # 30 Mehr 1405
    ],
)
def test_the_last_day_of_a_month_is_found_from_its_end(at: str, expected: int) -> None:
    last = persian(f"during: {{days_of_month: [-1]}}, {ONE_PER_ONE}")
    assert points(last, purchase("12.00", at=at)) == expected


@pytest.mark.parametrize(
    ("leap_day", "at", "expected"),
    [
        ("feb_28", "2026-03-20T12:00:00Z", 12),  # 29 Esfand 1404 stands in for the 30th
        ("feb_28", "2026-03-21T12:00:00Z", 0),
        ("mar_1", "2026-03-20T12:00:00Z", 0),
        ("mar_1", "2026-03-21T12:00:00Z", 12),  # 1 Farvardin 1405
        ("mar_1", "2025-03-20T12:00:00Z", 12),  # 30 Esfand 1403, the day itself
    ],
)
def test_a_birthday_on_the_last_day_of_a_leap_year(leap_day: str, at: str, expected: int) -> None:
    happy = persian(f"during: {{birthday: day}}, {ONE_PER_ONE}", f"leap_day: {leap_day}")
    profile = {"id": "s", "type": "signup", "member": "m-1", "birthday": "1399-12-30"}
    profile["occurred_at"] = "2024-01-01T00:00:00Z"
    decisions = history(happy, [profile, purchase("12.00", at=at)])
    assert decisions[-1].points["beans"] == expected


def test_a_birthday_in_an_event_is_a_day_of_the_calendar() -> None:
    event = {"id": "s", "type": "signup", "member": "m-1", "occurred_at": "2026-01-01T00:00:00Z"}
    decision = persian(ONE_PER_ONE).decide(lr.parse_event({**event, "birthday": "1990-05-04"}))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.path) == ("wrong_field", "birthday")
    assert "such as `1369-02-14`" in decision.refusal.reason


def test_a_week_that_begins_on_saturday() -> None:
    weekly = persian(f"{ONE_PER_ONE}, limit: {{points: 10, per: week}}")
    given = history(
        weekly,
        [
            purchase("10.00", at="2026-04-03T12:00:00Z", id="p-1"),  # a Friday, the week's last day
            purchase("10.00", at="2026-04-04T12:00:00Z", id="p-2"),
            purchase("10.00", at="2026-04-10T12:00:00Z", id="p-3"),
        ],
    )
    assert [one.points["beans"] for one in given] == [10, 10, 0]


def test_an_explanation_writes_days_of_the_calendar() -> None:
    day = persian(f"during: {{from: 1405-01-12, through: 1405-01-12}}, {ONE_PER_ONE}")
    event = lr.parse_event(purchase("12.00", at="2026-04-02T12:00:00Z"))
    assert "from Wednesday 1405-01-12 00:00" in str(day.decide(event).explain())
