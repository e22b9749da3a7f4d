"""What rules give beside points: how much of it, on which lines, and what a return takes back of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loyalty_rules import Decision, parse_event
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.domain.order_record import BookedOrder
from tests.semantics.shop import decide, purchase, rules

MUG = {"sku": "MUG", "quantity": 1}


def granted(decision: Decision) -> list[Granted]:
    return [one for one in decision.effects if isinstance(one, Granted)]


def given(give: str, *amounts: str | Mapping[str, object], more: str = "") -> list[Granted]:
    """What a rule with this ``give`` grants for an order."""
    return granted(
        decide(rules(f"{{id: r, event: purchase, {more}give: {give}}}"), purchase(*amounts))
    )


@pytest.mark.parametrize(
    ("give", "amounts", "minor", "lines"),
    [
        pytest.param("amount: 5.00", ["20.00"], 500, {"1": 500}, id="once"),
        pytest.param("amount: 5.00", ["3.00"], 300, {"1": 300}, id="no more than there is"),
        pytest.param("amount: 0.50, per: 10.00", ["25.00"], 125, {"1": 125}, id="every part"),
        pytest.param("amount: 0.50, per_full: 10.00", ["25.00"], 100, {"1": 100}, id="whole steps"),
        pytest.param("percent: 10 %", ["9.99"], 99, {"1": 99}, id="a part of a cent is not given"),
        pytest.param(
            "percent: 10 %", ["30.00", "20.00"], 500, {"1": 300, "2": 200}, id="spread by amount"
        ),
        pytest.param("percent: 50 %, at_most: 5.00", ["30.00"], 500, {"1": 500}, id="bounded"),
        pytest.param(
            "percent: 100 %, cheapest: 1", ["30.00", "8.00"], 800, {"2": 800}, id="the cheapest"
        ),
    ],
)
def test_a_discount(give: str, amounts: list[str], minor: int, lines: dict[str, int]) -> None:
    (discount,) = given(f"{{type: discount, {give}}}", *amounts)
    assert (discount.amount_minor, dict(discount.lines)) == (minor, lines)


def test_the_cheapest_pieces_of_a_line_with_several() -> None:
    pens = {"sku": "PEN", "quantity": 3, "amount": "6.00"}
    (discount,) = given(
        "{type: discount, percent: 100 %, cheapest: 4}", {**MUG, "amount": "9.00"}, pens
    )
    assert (discount.amount_minor, dict(discount.lines)) == (1500, {"1": 900, "2": 600})


def test_discounts_together_are_no_more_than_their_lines() -> None:
    first = "{id: a, event: purchase, give: {type: discount, amount: 8.00}}"
    second = "{id: b, event: purchase, give: {type: discount, percent: 50 %}}"
    found = granted(decide(rules(first, second), purchase("10.00")))
    assert [(one.rule, one.amount_minor) for one in found] == [("a", 800), ("b", 200)]


def test_what_is_used_later_says_until_when() -> None:
    found = given(
        "[{type: voucher, amount: 5.00, valid: 30 days, at: north},"
        " {type: voucher, percent: 12.5 %, valid: 24 hours},"
        " {type: voucher, product: MUG, valid: 1 month}, {type: perk, name: lounge}]",
        "20.00",
    )
    assert [
        (one.kind, one.amount_minor, str(one.share), one.sku, one.name, one.at) for one in found
    ] == [
        ("voucher", 500, "None", "", "", "north"),
        ("voucher", None, "1/8", "", "", ""),
        ("voucher", None, "None", "MUG", "", ""),
        ("perk", None, "None", "", "lounge", ""),
    ]
    assert [one.valid_until and one.valid_until.isoformat() for one in found] == [
        "2026-04-09T22:00:00+00:00",
        "2026-03-11T12:00:00+00:00",
        "2026-04-10T22:00:00+00:00",
        None,
    ]


def test_a_product_and_a_donation_count_whole_pieces() -> None:
    shoes = {"sku": "SHOE", "quantity": 3, "amount": "90.00"}
    found = given(
        "[{type: product, sku: SOCKS, quantity: 2},"
        " {type: donation, to: shelter, product: SHOE, quantity: 1, per_full: 1},"
        " {type: donation, to: trees, amount: 0.25, per_full: 20.00}]",
        shoes,
    )
    assert [(one.kind, one.quantity, one.amount_minor, one.to) for one in found] == [
        ("product", 2, None, ""),
        ("donation", 3, None, "shelter"),
        ("donation", 1, 100, "trees"),
    ]


def test_a_limit_on_times_counts_what_is_given_beside_points() -> None:
    one = "{id: r, event: purchase, limit: {times: 1, per: month}, give: {type: perk, name: tea}}"
    rule_set = rules(one)
    first = decide(rule_set, purchase("10.00"))
    second = decide(rule_set, purchase("10.00", id="p-2"), first.state)
    assert (len(granted(first)), granted(second)) == (1, [])
    assert second.trace[0].reason == "limit"


def test_a_group_gives_the_benefit_that_is_worth_most() -> None:
    found = granted(
        decide(
            rules(
                "{id: five, event: purchase, group: g, give: {type: discount, amount: 5.00}}",
                "{id: six, event: purchase, group: g, give: {type: voucher, amount: 6.00, valid: 1 day}}",
                more="groups:\n  g: {choose: best}",
            ),
            purchase("10.00"),
        )
    )
    assert [one.rule for one in found] == ["six"]


def test_an_explanation_tells_what_was_given_beside_points() -> None:
    rule_set = rules(
        "{id: r, event: purchase, give: [{type: discount, percent: 10 %},"
        " {type: voucher, amount: 5.00, valid: 30 days}]}"
    )
    told = decide(rule_set, purchase("20.00")).explain()
    assert "gave 2.00 EUR off this order" in str(told)
    assert "gave a voucher for 5.00 EUR, valid until Friday 2026-04-10 00:00" in str(told)
    assert told.rules[0].beside[0] == "2.00 EUR off this order"


def returned(rule: str, quantity: int) -> tuple[list[tuple[str, int, int]], BookedOrder]:
    """What the return of so many of three pairs of shoes at 30.00 withdraws, and the order afterwards."""
    rule_set = rules(rule)
    bought = decide(rule_set, purchase({"sku": "SHOE", "quantity": 3, "amount": "90.00"}))
    event = {
        "id": "ret",
        "type": "return",
        "member": "m-1",
        "occurred_at": "2026-03-12T12:00:00Z",
        "order": "p-1",
        "lines": [{"line": "1", "quantity": quantity}],
    }
    record = bought.outcome.order
    assert record is not None
    back = rule_set.decide(parse_event(event), bought.state, record)
    assert back.outcome.order is not None
    withdrawn = [one for one in back.effects if isinstance(one, GrantWithdrawn)]
    return [(one.kind, one.quantity, one.amount_minor) for one in withdrawn], back.outcome.order


@pytest.mark.parametrize(
    ("give", "one_back", "all_back"),
    [
        ("donation, to: a, product: SHOE, quantity: 1, per_full: 1", (1, 0), (3, 0)),
        ("discount, percent: 10 %", (0, 300), (1, 900)),
        ("voucher, amount: 5.00, valid: 1 day", None, (1, 500)),
    ],
)
def test_a_return_withdraws_what_the_rest_would_not_be_given(
    give: str, one_back: tuple[int, int] | None, all_back: tuple[int, int]
) -> None:
    rule = f"{{id: r, event: purchase, give: {{type: {give}}}}}"
    kind = give.split(",", maxsplit=1)[0]
    withdrawn, order = returned(rule, 1)
    assert withdrawn == ([] if one_back is None else [(kind, *one_back)])
    assert len(order.granted) == 1
    withdrawn, order = returned(rule, 3)
    assert (withdrawn, order.granted) == ([(kind, *all_back)], ())
