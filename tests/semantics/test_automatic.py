"""Rewards that the clock takes: as many whole units as there are points for, at the end of a box."""

from __future__ import annotations

from datetime import datetime

import pytest

from loyalty_rules import Decision, MemberState, RuleSet, parse_event
from loyalty_rules.domain.effects import Granted
from tests.semantics.shop import BASE, decide, history, purchase, rules

MARCH = "2026-04-01T00:00:00+02:00"
CANCEL = {"id": "c-1", "type": "redemption_cancelled", "member": "m-1"}


def voucher(more: str = "", *, rest: str = "carry", every: str = "month", points: int = 100) -> str:
    """A reward of 1.00 for so many points that the clock takes."""
    return (
        f"{{cost: {{program: beans, points: {points}}},"
        " give: {type: voucher, amount: 1.00, valid: 30 days},"
        f" automatic: {{every: {every}, rest: {rest}}}{more and f', {more}'}}}"
    )


def made(
    *rewards: str, lines: tuple[str, ...] = (BASE,), points: str = "", more: str = ""
) -> RuleSet:
    named = "".join(f"  r{number}: {one}\n" for number, one in enumerate(rewards, 1))
    return rules(*lines, points=points, more=f"{more}\nrewards:\n{named}")


def after(rule_set: RuleSet, *amounts: str, to: str = MARCH) -> list[Decision]:
    """What falls due up to an instant for somebody who bought in March, a purchase a day."""
    events = [
        purchase(amount, id=f"p-{number}", at=f"2026-03-{9 + number}T12:00:00Z")
        for number, amount in enumerate(amounts, 1)
    ]
    state = history(rule_set, events)[-1].state
    return list(rule_set.advance(state, datetime.fromisoformat(to)))


def held(state: MemberState) -> int:
    return sum(lot.left for lot in state.lots.get("beans", ()))


def units(decisions: list[Decision]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in (effect for decision in decisions for effect in decision.effects):
        if isinstance(one, Granted):
            found[one.rule] = found.get(one.rule, 0) + one.quantity
    return found


@pytest.mark.parametrize(
    ("reward", "bought", "taken", "left"),
    [
        pytest.param(voucher(), "350.00", 3, 50, id="whole units, the rest is carried"),
        pytest.param(voucher(rest="drop"), "350.00", 3, 0, id="whole units, the rest is dropped"),
        pytest.param(voucher(), "99.00", 0, 99, id="too few"),
        pytest.param(voucher(rest="drop"), "99.00", 0, 0, id="too few, and dropped"),
        pytest.param(voucher("at_least: 300"), "299.00", 0, 299, id="below the least"),
        pytest.param(voucher("at_least: 300"), "300.00", 3, 0, id="exactly the least"),
        pytest.param(voucher("at_most: 250"), "900.00", 2, 700, id="no more than the most"),
        pytest.param(voucher("limit: {times: 2, per: year}"), "900.00", 2, 700, id="a limit"),
        pytest.param(voucher("limit: {points: 150, per: year}"), "900.00", 1, 800, id="in points"),
        pytest.param(
            voucher("when: beans.earned >= 1000", rest="drop"),
            "900.00",
            0,
            900,
            id="not open to him: nothing is dropped",
        ),
    ],
)
def test_what_the_clock_takes(reward: str, bought: str, taken: int, left: int) -> None:
    decisions = after(made(reward), bought)
    assert sum(units(decisions).values()) == taken
    assert held(decisions[-1].state) == left


def test_the_dearest_is_taken_first() -> None:
    decisions = after(made(voucher(points=100), voucher(points=500)), "1234.00")
    assert units(decisions) == {"r2": 2, "r1": 2}
    assert held(decisions[-1].state) == 34


def test_a_group_takes_one_of_its_rewards() -> None:
    group = "groups: {one: {choose: highest_priority}}"
    both = (voucher("group: one", points=100), voucher("group: one", points=500))
    assert units(after(made(*both, more=group), "1234.00")) == {"r2": 2}


def test_what_the_rules_of_the_same_box_give_is_there() -> None:
    bonus = (
        "{id: loyal, event: clock, every: month, give: {type: bonus, program: beans, points: 60}}"
    )
    decisions = after(made(voucher(), lines=(BASE, bonus)), "150.00")
    assert (units(decisions), held(decisions[-1].state)) == ({"r1": 2}, 10)


def test_points_that_wait_are_neither_taken_nor_dropped() -> None:
    decisions = after(made(voucher(rest="drop"), points="pending: 60 days"), "350.00")
    assert (units(decisions), held(decisions[-1].state)) == ({}, 350)


def test_points_that_end_with_the_box_are_taken_before_they_end() -> None:
    text = rules(BASE, expiry="{end_of: month}", more=f"rewards: {{r1: {voucher()}}}")
    decisions = after(text, "350.00")
    assert (units(decisions), held(decisions[-1].state)) == ({"r1": 3}, 0)
    assert sum(one.points["beans"] for one in decisions) == -350


def test_limits_count_months_apart() -> None:
    decisions = after(
        made(voucher("limit: {times: 1, per: month}")), "900.00", to="2026-06-15T00:00:00Z"
    )
    assert [dict(one.points) for one in decisions] == [{"beans": -100}] * 3


def test_rules_challenges_and_counters_see_the_redemption() -> None:
    thanks = "{id: thanks, event: redemption, give: {type: bonus, program: beans, points: 7}}"
    loud = (
        "{id: much, event: clock, every: month, at: start, when: beans.spent >= 300,"
        " give: {type: bonus, program: beans, points: 1}}"
    )
    decisions = after(made(voucher(), lines=(BASE, thanks, loud)), "350.00")
    assert held(decisions[-1].state) == 50 + 7 + 1


def test_it_is_no_activity_of_the_member() -> None:
    text = rules(
        BASE, expiry="{after: 60 days, from: activity}", more=f"rewards: {{r1: {voucher()}}}"
    )
    decisions = after(text, "150.00", to="2026-05-31T00:00:00Z")
    assert [dict(one.points) for one in decisions] == [
        {"beans": -100},
        {"beans": 0},
        {"beans": -50},
    ]


def test_it_is_explained() -> None:
    decision = after(made(voucher(rest="drop")), "350.00")[0]
    told = str(decision.explain())
    assert "comes to -350 beans" in told
    assert "r1: took 300 beans" in told
    assert "gave 3 x a voucher for 1.00 EUR" in told
    assert "50 beans were left over and ended" in told
    few = str(after(made(voucher()), "50.00")[0].explain())
    assert "the member had too few points for a unit" in few
    later = purchase("1.00", id="p-9", at="2026-04-02T12:00:00Z")
    state = history(made(voucher()), [purchase("350.00")])[-1].state
    passed = str(decide(made(voucher()), later, state).explain())
    assert "before it, Wednesday 2026-04-01 00:00: r1 was taken for 300 beans" in passed


def test_it_is_cancelled_by_the_name_of_its_instant() -> None:
    rule_set = made(voucher("limit: {times: 3, per: ever}"))
    [first] = after(rule_set, "350.00")
    [record] = first.outcome.redemptions
    event = {**CANCEL, "occurred_at": "2026-04-05T12:00:00Z", "redemption": record.redemption}
    undone = rule_set.decide(parse_event(event), first.state, redemptions=[record])
    assert (undone.points, held(undone.state)) == ({"beans": 300}, 350)
    again = list(
        rule_set.advance(undone.state, datetime.fromisoformat("2026-05-01T00:00:00+02:00"))
    )
    assert units(again) == {"r1": 3}  # the limit has its room again


def test_years_of_a_member() -> None:
    joined = {"id": "s", "type": "signup", "member": "m-1", "occurred_at": "2025-05-10T12:00:00Z"}
    rule_set = made(voucher(every="member_year"))
    state = history(rule_set, [joined, purchase("350.00")])[-1].state
    [one] = rule_set.advance(state, datetime.fromisoformat("2026-05-10T12:00:00Z"))
    assert dict(one.points) == {"beans": -300}


def test_points_of_partners_are_taken_and_dropped_with_their_payers() -> None:
    gym = "gym: {type: partner, pays_per_point_issued: 0.0100, is_paid_per_point_redeemed: 0.0085}"
    base = "{id: base, event: purchase, funded_by: {gym: 50 %, operator: 50 %}, give: GIVE}"
    give = "{type: points, program: beans, points: 1, per: 1.00}"
    text = rules(
        base.replace("GIVE", give), programs=gym, more=f"rewards: {{r1: {voucher(rest='drop')}}}"
    )
    decisions = after(text, "350.00")
    assert (units(decisions), held(decisions[-1].state)) == ({"r1": 3}, 0)
