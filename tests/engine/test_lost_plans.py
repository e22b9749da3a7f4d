"""Returns of orders whose plan cannot be had again: a part of what was recorded, never judged again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.base.records import replace
from loyalty_rules.domain.record_codec import read_order
from loyalty_rules.engine.decide import decide, decide_in_proportion
from loyalty_rules.engine.model import Currency, LevelTable
from loyalty_rules.engine.plan import Plan
from tests.domain.written import write_order
from tests.engine.build import (
    Build,
    account,
    levels,
    limit,
    line,
    member,
    points,
    purchase,
)
from tests.engine.random_rules import order as random_order
from tests.engine.returns import Club, back, cancellation, days, facts, spent, trace_of
from tests.engine.test_returns_laws import LATER, LONG_AGO, pieces, plan_of, shown

seeds = st.integers(0, 2**32)


def big_basket(**more) -> Plan:
    """One point per 1.00, and 100 on top from 100.00."""
    b = Build()
    base = b.rule("base", b.points(), limits=more.pop("limits", ()))
    big = b.rule("big", b.bonus(100), when=lambda f, r: f["order.total"] >= 10000)
    return b.plan(base, big, **more)


def changed(plan: Plan, **words) -> Plan:
    """The rule set of another day."""
    return replace(plan, model=replace(plan.model, **words), digest="another")


def bought(*amounts, plan: Plan | None = None, **more) -> Club:
    club = Club(plan or big_basket())
    club.buy(purchase(*amounts, **more))
    return club


def test_a_part_of_every_share_goes_back_with_its_part_of_the_money():
    """210 points for 80.00 and 30.00: judged again 130 would go back, in proportion 57 and a bit do."""
    club = bought("80.00", "30.00")
    outcome = club.give_back_in_part(back(l2=1))
    assert points(outcome) == -58
    kept = {share.rule: share.points for share in club.order().shares}
    assert kept == {"base": 80, "big": 72}
    assert facts(outcome)["~plan_unavailable"] is True
    assert facts(outcome)["~refund_minor"] == 3000
    for rule in ("base", "big"):
        trace = trace_of(outcome, rule)
        assert (trace.outcome, trace.reason) == ("taken", "plan_unavailable")


def test_three_thirds_take_ten_ten_and_nine():
    club = bought("9.99", "9.99", "9.99")
    taken = [points(club.give_back_in_part(back(id=f"r-{n}", **{f"l{n}": 1}))) for n in (1, 2, 3)]
    assert taken == [-10, -10, -9]


def test_after_returns_that_were_judged_no_more_than_the_part_in_all_is_taken():
    """The basket that was no longer big lost 130 of 210; 110.00 of 110.00 take the rest."""
    club = bought("80.00", "30.00")
    club.give_back(back(l2=1))
    assert club.balance() == 80
    outcome = club.give_back_in_part(back(id="r-2", l1="0.5"))
    assert points(outcome) == -4  # 70 of 110 are back: 133 of 210
    assert points(club.give_back_in_part(cancellation())) == -76
    assert club.balance() == 0


def test_a_free_order_goes_back_by_pieces():
    b = Build()
    club = bought(
        line("0.00", quantity="3"), line("0.00"), plan=b.plan(b.rule("gift", b.bonus(10)))
    )
    assert points(club.give_back_in_part(back(l1=1))) == -3  # 7.5 of 10 are left, rounded down
    assert points(club.give_back_in_part(cancellation())) == -7


def test_an_order_counts_until_all_of_it_came_back_and_money_by_its_part():
    club = bought("80.00", "30.00")
    club.give_back_in_part(back(l2=1))
    assert list(days(club.state, "orders").values()) == [1]
    assert list(days(club.state, "spend").values()) == [8000]
    assert list(days(club.state, "beans.earned").values()) == [152]
    club.give_back_in_part(cancellation())
    assert not club.state.counters


@pytest.mark.parametrize(
    ("what", "cap", "counts", "used"),
    [
        ("points", 500, "net", 80),
        ("times", 3, "net", 1),
        ("amount", 50000, "net", 8000),
        ("points", 500, "gross", 110),
    ],
)
def test_uses_of_a_limit_go_back_as_the_limit_counts_them(what, cap, counts, used):
    capped = limit(what, cap, "month", key="base.0", cap_counts=counts)
    club = bought("80.00", "30.00", plan=big_basket(limits=(capped,)))
    club.give_back_in_part(back(l2=1))
    assert list(days(club.state, "base.0").values()) == [used]
    club.give_back_in_part(cancellation())
    assert list(days(club.state, "base.0").values()) == ([used] if counts == "gross" else [])


def test_what_todays_rules_do_not_know_any_more_shrinks_with_the_money():
    plan = big_basket(limits=(limit("times", 3, "month", key="base.0"),))
    club = bought("75.00", "25.00", plan=plan)
    today = changed(plan, accounts=(), counters=(), rules=())
    assert points(club.give_back_in_part(back(l2=1), today)) == -50
    assert list(days(club.state, "base.0").values()) == [Fraction(3, 4)]
    club.give_back_in_part(cancellation(), today)
    assert not club.state.counters
    assert club.balance() == 0


def test_a_program_that_never_takes_back_takes_nothing():
    plan = big_basket(accounts=[account(claw_back="none")])
    club = bought("80.00", "30.00", plan=plan)
    outcome = club.give_back_in_part(cancellation())
    assert points(outcome) == 0
    assert trace_of(outcome, "base").reason == "not_taken_back"
    assert list(days(club.state, "orders").values()) == []


@pytest.mark.parametrize(
    ("negative", "balance", "unrecovered", "refund_less"),
    [("allow", -40, 0, 0), ("clamp", 0, 40, 0), ("recover_from_refund", 0, 0, 40)],
)
def test_points_that_are_not_there_are_settled_by_todays_word(
    negative, balance, unrecovered, refund_less
):
    club = bought("80.00", "20.00", plan=big_basket())  # 200 points, of which 200 are spent
    club.state = spent(club.state, "beans", 200)
    today = changed(big_basket(), accounts=(account(negative=negative, value=Fraction(1)),))
    outcome = club.give_back_in_part(back(l2=1), today)
    assert points(outcome) == -40
    assert club.balance() == balance
    assert facts(outcome).get("~unrecovered(beans)", 0) == unrecovered
    assert facts(outcome).get("~refund_less_minor", 0) == refund_less


def test_the_rate_of_exchange_is_the_one_that_was_recorded():
    plan = big_basket(currency=Currency("EUR", 2, (("USD", Fraction("0.9")),)))
    club = bought("100.00", "100.00", plan=plan, currency="USD")
    dearer = changed(plan, currency=Currency("EUR", 2, (("USD", Fraction("0.5")),)))
    outcome = club.give_back_in_part(back(l2=1), dearer)
    assert facts(outcome)["~refund_minor"] == 9000
    assert points(outcome) == -140


@pytest.mark.parametrize("today", [Currency("EUR", 0), Currency("GBP", 2)])
def test_in_a_currency_that_cannot_say_the_amounts_only_proportions_count(today):
    plan = big_basket()
    club = bought("80.25", "30.75", plan=plan)
    outcome = club.give_back_in_part(back(l2=1), changed(plan, currency=today))
    assert points(outcome) == -59  # 152 of 211
    assert facts(outcome)["~refund_minor"] == 0


def test_a_level_is_read_by_the_rules_of_today():
    table: LevelTable = replace(levels(("gold", 200)), on_return="immediate")
    club = bought("80.00", "30.00", plan=big_basket(level_tables=(table,)))
    assert club.state.levels["status"].id == "gold"
    club.give_back_in_part(back(l2=1))
    assert club.state.levels["status"].id == "basic"


def test_what_cannot_be_taken_back_is_refused_all_the_same():
    club = bought("80.00", "30.00")
    for event, code in (
        (back(l2=2), "return_exceeds_order"),
        (back(l7=1), "unknown_line"),
        (replace(cancellation(), member="m-2"), "other_members_order"),
    ):
        state = member() if event.member == "m-1" else replace(member(), member="m-2")
        outcome = decide_in_proportion(club.plan, state, event, club.order())
        assert outcome.refusal is not None and outcome.refusal.code == code
        assert outcome.state == state and outcome.effects == ()


@pytest.mark.property
@settings(max_examples=100)
@random_input(seeds)
def test_without_its_plan_too_a_return_never_gives_and_never_takes_more_than_is_booked(seed):
    random = Random(seed)
    plan = plan_of(random)
    club = Club(plan)
    club.buy(random_order(random, 1))
    for number, step in enumerate(pieces(random, club.order("inv-1"))):
        order, held = club.order("inv-1"), club.state
        event = back("inv-1", LATER, f"ret-{number}", **step)
        judged = random.random() < 0.3
        outcome = club.give_back(event) if judged else club.give_back_in_part(event)
        for program, taken in (outcome.points or {}).items():
            assert 0 <= -taken <= order.booked(program)
            assert club.order("inv-1").booked(program) == order.booked(program) + taken
            shares = [one for trace in outcome.trace for one in trace.given]
            own = [one.points for one in shares if one.program == program]
            assert sum(own) == taken
            assert judged or all(one <= 0 for one in own)
        for counter in ("orders", "spend", "beans.earned", "beans.base"):
            before = sum(dict(held.counters.get(counter, {})).values())
            assert sum(dict(club.state.counters.get(counter, {})).values()) <= before
        again = read_order(write_order(club.order("inv-1")))
        assert again == club.order("inv-1")


@pytest.mark.property
@settings(max_examples=100)
@random_input(seeds)
def test_without_its_plan_a_full_return_in_any_steps_leaves_no_mark(seed):
    random = Random(seed)
    club = Club(plan_of(random))
    club.buy(replace(random_order(random, 1), occurred_at=LONG_AGO))
    before = club.state
    club.buy(random_order(random, 2))
    for number, step in enumerate(pieces(random, club.order("inv-2"))):
        club.give_back_in_part(back("inv-2", LATER, f"ret-{number}", **step))
    assert shown(club.state) == shown(before)
    assert club.order("inv-2").shares == ()
    assert club.order("inv-2").added == ()


@pytest.mark.property
@settings(max_examples=100)
@random_input(seeds)
def test_without_its_plan_many_small_returns_take_what_one_large_one_takes(seed):
    random = Random(seed)
    plan = plan_of(random)
    first = decide(plan, member(), random_order(random, 1))
    assert first.order is not None
    parts = list(pieces(random, first.order))
    parts = parts[: random.randint(1, len(parts))]
    steps, whole = (Club(plan, first.state, {"inv-1": first.order}) for _ in range(2))
    together: dict[str, Decimal] = {}
    for number, step in enumerate(parts):
        steps.give_back_in_part(back("inv-1", LATER, f"ret-{number}", **step))
        for name, quantity in step.items():
            together[name] = together.get(name, Decimal(0)) + Decimal(str(quantity))
    whole.give_back_in_part(back("inv-1", LATER, "ret", **together))
    for program in plan.index.accounts:
        assert steps.order("inv-1").booked(program) == whole.order("inv-1").booked(program)
        assert steps.balance(program) == whole.balance(program)
