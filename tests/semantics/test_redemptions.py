"""Worked examples E27 to E29 and E57 to E59, and what else becomes of points that are spent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from loyalty_rules import Decision, MemberState, RuleSet, parse_event
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import Lot
from loyalty_rules.engine.points_back import paid_with
from loyalty_rules.service.loading import load_text
from loyalty_rules.service.quote import Quote
from tests.semantics.shop import purchase, rules

REWARDS = """
rewards:
  point: {cost: {program: beans, points: 1}, give: {type: perk, name: thanks}}
"""
ENDS = "expiry: {after: 3 months, to_end_of: quarter}"


class Member:
    """One member's life: his state and the redemptions that were decided."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rules = rule_set
        self.state: MemberState | None = None
        self.redemptions: dict[str, BookedRedemption] = {}
        self.orders: dict[str, BookedOrder] = {}

    def decide(self, event: Mapping[str, object]) -> Decision:
        parsed = parse_event(event)
        order = self.orders.get(str(parsed.fields.get("order")))
        names = (str(parsed.fields.get("redemption")),) if order is None else paid_with(order)
        records = [self.redemptions[name] for name in names if name in self.redemptions]
        decision = self.rules.decide(parsed, self.state, order, records)
        self.state = decision.state
        if order is not None:
            self.orders[order.order] = _record(decision)
        for record in decision.outcome.redemptions:
            self.redemptions[record.redemption] = record
        return decision

    def buy(self, amount: str, at: str, id: str) -> Decision:
        return self.decide(purchase(amount, at=at, id=id))

    def take(
        self, at: str, id: str = "red-1", cart: tuple[str, ...] = (), **units: int
    ) -> Decision:
        lines = [{"quantity": 1, "sku": "A", "amount": amount} for amount in cart]
        basket = {"currency": "EUR", "lines": lines} if cart else {}
        return self.decide(event("redemption", id, at, take=units, **basket))

    def cancel(self, at: str, redemption: str = "red-1", id: str = "can-1") -> Decision:
        return self.decide(event("redemption_cancelled", id, at, redemption=redemption))

    def give_back(self, order: str, line: str, at: str) -> Decision:
        lines = [{"line": line, "quantity": 1}]
        return self.decide(event("return", f"ret {order} {line}", at, order=order, lines=lines))

    def at(self, at: str) -> Member:
        """The member after what has fallen due by then."""
        self.decide(event("profile", f"look {at}", at))
        return self

    @property
    def balance(self) -> int:
        return sum(self.lots.values())

    @property
    def lots(self) -> dict[str, int]:
        assert self.state is not None
        return {lot.id: lot.left for lot in self.state.lots.get("beans", ())}

    def ends(self, lot: str) -> str:
        assert self.state is not None
        one = next(one for one in self.state.lots["beans"] if one.id == lot)
        return one.expires_at.isoformat() if one.expires_at else "never"


def _record(decision: Decision) -> BookedOrder:
    assert decision.outcome.order is not None, decision.refusal
    return decision.outcome.order


def event(kind: str, id: str, at: str, **fields: object) -> dict[str, object]:
    return {"id": id, "type": kind, "member": "m-1", "occurred_at": at, **fields}


def dated(restore: str, more: str = REWARDS) -> Member:
    """Points end three months later with the quarter: lot a of 100 with June, lot b of 80 with September."""
    (text,) = rules(points=f"restore: {restore}", more=more).sources.values()
    member = Member(load_text(text.replace("expiry: never", ENDS)))
    member.buy("100.00", "2026-03-10T12:00:00Z", "a")
    member.buy("80.00", "2026-04-10T12:00:00Z", "b")
    return member


def test_e27_the_lot_that_ends_first_is_spent_first() -> None:
    member = dated("{expiry: original}")
    assert member.ends("/a/1") == "2026-06-30T22:00:00+00:00"
    assert member.ends("/b/1") == "2026-09-30T22:00:00+00:00"
    member.take("2026-05-01T12:00:00Z", point=130)
    assert member.lots == {"/b/1": 50}
    assert member.at("2026-07-01T12:00:00Z").balance == 50
    assert member.at("2026-09-30T21:59:59Z").balance == 50
    assert member.at("2026-09-30T22:00:00Z").balance == 0


def test_e28_the_lot_that_ends_first_may_be_the_later_one() -> None:
    def lot(id: str, opened: str, ends: str) -> Lot:
        at = datetime.fromisoformat
        return Lot(id, 100, 100, at(f"{opened}T12:00:00+00:00"), at(f"{ends}T00:00:00+00:00"))

    lots = (lot("early", "2026-01-10", "2027-06-01"), lot("late", "2026-02-10", "2027-01-01"))
    member = Member(rules(more=REWARDS))
    member.state = MemberState("m-1", lots={"beans": lots})
    member.take("2026-05-01T12:00:00Z", point=100)
    assert member.lots == {"early": 100}


@pytest.mark.parametrize(
    ("restore", "balance", "lots"),
    [
        ("{expiry: original, grace: none}", 80, {"/b/1": 80}),
        ("{expiry: original, grace: 30 days}", 180, {"/a/1~grace": 100, "/b/1": 80}),
        ("{expiry: original}", 180, {"/a/1~grace": 100, "/b/1": 80}),
        ("{expiry: new}", 180, {"/can-1/r1": 100, "/can-1/r2": 30, "/b/1": 50}),
    ],
)
def test_e29_a_redemption_undone(restore: str, balance: int, lots: dict[str, int]) -> None:
    member = dated(restore)
    member.take("2026-05-01T12:00:00Z", point=130)
    undone = member.cancel("2026-07-10T12:00:00Z")
    assert undone.points["beans"] == balance - 50
    assert (member.balance, member.lots) == (balance, lots)
    if "grace: 30" in restore:
        assert member.ends("/a/1~grace") == "2026-08-09T22:00:00+00:00"
        assert member.at("2026-08-09T21:59:59Z").balance == 180
        assert member.at("2026-08-09T22:00:00Z").balance == 80


def test_a_grace_is_given_once_for_each_lot() -> None:
    member = dated("{expiry: original}")
    member.take("2026-05-01T12:00:00Z", point=60)
    member.take("2026-05-02T12:00:00Z", "red-2", point=40)
    member.cancel("2026-07-10T12:00:00Z")
    member.take("2026-07-11T12:00:00Z", "red-3", point=60)
    assert member.lots == {"/b/1": 80}
    again = member.cancel("2026-08-01T12:00:00Z", "red-3", "can-2")
    assert again.points["beans"] == 60
    assert member.ends("/a/1~grace") == "2026-08-09T22:00:00+00:00"
    assert member.cancel("2026-08-05T12:00:00Z", "red-2", "can-3").points["beans"] == 40
    assert member.lots == {"/a/1~grace": 100, "/b/1": 80}
    member.take("2026-08-09T12:00:00Z", "red-4", point=100)
    assert member.cancel("2026-08-10T12:00:00Z", "red-4", "can-4").points["beans"] == 0
    assert member.lots == {"/b/1": 80}


def test_a_redemption_is_cancelled_once() -> None:
    member = dated("{expiry: original}")
    member.take("2026-05-01T12:00:00Z", point=130)
    before = member.state
    assert member.cancel("2026-05-02T12:00:00Z").status == "decided"
    undone = member.state
    assert before is not None and undone is not None
    assert member.lots == {"/a/1": 100, "/b/1": 80}
    second = member.cancel("2026-05-03T12:00:00Z", id="can-2")
    assert second.refusal is not None
    assert second.refusal.code == "already_cancelled"
    assert member.state == undone


def test_a_cancellation_without_its_redemption_is_not_decided() -> None:
    member = dated("{expiry: original}")
    assert member.cancel("2026-05-02T12:00:00Z").status == "not_yet_decided"


def test_what_a_cancelled_redemption_used_and_gave_is_taken_back() -> None:
    more = """
    rewards:
      mug: {cost: {program: beans, points: 50}, give: {type: product, sku: MUG}, limit: {times: 1}}
      pen:
        cost: {program: beans, points: 10}
        give: {type: product, sku: PEN}
        limit: {times: 1, cap_counts: gross}
      swap: {cost: {program: beans, points: 20}, give: {type: bonus, program: beans, points: 5}}
    """
    member = dated("{expiry: original}", more)
    first = member.take("2026-05-01T12:00:00Z", mug=1, pen=1, swap=2)
    assert first.points["beans"] == -50 - 10 - 40 + 10
    refused = member.take("2026-05-02T12:00:00Z", "red-2", mug=1).refusal
    assert refused is not None and refused.code == "reward_limit"
    undone = member.cancel("2026-05-03T12:00:00Z")
    assert undone.points["beans"] == 90
    withdrawn = [one for one in undone.effects if isinstance(one, GrantWithdrawn)]
    assert [(one.kind, one.quantity) for one in withdrawn] == [("product", 1), ("product", 1)]
    assert member.lots == {"/a/1": 100, "/b/1": 80}
    assert member.state is not None
    assert member.state.counters["beans.earned"] == {739685: 100, 739716: 80}
    assert "beans.spent" not in member.state.counters
    assert member.take("2026-05-04T12:00:00Z", "red-3", mug=1).status == "decided"
    refused = member.take("2026-05-04T12:00:00Z", "red-4", pen=1).refusal
    assert refused is not None and refused.code == "reward_limit"


def test_points_that_come_back_pay_what_is_owed_first() -> None:
    member = Member(rules(more=REWARDS))
    member.buy("100.00", "2026-03-10T12:00:00Z", "a")
    member.take("2026-03-11T12:00:00Z", point=80)
    assert member.state is not None
    record = member.rules.decide(parse_event(purchase("100.00", id="a"))).outcome.order
    assert record is not None
    back = event("cancellation", "ret", "2026-03-12T12:00:00Z", order="a")
    member.state = member.rules.decide(parse_event(back), member.state, record).state
    assert member.state.deficits == {"beans": 80}
    member.cancel("2026-03-13T12:00:00Z")
    assert (member.lots, member.state.deficits) == ({}, {})


CHECKOUT = """
rewards:
  off:
    cost: {program: beans, points: 100}
    give: {type: discount, amount: 1.00}
    at_least: 500
    share_at_most: 50 %
"""


def holder(points: int, more: str) -> Member:
    """A member with so many points."""
    member = Member(rules(more=more))
    member.buy(f"{points}.00", "2026-03-10T12:00:00Z", "a")
    return member


def quoted(member: Member, *amounts: str) -> Quote:
    lines = [{"quantity": 1, "sku": "A", "amount": amount} for amount in amounts]
    cart = event(
        "redemption",
        "q",
        "2026-05-01T12:00:00Z",
        **({"currency": "EUR", "lines": lines} if lines else {}),
    )
    return member.rules.quote(parse_event(cart), member.state)


def test_e57_limits_of_a_redemption() -> None:
    member = holder(2640, CHECKOUT)
    quote = quoted(member, "37.80")
    assert (quote.take, quote.points) == ({"off": 18}, {"beans": 1800})
    assert (quote.worth_minor, quote.quoted.cash_minor) == (1800, 1980)
    assert quote.options[0].binding == ("share_at_most", "cost")
    at = "2026-05-01T12:00:00Z"
    refused = member.take(at, "red-0", ("37.80",), off=19).refusal
    assert refused is not None and refused.code == "above_share"
    taken = member.take(at, "red-1", ("37.80",), off=18)
    assert taken.points["beans"] == -1800
    (off,) = (one for one in taken.effects if isinstance(one, Granted))
    assert (off.kind, off.amount_minor, off.lines) == ("discount", 1800, (("1", 1800),))


def test_e58_below_the_least_that_is_taken() -> None:
    member = holder(2640, CHECKOUT)
    quote = quoted(member, "8.00")
    (option,) = quote.options
    assert (quote.take, option.units_most) == ({}, 0)
    assert (option.reason, option.binding) == (
        "below_minimum_points",
        ("share_at_most", "at_least"),
    )
    refused = member.take("2026-05-01T12:00:00Z", "red-0", ("8.00",), off=4).refusal
    assert refused is not None and refused.code == "below_minimum_points"


def test_e59_nobody_pays_points_for_what_he_does_not_get() -> None:
    more = "rewards:\n  ten: {cost: {program: beans, points: 1}, give: {type: discount, amount: 10.00}}"
    member = holder(30, more)
    quote = quoted(member, "20.00")
    assert (quote.take, quote.points, quote.quoted.cash_minor) == ({"ten": 2}, {"beans": 2}, 0)
    assert quote.options[0].binding == ("order",)
    refused = member.take("2026-05-01T12:00:00Z", "red-0", ("20.00",), ten=3).refusal
    assert refused is not None and refused.code == "worth_more_than_order"


@pytest.mark.parametrize(
    ("spent", "refund", "points"),
    [("proportional", 4000, 1000), ("points_first", 3000, 2000), ("cash_first", 5000, 0)],
)
def test_e42_an_order_paid_with_points_is_returned(spent: str, refund: int, points: int) -> None:
    """100.00, of which 2,000 points paid 20.00; a line of 50.00 comes back, and then the other."""
    more = "rewards:\n  off: {cost: {program: beans, points: 100}, give: {type: discount, amount: 1.00}}"
    rate = "{id: base, event: signup, give: {type: bonus, program: beans, points: 2500}}"
    member = Member(rules(rate, points=f"returns: {{spent: {spent}}}", more=more))
    member.decide(event("signup", "s", "2026-03-01T12:00:00Z"))
    member.take("2026-03-10T12:00:00Z", "red-1", ("50.00", "50.00"), off=20)
    assert member.balance == 500
    tenders = [
        {"type": "points", "amount": "20.00", "redemption": "red-1"},
        {"type": "card", "amount": "80.00"},
    ]
    order = purchase("50.00", "50.00", at="2026-03-10T12:01:00Z", id="a", tenders=tenders)
    member.orders["a"] = _record(member.decide(order))
    first = member.give_back("a", "1", "2026-03-20T12:00:00Z")
    assert first.facts["~refund_minor"] == refund
    assert (first.points["beans"], member.balance) == (points, 500 + points)
    assert first.facts.get("~refund_points_minor", 0) == points
    second = member.give_back("a", "2", "2026-03-21T12:00:00Z")
    assert second.facts["~refund_minor"] == 8000 - refund
    assert member.balance == 2500
    assert member.state is not None
    assert "beans.spent" not in member.state.counters
    if points < 2000:
        assert f"{2000 - points} beans came back" in str(second.explain())
    assert member.cancel("2026-03-22T12:00:00Z").points["beans"] == 0
    assert member.balance == 2500


def test_points_of_a_cancelled_redemption_do_not_come_back_twice() -> None:
    member = holder(100, REWARDS)
    member.take("2026-03-10T12:30:00Z", "red-1", point=100)
    tenders = [{"type": "points", "amount": "1.00", "redemption": "red-1"}]
    order = purchase("1.00", at="2026-03-10T13:00:00Z", id="b", tenders=tenders)
    member.orders["b"] = _record(member.decide(order))
    member.cancel("2026-03-11T12:00:00Z")
    assert member.balance == 100
    back = member.give_back("b", "1", "2026-03-12T12:00:00Z")
    assert (back.points["beans"], member.balance) == (0, 100)
    assert back.facts["~refund_points_minor"] == 100


def test_an_explanation_tells_what_was_taken_and_what_came_back() -> None:
    member = holder(2640, CHECKOUT)
    taken = str(member.take("2026-05-01T12:00:00Z", "red-1", ("37.80",), off=18).explain())
    assert "takes 1800 beans" in taken
    assert "off: took 1800 beans\n    gave 18.00 EUR off this order" in taken
    undone = str(member.cancel("2026-05-02T12:00:00Z").explain())
    assert "gives back 1800 beans\n1800 beans came back, to last as long as before" in undone


def test_a_quote_with_too_many_sets_says_so() -> None:
    """Three rewards of a few cents each, and points for thousands of units."""
    cents = {"a": (3, "0.07"), "b": (5, "0.11"), "c": (7, "0.16")}
    lines = [
        f"  {name}: {{cost: {{program: beans, points: {cost}}}, give: {{type: discount, amount: {cent}}}}}"
        for name, (cost, cent) in cents.items()
    ]
    member = holder(90000, "rewards:\n" + "\n".join(lines))
    quote = quoted(member, "1234.53", "789.01")
    assert quote.worth_minor >= 202300
    assert all(one.units <= one.units_most for one in quote.options)
    if not quote.is_exact:
        assert "a better one may exist" in str(quote)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "no_reward"),
        ({"reward": "off", "take": {"off": 5}}, "two_ways_to_name"),
        ({"take": {"of": 5}}, "unknown_reward"),
        ({"take": {"off": 5}}, "no_cart"),
        ({"take": {"late": 1}}, "reward_not_available"),
        ({"take": {"tea": 2}}, "above_maximum_points"),
        ({"take": {"tea": 1, "cake": 1}}, "rewards_exclude_each_other"),
        ({"take": {"house": 1}}, "insufficient_points"),
    ],
)
def test_a_redemption_is_refused_with_a_stable_code(fields: dict[str, object], code: str) -> None:
    more = """
    groups: {sweets: {choose: highest_priority}}
    rewards:
      off:
        cost: {program: beans, points: 100}
        give: {type: discount, amount: 1.00}
        share_at_most: 50 %
      late:
        cost: {program: beans, points: 1}
        give: {type: perk, name: lounge}
        during: {from: 2027-01-01, through: 2027-12-31}
      tea: {cost: {program: beans, points: 10}, give: {type: product, sku: TEA}, at_most: 15, group: sweets}
      cake: {cost: {program: beans, points: 10}, give: {type: product, sku: CAKE}, group: sweets}
      house: {cost: {program: beans, points: 100000}, give: {type: product, sku: HOUSE}}
    """
    member = holder(1000, more)
    before = member.state
    decision = member.decide(event("redemption", "red", "2026-05-01T12:00:00Z", **fields))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.effects) == (code, ())
    assert member.state == before
