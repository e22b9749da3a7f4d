"""Returns of a history in memory: decided with their orders, as a ledger decides them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import loyalty_rules as lr
from loyalty_rules.batch.before import decisions_after
from loyalty_rules.batch.booked import book_history
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.history import AsOf, decide_history
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.service.loading import load_text
from tests.batch.test_history import RULES, lines, order, outcomes, run
from tests.ledger.test_laws import NOW, lives, opened, rules_of
from tests.plugins.samples import opaque, registry


def back(
    order: str = "a", id: str = "r", day: int = 20, member: str = "ana", **parts: object
) -> lr.Event:
    """A return by lines (``l1=1``), by items (``A=1``), or of all that is left."""
    event: dict[str, object] = {
        "id": id,
        "type": "return" if parts else "cancellation",
        "member": member,
        "occurred_at": f"2026-03-{day:02}T12:00:00Z",
    }
    items = {name: number for name, number in parts.items() if name[0].isupper()}
    if items:
        known = [{"sku": name, "quantity": n, "amount": "1.00"} for name, n in items.items()]
        return lr.parse_event({**event, "lines": known})
    event["order"] = order
    if parts:
        event["lines"] = [{"line": name[1:], "quantity": n} for name, n in parts.items()]
    return lr.parse_event(event)


def sold(name: str, day: int, *skus: str, member: str = "ana") -> lr.Event:
    """An order of pieces for 10.00 each."""
    known = [
        {"id": str(at), "quantity": 1, "amount": "10.00", "sku": sku}
        for at, sku in enumerate(skus, start=1)
    ]
    return order(name, day, member=member, lines=known)


def returned(figures: Figures) -> Mapping[str, int]:
    """How many returns were matched, and so on."""
    return {name: count for name, count in figures.returns.items() if count}


def test_what_was_given_and_what_was_taken_back_are_told_apart() -> None:
    figures, receipts = run(order("a", 1, "60.00"), order("b", 2, "10.00"), back("a"))
    assert outcomes(receipts) == [("a", "decided"), ("b", "decided"), ("r", "decided")]
    found = figures.as_json()
    assert found["points"] == {"beans": 60 + 20, "miles": "35.00"}
    assert found["taken_back"] == {"beans": 60, "miles": "30.00"}
    assert found["returns"] == {"matched": 1, "partly_matched": 0, "listed": 0, "waiting": 0}
    rules = found["rules"]
    assert isinstance(rules, dict)
    assert rules["base"] == {
        "times": 2,
        "points": {"beans": 70},
        "trimmed": 0,
        "lost": 0,
        "taken_back": {"beans": 60},
    }
    assert "taken_back" not in rules["gold"]


def test_an_order_comes_back_step_by_step_and_never_more_than_it_has() -> None:
    figures, receipts = run(
        sold("a", 1, "A", "B"),
        back("a", "r1", 2, l1=1),
        back("a", "r2", 3, l1=1),
        back("a", "r3", 4),
        back("a", "r4", 5),
    )
    assert outcomes(receipts)[1:] == [
        ("r1", "decided"),
        ("r2", "return_exceeds_order"),
        ("r3", "decided"),
        ("r4", "nothing_left"),
    ]
    assert figures.taken["beans"] == 20
    assert returned(figures) == {"matched": 2, "listed": 2}


def test_a_return_without_an_order_takes_the_latest_purchases_and_lists_the_rest() -> None:
    figures, receipts = run(
        sold("a", 1, "A"),
        sold("b", 2, "A", "B"),
        sold("c", 3, "A", member="ben"),
        back(id="r1", day=4, A=2, C=1),
        back(id="r2", day=5, A=1),
    )
    assert outcomes(receipts)[3:] == [("r1", "decided"), ("r2", "no_matching_purchase")]
    assert receipts[3].notes == ("1 of `C`: never bought",)
    assert figures.taken["beans"] == 20
    assert returned(figures) == {"partly_matched": 1, "listed": 1}


def test_a_return_dated_before_its_purchase_waits_and_is_decided_with_it() -> None:
    figures, receipts = run(back("a", day=1), order("a", 5, "60.00"), order("b", 6, "10.00"))
    assert outcomes(receipts) == [("r", "held"), ("a", "decided"), ("b", "decided")]
    [released] = receipts[1].released
    assert (released.event.id, released.status) == ("r", "decided")
    assert dict(figures.statuses) == {"held": 0, "decided": 3}
    assert (figures.points["beans"], figures.taken["beans"]) == (
        80,
        60,
    )  # gold stays until its review
    assert returned(figures) == {"matched": 1}


def test_a_return_of_an_order_that_never_comes_waits_for_good() -> None:
    figures, receipts = run(order("a"), back("x"), back("x"))
    assert outcomes(receipts)[1:] == [("r", "held"), ("r", "duplicate")]
    assert returned(figures) == {"waiting": 1}


def test_a_return_that_waited_and_cannot_be_taken_frees_its_id() -> None:
    figures, receipts = run(back("a", "r", 1, l7=1), order("a", 5), back("a", "r", 6, l1=1))
    assert [one.refusal.code for one in receipts[1].released if one.refusal] == ["unknown_line"]
    assert outcomes(receipts)[2] == ("r", "decided")
    assert returned(figures) == {"listed": 1, "matched": 1}


def test_at_most_a_hundred_returns_of_a_member_wait() -> None:
    figures, _ = run(*(back(f"o-{n}", f"r-{n}") for n in range(102)), back("x", member="ben"))
    assert figures.refused == {"too_many_held": 2}
    assert figures.statuses["held"] == 101


def test_the_decision_of_a_return_is_found_in_a_history() -> None:
    past = [order("a", 1, "60.00"), back("a", day=20), order("b", 21)]
    figures = Figures(RULES.plan)
    [decision] = decisions_after(RULES, lambda: lines(past), back("a", day=20), figures)
    assert decision.points["beans"] == -60
    assert figures.statuses["decided"] == 1
    sales = [sold("a", 1, "A")]
    [by_item] = decisions_after(RULES, lambda: lines(sales), back(A=1), Figures(RULES.plan))
    assert by_item.points["beans"] == -10


def test_a_plugin_that_fails_on_the_rest_refuses_the_return_or_lets_it_wait() -> None:
    def picky(parameters: object, facts: Mapping[str, int]) -> int:
        if facts["order.total"] < 2000:
            raise PluginError("pebble", "give", "", "too little")
        return 7

    text = """\
ruleset: shop
version: "1.0"
currency: EUR
timezone: UTC
programs: {points: {type: points, basis: {tax: included}, expiry: never, spendable: false}}
rules: [{id: gift, event: purchase, give: {type: pebble.gift, program: points}}]
"""
    rules = load_text(text, registry(opaque(picky)))
    figures, receipts = run(sold("a", 1, "A", "B"), back("a", l1=1), rules=rules)
    assert outcomes(receipts) == [("a", "decided"), ("r", "plugin_error")]
    figures, receipts = run(back("a", day=1, l1=1), sold("a", 2, "A", "B"), rules=rules)
    assert outcomes(receipts) == [("r", "held"), ("a", "decided")]
    assert receipts[1].released == ()
    assert returned(figures) == {"waiting": 1}


def seen_last(member: str) -> lr.Event:
    """Something that a member does in the end: a ledger lets no time pass that nobody has let pass, and a run
    without one looks at everybody as of its end."""
    head = {"id": f"last-{member}", "type": "profile", "member": member}
    return lr.parse_event({**head, "occurred_at": NOW.isoformat()})


@pytest.mark.property
@settings(max_examples=30)
@given(st.integers(0, 2**32))
@example(16033)  # a window that pays when it closes, after the last thing that its member did
def test_a_run_in_memory_comes_to_what_a_run_into_a_ledger_comes_to(seed: int) -> None:
    random = Random(seed)
    rules = rules_of(random)
    events = lives(random, 4)
    events += map(seen_last, sorted({one.member for one in events}))
    random.shuffle(events)
    as_of = AsOf.instant(rules, NOW)
    decided: list[Receipt] = []
    booked: list[Receipt] = []
    in_memory = decide_history(rules, lines(events), as_of, decided.append)
    with opened("memory:", rules) as ledger:
        in_a_ledger = book_history(
            ledger, lines(events), as_of.day, booked.append, lambda total: None
        )
    for word in ("points", "taken", "returns", "levels"):
        assert getattr(in_memory, word) == getattr(in_a_ledger, word), word
    assert {name: (one.points, one.taken) for name, one in in_memory.rules.items()} == {
        name: (one.points, one.taken) for name, one in in_a_ledger.rules.items()
    }
    for one, other in zip(decided, booked, strict=True):
        assert one.event == other.event
        assert (one.decision is None) == (other.decision is None) or one.refusal is not None
        if one.status == "decided":
            assert other.status == "booked"
            assert one.decision is not None and other.decision is not None
            assert one.decision.state == other.decision.state
            assert len(one.released) == len(other.released)
