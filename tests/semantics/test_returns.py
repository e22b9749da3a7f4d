"""Worked examples E20, E37, E38, E41, E44, E48: returns. More of them are scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

import pytest

from loyalty_rules import Decision, MemberState, RuleSet, parse_event
from loyalty_rules.base.records import replace
from loyalty_rules.domain.order_record import BookedOrder
from tests.semantics.shop import BASE, decide, purchase, rules


class Member:
    """One member's life: his state, and his orders as they were decided."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rules = rule_set
        self.state: MemberState | None = None
        self.orders: dict[str, tuple[RuleSet, BookedOrder]] = {}

    def buy(self, *amounts: str | Mapping[str, object], **fields: object) -> Decision:
        decision = decide(self.rules, purchase(*amounts, **fields), self.state)  # type: ignore[arg-type]
        return self._keep(self.rules, decision)

    def give_back(
        self, order: str = "p-1", at: str = "2026-03-20T12:00:00Z", **lines: object
    ) -> Decision:
        """A return of quantities by line (``l1=1``), decided by the rules of its purchase."""
        own, record = self.orders[order]
        event = {
            "id": f"return of {order} {len(record.returned)} {at}",
            "type": "return",
            "member": "m-1",
            "occurred_at": at,
            "order": order,
            "lines": [
                {"line": name.removeprefix("l"), "quantity": quantity}
                for name, quantity in lines.items()
            ],
        }
        decision = own.decide(parse_event(event), self.state, record)
        return decision if decision.status == "refused" else self._keep(own, decision)

    def _keep(self, own: RuleSet, decision: Decision) -> Decision:
        record = decision.outcome.order
        assert record is not None
        self.state = decision.state
        self.orders[record.order] = (own, record)
        return decision

    @property
    def balance(self) -> int:
        assert self.state is not None
        lots = sum(lot.left for lot in self.state.lots.get("beans", ()))
        return lots - self.state.deficits.get("beans", 0)

    def spend(self, points: int) -> None:
        """Points are spent, as far as lots and balances know."""
        assert self.state is not None
        (lot,) = self.state.lots["beans"]
        kept = MappingProxyType({"beans": (replace(lot, left=lot.left - points),)})
        self.state = replace(self.state, lots=kept)


def beans(decision: Decision) -> object:
    return decision.points["beans"]


def test_e20_a_return_uses_the_rate_that_was_stored() -> None:
    member = Member(rules())
    exchange = {"to": "EUR", "rate": "0.9200", "date": "2026-03-09"}
    bought = member.buy("60.00", "40.00", currency="USD", exchange=exchange)
    assert beans(bought) == 92
    assert bought.facts["~exchange"] == Fraction(23, 25)
    assert bought.facts["~exchange_date"] == "2026-03-09"
    part = member.give_back(l2=1)
    assert beans(part) == -37, "55.20 are left of 92.00"
    assert part.facts["~refund_minor"] == 3680
    assert beans(member.give_back(l1=1, at="2026-03-21T12:00:00Z")) == -55


@pytest.mark.parametrize(
    ("currency", "sent", "amount", "per", "given"),
    [
        ("JPY", "JPY", "1980", "100", 19),
        ("IRR", "IRR", "2450000", "100000", 24),
        ("{code: IRR, accepts: {IRT: 10}}", "IRT", "245000", "100000", 24),
    ],
)
def test_e20_currencies_without_coins(
    currency: str, sent: str, amount: str, per: str, given: int
) -> None:
    earn = f"{{id: base, event: purchase, give: {{type: points, program: beans, points: 1, per: {per}}}}}"
    text = rules(earn, currency=currency, points="", programs="")
    member = Member(text)
    assert beans(member.buy(amount, currency=sent)) == given
    assert beans(member.give_back(l1=1)) == -given
    assert member.balance == 0


def test_e37_a_deficit_is_paid_by_the_next_earning() -> None:
    member = Member(rules())
    member.buy("80.00")
    member.spend(30)
    assert beans(member.give_back(l1=1)) == -80
    assert member.balance == -30
    member.buy("100.00", id="next", at="2026-03-21T12:00:00Z")
    assert member.state is not None
    assert [lot.left for lot in member.state.lots["beans"]] == [70]


@pytest.mark.parametrize(
    ("negative", "balance", "next_balance", "refund_less"),
    [("allow", -20, 40, 0), ("clamp", 0, 60, 0), ("recover_from_refund", 0, 60, 20)],
)
def test_e38_a_return_after_spending(
    negative: str, balance: int, next_balance: int, refund_less: int
) -> None:
    member = Member(rules(points=f"returns: {{negative: {negative}}}"))
    member.buy("50.00", "30.00", "20.00")
    member.spend(70)
    back = member.give_back(l1=1)
    assert beans(back) == -50
    assert member.balance == balance
    assert back.facts["~refund_minor"] == 5000
    assert back.facts.get("~refund_less_minor", 0) == refund_less
    unrecovered = 20 if negative == "clamp" else 0
    assert sum(points for _, points in member.orders["p-1"][1].unrecovered) == unrecovered
    member.buy("60.00", id="next", at="2026-03-21T12:00:00Z")
    assert member.balance == next_balance


@pytest.mark.parametrize(("claw_back", "taken"), [("proportional", -35), ("recompute", -20)])
def test_e41_recomputed_or_in_proportion(claw_back: str, taken: int) -> None:
    def bonus(sku: str, points: int) -> str:
        return (
            f"{{id: on-{sku.lower()}, event: purchase, items: item.sku == '{sku}', "
            f"give: {{type: bonus, program: beans, points: {points}}}}}"
        )

    rule_set = rules(
        BASE, bonus("A", 10), bonus("B", 20), points=f"returns: {{claw_back: {claw_back}}}"
    )
    lines = [
        {"sku": "A", "amount": "10.00"},
        {"sku": "B", "amount": "10.00"},
        {"sku": "C", "amount": "20.00"},
    ]
    member = Member(rule_set)
    assert beans(member.buy(*lines)) == 70
    assert beans(member.give_back(l3=1)) == taken


def status(window: str, on_return: str) -> str:
    return f"""\
status:
  type: tiers
  window: {window}
  levels:
    - id: silver
    - {{id: gold, at: {{beans.base: 1000}}}}
  keep: {{through: window}}
  on_return: {on_return}
"""


@pytest.mark.parametrize("on_return", ["keep_until_review", "immediate"])
def test_e44_the_level_at_earning_decides_the_return(on_return: str) -> None:
    """Gold when he buys for 100.00, silver a year later: 150 go back, not 100."""
    gold = (
        "{id: gold, event: purchase, when: status.level >= 'gold', "
        "give: {type: multiplier, program: beans, times: 1.5}}"
    )
    member = Member(rules(BASE, gold, programs=status("last 12 months", on_return)))
    member.buy("1000.00", id="old", at="2025-04-01T12:00:00Z")
    assert beans(member.buy("100.00", at="2026-03-10T12:00:00Z")) == 150
    back = member.give_back(l1=1, at="2026-04-20T12:00:00Z")
    assert back.state.levels["status"].id == "silver"
    assert beans(back) == -150


def test_e48_an_exchange_is_two_entries_under_two_versions() -> None:
    """40.00 go back under the old version, 55.00 are bought under today's: net +15."""
    member = Member(rules())
    member.buy("40.00")
    half = BASE.replace("points: 1,", "points: 2,").replace("per: 1.00", "per: 2.00")
    member.rules = rules(half)
    ticket = "2026-03-20T12:00:00Z"
    bought = member.buy("55.00", id="exchange", at=ticket)
    back = member.give_back("p-1", at=ticket, l1=1)
    assert (beans(back), beans(bought)) == (-40, 55)
    assert member.balance == 55
    assert bought.effects
    assert back.effects
