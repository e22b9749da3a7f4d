"""Pledges that stand once something has happened: what comes back after it leaves them, and is a cost."""

from __future__ import annotations

from datetime import UTC, datetime

from loyalty_rules import Event, GrantKept, open_ledger, parse_event
from loyalty_rules.domain.effects import Effect, Granted, GrantWithdrawn
from tests.ledger.shop import back, bought
from tests.semantics.shop import decide, history, purchase, rules

EVENTS = "events: {dispatch: {about: member, fields: {order: {type: text, optional: true}}}}\n"
PLEDGE = "{type: donation, to: shelter, amount: 5.00, per_full: 10.00, of: amount, fixed_after: dispatch}"
RULES = rules(f"{{id: pledge, event: purchase, give: {PLEDGE}}}", more=EVENTS)
TREES = rules(
    more=f"{EVENTS}rewards: {{tree: {{cost: {{program: beans, points: 10}},"
    " give: {type: donation, to: trees, product: TREE, quantity: 2, fixed_after: dispatch}}}"
)
Told = list[tuple[str, int, int]]


def dispatch(day: str, order: str | None = None, id: str = "d-1") -> dict[str, object]:
    named = {} if order is None else {"order": order}
    return {
        "id": id,
        "type": "dispatch",
        "member": "m-1",
        "occurred_at": f"{day}T12:00:00Z",
        **named,
    }


def beside(effects: tuple[Effect, ...]) -> Told:
    return [
        (type(one).__name__, one.quantity, one.amount_minor or 0)
        for one in effects
        if isinstance(one, Granted | GrantWithdrawn | GrantKept)
    ]


def of_return(*dispatched: dict[str, object]) -> Told:
    """What the return of a line of 20.00 of an order of 30.00 comes to after a dispatch."""
    order = decide(RULES, purchase("10.00", "20.00"))
    events = [purchase("10.00", "20.00"), *dispatched]
    state = history(RULES, events)[-1].state
    returned = back("p-1", ("2", 1), day="2026-03-20")
    return beside(RULES.decide(returned, state, order.outcome.order).effects)


def test_before_and_after() -> None:
    assert of_return() == [("GrantWithdrawn", 0, 1000)]
    kept = [("GrantKept", 0, 1000)]
    assert of_return(dispatch("2026-03-12", "p-1")) == kept
    assert of_return(dispatch("2026-03-12")) == kept
    assert of_return(dispatch("2026-03-12", "p-2")) == [("GrantWithdrawn", 0, 1000)]


def test_what_was_given_later_is_not_fixed() -> None:
    assert of_return(dispatch("2026-03-09")) == [("GrantWithdrawn", 0, 1000)]


def test_it_is_explained() -> None:
    order = decide(RULES, purchase("20.00"))
    state = history(RULES, [purchase("20.00"), dispatch("2026-03-12")])[-1].state
    decision = RULES.decide(back("p-1", day="2026-03-20"), state, order.outcome.order)
    assert "a donation was fixed before: 10.00 EUR stays, and is a cost" in str(decision.explain())


def test_a_cancelled_redemption() -> None:
    taken = {
        "id": "red-1",
        "type": "redemption",
        "member": "m-1",
        "occurred_at": "2026-03-11T12:00:00Z",
        "reward": "tree",
    }
    undone = {
        "id": "c-1",
        "type": "redemption_cancelled",
        "member": "m-1",
        "occurred_at": "2026-03-14T12:00:00Z",
        "redemption": "red-1",
    }
    for events, told in (
        ([], [("GrantWithdrawn", 2, 0)]),
        ([dispatch("2026-03-12")], [("GrantKept", 2, 0)]),
    ):
        decisions = history(TREES, [purchase("30.00"), taken, *events])
        [record] = decisions[1].outcome.redemptions
        found = TREES.decide(parse_event(undone), decisions[-1].state, redemptions=[record])
        assert beside(found.effects) == told


def test_a_dispatch_that_is_told_late_grants_again_what_was_withdrawn() -> None:
    events: list[Event] = [
        bought("10.00", "20.00"),
        back("p-1", ("2", 1), day="2026-03-13"),
        parse_event(dispatch("2026-03-12", "p-1")),
    ]
    with open_ledger("memory:", RULES, now=lambda: datetime(2026, 3, 20, tzinfo=UTC)) as ledger:
        for one in events:
            ledger.record(one)
        found = [(one.action, one.payload["amount_minor"]) for one in ledger.outbox()]
        assert ledger.rebuild().is_identical
        assert ledger.verify().findings == []
    assert found == [("granted", 1500), ("withdrawn", 1000), ("granted", 1000)]
