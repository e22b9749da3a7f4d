"""Returns that name no order: which purchases they take from, and what is left over."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.domain.event import Event
from loyalty_rules.engine.return_lines import Match, Unmatched, linked, match_unlinked
from tests.engine.build import Build, line, points, purchase
from tests.engine.returns import Club, back


def unlinked(*lines: tuple[str, object], at: str = "2026-03-20T12:00:00+00:00") -> Event:
    """A return of quantities by item."""
    named = tuple(
        MappingProxyType({"sku": sku, "quantity": Decimal(str(quantity)), "amount": Decimal(1)})
        for sku, quantity in lines
    )
    instant = datetime.fromisoformat(at).astimezone(UTC)
    return Event("ret-1", "return", "m-1", instant, fields=MappingProxyType({"lines": named}))


def shop() -> Club:
    """Three orders, the first of them oldest."""
    b = Build()
    club = Club(b.plan(b.rule("earn", b.points())))
    for day, quantity in ((1, "2"), (5, "3"), (9, "1")):
        club.buy(
            purchase(
                line("10.00", sku="cup", quantity=quantity),
                line("5.00", sku=f"only-{day}"),
                id=f"inv-{day}",
                at=f"2026-03-{day:02}T12:00:00+00:00",
            )
        )
    return club


def newest_first(club: Club):
    return sorted(
        (club.orders or {}).values(), key=lambda one: one.purchase.occurred_at, reverse=True
    )


def found(matches: tuple[Match, ...]) -> dict[str, dict[str, int]]:
    return {
        one.order.order: {name: int(quantity) for name, quantity in one.lines} for one in matches
    }


def test_the_latest_purchases_of_an_item_are_taken_first():
    matches, rest = match_unlinked(unlinked(("cup", 3)), newest_first(shop()))
    assert found(matches) == {"inv-9": {"1": 1}, "inv-5": {"1": 2}}
    assert rest == ()


def test_what_no_purchase_holds_is_listed_with_its_reason():
    event = unlinked(("cup", 8), ("only-5", 1), ("never", 2))
    matches, rest = match_unlinked(event, newest_first(shop()))
    assert found(matches) == {
        "inv-9": {"1": 1},
        "inv-5": {"1": 3, "2": 1},
        "inv-1": {"1": 2},
    }
    assert rest == (
        Unmatched(0, "cup", Decimal(2), "nothing_left"),
        Unmatched(2, "never", Decimal(2), "never_bought"),
    )


def test_two_lines_of_one_item_take_one_after_the_other():
    matches, rest = match_unlinked(unlinked(("cup", 2), ("cup", 2)), newest_first(shop()))
    assert found(matches) == {"inv-9": {"1": 1}, "inv-5": {"1": 3}}
    assert rest == ()


def test_what_went_back_before_is_not_there():
    club = shop()
    club.give_back(back("inv-9", l1=1))
    matches, _ = match_unlinked(unlinked(("cup", 1)), newest_first(club))
    assert found(matches) == {"inv-5": {"1": 1}}


def test_orders_after_the_return_do_not_count():
    event = unlinked(("cup", 4), at="2026-03-06T12:00:00+00:00")
    matches, rest = match_unlinked(event, newest_first(shop()))
    assert found(matches) == {"inv-5": {"1": 3}, "inv-1": {"1": 1}}
    assert rest == ()


def test_each_part_is_decided_as_a_return_of_its_order():
    club = shop()
    event = unlinked(("cup", 3))
    matches, _ = match_unlinked(event, newest_first(club))
    before = club.balance()
    taken = [points(club.give_back(linked(event, one))) for one in matches]
    assert taken == [-10, -7], "10.00, and 6.66... of 10.00: 8 of 15 are left"
    assert club.balance() == before - 17


@pytest.mark.property
@settings(max_examples=100)
@random_input(
    st.lists(
        st.tuples(st.sampled_from(["cup", "only-1", "only-9", "never"]), st.integers(1, 5)),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_is_lost_and_no_line_gives_more_than_it_has(lines):
    club = shop()
    matches, rest = match_unlinked(unlinked(*lines), newest_first(club))
    for sku in {sku for sku, _ in lines}:
        wanted = sum(quantity for name, quantity in lines if name == sku)
        matched = sum(
            quantity
            for one in matches
            for name, quantity in one.lines
            for bought in one.order.purchase.lines
            if bought.id == name and bought.sku == sku
        )
        left_over = sum(one.quantity for one in rest if one.sku == sku)
        assert matched + left_over == wanted
    for one in matches:
        for name, quantity in one.lines:
            assert 0 < quantity <= one.order.left[name]
