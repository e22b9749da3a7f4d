"""Worked example E24, and rules that the clock fires: when, for whom, and in which box they count."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

import pytest

from loyalty_rules import Decision, MemberState, RuleSet, apply
from loyalty_rules.engine.time import next_due
from tests.semantics.shop import BASE, decide, history, purchase, rules

MONTHLY = (
    "{id: monthly, event: clock, every: month, give: {type: bonus, program: beans, points: 5}}"
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def told(kind: str, when: str, **fields: object) -> dict[str, object]:
    return {"id": f"{kind} {when}", "type": kind, "member": "m-1", "occurred_at": when, **fields}


def passed(rule_set: RuleSet, state: MemberState, to: str) -> list[Decision]:
    return list(rule_set.advance(state, at(to)))


def fired(decisions: list[Decision], rule: str) -> list[datetime]:
    """When a rule gave something."""
    return [
        one.event.occurred_at
        for one in decisions
        if any(trace.rule == rule and trace.outcome == "gave" for trace in one.trace)
    ]


@pytest.mark.parametrize(
    ("leap_day", "days"),
    [
        ("feb_28", ["2026-02-28", "2027-02-28", "2028-02-29"]),
        ("mar_1", ["2026-03-01", "2027-03-01", "2028-02-29"]),
    ],
)
def test_e24_a_birthday_on_29_february(leap_day: str, days: list[str]) -> None:
    """Once in a calendar year, also if the member edits the date."""
    gift = (
        "{id: gift, event: clock, every: birthday, give: {type: bonus, program: beans, points: 50}}"
    )
    rule_set = rules(gift, more=f"leap_day: {leap_day}")
    born = told("profile", "2026-01-05T12:00:00Z", birthday="1996-02-29")
    state = decide(rule_set, born).state
    decisions = passed(rule_set, state, "2028-12-31T00:00:00Z")
    assert fired(decisions, "gift") == [at(f"{day}T00:00+01:00") for day in days]
    moved = told("profile", "2026-06-01T12:00:00Z", birthday="1996-09-01")
    after = decide(rule_set, moved, state).state
    again = passed(rule_set, after, "2027-12-31T00:00:00Z")
    assert fired(again, "gift") == [at("2027-09-01T00:00+02:00")]


def test_the_end_of_a_month_belongs_to_the_month() -> None:
    """`within(.., "month")`, `during` and limits see the month that ends; so do the points."""
    rule_set = rules(
        BASE,
        "{id: busy, event: clock, every: month, at: end, when: 'within(beans.base, \"month\") >= 100',"
        " during: {through: 2026-03-31}, give: {type: bonus, program: beans, points: 10}}",
    )
    first = decide(rule_set, purchase("60.00", id="a", at="2026-03-05T12:00:00Z")).state
    state = decide(rule_set, purchase("40.00", id="b", at="2026-03-31T21:59:59Z"), first).state
    (march, *_), end = passed(rule_set, state, "2026-06-10T00:00:00Z"), at("2026-04-01T00:00+02:00")
    assert march.event.occurred_at == end
    assert march.points["beans"] == 10
    assert march.state.lots["beans"][-1].opened_at < end
    april = decide(rule_set, purchase("1.00", id="c", at="2026-04-01T00:00:01+02:00"), state)
    assert april.outcome.passed[0].points == {"beans": 10}


def test_each_box_is_asked_once_and_in_order() -> None:
    rule_set = rules(
        BASE,
        MONTHLY,
        "{id: daily, event: clock, every: day, at: start, give: {type: bonus, program: beans, points: 1}}",
        "{id: quarterly, event: clock, every: quarter, give: {type: bonus, program: beans, points: 7}}",
    )
    state = decide(rule_set, purchase("1.00", at="2026-03-29T12:00:00Z")).state
    decisions = passed(rule_set, state, "2026-04-02T12:00:00Z")
    assert [(one.event.occurred_at.day, one.points["beans"]) for one in decisions] == [
        (30, 1 + 1),  # 30 March begins at 22:00 UTC on the 29th: clocks were set forward
        (31, 1 + 5 + 7),
        (1, 1),
    ]
    turn = decisions[1]
    assert [trace.rule for trace in turn.trace] == ["monthly", "quarterly", "daily"]
    assert reduce(apply, turn.effects, decisions[0].state) == turn.state


def test_nothing_turns_for_somebody_who_is_not_known() -> None:
    rule_set = rules(MONTHLY, "{id: own, event: clock, every: member_year,"
                     " give: {type: bonus, program: beans, points: 9}}")  # fmt: skip
    assert next_due(rule_set.plan, MemberState("m-1")) is None
    bought = decide(rule_set, purchase("1.00", at="2026-02-10T12:00:00Z")).state
    assert fired(passed(rule_set, bought, "2030-01-01T00:00:00Z"), "own") == []
    joined = decide(rule_set, told("signup", "2024-02-29T12:00:00Z")).state
    years = fired(passed(rule_set, joined, "2027-03-10T00:00:00Z"), "own")
    assert [one.date().isoformat() for one in years] == ["2025-02-27", "2026-02-27", "2027-02-27"]


def test_points_of_a_box_that_ends_with_it_end_at_once() -> None:
    rule_set = rules(MONTHLY, expiry="{end_of: month}")
    state = decide(rule_set, told("profile", "2026-03-10T12:00:00Z", birthday="1990-01-01")).state
    (turn,) = passed(rule_set, state, "2026-04-20T00:00:00Z")
    assert turn.points["beans"] == 0
    assert turn.state.lots == {}


def test_a_rule_fires_only_while_its_version_is_in_force() -> None:
    rule_set = rules(MONTHLY, more="effective: {from: 2026-03-01, through: 2026-05-31}")
    state = decide(rule_set, told("profile", "2026-03-10T12:00:00Z", birthday="1990-01-01")).state
    ends = fired(passed(rule_set, state, "2027-01-01T00:00:00Z"), "monthly")
    assert ends == [at(f"2026-0{month}-01T00:00+02:00") for month in (4, 5, 6)]


def test_limits_and_groups_bind_the_rules_of_one_turn() -> None:
    rule_set = rules(
        MONTHLY[:-1] + ", group: g, priority: 2, limit: {points: 8, per: quarter}}",
        "{id: other, event: clock, every: month, group: g, give: {type: bonus, program: beans, points: 9}}",
        more="groups: {g: {choose: highest_priority}}",
    )
    state = decide(rule_set, told("profile", "2026-01-10T12:00:00Z", birthday="1990-01-01")).state
    points = [one.points["beans"] for one in passed(rule_set, state, "2026-05-20T00:00:00Z")]
    assert points == [5, 3, 0, 5]


def test_a_level_that_a_turn_reaches_counts_from_then() -> None:
    tiers = """
    status:
      type: tiers
      window: ever
      levels: [{id: green}, {id: gold, at: {beans.earned: 10}}]
      keep: {through: window}
    """
    rule_set = rules(MONTHLY, programs=tiers)
    (start,) = history(rule_set, [told("profile", "2026-01-10T12:00:00Z", birthday="1990-01-01")])
    first, second = passed(rule_set, start.state, "2026-03-05T00:00:00Z")
    assert "status" not in first.state.levels or first.state.levels["status"].id == "green"
    assert second.state.levels["status"].id == "gold"


def test_what_a_turn_gives_is_explained() -> None:
    rule_set = rules(BASE, MONTHLY)
    state = decide(rule_set, purchase("1.00", at="2026-03-29T12:00:00Z")).state
    (turn,) = passed(rule_set, state, "2026-04-02T12:00:00Z")
    said = str(turn.explain())
    assert "comes to 5 beans" in said
    assert "monthly: gave 5 beans" in said
