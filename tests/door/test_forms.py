"""The small forms of the language: what each text means, or what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.builtin.calendars import Gregorian
from loyalty_rules.ruleset.forms import (
    RULE_ID,
    id_cure,
    read_day,
    read_duration,
    read_hours,
    read_instant,
    read_share,
    read_window,
)
from loyalty_rules.ruleset.scalars import bool_cure, number_cure, read_number

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("30 days", Duration(30, "days")),
        ("1 month", Duration(1, "months")),
        ("168 hours inclusive", Duration(168, "hours", True)),
        ("30 days inclusive", "write `30 days`: whole days always include the last one"),
        ("1.5 hours", "write `90 minutes`"),
        ("30days", "write `30 days`"),
        ("5 moths", "write `5 months`"),
        ("۳۰ days", "write it with the digits 0 to 9: `30 days`"),
        ("0 days", "write a number from 1 to 100000, or `none` where that is meant"),
        ("soon", "a duration is a whole number and a unit, such as `30 days`"),
    ],
)
def test_durations(text: str, meaning: Duration | str) -> None:
    assert read_duration(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("month", Window("box", "month")),
        ("member_year", Window("box", "member_year")),
        ("plus.period", Window("box", "plus.period")),
        ("last 30 days", Window("rolling", "days", 30)),
        ("last 1 year", Window("rolling", "years", 1)),
        ("ever", Window("ever")),
        ("order", Window("order")),
        ("line", Window("line")),
        ("30 days", "write `last 30 days` or `month`"),
        ("2 weeks", "write `last 2 weeks` or `week`"),
        ("last month", "write `month` for the one of the calendar, or `last 1 months`"),
        ("monthly", "did you mean `month`?"),
        ("last 5 hours", "write `last 5 days`"),
        ("last 0 days", "write a number from 1 to 100000, or `ever`"),
    ],
)
def test_windows(text: str, meaning: Window | str) -> None:
    assert read_window(text) == meaning


@given(st.integers(1, 100_000), st.sampled_from(["days", "weeks", "months", "years"]))
def test_a_window_reads_back_from_its_own_spelling(count: int, unit: str) -> None:
    window = Window("rolling", unit, count)
    assert read_window(str(window)) == window


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("17:00-19:00", (1020, 1140)),
        ("22:00-02:00", (1320, 120)),
        ("10:00-24:00", (600, 1440)),
        ("24:00-01:00", "the day ends at 24:00"),
        ("10:00-24:30", "the day ends at 24:00"),
        ("09:00-09:00", "start and end are the same: leave `hours` out for the whole day"),
        ("9-5", 'write hours as `"17:00-19:00"`, from 00:00 to 24:00'),
    ],
)
def test_hours(text: str, meaning: object) -> None:
    assert read_hours(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("50 %", Fraction(1, 2)),
        ("12.5 %", Fraction(1, 8)),
        ("100 %", Fraction(1)),
        ("0 %", Fraction(0)),
        ("50%", "write `50 %`"),
        ("50", "write `50 %`"),
        ("0.5", "write `50 %`, or `0.5 %` if it is that little"),
        ("120 %", "a share is at most `100 %`"),
        ("half", "write a share such as `50 %` or `12.5 %`"),
    ],
)
def test_shares(text: str, meaning: Fraction | str) -> None:
    assert read_share(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2026-03-31T18:00", datetime(2026, 3, 31, 16, tzinfo=UTC)),
        ("2026-03-31T18:00Z", datetime(2026, 3, 31, 18, tzinfo=UTC)),
        ("2026-03-31T18:00+05:30", datetime(2026, 3, 31, 12, 30, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (
            "2026-03-29T02:30",
            "the clocks skip this time in Europe/Berlin: write `2026-03-29T03:30`",
        ),
        ("2026-02-30T10:00", "there is no such time: check month, day, hour and minute"),
        (
            "1404-03-31T18:00",
            "an instant is written in the gregorian calendar: write a year from 1900 to 2199",
        ),
    ],
)
def test_instants(text: str, meaning: datetime | str) -> None:
    assert read_instant(text, BERLIN) == meaning


def test_a_year_of_another_calendar_is_told_in_both_readings() -> None:
    cure = read_day("1404-12-30", Gregorian())
    assert isinstance(cure, str)
    assert (
        "read as gregorian it is the year 1404; read as jalali it is gregorian 2025 or 2026" in cure
    )
    assert read_day("2026-03-31", Gregorian()) == datetime(2026, 3, 31).toordinal()
    assert isinstance(read_day("2026-02-30", Gregorian()), str)
    assert read_day("3026-01-01", Gregorian()) == "write a year from 1900 to 2199"


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("0123", "no leading zero: write `123`"),
        ("1e3", "write it in full: `1000`"),
        ("1,000", "write `1000`"),
        (".5", "write `0.5`"),
        ("1.", "write `1`"),
        ("0x1F", "write `31`"),
        ("+5", "write `5`"),
        ("50 %", "write `0.5`"),
        ("١٢", "write it with the digits 0 to 9: `12`"),
        ("1e999", "at most 30 digits"),
        ("9" * 31, "at most 30 digits"),
        ("many", "write a number such as `12`, `-3`, `0.25` or `1_000_000`"),
    ],
)
def test_numbers_that_are_none_have_a_cure(text: str, cure: str) -> None:
    assert read_number(text) is None
    assert number_cure(text) == cure


@given(st.text(alphabet="0123456789eExX.,_+-% ", max_size=12))
@example(".E0")
@example("0X_")
@example("1.2.3e4")
def test_what_the_cure_writes_is_a_number(text: str) -> None:
    cure = number_cure(text)
    if read_number(text) is None and cure.startswith(("write `", "no leading", "write it in full")):
        assert read_number(cure.split("`")[1]) is not None


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("yes", "true"),
        ("On", "true"),
        ("NO", "false"),
        ("off", "false"),
        ("True", "true"),
        ("0", "false"),
    ],
)
def test_bools_that_are_none_have_a_cure(text: str, cure: str) -> None:
    assert bool_cure(text) == f"write `{cure}`"


@given(st.text(max_size=60))
def test_an_id_or_its_cure(text: str) -> None:
    for form in (None, RULE_ID):
        cure = id_cure(text) if form is None else id_cure(text, form)
        if cure is not None and cure.startswith("write `"):
            better = cure.split("`")[1]
            assert (id_cure(better) if form is None else id_cure(better, form)) is None
