"""What levels do to points that wait or came back, and what a level by hand does to one that was earned: each
parted from the plain model once, under random operations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty_rules import MemberState, RuleSet, parse_event
from tests.semantics.shop import history, purchase, rules

STATUS = """
status:
  type: tiers
  window: %s
  keep: {through: window%s}
  levels: [{id: basic}, {id: silver, at: {spend: 100}}, {id: gold, at: {spend: 200}}]
"""
BY_LEVEL = (
    "{by: status, is: {basic: {after: 6 months}, silver: {after: 20 days, from: usable},"
    " gold: {after: 90 days, from: usable}}, on_downgrade: keep}"
)


def leveled(expiry: str, points: str = "") -> RuleSet:
    return rules(
        expiry=expiry,
        points=points,
        programs=STATUS % ("ever", ""),
        more="rewards: {mug: {cost: {program: beans, points: 10}, give: {type: product, sku: M}}}",
    )


def event(kind: str, day: str, id: str, **fields: object) -> dict[str, object]:
    return {"id": id, "type": kind, "member": "m-1", "occurred_at": f"{day}T12:00:00Z", **fields}


def ends(state: MemberState) -> list[str]:
    return [
        "" if lot.expires_at is None else lot.expires_at.isoformat()[:10]
        for lot in state.lots["beans"]
    ]


def test_a_step_up_knows_when_points_that_wait_will_be_free() -> None:
    """The end that counts from their first use is known when they are given, and stays known."""
    expiry = f"[{{end_of: year}}, {BY_LEVEL}]"
    [reached] = history(
        leveled(expiry, "pending: 14 days"), [purchase("150.00", at="2026-01-10T12:00:00Z")]
    )
    assert ends(reached.state) == ["2026-07-10"]  # six months are no earlier
    later = purchase("1.00", id="p-2", at="2026-01-11T12:00:00Z")
    assert (
        ends(
            history(
                leveled(expiry, "pending: 14 days"),
                [purchase("150.00", at="2026-01-10T12:00:00Z"), later],
            )[-1].state
        )[1]
        == "2026-02-14"
    )


def test_points_that_came_back_anew_count_from_then() -> None:
    rule_set = leveled(BY_LEVEL, "pending: 14 days, restore: {expiry: new}")
    events = [
        purchase("150.00", at="2026-01-10T12:00:00Z"),
        event("redemption", "2026-02-01", "red-1", take={"mug": 9}),
    ]
    decisions = history(rule_set, events)
    [record] = decisions[-1].outcome.redemptions
    undone = event("redemption_cancelled", "2026-03-01", "c-1", redemption="red-1")
    back = rule_set.decide(parse_event(undone), decisions[-1].state, redemptions=[record])
    reached = rule_set.decide(
        parse_event(purchase("60.00", id="p-2", at="2026-03-05T12:00:00Z")), back.state
    )
    fresh = next(lot for lot in reached.state.lots["beans"] if lot.id.startswith("/c-1"))
    assert (fresh.usable_at, str(fresh.expires_at)[:10]) == (
        None,
        "2026-05-30",
    )  # 90 days from 1 March


@pytest.mark.parametrize("is_seen", [False, True])
def test_a_level_that_ended_while_a_floor_held_gives_no_level_below(is_seen: bool) -> None:
    """Gold of January ends with January; who is kept on it by hand until March falls to what he meets."""
    rule_set = rules(programs=STATUS % ("month", ", then: one_down"))
    floor = event(
        "adjustment",
        "2026-01-20",
        "a-1",
        program="status",
        level="gold",
        floor=True,
        through="2026-03-15",
    )
    events = [purchase("250.00", at="2026-01-10T12:00:00Z"), floor]
    if is_seen:  # something that has nothing to do with it
        events.append(event("profile", "2026-02-20", "pr-1", segments=["vip"]))
    state = history(rule_set, events)[-1].state
    for one in rule_set.advance(state, datetime(2026, 3, 20, tzinfo=UTC)):
        state = one.state
    assert state.levels["status"].id == "basic"
