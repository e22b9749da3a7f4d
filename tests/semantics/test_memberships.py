"""Worked example E65, of memberships: when a fee pays off, and what comes back of it."""

from __future__ import annotations

from loyalty_rules import Decision, MemberState, RuleSet, apply, parse_event
from loyalty_rules.domain.effects import Granted
from tests.semantics.shop import decide, purchase, rules

SHIPPING = (
    '{id: free-shipping, event: purchase, when: club.active, items: item.kind == "shipping",'
    " give: {type: discount, percent: 100 %}}"
)


def club(refund: str = "pro_rata") -> RuleSet:
    """A year for 60.00, with free shipping."""
    plans = "{year: {price: 60.00, period: 12 months}}"
    return rules(SHIPPING, programs=f"club: {{type: membership, plans: {plans}, refund: {refund}}}")


def does(action: str, day: str, **fields: object) -> dict[str, object]:
    """A membership event at noon of a day."""
    return {
        "id": f"{action}-{day}",
        "type": "membership",
        "member": "m-1",
        "occurred_at": f"{day}T12:00:00Z",
        "action": action,
        **fields,
    }


def parcel(number: int, day: str = "2026-02-01") -> dict[str, object]:
    """An order with shipping of 4.90."""
    shipping = {"sku": "PARCEL", "kind": "shipping", "amount": "4.90"}
    return purchase("20.00", shipping, at=f"{day}T12:{number:02}:00Z", id=f"p-{number}")


def money(decision: Decision, kind: str) -> int:
    """What is to be paid for a membership, or paid back, in minor units."""
    return sum(
        one.amount_minor or 0
        for one in decision.outcome.effects
        if isinstance(one, Granted) and one.kind == kind
    )


def saved(rule_set: RuleSet, state: MemberState) -> int:
    """`club.saved`, as a rule would see it next."""
    asked = rule_set.decide(parse_event(parcel(59)), state)
    found = asked.facts.get("club.saved", None)
    held = state.counters.get("club.saved", {})
    total = sum(one for one in held.values() if isinstance(one, int))
    assert found is None or found == total
    return total


def test_e65_free_shipping_pays_for_the_fee_with_the_thirteenth_order() -> None:
    rule_set = club()
    joined = decide(rule_set, does("join", "2026-01-10"))
    assert money(joined, "fee") == 60_00
    state, paid_off = joined.state, 0
    for number in range(1, 21):
        state = decide(rule_set, parcel(number), state).state
        if saved(rule_set, state) >= 60_00 and not paid_off:
            paid_off = number
    assert paid_off == 13  # 60.00 / 4.90 = 12.24
    assert saved(rule_set, state) == 20 * 4_90


def test_e65_after_three_of_twelve_months_three_quarters_come_back() -> None:
    rule_set = club()
    state = decide(rule_set, does("join", "2026-01-10")).state
    state = decide(rule_set, parcel(1), state).state
    assert money(decide(rule_set, does("cancel", "2026-04-10"), state), "refund") == 45_00
    assert money(decide(rule_set, does("cancel", "2026-04-11"), state), "refund") == 40_00


def test_e65_all_of_it_comes_back_if_nothing_was_used() -> None:
    rule_set = club("full_if_unused")
    state = decide(rule_set, does("join", "2026-01-10")).state
    assert money(decide(rule_set, does("cancel", "2026-04-10"), state), "refund") == 60_00
    used = decide(rule_set, parcel(1), state).state
    cancelled = decide(rule_set, does("cancel", "2026-04-10"), used)
    assert money(cancelled, "refund") == 0
    still = decide(rule_set, parcel(2, "2027-01-10"), cancelled.state)
    assert still.trace[0].outcome == "gave"  # what is not paid back may be used to its end
    over = decide(rule_set, parcel(2, "2027-01-11"), cancelled.state)
    assert over.trace[0].outcome == "not_gave"


def test_e65_a_return_gives_the_use_back() -> None:
    rule_set = club("full_if_unused")
    state = decide(rule_set, does("join", "2026-01-10")).state
    bought = decide(rule_set, parcel(1), state)
    back = parse_event(
        {
            "id": "ret-1",
            "type": "return",
            "member": "m-1",
            "occurred_at": "2026-02-20T12:00:00Z",
            "order": "p-1",
            "lines": [{"line": "1", "quantity": 1}, {"line": "2", "quantity": 1}],
        }
    )
    record = bought.outcome.order
    assert record is not None
    returned = rule_set.decide(back, bought.state, record)
    assert returned.status == "decided"
    assert saved(rule_set, returned.state) == 0
    cancelled = decide(rule_set, does("cancel", "2026-04-10"), returned.state)
    assert money(cancelled, "refund") == 60_00


def test_the_state_is_the_fold_of_the_effects() -> None:
    rule_set = club()
    joined = decide(rule_set, does("join", "2026-01-10"))
    state = MemberState("m-1")
    for effect in joined.outcome.effects:
        state = apply(state, effect)
    assert state == joined.state
