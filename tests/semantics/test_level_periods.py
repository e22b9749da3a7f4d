"""Worked examples E50 (what happens in May), E51, E52 and E55: how long a level lasts."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from loyalty_rules import Decision, MemberState, RuleSet
from tests.semantics.shop import BASE, given, history, purchase, rules

JOINED = {
    "id": "join",
    "type": "signup",
    "member": "m-1",
    "occurred_at": "2024-02-29T10:00:00Z",
}
TWO_LEVELS = "[{id: silver}, {id: gold, at: {beans.base: 1000}}]"
THREE_LEVELS = (
    "[{id: basic}, {id: silver, at: {beans.base: 1000}}, {id: gold, at: {beans.base: 2000}}]"
)


def status(window: str, keep: str, levels: str = THREE_LEVELS) -> RuleSet:
    """A rule set of one point per 1.00 with a program of levels."""
    program = f"{{type: tiers, window: {window}, levels: {levels}, keep: {keep}}}"
    return rules(BASE, programs=f"status: {program}")


def buy(rule_set: RuleSet, *orders: tuple[str, str]) -> list[Decision]:
    """The decisions of a member's orders: amount and day."""
    return history(
        rule_set,
        [purchase(amount, id=day, at=f"{day}T10:00:00Z") for amount, day in orders],
    )


def level_on(rule_set: RuleSet, state: MemberState, day: str) -> str:
    """The level at noon of a day on which nothing else happens."""
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    passed = rule_set.advance(state, noon)
    return (passed[-1].state if passed else state).levels["status"].id


def last_day(state: MemberState) -> str:
    """The last day on which the figures of the level on record keep it."""
    [through] = {hold.through for hold in state.levels["status"].holds if hold.level == "gold"}
    assert through is not None
    return date.fromordinal(through).isoformat()


def test_e50_what_leaves_the_window_in_may() -> None:
    """1,050 within twelve months; the 400 leave on 10 May and 650 are left: that day is the last of gold."""
    orders = ("400.00", "2025-05-10"), ("350.00", "2025-09-01"), ("300.00", "2026-02-01")
    anew = status("last 12 months", "{through: window}", TWO_LEVELS)
    state = buy(anew, *orders)[-1].state
    assert level_on(anew, state, "2026-05-09") == "gold"
    assert level_on(anew, state, "2026-05-10") == "silver"
    kept = status("last 12 months", "{through: next_window}", TWO_LEVELS)
    state = buy(kept, *orders)[-1].state
    assert last_day(state) == "2027-05-09", "twelve months after the day last met"
    assert level_on(kept, state, "2027-05-09") == "gold"
    assert level_on(kept, state, "2027-05-10") == "silver"


@pytest.mark.parametrize(
    ("then", "of_2027", "afterwards"),
    [
        ("one_down", "300.00", "silver"),
        ("requalify", "300.00", "basic"),
        ("one_down", "1500.00", "silver"),
        ("requalify", "1500.00", "silver"),
        ("bottom", "1500.00", "basic"),
    ],
)
def test_e51_gold_through_the_next_year(then: str, of_2027: str, afterwards: str) -> None:
    """2,000 reached on 2026-11-15 are gold until the end of 2027."""
    rule_set = status("year", f"{{through: next_window, then: {then}}}")
    first, second = buy(rule_set, ("2000.00", "2026-11-15"), (of_2027, "2027-05-01"))
    assert last_day(first.state) == "2027-12-31"
    assert level_on(rule_set, second.state, "2027-12-31") == "gold"
    assert level_on(rule_set, second.state, "2028-01-01") == afterwards


def test_e51_who_reaches_gold_again_in_the_next_year_keeps_it_through_the_year_after() -> None:
    rule_set = status("year", "{through: next_window, then: one_down}")
    *_, last = buy(rule_set, ("2000.00", "2026-11-15"), ("2000.00", "2027-12-31"))
    assert last_day(last.state) == "2028-12-31"
    since = last.state.levels["status"].since
    assert since.date() == date(2026, 11, 15), "it is one gold, without a gap"


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


def test_e52_a_level_of_member_years_ends_with_one() -> None:
    rule_set = status("member_year", "{through: window}")
    _, bought = history(rule_set, [JOINED, purchase("2000.00", at="2024-03-01T10:00:00Z")])
    assert level_on(rule_set, bought.state, "2025-02-27") == "gold"
    assert level_on(rule_set, bought.state, "2025-02-28") == "basic"


def test_e55_a_level_that_is_reached_within_its_grace_has_no_gap() -> None:
    """Gold ends on 31 December; the grace runs to 30 January, and on the 20th gold is reached again."""
    keep = "{through: window, then: requalify, grace: 30 days}"
    rule_set = status("year", keep, TWO_LEVELS)
    first, again = buy(rule_set, ("1000.00", "2026-06-01"), ("1000.00", "2027-01-20"))
    assert last_day(first.state) == "2026-12-31"
    assert level_on(rule_set, first.state, "2027-01-30") == "gold"
    assert level_on(rule_set, first.state, "2027-01-31") == "silver"
    held = again.state.levels["status"]
    assert (held.id, held.since.date()) == ("gold", date(2026, 6, 1))
    assert level_on(rule_set, again.state, "2027-01-31") == "gold"
    assert last_day(again.state) == "2027-12-31"
