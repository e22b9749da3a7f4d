"""Returns: what they take of points, counters, limits and levels, from where, and why they are refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from loyalty_rules.base.period import Window
from loyalty_rules.domain.effects import DeficitChanged, LotReduced, PointsTaken
from loyalty_rules.domain.event import Discount
from loyalty_rules.domain.order_record import Share
from loyalty_rules.domain.state import Lot
from loyalty_rules.domain.vocabulary import MONEY, NUMBER, Field
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.model import Basis, Counter, Group, SpendAccount, Term
from tests.engine.build import (
    Build,
    account,
    event,
    levels,
    limit,
    line,
    member,
    points,
    purchase,
)
from tests.engine.returns import Club, back, cancellation, days, facts, spent, trace_of


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


# from where


def lot(id: str, left: int, day: int, expires: int | None = None) -> Lot:
    opened = event("profile", f"2026-01-{day:02}T00:00:00+00:00").occurred_at
    ends = None if expires is None else opened.replace(month=12, day=expires)
    return Lot(id, left, left, opened, ends)


def test_points_come_from_the_orders_own_lot_then_in_spending_order():
    club = earning()
    club.buy(purchase("50.00"))
    own = club.state.lots["beans"][0]
    others = (
        lot("never", 20, 1),
        lot("late", 20, 2, 31),
        lot("soon", 20, 3, 1),
        replace(own, left=5),
    )
    club.state = replace(club.state, lots=MappingProxyType({"beans": others}))
    outcome = club.give_back(cancellation())
    taken = [(one.lot, one.points) for one in outcome.effects if isinstance(one, LotReduced)]
    assert taken == [(own.id, 5), ("soon", 20), ("late", 20), ("never", 5)]
    assert [(one.id, one.left) for one in club.state.lots["beans"]] == [("never", 15)]


def indebted(**words: Any) -> Club:
    """100 earned with lines of 50, 30 and 20; 70 of them are spent."""
    club = earning(**words)
    club.buy(purchase("50.00", "30.00", "20.00"))
    club.state = spent(club.state, "beans", 70)
    return club


def test_a_deficit_is_paid_by_the_next_earning():
    club = indebted()
    assert points(club.give_back(back(l1=1))) == -50
    assert club.balance() == -20
    assert dict(club.state.deficits) == {"beans": 20}
    outcome = club.buy(purchase("60.00", id="b"))
    assert points(outcome) == 60
    assert club.balance() == 40
    assert [(one.granted, one.left) for one in club.state.lots["beans"]] == [(60, 40)]
    assert not club.state.deficits


def test_a_small_earning_pays_a_part_of_a_deficit():
    club = indebted()
    club.give_back(back(l1=1))
    club.buy(purchase("15.00", id="b"))
    assert club.balance() == -5
    assert not club.state.lots
    assert points(club.give_back(back("b", l1=1))) == -15
    assert club.balance() == -20


def test_the_balance_that_rules_see_is_less_the_deficit():
    b = Build()
    rich = b.rule("poor", b.bonus(3), when=lambda f, r: f["beans.balance"] == -20)
    plan = b.plan(rich)
    state = replace(member(), deficits=MappingProxyType({"beans": 20}))
    assert points(decide(plan, state, purchase("1.00"))) == 3


def test_clamp_forgives_what_is_not_there_and_remembers_it():
    club = indebted(negative="clamp")
    outcome = club.give_back(back(l1=1))
    assert points(outcome) == -50
    assert club.balance() == 0
    assert not club.state.deficits
    assert club.order().unrecovered == (("beans", 20),)
    assert facts(outcome)["~unrecovered(beans)"] == 20
    club.give_back(back(l2=1))
    assert club.order().unrecovered == (("beans", 50),)


def test_a_refund_pays_for_points_that_are_not_there():
    club = indebted(negative="recover_from_refund", value=Fraction(1))
    outcome = club.give_back(back(l1=1))
    assert club.balance() == 0
    assert facts(outcome)["~refund_minor"] == 5000
    assert facts(outcome)["~refund_less_minor"] == 20
    taken = next(one for one in outcome.effects if isinstance(one, PointsTaken))
    assert (taken.points, taken.refunded, taken.unrecovered) == (50, 20, 0)


def test_a_refund_never_falls_below_zero():
    club = indebted(negative="recover_from_refund", value=Fraction(1000))
    outcome = club.give_back(back(l3=1, l2="0.5"))
    assert facts(outcome)["~refund_minor"] == 3500
    assert facts(outcome).get("~refund_less_minor", 0) <= 3500
    missing = 35 - 30
    assert facts(outcome)["~refund_less_minor"] == 3000, "three whole points of 10.00 each"
    assert club.order().unrecovered == (("beans", missing - 3),)


def test_two_programs_share_one_refund():
    b = Build()
    words: dict[str, Any] = {"negative": "recover_from_refund", "value": Fraction(30)}
    plan = b.plan(
        b.rule("earn", b.points(), b.points(program="miles")),
        accounts=[account(**words), account("miles", **words)],
    )
    club = Club(plan)
    club.buy(purchase("10.00", "90.00"))
    club.state = replace(club.state, lots=MappingProxyType({}))
    outcome = club.give_back(back(l1=1))
    assert facts(outcome)["~refund_less_minor"] == 2 * 10 * 30
    dear = replace(
        plan.model, accounts=tuple(replace(a, value=Fraction(60)) for a in plan.model.accounts)
    )
    club.plan = replace(plan, model=dear)
    outcome = club.give_back(back(l2=1))
    assert facts(outcome)["~refund_less_minor"] == 9000, "150 points of 180 are paid"
    assert dict(club.order().unrecovered) == {"miles": 30}


def test_part_of_a_cent_is_the_members():
    club = indebted(negative="recover_from_refund", value=Fraction(1, 3))
    assert facts(club.give_back(back(l1=1)))["~refund_less_minor"] == 6, "20 / 3 cents"


def test_a_point_without_value_is_not_paid_with_money():
    club = indebted(negative="recover_from_refund", value=None)
    club.give_back(back(l1=1))
    assert club.order().unrecovered == (("beans", 20),)


def test_a_balance_is_what_lots_hold_less_what_is_owed_over_effects_alone():
    club = indebted()
    outcome = club.give_back(back(l1=1))
    taken = next(one for one in outcome.effects if isinstance(one, PointsTaken))
    moved = sum(
        one.points for one in outcome.effects if isinstance(one, (LotReduced, DeficitChanged))
    )
    assert moved + taken.unrecovered + taken.refunded == taken.points == 50


# limits


def capped(cap_counts: str, what: str = "points", cap: int = 500, **words: Any) -> Club:
    b = Build()
    rule = b.rule("earn", b.points(), limits=(limit(what, cap, "month", cap_counts=cap_counts),))
    return Club(b.plan(rule, accounts=[account(**words)]))


def used(club: Club, key: str = "limit") -> object:
    return sum(days(club.state, key).values())


@pytest.mark.parametrize("claw_back", ["recompute", "proportional"])
@pytest.mark.parametrize(
    ("what", "cap", "whole", "rest"),
    [
        ("points", 500, 90, 60),
        ("times", 5, 1, 1),
        ("amount", 50000, 9000, 6000),
        ("quantity", 50, 3, 2),
    ],
)
def test_uses_of_a_limit_follow_what_the_order_keeps(claw_back, what, cap, whole, rest):
    club = capped("net", what, cap, claw_back=claw_back)
    club.buy(purchase(line("60.00", quantity="2"), "30.00"))
    assert used(club) == whole
    club.give_back(back(l2=1))
    assert used(club) == rest
    club.give_back(back(l1="0.5"))
    club.give_back(back(l1="1.5"))
    assert "limit" not in club.state.counters


def test_points_that_stay_keep_their_uses():
    club = capped("net", claw_back="none")
    club.buy(purchase("60.00"))
    club.give_back(cancellation())
    assert used(club) == 60


def test_points_that_stay_keep_what_was_counted_for_them():
    club = capped("net", "amount", 50000, claw_back="none")
    club.buy(purchase("60.00", "30.00"))
    club.give_back(back(l2=1))
    assert used(club) == 9000


def test_a_counted_amount_shrinks_with_the_money_step_by_step():
    club = capped("net", "amount", 50000, claw_back="proportional")
    club.buy(purchase("60.00", "30.00"))
    club.give_back(back(l2=1))
    club.give_back(back(l1="0.5"))
    assert used(club) == 3000


def test_a_gross_limit_gives_nothing_back():
    club = capped("gross")
    club.buy(purchase("60.00"))
    club.give_back(cancellation())
    assert used(club) == 60


def test_a_trimmed_order_keeps_what_its_rest_still_earns():
    club = capped("net", cap=50)
    club.buy(purchase("60.00", "40.00"))
    assert club.balance() == 50
    assert points(club.give_back(back(l2=1))) == 0, "60.00 are still worth more than the cap"
    assert points(club.give_back(back(l1="0.5"))) == -20


def test_a_limit_for_each_value_of_a_field_gives_back_to_its_own():
    b = Build()
    by = b.formula(lambda facts, row: facts["event.store"])
    caps = (limit("points", 100, "month", by=by),)
    club = Club(b.plan(b.rule("earn", b.points(), limits=caps)))
    club.buy(purchase("60.00", store="x", id="a"))
    club.buy(purchase("60.00", store="y", id="b"))
    club.give_back(cancellation("a"))
    assert used(club, "limit|x") == 0
    assert used(club, "limit|y") == 60


def test_a_limit_of_a_group_keeps_the_uses_of_each_rule_apart():
    b = Build()
    one = b.rule("one", b.points(), group="g", items=lambda f, r: r["sku"] == "a")
    two = b.rule("two", b.points(), group="g", items=lambda f, r: r["sku"] == "b")
    groups = (Group("g", "all", (limit("points", 500, "month"),)),)
    club = Club(b.plan(one, two, groups=groups))
    club.buy(purchase(line("60.00", sku="a"), line("30.00", sku="b")))
    assert used(club) == 90
    club.give_back(back(l1=1))
    assert used(club) == 30


def test_a_rule_that_takes_over_uses_its_own_limit():
    b = Build()
    big = b.rule("big", b.bonus(30), group="g", when=lambda f, r: f["order.total"] >= 5000)
    other = b.rule("other", b.bonus(20), group="g", limits=(limit("times", 3),))
    club = Club(b.plan(big, other, groups=(Group("g", "best"),)))
    club.buy(purchase("40.00", "40.00"))
    assert used(club) == 0
    club.give_back(back(l1=1))
    assert used(club) == 1
    club.give_back(back(l2=1))
    assert used(club) == 0


# counters and levels


def test_counters_are_corrected_on_the_day_of_the_purchase():
    club = earning()
    bought = purchase("60.00", "40.00", at="2026-02-03T12:00:00+00:00")
    club.buy(bought)
    club.give_back(back(l2=1, at="2026-05-10T12:00:00+00:00"))
    day = bought.occurred_at.toordinal()
    assert dict(club.state.counters["spend"]) == {day: 6000}
    assert dict(club.state.counters["orders"]) == {day: 1}
    assert dict(club.state.counters["beans.earned"]) == {day: 60}


def money(value: Any) -> int:
    return int(value)


def test_a_counter_never_grows_by_a_return():
    b = Build()
    small = Counter(
        "small",
        NUMBER,
        events=("purchase",),
        when=(b.formula(lambda f, r: money(f["order.total"]) < 5000),),
    )
    both = Counter("both", NUMBER, events=("purchase",), adds=(Term(Fraction(-1), "quantity"),))
    club = Club(b.plan(b.rule("earn", b.points()), counters=[small, both]))
    club.buy(purchase("40.00", "40.00"))
    club.give_back(back(l1=1))
    assert "small" not in club.state.counters
    assert list(club.state.counters["both"].values()) == [-1]
    club.give_back(back(l2=1))
    assert "both" not in club.state.counters


def tiered(on_return: Any, window: Window) -> Club:
    b = Build()
    table = replace(levels(("silver", 500), ("gold", 1000), window=window), on_return=on_return)
    return Club(b.plan(b.rule("earn", b.points()), level_tables=(table,)))


def level(club: Club) -> str:
    return club.state.levels["status"].id


LAST_YEAR = Window("rolling", "months", 12)


def bought(club: Club, *orders: tuple[str, str]) -> None:
    for amount, day in orders:
        club.buy(purchase(amount, id=day, at=f"{day}T12:00:00+00:00"))


def test_immediately_a_return_lowers_the_level():
    club = tiered("immediate", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    assert level(club) == "gold"
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "silver"


def test_until_the_review_a_return_leaves_the_level():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "gold"
    bought(club, ("1.00", "2027-01-09"))
    assert level(club) == "gold", "the last day on which the window sees all 1,050"
    bought(club, ("1.00", "2027-01-10"))
    assert level(club) == "basic", "the 600 have left"


def test_the_review_of_a_calendar_year_is_its_end():
    club = tiered("keep_until_review", Window("box", "year"))
    bought(club, ("1000.00", "2026-01-10"))
    club.give_back(cancellation("2026-01-10", at="2026-02-20T12:00:00+00:00"))
    bought(club, ("1.00", "2026-12-31"))
    assert level(club) == "gold"
    bought(club, ("1.00", "2027-01-01"))
    assert level(club) == "basic"


def test_what_went_back_does_not_help_to_reach_a_level():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("900.00", "2026-01-10"))
    club.give_back(back("2026-01-10", at="2026-01-20T12:00:00+00:00", l1="0.5"))
    assert level(club) == "silver"
    bought(club, ("400.00", "2026-02-01"))
    assert level(club) == "silver", "850 were bought and kept"
    bought(club, ("150.00", "2026-02-02"))
    assert level(club) == "gold"


def test_rules_see_no_level_that_only_what_went_back_would_reach():
    b = Build()
    table = replace(levels(("gold", 1000), window=LAST_YEAR), on_return="keep_until_review")
    gold = b.rule("gold", b.times(2), when=lambda f, r: f["status.level"] == 1)
    club = Club(b.plan(b.rule("earn", b.points()), gold, level_tables=(table,)))
    bought(club, ("900.00", "2026-01-10"))
    club.give_back(back("2026-01-10", at="2026-01-20T12:00:00+00:00", l1="0.5"))
    bought(club, ("400.00", "2026-02-01"))
    assert points(club.buy(purchase("10.00", id="last", at="2026-02-03T12:00:00+00:00"))) == 10


def test_a_level_that_has_lapsed_does_not_come_back_by_what_went_back():
    club = tiered("keep_until_review", LAST_YEAR)
    bought(club, ("500.00", "2026-01-10"), ("600.00", "2026-03-10"))
    club.give_back(cancellation("2026-03-10", at="2026-03-20T12:00:00+00:00"))
    assert level(club) == "gold"
    bought(club, ("450.00", "2027-01-20"))
    assert level(club) == "silver", "600 of the 1,050 went back; 600 of them would keep silver"


def test_levels_after_a_return_are_those_of_the_rules_of_today():
    club = tiered("immediate", LAST_YEAR)
    bought(club, ("600.00", "2026-01-10"), ("450.00", "2026-02-01"))
    b = Build()
    table = replace(levels(("silver", 100), ("gold", 200)), on_return="immediate")
    today = b.plan(b.rule("earn", b.points()), level_tables=(table,))
    club.give_back(back("2026-02-01", at="2026-02-20T12:00:00+00:00", l1=1), today=today)
    assert level(club) == "gold"


# why


def test_a_return_says_of_each_rule_what_it_took_and_why():
    b = Build()
    big = b.rule("big", b.bonus(100), when=lambda f, r: f["order.total"] >= 10000)
    double = b.rule("double", b.times(2), items=lambda f, r: r["sku"] == "x")
    never = b.rule("never", b.bonus(1), when=lambda f, r: False)
    club = Club(b.plan(b.rule("earn", b.points()), big, double, never))
    club.buy(purchase(line("80.00", sku="x"), line("30.00")))
    outcome = club.give_back(back(l2=1))
    found = {
        one.rule: (one.outcome, one.reason, [(g.points, g.rounded, g.extra) for g in one.given])
        for one in outcome.trace
    }
    assert found == {
        "big": ("taken", "condition_false", [(-100, 0, False)]),
        "double": ("kept", "", [(0, 80, True)]),
        "earn": ("taken", "remainder", [(-30, 80, False)]),
        "never": ("not_gave", "condition_false", []),
    }
    last = club.give_back(cancellation())
    assert trace_of(last, "double").reason == "nothing_left"
    assert trace_of(last, "never").reason == "nothing_booked"
    assert sum(g.points for one in last.trace for g in one.given) == points(last)
