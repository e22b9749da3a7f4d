"""Laws of returns, over random rule sets that get into their own way and random parts that come back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import DeficitChanged, LotOpened, LotReduced, PointsTaken
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import read_order, read_state, write_state
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.sharing import NOTHING, Shared, given_back
from tests.domain.written import write_order
from tests.engine.build import Build, account, levels, limit, points, purchase
from tests.engine.random_rules import club as random_rules
from tests.engine.random_rules import order as random_order
from tests.engine.random_rules import served
from tests.engine.returns import Club, back, cancellation

pytestmark = pytest.mark.property

seeds = st.integers(0, 2**32)
LATER = "2026-04-10T12:00:00+00:00"


def plan_of(random: Random, **more: object) -> Plan:
    """A random rule set; returns count for levels at once, so that nothing is remembered of them."""
    plan = random_rules(random).plan()
    model = plan.model
    tables = tuple(replace(one, on_return="immediate") for one in model.level_tables)
    accounts = tuple(
        replace(one, claw_back=random.choice(["recompute", "recompute", "proportional"]))
        for one in model.accounts
    )
    words = {"level_tables": tables, "accounts": accounts, **more}
    return Plan(replace(model, **words), plan.code, plan.calendar, plan.zone, plan.digest)


def pieces(random: Random, order: BookedOrder) -> Iterator[dict[str, object]]:
    """Everything of an order, in random steps."""
    left = dict(order.left)
    while any(left.values()):
        step: dict[str, object] = {}
        for name in random.sample(sorted(left), len(left)):
            if not left[name] or (step and random.random() < 0.4):
                continue
            part = left[name]
            if random.random() < 0.6:
                part = part * random.randint(1, 4) / Decimal(4)
            step[f"l{name}"] = part
            left[name] -= part
        yield step


def club_of(plan: Plan) -> Club:
    """A member to whom is lent what all members share."""
    return Club(plan, served())


def shown(state: MemberState) -> tuple[str, Shared]:
    """A state without its clock, and without when a level was reached; and what all members share."""
    state, shared = given_back(state)
    text = write_state(replace(state, clock=None))
    levels = {name: replace(one, since=LONG_AGO) for name, one in state.levels.items()}
    return write_state(replace(read_state(text), levels=levels)), shared


LONG_AGO = purchase("1.00", at="2000-01-01T00:00:00+00:00").occurred_at


@settings(max_examples=150)
@random_input(seeds)
def test_a_full_return_in_any_steps_leaves_no_mark(seed):
    """Orders before and after it stand; the one in the middle comes back, in steps, after all of them."""
    random = Random(seed)
    plan = plan_of(random)
    club = club_of(plan)
    club.buy(replace(random_order(random, 1), occurred_at=LONG_AGO))
    before = club.state
    club.buy(random_order(random, 2))
    for number, step in enumerate(pieces(random, club.order("inv-2"))):
        club.give_back(back("inv-2", LATER, f"ret-{number}", **step))
    assert shown(club.state) == shown(before)
    assert not any(club.order("inv-2").left.values())
    assert club.order("inv-2").shares == ()
    assert club.order("inv-2").added == ()


@settings(max_examples=150)
@random_input(seeds)
def test_returns_of_several_orders_bring_every_account_and_counter_back(seed):
    """Orders that shared limits and counters come back mixed, in random steps; nothing is left of any."""
    random = Random(seed)
    club = club_of(plan_of(random))
    for number in range(3):
        club.buy(random_order(random, number))
    steps = [
        (name, step) for name in club.orders or () for step in pieces(random, club.order(name))
    ]
    random.shuffle(steps)
    for number, (name, step) in enumerate(steps):
        club.give_back(back(name, LATER, f"ret-{number}", **step))
    assert not club.state.lots
    assert not club.state.deficits
    assert not club.state.counters
    assert club.state.shared == NOTHING


@settings(max_examples=150)
@random_input(seeds)
def test_a_return_never_gives_and_never_takes_more_than_is_booked(seed):
    random = Random(seed)
    words = random.choice(["recompute", "proportional", "none"])
    plan = plan_of(random)
    accounts = tuple(replace(one, claw_back=words) for one in plan.model.accounts)
    club = club_of(replace(plan, model=replace(plan.model, accounts=accounts)))
    club.buy(random_order(random, 1))
    for number, step in enumerate(pieces(random, club.order("inv-1"))):
        order, held = club.order("inv-1"), club.state
        outcome = club.give_back(back("inv-1", LATER, f"ret-{number}", **step))
        for program in plan.index.accounts:
            taken = -points(outcome, program)
            assert 0 <= taken <= order.booked(program)
            assert club.order("inv-1").booked(program) == order.booked(program) - taken
            given = [g for one in outcome.trace for g in one.given if g.program == program]
            assert sum(one.points for one in given) == -taken
        for counter in ("orders", "spend", "beans.earned", "beans.base"):
            before = sum(dict(held.counters.get(counter, {})).values())
            assert sum(dict(club.state.counters.get(counter, {})).values()) <= before


@settings(max_examples=150)
@random_input(seeds)
def test_effects_alone_make_state_and_record_come_back_from_their_json(seed):
    random = Random(seed)
    club = club_of(plan_of(random))
    for number in range(2):
        club.buy(random_order(random, number))
    for number, step in enumerate(pieces(random, club.order("inv-0"))):
        club.give_back(back("inv-0", LATER, f"ret-{number}", **step))
        order = club.order("inv-0")
        assert read_order(write_order(order)) == order
        club.orders = {**(club.orders or {}), "inv-0": read_order(write_order(order))}
    assert fold(served(), club.effects) == club.state
    for program in club.plan.index.accounts:
        own = [one for one in club.effects if getattr(one, "program", "") == program]
        opened = sum(one.points for one in own if isinstance(one, LotOpened))
        moved = sum(one.points for one in own if isinstance(one, (LotReduced, DeficitChanged)))
        taken = sum(one.points for one in own if isinstance(one, PointsTaken))
        assert moved == taken
        assert opened - taken == club.balance(program)


def monotone(random: Random) -> Plan:
    """Rules under which less bought is never worth more: thresholds, steps, caps, levels, two programs."""
    b = Build()
    least = random.randint(1000, 20000)
    rules = [
        b.rule("earn", b.points(random.randint(1, 3)), limits=(limit("points", 400, "month"),)),
        b.rule("big", b.bonus(random.randint(1, 99)), when=lambda f, r: f["order.total"] >= least),
        b.rule("step", b.stepped(random.randint(1, 9), 700, program="miles")),
        b.rule("double", b.times(2), items=lambda f, r: r["sku"] == "a"),
    ]
    tier_at = random.choice(["before", "after", "split"])
    table = levels(("gold", random.randint(20, 200)), figure="beans.base", tier_at=tier_at)
    gold = b.rule("gold", b.times("1.5"), when=lambda f, r: f["status.level"] == 1)
    at = random.choice(["order", "rule", "line"])
    mode = random.choice(["floor", "ceil"])
    return b.plan(
        *rules,
        gold,
        level_tables=(table,),
        accounts=[account(at=at, mode=mode), account("miles")],
    )


@settings(max_examples=150)
@random_input(seeds)
def test_many_small_returns_take_what_one_large_one_takes(seed):
    """Under rules that never pay a smaller basket more; otherwise what a return has left stays left."""
    random = Random(seed)
    plan = monotone(random)
    bought = random_order(random, 1)
    steps, whole = club_of(plan), club_of(plan)
    for one in (steps, whole):
        one.buy(bought)
    parts = list(pieces(random, steps.order("inv-1")))
    parts = parts[: random.randint(1, len(parts))]
    together: dict[str, Decimal] = {}
    for number, step in enumerate(parts):
        steps.give_back(back("inv-1", LATER, f"ret-{number}", **step))
        for name, quantity in step.items():
            together[name] = together.get(name, Decimal(0)) + Decimal(str(quantity))
    whole.give_back(back("inv-1", LATER, "ret", **together))
    assert steps.state == whole.state
    assert steps.order("inv-1") == whole.order("inv-1")


@settings(max_examples=100)
@random_input(seeds)
def test_what_is_left_after_a_return_is_worth_what_it_would_have_earned_alone(seed):
    """Where nothing pays a smaller basket more, an order of which whole lines went back stands as if
    they had never been bought."""
    random = Random(seed)
    plan = monotone(random)
    bought = replace(random_order(random, 1), tenders=None, discounts=())
    gone = random.sample([one.id for one in bought.lines], random.randint(0, len(bought.lines) - 1))
    club, never = club_of(plan), club_of(plan)
    club.buy(bought)
    never.buy(replace(bought, lines=tuple(one for one in bought.lines if one.id not in gone)))
    if gone:
        club.give_back(
            back(
                "inv-1", bought.occurred_at.isoformat(), **{f"l{id}": q(bought, id) for id in gone}
            )
        )
    assert {p: club.balance(p) for p in ("beans", "miles")} == {
        p: never.balance(p) for p in ("beans", "miles")
    }
    assert {k: dict(v) for k, v in club.state.counters.items() if k[0] != "~"} == {
        k: dict(v) for k, v in never.state.counters.items()
    }


def q(bought, id: str) -> Decimal:
    return next(one.quantity for one in bought.lines if one.id == id)


def test_the_laws_meet_returns_of_all_sorts():
    """The random histories above are no idle ones: caps, groups, shifts and small baskets are met."""
    met = dict.fromkeys(
        ["taken", "kept", "gave", "worth_more", "limit", "budget", "exclusive_group"], 0
    )
    for seed in range(150):
        random = Random(seed)
        club = club_of(plan_of(random))
        club.buy(random_order(random, 1))
        for number, step in enumerate(pieces(random, club.order("inv-1"))):
            outcome = club.give_back(back("inv-1", LATER, f"ret-{number}", **step))
            for one in outcome.trace:
                for word in {one.outcome, one.reason} & set(met):
                    met[word] += 1
    assert all(count >= 5 for count in met.values()), met


def test_a_cancellation_is_the_return_of_everything():
    random = Random(7)
    plan = plan_of(random)
    bought = random_order(random, 1)
    one, other = club_of(plan), club_of(plan)
    for club in (one, other):
        club.buy(bought)
    one.give_back(cancellation("inv-1", LATER))
    other.give_back(back("inv-1", LATER, "can-1", **{f"l{x.id}": x.quantity for x in bought.lines}))
    assert one.state == other.state
    assert one.order("inv-1") == other.order("inv-1")
