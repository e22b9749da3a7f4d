"""The gregorian calendar: days as text, boxes, months that clamp."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.builtin.calendars import Gregorian, days_in_month

CALENDAR = Gregorian()
dates = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("31.03.2026", "`31.03.2026` is not a day written as `YYYY-MM-DD`"),
        ("2026-3-1", "`2026-3-1` is not a day written as `YYYY-MM-DD`"),
        ("2026-03-31\n", "`2026-03-31\n` is not a day written as `YYYY-MM-DD`"),
        ("٢٠٢٦-٠٣-٣١", "`٢٠٢٦-٠٣-٣١` is not a day written as `YYYY-MM-DD`"),
        ("2026-13-01", "`2026-13-01` names month 13, but a year has 12 months"),
        ("2026-00-01", "`2026-00-01` names month 0, but a year has 12 months"),
        ("2026-02-29", "`2026-02-29` names day 29, but that month has 28 days"),
        ("2026-02-00", "`2026-02-00` names day 0, but that month has 28 days"),
        (
            "1899-12-31",
            "`1899-12-31` is outside the years 1900 to 2199: read as gregorian it is 1899",
        ),
        (
            "1404-12-30",
            "`1404-12-30` is outside the years 1900 to 2199: "
            "read as gregorian it is 1404, read as jalali it is 2026",
        ),
        (
            "1405-02-31",
            "`1405-02-31` is outside the years 1900 to 2199: "
            "read as gregorian it is 1405, read as jalali it is 2026",
        ),
        (
            "1405-10-11",
            "`1405-10-11` is outside the years 1900 to 2199: "
            "read as gregorian it is 1405, read as jalali it is 2026 or 2027",
        ),
    ],
)
def test_a_text_that_is_no_day_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        CALENDAR.parse(text)
    assert str(caught.value) == message


@given(dates)
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert CALENDAR.write(CALENDAR.parse(day.isoformat())) == day.isoformat()
    assert CALENDAR.parts(day.toordinal()) == (day.year, day.month, day.day)


@given(dates)
def test_a_month_has_as_many_days_as_its_box(day: date) -> None:
    first, after = CALENDAR.box("month", day.toordinal(), 0)
    assert after - first == days_in_month(day.year, day.month)
    assert date.fromordinal(first) == day.replace(day=1)
    assert (date.fromordinal(after - 1) + timedelta(days=1)).day == 1


@given(dates, st.integers(-1200, 1200))
def test_months_keep_the_day_or_clamp_to_the_end(day: date, months: int) -> None:
    moved = date.fromordinal(CALENDAR.add_months(day.toordinal(), months))
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == min(day.day, days_in_month(moved.year, moved.month))


@given(dates, st.integers(0, 6))
def test_a_week_begins_on_the_day_that_the_rule_set_names(day: date, week_starts: int) -> None:
    first, after = CALENDAR.box("week", day.toordinal(), week_starts)
    assert date.fromordinal(first).weekday() == week_starts
    assert after - first == 7
