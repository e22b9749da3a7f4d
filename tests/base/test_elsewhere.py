"""What is written in the way of another country is told in the way of the language; nothing else is."""

from __future__ import annotations

import pytest

from loyalty_rules.base.elsewhere import (
    day_elsewhere,
    duration_elsewhere,
    hours_elsewhere,
    instant_elsewhere,
    number_elsewhere,
    plain_letters,
    share_elsewhere,
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        pytest.param("0,01", "0.01", id="decimal comma"),
        pytest.param("1.234,50", "1234.50", id="points for thousands and a decimal comma"),
        pytest.param("1'500", "1500", id="an apostrophe, as in Switzerland"),
        pytest.param("1'500.25", "1500.25", id="an apostrophe and a point"),
        pytest.param("5 EUR", "5", id="a code behind it"),
        pytest.param("€ 5,50", "5.50", id="a sign in front, and a comma"),
        pytest.param("100 points", "100", id="its unit"),
        pytest.param("-0,5", "-0.5", id="below zero"),
        pytest.param("1 cent", None, id="a cent is no unit of the currency"),
        pytest.param("1,500", None, id="a thousand in English, one and a half elsewhere"),
        pytest.param("12", None, id="a number already"),
        pytest.param("gold", None, id="a word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_numbers(written: str, number: str | None) -> None:
    assert number_elsewhere(written) == number


@pytest.mark.parametrize(
    ("written", "days"),
    [
        pytest.param("31.12.2026", ("2026-12-31",), id="day first"),
        pytest.param("1.2.2026", ("2026-02-01",), id="points mean day first"),
        pytest.param("01/31/2026", ("2026-01-31",), id="month first, for no year has 31 months"),
        pytest.param("1/2/2026", ("2026-02-01", "2026-01-02"), id="either, so both are told"),
        pytest.param("2/2/2026", ("2026-02-02",), id="either, and the same"),
        pytest.param("2026-1-1", ("2026-01-01",), id="a nought is missing"),
        pytest.param("2026-01-01", (), id="a day already"),
        pytest.param("2026-13-32", (), id="no day at all"),
        pytest.param("tomorrow", (), id="a word"),
    ],
)
def test_days(written: str, days: tuple[str, ...]) -> None:
    assert day_elsewhere(written) == days


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        pytest.param("9:00-11:30", "09:00-11:30", id="a nought is missing"),
        pytest.param("17.00-19.00", "17:00-19:00", id="points"),
        pytest.param("17-19 Uhr", "17:00-19:00", id="whole hours in German"),
        pytest.param("5pm-7 p.m.", "17:00-19:00", id="halves of the day"),
        pytest.param("12am-12pm", "00:00-12:00", id="midnight to noon"),
        pytest.param("5-7 pm", "17:00-19:00", id="one half for both"),
        pytest.param("22-2 Uhr", "22:00-02:00", id="past midnight"),
        pytest.param("9-5", None, id="five may be in the afternoon"),
        pytest.param("25-26", None, id="no hours of a day"),
        pytest.param("9-9", None, id="no time at all"),
    ],
)
def test_hours(written: str, hours: str | None) -> None:
    assert hours_elsewhere(written) == hours


def test_shares_durations_instants_and_letters() -> None:
    assert [share_elsewhere(text) for text in ("12,5 %", "50 percent", "half")] == [
        "12.5 %",
        "50 %",
        None,
    ]
    assert [duration_elsewhere(text) for text in ("12 Monate", "one year", "2 ans", "3 days")] == [
        "12 months",
        "1 year",
        "2 years",
        None,
    ]
    assert instant_elsewhere("2026-01-01 18:00") == "2026-01-01T18:00"
    assert instant_elsewhere("31.12.2026 9:30") == "2026-12-31T09:30"
    assert instant_elsewhere("1/2/2026 9:30") is None
    assert plain_letters("Begrüßung à Łódź") == "begruessung a lodz"
