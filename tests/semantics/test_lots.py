"""Worked examples E26, E30 to E35 and E49: when points may be spent, and when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loyalty_rules import Decision, MemberState, RuleSet, apply, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import LevelSet
from loyalty_rules.domain.state import Lot
from loyalty_rules.engine.level_dates import after_levels
from loyalty_rules.engine.lots import balance, ends_at, grace_lot, pending
from tests.semantics.shop import BASE, decide, history, purchase, rules
from tests.semantics.test_returns import Member, beans

INSTANT = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def earned(rule_set: RuleSet, when: str) -> MemberState:
    """A member who earned 100 points at an instant."""
    return decide(rule_set, purchase("100.00", at=when)).state


def lot(state: MemberState) -> Lot:
    (one,) = state.lots["beans"]
    return one


def passed(rule_set: RuleSet, state: MemberState, to: datetime) -> MemberState:
    decisions = rule_set.advance(state, to)
    return decisions[-1].state if decisions else state


def ends(rule_set: RuleSet, state: MemberState) -> datetime:
    """When the member's points end: an instant before it they are there, at it they are gone."""
    end = ends_at(state, lot(state))
    assert end is not None
    assert balance(passed(rule_set, state, end - INSTANT), "beans") == 100
    assert balance(passed(rule_set, state, end), "beans") == 0
    return end


def test_e26_points_that_wait_are_returned_without_a_trace() -> None:
    member = Member(rules(points="pending: 14 days"))
    member.buy("50.00", id="old", at="2026-02-01T12:00:00Z")
    member.buy("100.00", id="new", at="2026-03-01T12:00:00Z")
    state = member.state
    assert state is not None
    assert (balance(state, "beans"), pending(state, "beans")) == (50, 100)
    freed = at("2026-03-15T00:00+01:00")
    assert pending(passed(member.rules, state, freed - INSTANT), "beans") == 100
    after = passed(member.rules, state, freed)
    assert (balance(after, "beans"), pending(after, "beans")) == (150, 0)
    back = member.give_back("new", at="2026-03-10T12:00:00Z", l1=1)
    assert beans(back) == -100
    assert (balance(back.state, "beans"), pending(back.state, "beans")) == (50, 0)
    assert not back.state.deficits


@pytest.mark.parametrize(
    ("expiry", "when", "end"),
    [
        pytest.param("{after: 1 month}", "2026-01-31T12:00+01:00", "2026-03-01", id="February"),
        pytest.param("{after: 1 month}", "2028-01-31T12:00+01:00", "2028-03-01", id="leap year"),
        pytest.param(
            "{after: 12 months, to_end_of: month}",
            "2026-03-15T12:00+01:00",
            "2027-04-01",
            id="to the end of the month",
        ),
    ],
)
def test_e30_months_clamp_and_the_named_day_is_a_good_day(expiry: str, when: str, end: str) -> None:
    rule_set = rules(expiry=expiry)
    offset = "+02:00" if end == "2027-04-01" else "+01:00"
    assert ends(rule_set, earned(rule_set, when)) == at(f"{end}T00:00{offset}")


def test_e31_a_lot_is_gone_at_the_instant_at_which_it_ends() -> None:
    """It ends at 2026-01-01T00:00 local, with the year; an instant before it may be spent."""
    reward = "rewards: {point: {cost: {program: beans, points: 1}, give: {type: perk, name: x}}}"
    rule_set = rules(expiry="{end_of: year}", more=reward)
    state = earned(rule_set, "2025-06-01T12:00:00Z")

    def taken(when: str) -> Decision:
        event = {"id": "r", "type": "redemption", "member": "m-1", "occurred_at": when}
        return rule_set.decide(parse_event({**event, "take": {"point": 100}}), state)

    refusal = taken("2025-12-31T23:00:00Z").refusal
    assert refusal is not None
    assert refusal.code == "insufficient_points"
    last = taken("2025-12-31T22:59:59.999999Z")
    assert last.status == "decided"
    assert balance(last.state, "beans") == 0


@pytest.mark.parametrize(
    ("order", "left"), [("first_expiring", {"/old/1": 100}), ("oldest", {"/new/1": 100})]
)
def test_points_are_spent_in_the_order_that_the_program_says(
    order: str, left: dict[str, int]
) -> None:
    """Gold points of February never end, green ones of March do."""
    reward = "rewards: {point: {cost: {program: beans, points: 1}, give: {type: perk, name: x}}}"
    rule_set = rules(
        expiry="{after: 6 months, to_end_of: year, from: usable}",
        points=f"spend_order: {order}, pending: {{until: delivery, at_most: 60 days}}",
        more=reward + "\nevents: {delivery: {about: member, fields: {order: text}}}",
    )
    state = decide(rule_set, purchase("100.00", id="old", at="2026-05-20T12:00:00Z")).state
    state = decide(rule_set, purchase("100.00", id="new", at="2026-05-21T12:00:00Z"), state).state
    free = {"id": "d", "type": "delivery", "member": "m-1", "occurred_at": "2026-06-01T12:00:00Z"}
    state = decide(rule_set, {**free, "order": "new"}, state).state
    event = {"id": "r", "type": "redemption", "member": "m-1", "occurred_at": "2026-08-01T12:00Z"}
    taken = rule_set.decide(parse_event({**event, "take": {"point": 100}}), state)
    assert {one.id: one.left for one in taken.state.lots["beans"]} == left


def test_an_event_frees_the_points_of_the_order_that_it_names() -> None:
    rule_set = rules(
        expiry="{after: 10 days, from: usable}",
        points="pending: {until: delivery, at_most: 30 days}",
        more="events: {delivery: {about: member, fields: {order: {type: text, optional: true}}}}",
    )
    state = decide(rule_set, purchase("50.00", id="a", at="2026-03-01T12:00:00Z")).state
    state = decide(rule_set, purchase("20.00", id="b", at="2026-03-02T12:00:00Z"), state).state
    brought = {"id": "d", "type": "delivery", "member": "m-1"}
    one = {**brought, "occurred_at": "2026-03-05T12:00:00Z", "order": "a"}
    after = decide(rule_set, one, state).state
    assert (balance(after, "beans"), pending(after, "beans")) == (50, 20)
    assert [ends_at(after, lot) for lot in after.lots["beans"]] == [
        at("2026-03-16T00:00+01:00"),  # ten days from the delivery
        at("2026-04-12T00:00+02:00"),  # ten days from when they are free at the latest
    ]
    every = decide(rule_set, {**brought, "occurred_at": "2026-03-05T12:00:00Z"}, state).state
    assert (balance(every, "beans"), pending(every, "beans")) == (70, 0)


@pytest.mark.parametrize(
    ("when", "end"), [("2026-02-10", "2029-10-01"), ("2026-10-15", "2030-10-01")]
)
def test_e32_points_end_on_the_next_thirtieth_of_september(when: str, end: str) -> None:
    rule_set = rules(expiry='{after: 36 months, to_end_of: "09-30"}')
    assert ends(rule_set, earned(rule_set, f"{when}T12:00Z")) == at(f"{end}T00:00+02:00")


def test_e33_points_end_when_nothing_has_happened_for_twelve_months() -> None:
    member = Member(rules(expiry="{after: 12 months, from: activity}"))
    member.buy("100.00", id="a", at="2026-01-10T12:00:00Z")
    member.buy("60.00", "40.00", id="b", at="2026-11-20T12:00:00Z")
    back = member.give_back("b", at="2026-12-05T12:00:00Z", l2=1)
    assert [ends_at(back.state, one) for one in back.state.lots["beans"]] == [
        at("2027-11-21T00:00+01:00")
    ] * 2
    gone = passed(member.rules, back.state, at("2027-11-21T00:00+01:00"))
    assert balance(gone, "beans") == 0
    assert "beans.inactive" not in gone.timers


def test_e33_a_date_of_its_own_ends_a_lot_earlier() -> None:
    rule_set = rules(expiry="[{after: 12 months, from: activity}, {after: 15 months}]")
    first, second = history(
        rule_set,
        [
            purchase("100.00", id="a", at="2026-01-10T12:00:00Z"),
            purchase("10.00", id="b", at="2026-11-20T12:00:00Z"),
        ],
    )
    state = second.state
    assert [ends_at(state, one) for one in state.lots["beans"]] == [
        at("2027-04-11T00:00+02:00"),
        at("2027-11-21T00:00+01:00"),
    ]
    assert balance(passed(rule_set, state, at("2027-04-11T00:00+02:00")), "beans") == 10
    assert first.state.lots["beans"][0].ends_with == "beans.inactive"


@pytest.mark.parametrize(
    ("when", "end"),
    [("2025-06-01T12:00Z", "2026-03-20T20:30Z"), ("2024-06-01T12:00Z", "2025-03-20T20:30Z")],
)
def test_e35_points_end_with_the_jalali_year(when: str, end: str) -> None:
    """1404 has 365 days; 1403 was a leap year and ended on 30 Esfand, 2025-03-20."""
    rule_set = rules(expiry="{end_of: year}", more="calendar: jalali", zone="Asia/Tehran")
    assert ends(rule_set, earned(rule_set, when)) == at(end)


def test_points_end_with_the_member_s_own_year() -> None:
    """Whoever joined on 1 April has years of his own; the points of the sign-up itself are of the first."""
    bonus = "{id: hello, event: signup, give: {type: bonus, program: beans, points: 5}}"
    rule_set = rules(BASE, bonus, expiry="{end_of: member_year}")
    hello = {"id": "s", "type": "signup", "member": "m-1", "occurred_at": "2025-04-01T12:00:00Z"}
    state = decide(rule_set, hello).state
    state = decide(rule_set, purchase("10.00", at="2026-03-31T12:00:00Z"), state).state
    assert [one.expires_at for one in state.lots["beans"]] == [at("2026-04-01T00:00+02:00")] * 2
    assert lot(earned(rule_set, "2026-03-31T12:00:00Z")).expires_at is None


STATUS = """
status:
  type: tiers
  window: year
  levels: [{id: green}, {id: gold, at: {beans.earned: 1000}}]
  keep: {through: window}
"""


def by_level(on_downgrade: str) -> RuleSet:
    levels = "{green: {after: 6 months}, gold: never}"
    expiry = f"{{by: status, is: {levels}, on_downgrade: {on_downgrade}}}"
    return rules(expiry=expiry, programs=STATUS)


def moved(rule_set: RuleSet, state: MemberState, level: str, when: str) -> MemberState:
    """The member after a step to another level."""
    step = LevelSet("status", level, at(when))
    after = apply(state, step)
    for effect in after_levels(rule_set.plan, state, after, [step]):
        after = apply(after, effect)
    return after


@pytest.mark.parametrize(
    ("on_downgrade", "end"), [("restart", at("2027-07-02T00:00+02:00")), ("keep", None)]
)
def test_e34_the_level_says_when_points_end(on_downgrade: str, end: datetime | None) -> None:
    rule_set = by_level(on_downgrade)
    green = earned(rule_set, "2026-02-01T12:00:00+01:00")
    assert ends(rule_set, green) == at("2026-08-02T00:00+02:00")
    gold = moved(rule_set, green, "gold", "2026-05-01T12:00+02:00")
    assert ends_at(gold, lot(gold)) is None
    again = moved(rule_set, gold, "green", "2027-01-01T00:00+01:00")
    assert ends_at(again, lot(again)) == end


@pytest.mark.parametrize("level", ["green", "gold"])
def test_what_came_back_after_its_end_has_its_grace_whatever_the_level(level: str) -> None:
    rule_set = by_level("restart")
    green = earned(rule_set, "2026-02-01T12:00:00+01:00")
    late = replace(lot(green), id=grace_lot("/a/1"), expires_at=at("2026-09-01T00:00+02:00"))
    state = replace(green, lots={"beans": (late,)})
    if level == "green":
        state = moved(rule_set, state, "gold", "2026-08-03T12:00+02:00")
    after = moved(rule_set, state, level, "2026-08-05T12:00+02:00")
    assert lot(after) == late


def test_e34_an_event_that_lifts_the_level_lifts_the_points_with_it() -> None:
    rule_set = by_level("restart")
    decisions = history(
        rule_set,
        [
            purchase("100.00", id="a", at="2026-02-01T12:00:00Z"),
            purchase("900.00", id="b", at="2026-05-01T12:00:00Z"),
        ],
    )
    assert [one.expires_at for one in decisions[-1].state.lots["beans"]] == [None, None]
    assert balance(passed(rule_set, decisions[0].state, at("2027-01-01T00:00Z")), "beans") == 0


@pytest.mark.parametrize(("word", "taken", "left"), [("forgive", 0, 20), ("take", -100, -80)])
def test_e49_a_return_after_the_points_have_expired(word: str, taken: int, left: int) -> None:
    member = Member(rules(expiry="{after: 3 months}", points=f"returns: {{expired: {word}}}"))
    member.buy("100.00", id="a", at="2026-01-10T12:00:00Z")
    member.buy("20.00", id="b", at="2026-05-10T12:00:00Z")
    back: Decision = member.give_back("a", at="2026-05-20T12:00:00Z", l1=1)
    assert beans(back) == taken
    assert balance(back.state, "beans") == left
    assert not back.state.expired.get("beans") or word == "take"


def test_e49_what_was_forgiven_once_is_not_forgiven_again() -> None:
    """60 of 100 are spent on other things: only what really expired counts as taken."""
    member = Member(rules(f"{BASE}", expiry="{after: 3 months}"))
    member.buy("60.00", "40.00", id="a", at="2026-01-10T12:00:00Z")
    member.spend(60)
    member.buy("20.00", id="b", at="2026-05-10T12:00:00Z")
    first = member.give_back("a", at="2026-05-20T12:00:00Z", l2=1)
    assert (beans(first), balance(first.state, "beans")) == (0, 20)
    assert first.facts["~forgiven(beans)"] == 40
    second = member.give_back("a", at="2026-05-21T12:00:00Z", l1=1)
    assert (beans(second), balance(second.state, "beans")) == (-60, -40)


def test_a_return_of_a_purchase_that_is_told_late_is_as_if_in_order() -> None:
    """Points that ended before the member's clock are gone with the event that tells of them."""
    rule_set = rules(expiry="{after: 1 month}")
    now = decide(rule_set, purchase("10.00", id="now", at="2026-06-01T12:00:00Z")).state
    late = rule_set.decide(parse_event(purchase("50.00", id="l", at="2026-03-01T12:00:00Z")), now)
    assert balance(late.state, "beans") == 10
    assert late.state.expired == {"beans": {"/l/1": 50}}
    assert late.points["beans"] == 0
