"""Local days: an instant's day, a day's first instant, and the days on which clocks are set."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_rules.base.zones import instant_of, local_day, minute_of_day, start_of_day

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "Africa/Casablanca",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(1900, 1, 2), date(2199, 12, 30)).map(date.toordinal)
instants = st.datetimes(datetime(1900, 1, 3), datetime(2199, 12, 29), timezones=st.just(UTC))


def day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_e15_the_day_on_which_clocks_go_forward_has_23_hours() -> None:
    start, end = (start_of_day(day_of(d), BERLIN) for d in ("2026-03-29", "2026-03-30"))
    assert (start, end) == (utc("2026-03-28T23:00"), utc("2026-03-29T22:00"))
    assert local_day(utc("2026-03-29T22:30"), BERLIN) == day_of("2026-03-30")
    assert minute_of_day(utc("2026-03-29T22:30"), BERLIN) == 30


def test_e15_the_day_on_which_clocks_go_back_has_25_hours() -> None:
    start, end = (start_of_day(day_of(d), BERLIN) for d in ("2026-10-25", "2026-10-26"))
    assert (start, end) == (utc("2026-10-24T22:00"), utc("2026-10-25T23:00"))


def test_e16_the_month_turns_at_local_midnight() -> None:
    assert local_day(utc("2026-01-31T22:30"), BERLIN) == day_of("2026-01-31")
    assert local_day(utc("2026-01-31T23:30"), BERLIN) == day_of("2026-02-01")


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        pytest.param(
            "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", id="midnight is skipped"
        ),
        pytest.param(
            "Asia/Beirut", "2026-03-29", "2026-03-28T22:00", id="midnight is skipped in Beirut"
        ),
        pytest.param(
            "America/Toronto", "1919-03-31", "1919-03-31T04:30", id="a jump over midnight"
        ),
        pytest.param(
            "America/Havana", "2025-11-02", "2025-11-02T04:00", id="midnight twice: the first"
        ),
        pytest.param(
            "America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00", id="23:00 to 24:00 twice"
        ),
        pytest.param(
            "America/St_Johns", "2006-10-29", "2006-10-29T03:30", id="one minute, then yesterday"
        ),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", id="a day that never was"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", id="the day after it"),
        pytest.param(
            "Asia/Tehran", "2021-03-22", "2021-03-21T20:30", id="2 Farvardin 1400 begins at 01:00"
        ),
        pytest.param(
            "Asia/Tehran", "2021-09-22", "2021-09-21T20:30", id="31 Shahrivar 1400: 23:00 twice"
        ),
        pytest.param(
            "Asia/Tehran", "2021-09-21", "2021-09-20T19:30", id="30 Shahrivar 1400, in summer"
        ),
        pytest.param(
            "Asia/Tehran", "2026-03-21", "2026-03-20T20:30", id="E35: the Jalali new year"
        ),
    ],
)
def test_a_day_begins_where_no_clock_shows_an_earlier_one(zone: str, day: str, start: str) -> None:
    assert start_of_day(day_of(day), ZoneInfo(zone)) == utc(start)


@given(days, zones)
def test_days_follow_each_other_without_gap_or_overlap(day: int, zone: ZoneInfo) -> None:
    starts = [start_of_day(day + step, zone) for step in range(-2, 4)]
    assert all(before <= after for before, after in pairwise(starts))
    assert all(after - before <= timedelta(hours=25) for before, after in pairwise(starts))


@given(days, zones)
def test_from_its_start_on_the_wall_shows_that_day_or_a_later_one(day: int, zone: ZoneInfo) -> None:
    start = start_of_day(day, zone)
    assert local_day(start, zone) >= day
    assert local_day(start - timedelta(microseconds=1), zone) < day


@given(instants, zones)
def test_an_instant_lies_within_its_local_day(instant: datetime, zone: ZoneInfo) -> None:
    day = local_day(instant, zone)
    assert instant < start_of_day(day + 1, zone)
    # a day whose first minute came before clocks went back into the day before begins an hour later
    assert start_of_day(day, zone) <= instant + timedelta(hours=1)


def test_a_wall_time_without_offset_is_the_first_of_two() -> None:
    assert instant_of(datetime(2026, 10, 25, 2, 30), BERLIN) == utc("2026-10-25T00:30")
    assert instant_of(datetime(2026, 3, 29, 2, 30), BERLIN) == utc("2026-03-29T01:30")
