"""When a rule is open: days of 23 and 25 hours, hours, days of the month, birthdays, age."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty_rules.base.period import Duration
from loyalty_rules.builtin.calendars import Gregorian
from loyalty_rules.engine.model import During
from tests.engine.build import (
    Build,
    decided,
    member,
    points,
    purchase,
    reason,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def bonus(b, **more):
    return b.plan(b.rule("gift", b.bonus(1), **more))


@pytest.mark.parametrize(
    ("instant", "times"),
    [
        ("2026-03-28T22:59:59+00:00", 1),
        ("2026-03-28T23:00:00+00:00", 2),
        ("2026-03-29T21:59:59+00:00", 2),
        ("2026-03-29T22:00:00+00:00", 1),
        ("2026-03-29T22:30:00+00:00", 1),
    ],
)
def test_e15_a_day_of_23_hours(instant, times):
    b = Build()
    plan = b.plan(
        b.rule("earn", b.points()),
        b.rule(
            "double",
            b.times(2),
            during=During(utc("2026-03-29T00:00:00+01:00"), utc("2026-03-30T00:00:00+02:00")),
        ),
        b.rule("weekday", b.bonus(1000), during=During(weekdays=(6,), days_of_month=(29,))),
    )
    expected = 10 * times + (1000 if times == 2 else 0)
    assert points(decided(plan, purchase("10.00", at=instant))) == expected


@pytest.mark.parametrize(
    ("instant", "open_then"),
    [
        ("2026-10-24T21:59:59+00:00", False),
        ("2026-10-24T22:00:00+00:00", True),
        ("2026-10-25T22:59:59+00:00", True),
        ("2026-10-25T23:00:00+00:00", False),
    ],
)
def test_e15_a_day_of_25_hours(instant, open_then):
    b = Build()
    plan = bonus(b, during=During(weekdays=(6,)))
    assert points(decided(plan, purchase("1.00", at=instant))) == int(open_then)


@pytest.mark.parametrize(
    ("hours", "wall", "open_then"),
    [
        ((17 * 60, 19 * 60), "17:00", True),
        ((17 * 60, 19 * 60), "18:59", True),
        ((17 * 60, 19 * 60), "19:00", False),
        ((22 * 60, 2 * 60), "23:00", True),
        ((22 * 60, 2 * 60), "01:59", True),
        ((22 * 60, 2 * 60), "02:00", False),
    ],
)
def test_hours_include_their_start_and_may_pass_midnight(hours, wall, open_then):
    b = Build()
    plan = bonus(b, during=During(hours=hours))
    assert points(decided(plan, purchase("1.00", at=f"2026-03-07T{wall}:00+01:00"))) == open_then


@pytest.mark.parametrize(("day", "open_then"), [("01", True), ("27", False), ("28", True)])
def test_days_of_the_month_count_from_both_ends(day, open_then):
    b = Build()
    plan = bonus(b, during=During(days_of_month=(1, -1)))
    order = purchase("1.00", at=f"2026-02-{day}T12:00:00+01:00")
    assert points(decided(plan, order)) == open_then


def born(day: str):
    return member(profile={"birthday": Gregorian().parse(day)})


@pytest.mark.parametrize(
    ("birthday", "stretch", "day", "open_then"),
    [
        ("1990-05-04", "day", "2026-05-04", True),
        ("1990-05-04", "day", "2026-05-05", False),
        ("1990-05-06", "week", "2026-05-04", True),
        ("1990-05-06", "week", "2026-05-11", False),
        ("1990-05-04", "month", "2026-05-31", True),
        ("1992-02-29", "day", "2027-02-28", True),
        ("1992-02-29", "day", "2028-02-28", False),
        ("1990-12-30", Duration(7, "days"), "2027-01-06", True),
        ("1990-12-30", Duration(7, "days"), "2027-01-07", False),
        ("1990-01-02", "week", "2026-12-29", True),
        ("1990-01-02", "week", "2026-12-27", False),
        ("1990-01-01", "week", "2025-12-30", True),
    ],
)
def test_birthdays(birthday, stretch, day, open_then):
    b = Build()
    plan = bonus(b, during=During(birthday=stretch))
    order = purchase("1.00", at=f"{day}T12:00:00+01:00")
    assert points(decided(plan, order, born(birthday))) == open_then


def test_a_leap_day_birthday_may_be_kept_on_the_first_of_march():
    b = Build()
    plan = b.plan(b.rule("gift", b.bonus(1), during=During(birthday="day")), leap_day="mar_1")
    for day, expected in (("2027-02-28", 0), ("2027-03-01", 1), ("2028-02-29", 1)):
        order = purchase("1.00", at=f"{day}T12:00:00+01:00")
        assert points(decided(plan, order, born("1992-02-29"))) == expected


def test_an_unknown_birthday_is_missing():
    b = Build()
    plan = bonus(b, during=During(birthday="month"))
    assert reason(decided(plan, purchase("1.00")), "gift") == (
        "not_gave",
        "missing",
        "member.birthday",
    )
    closed = bonus(b, during=During(weekdays=(0,), birthday="month"))
    assert reason(decided(closed, purchase("1.00")), "gift")[1] == "outside_during"


@pytest.mark.parametrize(
    ("birthday", "age"), [("1990-03-07", 36), ("1990-03-08", 35), ("2030-01-01", None)]
)
def test_age_in_whole_years(birthday, age):
    b = Build()
    seen = []
    plan = bonus(b, when=lambda facts, row: seen.append(facts["member.age"]))
    decided(plan, purchase("1.00"), born(birthday))
    assert seen[0] == age
