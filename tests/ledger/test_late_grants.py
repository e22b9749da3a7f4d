"""What is given beside points, after events that came late: the messages of the outbox add up after each, to
what the business order of all events would have handed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules import Event, GrantKept, Ledger, parse_event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.ledger.charges import charges
from loyalty_rules.ledger.outbox import OutboxItem
from loyalty_rules.service.loading import load_text
from tests.ledger.shop import back, bought
from tests.ledger.test_late import logged
from tests.ledger.test_late_laws import booked, ledger_of, state_of

RULES = load_text("""
ruleset: gifts
version: "1"
currency: EUR
timezone: Europe/Berlin
events: {dispatch: {about: member, fields: {order: {type: text, optional: true}}}}
programs:
  beans: {type: points, basis: {tax: included}, expiry: never, value: 0.01}
  summer: {type: raffle, closes: 2026-08-31, give: {type: product, sku: BIKE}}
  bank: {type: partner, pays_per_point_issued: {beans: 0.01}}
  card:
    type: challenge
    counts: {event: purchase}
    target: 2
    repeat: true
    rest: carry
    give: {type: product, sku: MUG, quantity: 2}
rules:
  - {id: base, event: purchase, give: {type: points, program: beans, points: 1, per: 1.00}}
  - {id: tickets, event: purchase, give: {type: entry, raffle: summer, entries: 1, per_full: 10.00}}
  - id: tree
    event: purchase
    when: order.number != 3
    funded_by: {bank: 30 %, operator: 70 %}
    give: {type: donation, to: trees, amount: 0.10, per_full: 1.00}
  - id: pair
    event: purchase
    give: {type: donation, to: shoes, product: SHOE, per_full: 20.00, fixed_after: dispatch}
  - id: first
    event: purchase
    when: order.number <= 2
    give: {type: voucher, amount: 5.00, valid: 30 days}
  - id: off
    event: purchase
    when: order.number != 2
    funded_by: {bank: 100 %}
    give: {type: discount, percent: 10 %}
""")
Sums = Counter[str]


def handed(items: Iterable[OutboxItem]) -> tuple[Sums, Sums]:
    """What is out of each kind and rule, pieces and money, by grant; never less than nothing."""
    pieces, money = Sums(), Sums()
    for one in items:
        sign = 1 if one.action == "granted" else -1
        pieces[one.grant] += sign * int(str(one.payload.get("quantity", 0)))
        if one.kind in ("discount", "donation"):
            money[one.grant] += sign * int(str(one.payload.get("amount_minor") or 0))
        assert pieces[one.grant] >= 0, f"{one.grant}: more pieces are withdrawn than are out"
        assert money[one.grant] >= 0, f"{one.grant}: more money is withdrawn than is out"
    return +pieces, +money


def out(ledger: Ledger) -> tuple[Sums, Sums]:
    return handed(ledger.outbox())


def paid(ledger: Ledger) -> Counter[str]:
    """What each partner and the operator pay, by book."""
    found: Counter[str] = Counter()
    for effects in logged(ledger):
        for one in charges(effects):
            found[f"{one.book} {one.party}"] += one.amount  # type: ignore[assignment]
    return Counter({name: amount for name, amount in found.items() if amount})


def kept(ledger: Ledger) -> Sums:
    """The pieces that stay as a cost, by grant."""
    found = Sums()
    for effects in logged(ledger):
        for one in effects:
            if isinstance(one, GrantKept):
                found[one.grant] += one.quantity
    return found


days = st.integers(1, 28).map(lambda day: f"2026-03-{day:02}")
amounts = st.sampled_from(["4.99", "10.00", "25.00", "60.00"])


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Purchases of three lines, most of which come back in parts."""
    events: list[Event] = []
    for number in range(draw(st.integers(1, 3))):
        day, id = draw(days), f"p-{number}"
        lines = [draw(amounts) for _ in range(3)]
        events.append(bought(*lines, id=id, day=day))
        for line in draw(st.sets(st.sampled_from(["1", "2", "3"]))):
            later = max(day, draw(days))
            events.append(back(id, (line, 1), id=f"r-{number}-{line}", day=later))
        if draw(st.booleans()):
            events.append(dispatch(f"d-{number}", draw(days), id))
    return events


def dispatch(id: str, day: str, order: str) -> Event:
    """The goods of an order leave at noon."""
    at = {"occurred_at": f"{day}T12:00:00Z", "order": order}
    return parse_event({"id": id, "type": "dispatch", "member": "m-1", **at})


@given(st.data())
@settings(max_examples=20)
def test_in_any_order_the_messages_come_to_what_business_order_hands_out(
    data: st.DataObject,
) -> None:
    history = data.draw(lives())
    order = data.draw(st.permutations(history))
    with ledger_of(RULES) as straight:
        for event in sorted(history, key=business_key):
            assert straight.record(event).status == "booked"
        expected, state, bill = out(straight), state_of(straight), paid(straight)
        costs = +kept(straight)
    found, ledger = booked(order, RULES)
    with ledger:
        assert out(ledger) == expected
        assert found == state
        assert paid(ledger) == bill
        assert +kept(ledger) == costs
        assert ledger.verify().is_clean
        assert ledger.rebuild().is_identical


def test_what_was_taken_back_in_part_is_not_taken_back_again() -> None:
    """3.00 were pledged for an order, 1.00 came back. Two late ones make it the third: none."""
    with ledger_of(RULES) as ledger:
        ledger.record(bought("10.00", "10.00", "10.00", id="p-2", day="2026-03-20"))
        ledger.record(back("p-2", ("1", 1), day="2026-03-21"))
        ledger.record(bought("5.00", id="p-1", day="2026-03-19"))
        ledger.record(bought("5.00", id="p-0", day="2026-03-18"))
        trees = [one for one in ledger.outbox() if one.payload.get("rule") == "tree"]
        of_third = [one for one in ledger.outbox() if one.grant == trees[0].grant]
        told = [(one.action, one.payload["amount_minor"]) for one in of_third]
        assert told == [("granted", 300), ("withdrawn", 100), ("withdrawn", 200)]
