"""Windows and durations: what a window sees on a day, and how long something is valid or waits."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.windows import (
    FIRST_DAY,
    LAST_DAY,
    LeapDay,
    box_days,
    end_of,
    free_at,
    member_year,
    shift,
    window_days,
)
from loyalty_rules.builtin.calendars import Gregorian

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Gregorian()
MONDAY = 0
BOXES = [Window("box", unit) for unit in ("day", "week", "month", "quarter", "year")]
YEAR_ROLLING = Window("rolling", "months", 12)
days = st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.toordinal)
rolling = st.builds(
    Window,
    st.just("rolling"),
    st.sampled_from(["days", "weeks", "months", "years"]),
    st.integers(1, 60),
)
leap_days = st.sampled_from(["feb_28", "mar_1"])


def day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def sees(window: Window, today: str, entry: str) -> bool:
    first, after = window_days(window, day_of(today), CALENDAR, MONDAY)
    return first <= day_of(entry) < after


def test_e50_twelve_rolling_months_let_go_of_a_day_on_its_anniversary() -> None:
    assert sees(YEAR_ROLLING, "2026-05-09", "2025-05-10")
    assert not sees(YEAR_ROLLING, "2026-05-10", "2025-05-10")
    assert sees(YEAR_ROLLING, "2026-05-10", "2025-05-11")
    assert sees(YEAR_ROLLING, "2026-05-10", "2026-05-10")


@pytest.mark.parametrize(
    ("window", "first"),
    [
        pytest.param(Window("box", "day"), "2026-05-14", id="day"),
        pytest.param(Window("box", "week"), "2026-05-11", id="week from Monday"),
        pytest.param(Window("box", "month"), "2026-05-01", id="month"),
        pytest.param(Window("box", "quarter"), "2026-04-01", id="quarter"),
        pytest.param(Window("box", "year"), "2026-01-01", id="year"),
        pytest.param(Window("rolling", "days", 30), "2026-04-15", id="last 30 days"),
        pytest.param(Window("rolling", "weeks", 1), "2026-05-08", id="last week"),
        pytest.param(Window("rolling", "years", 2), "2024-05-15", id="last two years"),
    ],
)
def test_the_first_day_that_a_window_sees(window: Window, first: str) -> None:
    today = day_of("2026-05-14")  # a Thursday
    assert window_days(window, today, CALENDAR, MONDAY) == (day_of(first), today + 1)


def test_ever_has_no_beginning() -> None:
    assert window_days(Window("ever"), 42, CALENDAR, MONDAY) == (FIRST_DAY, 43)
    assert box_days(Window("ever"), 42, CALENDAR, MONDAY)[0] == FIRST_DAY


@pytest.mark.parametrize("window", [Window("order"), Window("line")], ids=str)
def test_one_order_is_no_stretch_of_days(window: Window) -> None:
    with pytest.raises(ValueError, match=f"`{window}` is not a stretch of days"):
        window_days(window, 42, CALENDAR, MONDAY)
    with pytest.raises(ValueError, match=f"`{window}` is not a box"):
        box_days(window, 42, CALENDAR, MONDAY)


@given(st.one_of(rolling, st.sampled_from([*BOXES, Window("ever")])), days, leap_days)
def test_a_window_ends_with_its_day_and_never_forgets_less_later(
    window: Window, day: int, leap_day: LeapDay
) -> None:
    first, after = window_days(window, day, CALENDAR, MONDAY, leap_day)
    assert first <= day == after - 1
    assert first <= window_days(window, day + 1, CALENDAR, MONDAY, leap_day)[0]


@given(st.sampled_from(BOXES), days, st.integers(0, 6))
def test_boxes_partition_time(window: Window, day: int, week_starts: int) -> None:
    first, after = box_days(window, day, CALENDAR, week_starts)
    assert first <= day < after
    assert {box_days(window, d, CALENDAR, week_starts) for d in range(first, after)} == {
        (first, after)
    }
    assert box_days(window, after, CALENDAR, week_starts)[0] == after
    assert box_days(window, first - 1, CALENDAR, week_starts)[0] < first


@pytest.mark.parametrize(
    ("start", "duration", "through"),
    [
        pytest.param("2026-01-31", Duration(1, "months"), "2026-02-28", id="E30: a month clamps"),
        pytest.param("2028-01-31", Duration(1, "months"), "2028-02-29", id="E30: in a leap year"),
        pytest.param("2026-11-20", Duration(12, "months"), "2027-11-20", id="E33: through the day"),
        pytest.param("2026-12-31", Duration(30, "days"), "2027-01-30", id="E55: grace"),
        pytest.param("2026-12-31", Duration(2, "weeks"), "2027-01-14", id="weeks"),
        pytest.param("2024-02-29", Duration(1, "years"), "2025-02-28", id="E52: a leap day's year"),
    ],
)
def test_what_is_valid_for_a_while_lasts_through_the_day(
    start: str, duration: Duration, through: str
) -> None:
    end = end_of(berlin(f"{start}T15:30"), duration, CALENDAR, BERLIN)
    assert end == berlin(f"{date.fromordinal(day_of(through) + 1)}T00:00")


def test_e26_what_waits_is_free_at_the_start_of_the_day() -> None:
    free = free_at(berlin("2026-03-01T18:00"), Duration(14, "days"), CALENDAR, BERLIN)
    assert free == berlin("2026-03-15T00:00")


@pytest.mark.parametrize("measure", [end_of, free_at])
def test_hours_are_exact_and_may_include_their_last_instant(
    measure: Callable[..., datetime],
) -> None:
    start = berlin("2026-03-28T12:00")  # clocks go forward in the night
    plain = measure(start, Duration(24, "hours"), CALENDAR, BERLIN)
    inclusive = measure(start, Duration(24, "hours", inclusive=True), CALENDAR, BERLIN)
    assert plain == berlin("2026-03-29T13:00")
    assert inclusive == berlin("2026-03-29T13:00:00.000001")


def test_e24_a_leap_day_moves_by_years_as_the_rule_set_says() -> None:
    leap = day_of("2024-02-29")
    assert shift(leap, 3, "years", CALENDAR) == day_of("2027-02-28")
    assert shift(leap, 3, "years", CALENDAR, "mar_1") == day_of("2027-03-01")
    assert shift(leap, 4, "years", CALENDAR, "mar_1") == day_of("2028-02-29")
    assert shift(leap, 12, "months", CALENDAR, "mar_1") == day_of("2025-02-28")


@given(
    days, st.integers(-600, 600), st.sampled_from(["days", "weeks", "months", "years"]), leap_days
)
def test_a_later_start_never_ends_earlier(
    day: int, count: int, unit: str, leap_day: LeapDay
) -> None:
    moved = shift(day, count, unit, CALENDAR, leap_day)
    assert moved <= shift(day + 1, count, unit, CALENDAR, leap_day)


@pytest.mark.parametrize(
    ("leap_day", "begins"),
    [
        ("feb_28", ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("mar_1", ["2024-02-29", "2025-03-01", "2026-03-01", "2027-03-01", "2028-02-29"]),
    ],
)
def test_e52_the_years_of_a_member_who_joined_on_a_leap_day(
    leap_day: LeapDay, begins: list[str]
) -> None:
    joined, days = day_of("2024-02-29"), [day_of(day) for day in begins]
    years = [member_year(joined, day, CALENDAR, leap_day) for day in days]
    assert [first for first, _ in years] == days
    assert [after for _, after in years[:-1]] == days[1:]


@given(days, days, leap_days)
def test_the_years_of_a_member_partition_time(joined: int, day: int, leap_day: LeapDay) -> None:
    first, after = member_year(joined, day, CALENDAR, leap_day)
    assert first <= day < after
    assert 365 <= after - first <= 366
    assert member_year(joined, first, CALENDAR, leap_day) == (first, after)
    assert member_year(joined, after - 1, CALENDAR, leap_day) == (first, after)
    assert member_year(joined, joined, CALENDAR, leap_day)[0] == joined


def test_somebody_who_never_joined_has_one_year_without_end() -> None:
    window = Window("box", "member_year")
    assert box_days(window, 42, CALENDAR, MONDAY) == (FIRST_DAY, 43)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "years"])
def test_a_time_beyond_all_calendars_ends_where_they_do(unit: str) -> None:
    today, far = day_of("2026-03-07"), 10_000_000
    assert shift(today, far, unit, CALENDAR) == LAST_DAY
    assert shift(today, -far, unit, CALENDAR) == FIRST_DAY
    assert shift(LAST_DAY, 1, unit, CALENDAR) == LAST_DAY
    assert window_days(Window("rolling", unit, far), today, CALENDAR, MONDAY) == (1, today + 1)
    assert date.fromordinal(LAST_DAY) == date(9000, 1, 1)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30 days", Duration(30, "days")),
        ("1 month", Duration(1, "months")),
        ("168 hours inclusive", Duration(168, "hours", inclusive=True)),
        ("days", None),
        ("a day", None),
        ("3 fortnights", None),
        ("3 days long", None),
        ("\u0663 days", None),
    ],
)
def test_a_text_is_a_duration_or_none(text: str, duration: Duration | None) -> None:
    assert Duration.of(text) == duration
