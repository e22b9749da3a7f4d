"""Challenges after a purchase came back; E22. See docs/programs/challenge.md."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest

from loyalty_rules import Event, apply
from loyalty_rules.domain.effects import GrantWithdrawn, InstanceReached, LotReduced
from loyalty_rules.domain.event import Json
from loyalty_rules.engine.decide import decide_in_proportion
from tests.semantics.shop import BASE, outcome, rules
from tests.semantics.test_challenge import (
    FIFTH,
    NOTHING,
    OWN,
    SPENT,
    Life,
    card,
    gave,
    given_beside,
    life,
    withdrawn,
)


@pytest.mark.parametrize(("on_return", "seventh"), [("recount", 1), ("frozen", 2)])
def test_e22_the_fifth_purchase_and_one_that_is_cancelled(on_return: str, seventh: int) -> None:
    """Seven purchases, 200 at the fifth. The third is cancelled: recounted the award moves to the sixth."""
    member = life(*FIFTH, f"on_return: {on_return}")
    given = [gave(member.day(f"03-0{number}")) for number in range(1, 8)]
    assert given == [0, 0, 0, 0, 200, 0, 0]
    cancelled = member.cancel("03-03")
    assert gave(cancelled) == 0
    assert member.balance == 200
    assert member.lacks == [(seventh, 5)]
    moved = {
        (one.event, one.times) for one in cancelled.effects if isinstance(one, InstanceReached)
    }
    both = {("purchase:/03-05", 0), ("purchase:/03-06", 1)}
    assert moved == (both if on_return == "recount" else set())
    (lot,) = cancelled.state.lots["beans"]
    assert lot.opened_at.day == (6 if on_return == "recount" else 5)


def test_a_recounted_award_is_lost_when_too_few_are_left() -> None:
    member = life(*FIFTH)
    for number in range(1, 7):
        member.day(f"03-0{number}")
    assert [gave(member.cancel(f"03-0{number}")) for number in (1, 2)] == [0, -200]
    assert (member.balance, member.lacks) == (0, [(4, 5)])
    assert gave(member.day("12-22")) == 200


def test_a_frozen_award_stays_and_what_is_open_is_counted_again() -> None:
    member = life(*FIFTH, "on_return: frozen")
    for number in range(1, 8):
        member.day(f"03-0{number}")
    assert gave(member.cancel("03-05")) == 0
    assert member.lacks == [(2, 5)]
    assert gave(member.cancel("03-06")) == 0
    assert member.lacks == [(1, 5)]


def test_a_week_counts_as_long_as_one_of_its_purchases_does() -> None:
    member = life("streak: week", "repeat: true", target=2)
    for day in ("03-02", "03-04", "03-09"):
        member.day(day)
    assert gave(member.cancel("03-02")) == 0
    assert gave(member.cancel("03-04")) == -200
    assert member.lacks == [(1, 2)]


def test_once_reached_it_still_moves_to_a_later_purchase() -> None:
    member = life(target=2)
    for number in range(1, 4):
        member.day(f"03-0{number}")
    assert gave(member.cancel("03-01")) == 0
    assert gave(member.cancel("03-02")) == -200
    assert member.lacks == [(1, 2)]
    assert gave(member.day("12-22")) == 200


def test_part_of_a_counted_purchase_comes_back() -> None:
    """60 + 60 reach 100; of the first 30 come back: 90. The next 10.00 reach it again."""
    member = life(target="100.00", counts=SPENT)
    line = {"amount": "60.00", "quantity": 2, "sku": "A"}
    member.buy(line, id="one", at="2026-03-01T12:00:00Z")
    assert gave(member.day("03-02", "60.00")) == 200
    assert gave(member.give_back("one", at="2026-03-03T12:00:00Z", l1=1)) == -200
    assert member.lacks == [(9000, 10000)]
    assert gave(member.day("03-04", "10.00")) == 200


def test_what_is_left_must_still_meet_the_condition() -> None:
    member = life(target=2, counts="{event: purchase, when: order.total >= 20.00}")
    line = {"amount": "30.00", "quantity": 3, "sku": "A"}
    member.buy(line, id="one", at="2026-03-01T12:00:00Z")
    assert gave(member.day("03-02", "20.00")) == 200
    assert gave(member.give_back("one", at="2026-03-03T12:00:00Z", l1=1)) == 0
    assert gave(member.give_back("one", at="2026-03-04T12:00:00Z", l1=1)) == -200


def test_a_restarted_instance_that_gave_still_loses_its_award() -> None:
    more = ("opens: {event: review_written}", "overlap: restart", "repeat: true", "rest: carry")
    member = life(*more, target=1)
    member.happen("review_written", "2026-03-01T12:00:00Z", id="r-1")
    assert gave(member.day("03-02")) == 200
    member.happen("review_written", "2026-03-03T12:00:00Z", id="r-2")
    assert gave(member.cancel("03-02")) == -200


def test_a_limit_holds_back_what_is_given_and_a_return_gives_room_back() -> None:
    limit = "limit: {points: 300, per: month}"
    member = life("repeat: true", "rest: carry", limit, target=1)
    assert [gave(member.day(f"03-0{i}")) for i in range(1, 4)] == [200, 100, 0]
    assert outcome(member.day("03-04"), "card")[:2] == ("not_gave", "limit")
    assert gave(member.cancel("03-01", "2026-03-05T12:00:00Z")) == -200
    assert gave(member.day("03-06")) == 200


def test_a_return_gives_no_more_than_it_takes() -> None:
    """The award moves into a month with more room, and stays what it was."""
    member = life("limit: {points: 50, per: month}", "window: year", target=2)
    member.day("03-01")
    assert gave(member.day("03-02")) == 50
    member.day("04-01")
    assert gave(member.cancel("03-01")) == 0
    assert member.balance == 50


def test_spent_points_of_an_award_that_is_lost_are_owed() -> None:
    member = life(target=1)
    member.day("03-01")
    assert member.state is not None
    (lot,) = member.state.lots["beans"]
    member.state = apply(member.state, LotReduced("beans", lot.id, 150, "spent"))
    assert gave(member.cancel("03-01")) == -200
    assert member.balance == -150


def test_spent_points_of_an_award_that_moves_stay_spent() -> None:
    member = life(*FIFTH, target=2)
    for number in range(1, 4):
        member.day(f"03-0{number}")
    assert member.state is not None
    (lot,) = member.state.lots["beans"]
    member.state = apply(member.state, LotReduced("beans", lot.id, 150, "spent"))
    assert gave(member.cancel("03-01")) == 0
    assert member.balance == 50


@pytest.mark.parametrize("claw_back", ["none", "proportional"])
def test_points_that_are_never_taken_back_stay_with_the_challenge(claw_back: str) -> None:
    text = card(target=1)
    member = Life(
        rules(NOTHING, programs=text, points=f"returns: {{claw_back: {claw_back}}}", more=OWN)
    )
    assert gave(member.day("03-01")) == 200
    assert gave(member.cancel("03-01")) == (0 if claw_back == "none" else -200)


def test_what_is_given_beside_points_is_withdrawn_with_its_award() -> None:
    member = life(target=1, give="{type: product, sku: CUP}")
    first = member.day("03-01")
    (cup,) = given_beside(first)
    member.day("03-02")
    assert withdrawn(member.cancel("03-01")) == []
    assert withdrawn(member.cancel("03-02")) == [cup.grant]


def test_of_several_pieces_those_are_withdrawn_that_are_due_no_more() -> None:
    more = ("repeat: true", "rest: carry")
    member = life(
        *more, target="10.00", counts=SPENT, give="{type: product, sku: CUP, quantity: 2}"
    )
    bought = member.buy("10.00", "20.00", id="one", at="2026-03-01T12:00:00Z")
    (cups,) = given_beside(bought)
    assert cups.quantity == 6
    back = member.give_back("one", at="2026-03-02T12:00:00Z", l2=1)
    (taken,) = [one for one in back.effects if isinstance(one, GrantWithdrawn)]
    assert (taken.grant, taken.quantity) == (cups.grant, 4)
    (last,) = [one for one in member.cancel("one").effects if isinstance(one, GrantWithdrawn)]
    assert last.quantity == 2


def test_where_the_rules_are_lost_an_entry_shrinks_with_the_money() -> None:
    """60 of 100 are left of one purchase: 100.00 are no longer reached."""
    member = life(target="100.00", counts=SPENT)
    member.buy("40.00", "60.00", id="one", at="2026-03-01T12:00:00Z")
    assert member.balance == 200
    assert member.state is not None
    _, record = member.orders["one"]
    line: Json = MappingProxyType({"line": "1", "quantity": Decimal(1)})
    fields: dict[str, Json] = {"order": "one", "lines": (line,)}
    when = datetime(2026, 3, 2, tzinfo=UTC)
    event = Event("r-1", "return", "m-1", when, fields=MappingProxyType(fields))
    taken = decide_in_proportion(member.rules.plan, member.state, event, record)
    assert taken.points == {"beans": -200}
    assert [one.counted for one in taken.state.instances["card"]] == [6000]


def test_a_full_return_leaves_no_mark() -> None:
    member = life("window: month", "repeat: true", "rest: carry", base=BASE, target=1)
    member.day("03-01")
    cancelled = member.cancel("03-01", "2026-03-02T12:00:00Z")
    assert (cancelled.state.instances, cancelled.state.lots, cancelled.state.counters) == (
        {},
        {},
        {},
    )


def test_awards_of_several_instances_move_each_by_itself() -> None:
    """Two offers count the same purchases; the second one was the last of both, then the third is."""
    offer = ("opens: {event: review_written}", "lasts: 90 days", "overlap: separate")
    member = life(*offer, "on_return: recount", target=2)
    for day in ("2026-01-01", "2026-01-02"):
        member.happen("review_written", f"{day}T12:00:00Z", id=day)
    assert [gave(member.day(day)) for day in ("01-10", "01-11", "01-12")] == [0, 400, 0]
    had = member.balance
    assert gave(member.cancel("01-10", "2026-01-20T12:00:00Z")) == 0
    assert member.balance == had
    assert gave(member.cancel("01-11", "2026-01-21T12:00:00Z")) == -400
    assert member.balance == had - 400
