"""Points that come back after their time: they are still those of their order, and nothing wakes them."""

from __future__ import annotations

from loyalty_rules import parse_event
from loyalty_rules.service.loading import load_text
from tests.semantics.shop import purchase, rules
from tests.semantics.test_redemptions import REWARDS, Member, dated


def restored(restore: str) -> Member:
    """All points of order a were spent in time and came back when they would have ended."""
    member = dated(restore)
    bought = parse_event(purchase("100.00", at="2026-03-10T12:00:00Z", id="a"))
    order = member.rules.decide(bought).outcome.order
    assert order is not None
    member.orders["a"] = order
    member.take("2026-05-01T12:00:00Z", point=100)
    member.cancel("2026-07-10T12:00:00Z")
    assert member.lots == {"/a/1~grace": 100, "/b/1": 80}
    return member


def test_what_ended_after_its_grace_is_forgiven_like_all_that_ended_of_an_order() -> None:
    member = restored("{expiry: original}")
    assert member.at("2026-08-09T22:00:00Z").lots == {"/b/1": 80}
    back = member.give_back("a", "1", "2026-08-10T12:00:00Z")
    assert back.points["beans"] == 0
    assert member.lots == {"/b/1": 80}


def test_a_return_takes_what_came_back_of_its_own_order_before_points_that_end_sooner() -> None:
    member = restored("{expiry: original, grace: 90 days}")
    assert member.ends("/a/1~grace") > member.ends("/b/1")
    member.give_back("a", "1", "2026-07-11T12:00:00Z")
    assert member.lots == {"/b/1": 80}


def sleeper(grace: str) -> Member:
    """Points end when nothing has happened for 20 days; 100 were earned on 10 March, 40 spent on 12 March."""
    (text,) = rules(
        points=f"restore: {{expiry: original, grace: {grace}}}", more=REWARDS
    ).sources.values()
    member = Member(
        load_text(text.replace("expiry: never", "expiry: {after: 20 days, from: activity}"))
    )
    member.buy("100.00", "2026-03-10T12:00:00Z", "a")
    member.take("2026-03-12T12:00:00Z", point=40)
    return member


def test_points_that_ended_because_nothing_happened_are_not_woken_by_what_happens_later() -> None:
    for all_spent in (False, True):
        member = sleeper("none")
        if all_spent:
            member.take("2026-03-12T13:00:00Z", "red-2", point=60)
        member.buy("30.00", "2026-05-01T12:00:00Z", "b")
        assert member.lots == {"/b/1": 30}
        assert member.cancel("2026-05-02T12:00:00Z").points["beans"] == 0
        assert member.lots == {"/b/1": 30}


def test_they_get_their_grace_from_the_cancellation_on() -> None:
    member = sleeper("5 days")
    member.buy("30.00", "2026-05-01T12:00:00Z", "b")
    assert member.cancel("2026-05-02T12:00:00Z").points["beans"] == 40
    assert member.lots == {"/a/1~grace": 40, "/b/1": 30}
    assert member.at("2026-05-08T00:00:00Z").lots == {"/b/1": 30}


def test_points_of_one_wakeful_stretch_come_back_to_their_lot() -> None:
    member = sleeper("none")
    member.buy("30.00", "2026-03-20T12:00:00Z", "b")
    assert member.cancel("2026-04-05T12:00:00Z").points["beans"] == 40
    assert member.lots == {"/a/1": 100, "/b/1": 30}
