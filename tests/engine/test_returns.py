"""Returns: how much they take of points, by the facts of which day, and why they are refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import PointsTaken
from loyalty_rules.domain.event import Discount
from loyalty_rules.domain.order_record import Share
from loyalty_rules.domain.vocabulary import MONEY, NUMBER, Field
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.model import Basis, Counter, Group, SpendAccount, Term
from tests.engine.build import (
    Build,
    account,
    levels,
    line,
    member,
    points,
    purchase,
)
from tests.engine.returns import Club, back, cancellation, days, trace_of


def earning(**account_words: Any) -> Club:
    """One point per 1.00, nothing else."""
    b = Build()
    return Club(b.plan(b.rule("earn", b.points()), accounts=[account(**account_words)]))


# what comes back


def test_a_part_of_a_line_is_worth_its_part_exactly():
    club = earning()
    club.buy(purchase(line("10.00", quantity="3")))
    assert points(club.give_back(back(l1=1))) == -4, "6.66... are left: 6 points of 10"
    assert points(club.give_back(back(l1=1))) == -3
    assert points(club.give_back(back(l1=1))) == -3


def test_discounts_of_the_order_stay_where_they_were_spread():
    club = earning()
    club.buy(purchase("60.00", "40.00", discounts=(Discount("d", Decimal("10.00")),)))
    assert points(club.give_back(back(l2=1))) == -36, "40.00 less its 4.00"


def test_what_counts_before_discounts_shrinks_too():
    club = earning(basis=Basis("included", net_of=()))
    club.buy(purchase(line("20.00", discount="10.00", quantity="3")))
    assert club.balance() == 30
    assert points(club.give_back(back(l1=1))) == -10


def test_net_prices_keep_their_taxes():
    club = Club((b := Build()).plan(b.rule("earn", b.points()), accounts=[account(tax="excluded")]))
    club.buy(
        purchase(line("100.00", tax="19.00", quantity="2"), line("50.00", tax="9.50"), prices="net")
    )
    assert points(club.give_back(back(l1=1))) == -50
    assert club.balance() == 100


def test_means_of_payment_keep_their_proportions():
    club = earning()
    club.buy(purchase("60.00", "40.00", tenders=[("points", "50.00"), ("card", "50.00")]))
    assert club.balance() == 50
    assert points(club.give_back(back(l1=1))) == -30


def test_a_sum_of_a_field_of_its_own_shrinks_with_the_line():
    b = Build()
    deposit = b.formula(lambda facts, row: row["deposit"])
    kinds = tuple(
        replace(kind, item_fields=(Field("deposit", NUMBER),)) if kind.name == "purchase" else kind
        for kind in b.plan().model.kinds
    )
    award = b.award("points", 1, per=1, of=[Term(Fraction(1), "sum_of", formula=deposit)])
    club = Club(b.plan(b.rule("deposit", award), kinds=kinds))
    club.buy(
        purchase(line("10.00", quantity="4", fields=MappingProxyType({"deposit": Decimal(8)})))
    )
    assert club.balance() == 8
    assert points(club.give_back(back(l1=1))) == -2


def test_a_condition_sees_the_quantity_that_is_left():
    b = Build()
    three = b.rule("three", b.bonus(5), items=lambda facts, row: row["quantity"] >= 3)
    club = Club(b.plan(three))
    club.buy(purchase(line("10.00", quantity="4")))
    assert points(club.give_back(back(l1=1))) == 0
    taken = club.give_back(back(l1=1))
    assert points(taken) == -5
    assert trace_of(taken, "three").reason == "no_items"


def test_a_cancellation_returns_what_is_left():
    club = earning()
    club.buy(purchase(line("10.00", quantity="2"), "5.00"))
    club.give_back(back(l1=1))
    cancelled = club.give_back(cancellation())
    assert points(cancelled) == -10
    assert club.order().returned == (("1", Decimal(2)), ("2", Decimal(1)))
    assert club.balance() == 0


def test_without_its_order_a_return_is_not_decided():
    assert decide(earning().plan, member(), back(l1=1)).status == "not_yet_decided"


# refusals


def refusal(club: Club, one) -> tuple[str, str]:
    before = club.state
    outcome = decide(club.plan, before, one, club.order())
    assert outcome.status == "refused"
    assert outcome.state is before
    assert outcome.effects == ()
    assert outcome.order is None
    assert outcome.refusal is not None
    return outcome.refusal.code, outcome.refusal.path


def test_returns_that_cannot_be_taken_are_refused_whole():
    club = earning()
    club.buy(purchase(line("30.00", quantity="3"), "5.00"))
    assert refusal(club, back(l2=1, l1=4)) == ("return_exceeds_order", "lines[1].quantity")
    assert refusal(club, back(l3=1)) == ("unknown_line", "lines[0].line")
    twice = back(l1=1)
    lines: Any = twice.fields["lines"]
    twice = replace(twice, fields={**twice.fields, "lines": lines * 2})
    assert refusal(club, twice) == ("duplicate_line", "lines[1].line")
    other = replace(back(l1=1), fields={**back(l1=1).fields, "currency": "USD"})
    assert refusal(club, other) == ("other_currency", "currency")
    club.give_back(cancellation())
    assert refusal(club, cancellation()) == ("nothing_left", "order")
    assert refusal(club, back(l1=1)) == ("nothing_left", "order")


def test_what_went_back_before_counts():
    club = earning()
    club.buy(purchase(line("30.00", quantity="3")))
    club.give_back(back(l1="2.5"))
    assert refusal(club, back(l1=1)) == ("return_exceeds_order", "lines[0].quantity")
    assert points(club.give_back(back(l1="0.5"))) == -5


def test_an_order_is_given_back_by_the_member_who_made_it():
    club = earning()
    club.buy(purchase("30.00"))
    other = replace(back(l1=1), member="m-2")
    outcome = decide(club.plan, replace(member(), member="m-2"), other, club.order())
    assert outcome.refusal is not None
    assert outcome.refusal.code == "other_members_order"


# facts of that day


def test_the_level_of_the_purchase_counts_not_the_one_of_the_return():
    b = Build()
    gold = b.rule("gold", b.times("1.5"), when=lambda f, r: f["status.level"] == 1)
    club = Club(b.plan(b.rule("earn", b.points()), gold, level_tables=(levels(("gold", 100)),)))
    club.buy(purchase("50.00", id="a"))
    club.buy(purchase("60.00", id="b"))
    assert club.state.levels["status"].id == "gold"
    assert points(club.give_back(back("b", l1=1))) == -60, "bought without the level"


def test_rules_that_only_the_rest_meets_find_what_was_known_then():
    """The small-basket rule was closed by the order's size, so nobody read the level when it was bought."""
    b = Build()
    small = b.rule(
        "small",
        b.bonus(7),
        when=(lambda f, r: f["order.total"] < 2000, lambda f, r: f["status.level"] == 0),
    )
    club = Club(b.plan(b.rule("earn", b.points()), small, level_tables=(levels(("gold", 90)),)))
    club.buy(purchase("80.00", "15.00"))
    assert club.state.levels["status"].id == "gold"
    assert points(club.give_back(back(l1=1))) == -(95 - 15 - 7)


@pytest.mark.parametrize("tier_at", ["after", "split"])
def test_a_level_that_the_order_reached_is_reached_by_the_rest_or_not(tier_at):
    b = Build()
    gold = b.rule("gold", b.times(2), when=lambda f, r: f["status.level"] == 1)
    table = levels(("gold", 100), figure="beans.base", tier_at=tier_at)
    club = Club(b.plan(b.rule("earn", b.points()), gold, level_tables=(table,)))
    club.buy(purchase("60.00", "90.00"))
    first = 300 if tier_at == "after" else 200
    assert club.balance() == first
    assert points(club.give_back(back(l2=1))) == -(first - 60)


def test_a_level_by_different_shops_is_reached_by_the_rest_too():
    b = Build()
    shops = Counter(
        "shops",
        NUMBER,
        "distinct",
        events=("purchase",),
        of=b.formula(lambda f, r: f["event.store"]),
    )
    gold = b.rule("gold", b.times(2), when=lambda f, r: f["status.level"] == 1)
    table = levels(("gold", 2), figure="shops", tier_at="after")
    club = Club(b.plan(b.rule("earn", b.points()), gold, level_tables=(table,), counters=[shops]))
    club.buy(purchase("10.00", id="a", store="x"))
    club.buy(purchase("10.00", "20.00", id="b", store="y"))
    assert club.balance() == 10 + 60
    assert points(club.give_back(back("b", l2=1))) == -40, "two shops still"
    same = Club(club.plan)
    same.buy(purchase("10.00", id="a", store="x"))
    same.buy(purchase("10.00", id="b", store="x"))
    assert same.balance() == 20, "one shop twice is one shop"
    assert club.state.counters["shops"], "what is no sum is not taken back"


def test_the_number_of_the_order_stays_its_own():
    b = Build()
    first = b.rule("first", b.bonus(50), when=lambda f, r: f["order.number"] == 1)
    club = Club(b.plan(first))
    club.buy(purchase("10.00", "10.00", id="a"))
    club.buy(purchase("10.00", id="b"))
    assert points(club.give_back(back("a", l1=1))) == 0
    assert points(club.give_back(back("b", l1=1))) == 0
    assert points(club.give_back(back("a", l2=1))) == -50


def test_a_step_of_a_spend_program_is_taken_back_with_the_money_that_filled_it():
    b = Build()
    spending = Counter(
        "bonus.spent", MONEY, events=("purchase",), adds=(Term(Fraction(1), "amount"),)
    )
    account_ = SpendAccount("bonus", "bonus.spent", Window("ever"), Fraction(10000), "carry")
    step = b.stepped(5, 10000, of="amount", carried="bonus.carried")
    club = Club(b.plan(b.rule("bonus", step), counters=[spending], spend_accounts=[account_]))
    club.buy(purchase("70.00", id="a"))
    club.buy(purchase("20.00", "20.00", id="b"))
    assert club.balance() == 5
    assert points(club.give_back(back("b", l1=1))) == -5
    assert sum(days(club.state, "bonus.spent").values()) == 9000


# how much is taken


def test_a_return_never_gives_even_if_a_small_basket_pays_more():
    b = Build()
    small = b.rule("small", b.bonus(500), when=lambda f, r: f["order.total"] < 5000)
    club = Club(b.plan(b.rule("earn", b.points()), small))
    club.buy(purchase("90.00", "10.00"))
    outcome = club.give_back(back(l1=1))
    assert points(outcome) == 0
    assert trace_of(outcome, "earn").reason == "worth_more"
    assert club.order().booked("beans") == 100
    assert points(club.give_back(back(l2=1))) == -100


def test_points_that_move_from_rule_to_rule_are_booked_between_them():
    b = Build()
    big = b.rule("big", b.bonus(30), group="g", when=lambda f, r: f["order.total"] >= 5000)
    other = b.rule("other", b.bonus(20), group="g")
    club = Club(b.plan(big, other, groups=(Group("g", "best"),)))
    club.buy(purchase("40.00", "40.00"))
    outcome = club.give_back(back(l1=1))
    taken = next(one for one in outcome.effects if isinstance(one, PointsTaken))
    assert taken.points == 10
    assert dict(taken.shares) == {"big": 30, "other": -20}
    assert trace_of(outcome, "other").outcome == "gave"
    assert club.order().shares == (Share("beans", "other", 0, bonus=20),)


def test_proportional_takes_by_money_and_does_not_leak():
    club = earning(claw_back="proportional")
    club.buy(purchase("9.99", "9.99", "9.99"))
    parts: list[dict[str, Any]] = [{"l1": 1}, {"l2": 1}, {"l3": 1}]
    taken = [points(club.give_back(back(**part))) for part in parts]
    assert taken == [-10, -10, -9]
    assert club.order().shares == ()


def test_proportional_of_a_free_order_goes_by_pieces():
    b = Build()
    club = Club(b.plan(b.rule("visit", b.bonus(9)), accounts=[account(claw_back="proportional")]))
    club.buy(purchase(line("0.00", quantity="2"), line("0.00")))
    assert points(club.give_back(back(l1=1))) == -3


def test_claw_back_none_takes_no_points_but_corrects_what_was_spent():
    club = earning(claw_back="none")
    club.buy(purchase("10.00"))
    outcome = club.give_back(cancellation())
    assert points(outcome) == 0
    assert club.balance() == 10
    assert "spend" not in club.state.counters
    assert "orders" not in club.state.counters
    assert sum(days(club.state, "beans.earned").values()) == 10
    assert trace_of(outcome, "earn").reason == "not_taken_back"


def test_each_program_obeys_its_own_word():
    b = Build()
    club = Club(
        b.plan(
            b.rule("earn", b.points(), b.points(program="miles")),
            accounts=[account(), account("miles", claw_back="none", scale=2)],
        )
    )
    club.buy(purchase("10.00"))
    outcome = club.give_back(cancellation())
    assert outcome.points == {"beans": -10, "miles": 0}
    assert club.balance("miles") == 1000
