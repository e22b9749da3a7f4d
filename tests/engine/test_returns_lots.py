"""From which lots a return takes points, and what becomes of points that are not there any more."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import Any

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import DeficitChanged, LotReduced, PointsTaken
from loyalty_rules.domain.state import Lot
from loyalty_rules.engine.decide import decide
from tests.engine.build import (
    Build,
    account,
    event,
    member,
    points,
    purchase,
)
from tests.engine.returns import Club, back, cancellation, facts, spent


def earning(**account_words: Any) -> Club:
    """One point per 1.00, nothing else."""
    b = Build()
    return Club(b.plan(b.rule("earn", b.points()), accounts=[account(**account_words)]))


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
