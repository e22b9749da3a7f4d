"""The jalali calendar: held against two arithmetics of its leap years that share nothing with the library
that it stands on, the rule of 33 years and the equinox itself."""

from __future__ import annotations

from datetime import date
from itertools import accumulate, pairwise
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.builtin.jalali import Jalali
from loyalty_rules.testing.calendar_probes import calendar_faults

CALENDAR = Jalali()
YEARS = range(1250, 1600)
FIRST, LAST = CALENDAR.parse("1250-01-01"), CALENDAR.parse("1599-12-29")
days = st.integers(FIRST, LAST)

LATE_LEAP = {1502: 1503}
"""Years that the rule of 33 years makes a leap year and in which the equinox comes too late for that: the
year after it is the leap year. There is no other between 1178 and 1600."""


def is_leap(year: int) -> bool:
    """The rule of 33 years, eight of them leap years."""
    if year in LATE_LEAP:
        return False
    return year % 33 in (1, 5, 9, 13, 17, 22, 26, 30) or year in LATE_LEAP.values()


def months_of(year: int) -> list[int]:
    return [31] * 6 + [30] * 5 + [30 if is_leap(year) else 29]


NEW_YEAR_1348 = date(1969, 3, 21).toordinal()
FIRST_DAYS = dict(
    zip(
        range(1348, 1601),
        accumulate((sum(months_of(y)) for y in range(1348, 1600)), initial=NEW_YEAR_1348),
        strict=True,
    )
)
for one in range(1347, 1249, -1):
    FIRST_DAYS[one] = FIRST_DAYS[one + 1] - sum(months_of(one))


def counted(day: int) -> tuple[int, int, int]:
    """Year, month and day of month by counting months from the first day of the year."""
    year = max(one for one, first in FIRST_DAYS.items() if first <= day)
    left = day - FIRST_DAYS[year]
    for month, length in enumerate(months_of(year), 1):
        if left < length:
            return year, month, left + 1
        left -= length
    raise AssertionError


# Periodic terms of the March equinox: Meeus, Astronomical Algorithms, 2nd edition, table 27.C.
TERMS = [
    (485, 324.96, 1934.136), (203, 337.23, 32964.467), (199, 342.08, 20.186),
    (182, 27.85, 445267.112), (156, 73.14, 45036.886), (136, 171.52, 22518.443),
    (77, 222.54, 65928.934), (74, 296.72, 3034.906), (70, 243.58, 9037.513),
    (58, 119.81, 33718.147), (52, 297.17, 150.678), (50, 21.02, 2281.226),
    (45, 247.54, 29929.562), (44, 325.15, 31555.956), (29, 60.93, 4443.417),
    (18, 155.12, 67555.328), (17, 288.79, 4562.452), (16, 198.04, 62894.029),
    (14, 199.76, 31436.921), (12, 95.39, 14577.848), (12, 287.11, 31931.756),
    (12, 320.81, 34777.259), (9, 227.73, 1222.114), (8, 15.45, 16859.074),
]  # fmt: skip


def equinox(gregorian_year: int) -> float:
    """The March equinox as days since noon of 1 January 2000, dynamical time; within a minute."""
    y = (gregorian_year - 2000) / 1000
    mean = 2451623.80984 + 365242.37404 * y + 0.05169 * y**2 - 0.00411 * y**3 - 0.00057 * y**4
    t = (mean - 2451545.0) / 36525
    w = radians(35999.373 * t - 2.47)
    lengthened = 1 + 0.0334 * cos(w) + 0.0007 * cos(2 * w)
    periodic = sum(a * cos(radians(b + c * t)) for a, b, c in TERMS)
    return mean - 2451545.0 + 0.00001 * periodic / lengthened


def minutes_after_noon(year: int, day: int) -> float:
    """How long after the noon of ``day`` at 52.5 degrees east the equinox of a year's beginning falls.
    Noon is when the sun stands highest, in March seven and a half minutes after twelve. The rotation of the
    earth, up to a few minutes beside the clock over these centuries, is left out."""
    noon = day - date(2000, 1, 1).toordinal() + (7.5 / 60 - 3.5) / 24
    return (equinox(year + 621) - noon) * 24 * 60


NEAR_NOON_MINUTES = 5


def test_new_year_is_the_day_of_the_equinox() -> None:
    """An equinox before noon makes its own day the first of the year, one after noon the next day."""
    far = 0
    for year in YEARS:
        after = minutes_after_noon(year, CALENDAR.parse(f"{year}-01-01"))
        assert -24 * 60 - NEAR_NOON_MINUTES < after < NEAR_NOON_MINUTES, year
        far += -24 * 60 + NEAR_NOON_MINUTES < after < -NEAR_NOON_MINUTES
    assert far > len(YEARS) - 8, "nearly every year is told by its equinox alone"


def test_every_year_begins_where_the_rule_of_33_years_says() -> None:
    for year in YEARS:
        assert CALENDAR.parse(f"{year}-01-01") == FIRST_DAYS[year]
        assert CALENDAR.days_in_month(year, 12) == 29 + is_leap(year)


@given(days)
def test_a_day_is_the_one_that_counting_months_gives(day: int) -> None:
    year, month, of_month = counted(day)
    assert CALENDAR.parts(day) == (year, month, of_month)
    assert CALENDAR.write(day) == f"{year}-{month:02}-{of_month:02}"
    assert CALENDAR.parse(CALENDAR.write(day)) == day


@given(days, st.integers(-600, 600))
def test_months_keep_the_day_or_clamp_to_the_end(day: int, months: int) -> None:
    year, month, of_month = counted(day)
    wanted_year, before = divmod(year * 12 + month - 1 + months, 12)
    if wanted_year not in YEARS:
        return
    length = months_of(wanted_year)[before]
    moved = counted(CALENDAR.add_months(day, months))
    assert moved == (wanted_year, before + 1, min(of_month, length))


@given(days)
def test_boxes_are_made_of_months(day: int) -> None:
    year, month, _ = counted(day)
    starts = [*accumulate(months_of(year), initial=FIRST_DAYS[year])]
    quarter = (month - 1) // 3 * 3
    assert CALENDAR.box("month", day, 5) == (starts[month - 1], starts[month])
    assert CALENDAR.box("quarter", day, 5) == (starts[quarter], starts[quarter + 3])
    assert CALENDAR.box("year", day, 5) == (starts[0], starts[12])


@given(days)
def test_a_week_begins_on_saturday_if_the_rule_set_says_so(day: int) -> None:
    first, after = CALENDAR.box("week", day, 5)
    assert (date.fromordinal(first).strftime("%A"), after - first) == ("Saturday", 7)
    assert first <= day < after


def test_the_kit_of_plugins_finds_no_fault() -> None:
    assert calendar_faults(CALENDAR) == []


def test_quarters_of_a_year_follow_each_other() -> None:
    box = CALENDAR.box("year", CALENDAR.parse("1403-12-30"), 0)
    edges = [box[0]]
    while edges[-1] < box[1]:
        edges.append(CALENDAR.box("quarter", edges[-1], 0)[1])
    assert [after - first for first, after in pairwise(edges)] == [93, 93, 90, 90]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1405/01/12", "`1405/01/12` is not a day written as `YYYY-MM-DD`"),
        ("۱۴۰۵-۰۱-۱۲", "`۱۴۰۵-۰۱-۱۲` is not a day written as `YYYY-MM-DD`"),
        ("1404-12-30", "`1404-12-30` names day 30, but that month has 29 days"),
        ("1405-13-01", "`1405-13-01` names month 13, but a year has 12 months"),
        ("1405-07-31", "`1405-07-31` names day 31, but that month has 30 days"),
        (
            "2026-04-01",
            "`2026-04-01` is outside the years 1250 to 1599: "
            "read as jalali it is 2026, read as gregorian it is 1405",
        ),
        (
            "2026-02-01",
            "`2026-02-01` is outside the years 1250 to 1599: "
            "read as jalali it is 2026, read as gregorian it is 1404",
        ),
        (
            "2026-03-20",
            "`2026-03-20` is outside the years 1250 to 1599: "
            "read as jalali it is 2026, read as gregorian it is 1404 or 1405",
        ),
        ("1249-12-29", "`1249-12-29` is outside the years 1250 to 1599: read as jalali it is 1249"),
    ],
)
def test_a_text_that_is_no_day_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        CALENDAR.parse(text)
    assert str(caught.value) == message


def test_days_that_look_like_other_things_in_yaml_are_days() -> None:
    """1403 was a leap year, and its second month has 31 days like the five around it."""
    assert CALENDAR.parse("1403-12-30") == date(2025, 3, 20).toordinal()
    assert CALENDAR.parse("1405-02-31") == date(2026, 5, 21).toordinal()
    assert CALENDAR.parse("1405-01-12") == date(2026, 4, 1).toordinal()
