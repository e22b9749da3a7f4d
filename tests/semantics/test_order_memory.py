"""What an order remembers of its member: all that an expression of its rules may ask of him again when a part
comes back, whether one asked or not, and nothing else."""

from __future__ import annotations

import pytest

from loyalty_rules import MemberState, parse_event
from loyalty_rules.domain.order_record import BookedOrder
from tests.semantics.shop import BASE, purchase, rules

SHOP = rules(
    BASE,
    "{id: big, event: purchase, priority: 1, group: one, when: order.total >= 50.00,"
    " give: {type: bonus, program: beans, points: 10}}",
    "{id: regular, event: purchase, group: one,"
    " when: 'beans.balance >= 20 and within(visits, \"ever\") >= 1',"
    " give: {type: bonus, program: beans, points: 5}}",
    more="counters: {visits: {event: purchase}}\ngroups: {one: {choose: highest_priority}}",
)


def bought(*before: str) -> tuple[MemberState, BookedOrder]:
    """Orders of these amounts, and then one of 40.00 and 20.00."""
    state = SHOP.new_member("m-1")
    for number, amount in enumerate(before):
        at = f"2026-03-0{number + 1}T12:00:00Z"
        event = parse_event(purchase(amount, id=f"before-{number}", at=at))
        state = SHOP.decide(event, state).state
    decision = SHOP.decide(parse_event(purchase("40.00", "20.00")), state)
    assert decision.outcome.order is not None
    return decision.state, decision.outcome.order


def test_an_order_remembers_what_an_expression_reads_and_no_other_word() -> None:
    _, order = bought("30.00")
    assert order.facts == {"beans.balance": 30, "within(visits, ever)": 1}


@pytest.mark.parametrize(("before", "points"), [(["30.00"], -25), (["10.00"], -30), ([], -30)])
def test_what_a_smaller_order_asks_is_answered_as_on_its_day(
    before: list[str], points: int
) -> None:
    """Without 20.00 it is no big one: a rule that was not asked then asks for the balance of then."""
    state, order = bought(*before)
    state = SHOP.decide(
        parse_event(purchase("500.00", id="later", at="2026-03-11T12:00:00Z")), state
    ).state
    told = {"id": "r-1", "type": "return", "member": "m-1", "occurred_at": "2026-03-12T12:00:00Z"}
    back = parse_event({**told, "order": "p-1", "lines": [{"line": "2", "quantity": 1}]})
    assert SHOP.decide(back, state, order).points["beans"] == points
