"""Worked example E52: the years of a member."""

from __future__ import annotations

import pytest

from tests.semantics.shop import BASE, given, history, purchase, rules

JOINED = {
    "id": "join",
    "type": "signup",
    "member": "m-1",
    "occurred_at": "2024-02-29T10:00:00Z",
}


@pytest.mark.parametrize(
    ("last_day", "first_day"),
    [
        ("2025-02-27", "2025-02-28"),
        ("2026-02-27", "2026-02-28"),
        ("2027-02-27", "2027-02-28"),
        ("2028-02-28", "2028-02-29"),
    ],
)
def test_e52_years_from_a_leap_day_on(last_day: str, first_day: str) -> None:
    """Somebody who joined on 29 February: at most one gift a year of his."""
    gift = (
        "{id: gift, event: purchase, limit: {times: 1, per: member_year}, "
        "give: {type: bonus, program: beans, points: 500}}"
    )
    once = (
        "{id: first-of-the-year, event: purchase, when: 'within(orders, \"member_year\") == 0', "
        "give: {type: bonus, program: beans, points: 7}}"
    )
    days = [f"{int(last_day[:4]) - 1}-06-01", last_day, first_day]
    events = [purchase("1.00", id=day, at=f"{day}T10:00:00Z") for day in days]
    _, *decisions = history(rules(BASE, gift, once), [JOINED, *events])
    new_year = {"base": 1, "gift": 500, "first-of-the-year": 7}
    assert [given(one) for one in decisions] == [new_year, {"base": 1}, new_year]
