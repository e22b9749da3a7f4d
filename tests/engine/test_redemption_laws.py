"""Laws of spending: what is quoted is the best that is not refused, and no sequence of redemptions and
cancellations makes a point or makes one last longer than the rule set allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.windows import end_of
from loyalty_rules.builtin.calendars import Gregorian
from loyalty_rules.domain.event import Basket, Event, Line
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.expiry import After
from loyalty_rules.engine.model import Award, Benefit, Group, Limit, Reward, Rule
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.quoting import quote
from loyalty_rules.engine.time import advance
from tests.engine.build import Build, account, purchase

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def reward(b: Build, random: Random, name: str) -> Reward:
    """A discount for points, bounded in some of the ways that there are."""
    cost = random.randint(1, 6)
    benefit = Benefit("discount", "money")
    award = Award("benefit", "", b.constant(random.randint(1, 9) * 50), benefit=benefit)
    sku = random.choice(["a", "b", ""])
    limits = ()
    if random.random() < 0.3:
        cap = Fraction(random.randint(1, 4))
        limits = (Limit(f"limit.reward.{name}", "times", cap, Window("ever")),)
    rule = Rule(
        name,
        ("redemption",),
        (award,),
        items=b.formula(lambda facts, row: row["sku"] == sku) if sku else None,
        group=random.choice([None, None, "one"]),
        limits=limits,
    )
    least = random.choice([None, None, 3 * cost])
    most = random.choice([None, None, 5 * cost])
    share = random.choice([None, None, Fraction(1, 2)])
    return Reward(rule, "beans", cost, least, most, share)


def shop(random: Random) -> Plan:
    b = Build()
    rewards = tuple(reward(b, random, name) for name in ("r1", "r2", "r3")[: random.randint(1, 3)])
    return b.plan(rewards=rewards, groups=(Group("one", "highest_priority"),))


def cart(random: Random) -> tuple[Line, ...]:
    return tuple(
        Line(str(number), Decimal(1), Decimal(random.randint(0, 30)) / 2, sku=random.choice("ab"))
        for number in range(random.randint(1, 3))
    )


def redemption(lines: tuple[Line, ...], **fields: Any) -> Basket:
    return Basket(
        "red", "redemption", "m-1", AT, fields=MappingProxyType(fields), currency="EUR", lines=lines
    )


def worths(plan: Plan) -> dict[str, int]:
    facts: dict[str, object] = {}
    return {
        one.id: plan.code[one.rule.awards[0].rate.slot](facts, {})  # type: ignore[arg-type,misc]
        for one in plan.model.rewards
    }


def accepted(plan: Plan, state: MemberState, lines: tuple[Line, ...]) -> Iterator[dict[str, int]]:
    """Every set of units that a redemption may take."""
    held = sum(lot.left for lot in state.lots["beans"])
    ranges = [range(held // one.cost + 2) for one in plan.model.rewards]
    for units in product(*ranges):
        take = {
            one.id: count for one, count in zip(plan.model.rewards, units, strict=True) if count
        }
        if take and decide(plan, state, redemption(lines, take=take)).status == "decided":
            yield take


@pytest.mark.property
@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_what_is_quoted_is_worth_most_and_then_cheapest_of_all_that_is_accepted(
    random: Random,
) -> None:
    plan, lines = shop(random), cart(random)
    points = random.randint(1, 18)
    state = MemberState("m-1", lots={"beans": (Lot("l", points, points, AT),)})
    money, costs = worths(plan), {one.id: one.cost for one in plan.model.rewards}
    best = (0, 0)
    for take in accepted(plan, state, lines):
        worth = sum(money[name] * count for name, count in take.items())
        cost = sum(costs[name] * count for name, count in take.items())
        best = max(best, (worth, -cost))
    quoted = quote(plan, state, redemption(lines))
    taken = {one.reward: one.units for one in quoted.options if one.units}
    assert quoted.is_exact
    assert (quoted.worth_minor, -sum(one.points for one in quoted.options)) == best
    if taken:
        assert decide(plan, state, redemption(lines, take=taken)).status == "decided"


def simple(grace: Duration | None, restore: str = "original") -> Plan:
    """Points end after 60 days; a reward costs one."""
    b = Build()
    perk = Award("benefit", "", b.constant(1), benefit=Benefit("perk", "pieces", name="thanks"))
    one = Reward(Rule("one", ("redemption",), (perk,)), "beans", 1)
    beans = account(
        expiry=(After(Duration(60, "days")),),
        grace=grace,
        restore=restore,
    )
    return b.plan(b.rule("base", b.points()), rewards=(one,), accounts=(beans,))


class Life:
    """A member who buys, takes and cancels; his redemptions by id."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state = MemberState("m-1")
        self.taken: dict[str, BookedRedemption] = {}
        self.restored_at: list[datetime] = []
        self.earned = 0

    def do(self, one: Event) -> None:
        named = self.taken.get(str(one.fields.get("redemption")))
        records = () if named is None else (named,)
        outcome = decide(self.plan, self.state, one, redemptions=records)
        assert outcome.state == fold(self.state, outcome.all_effects)
        self.state = outcome.state
        for record in outcome.redemptions:
            self.taken[record.redemption] = record
        if outcome.status == "decided" and one.type == "redemption_cancelled":
            self.restored_at.append(one.occurred_at)
        if outcome.status == "decided" and one.type == "purchase":
            self.earned += (outcome.points or {})["beans"]
        for lot in self.state.lots.get("beans", ()):
            assert 0 < lot.left <= lot.granted

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.state.lots.get("beans", ()))


def history(random: Random) -> list[Event]:
    """Purchases, redemptions and cancellations of any of them, in time order."""
    at, events, made = AT, [], 0
    for number in range(random.randint(2, 14)):
        at += timedelta(days=random.choice([0, 1, 5, 20, 45]), minutes=1)
        kind = random.choice(["purchase", "redemption", "redemption", "redemption_cancelled"])
        if kind == "purchase" or not number:
            amount = f"{random.randint(1, 20)}.00"
            events.append(purchase(amount, id=f"p-{number}", at=at.isoformat()))
            continue
        if kind == "redemption":
            made += 1
            fields: dict[str, Any] = {"take": {"one": random.randint(1, 12)}}
            name = f"red-{made}"
        else:
            fields = {"redemption": f"red-{random.randint(1, made + 1)}"}
            name = f"can-{number}"
        events.append(Event(name, kind, "m-1", at, fields=MappingProxyType(fields)))
    return events


def at(life: Life, instant: datetime) -> MemberState:
    """Where a member stands after what falls due by then."""
    passed = advance(life.plan, life.state, instant)
    return passed[-1].state if passed else life.state


def lots(state: MemberState) -> set[tuple[str, int]]:
    return {(lot.id, lot.left) for lot in state.lots.get("beans", ())}


@pytest.mark.property
@settings(max_examples=100)
@given(st.randoms(use_true_random=False))
def test_without_a_grace_what_is_cancelled_never_was(random: Random) -> None:
    """When every redemption is cancelled, the member stands where he stood without any."""
    plan, events = simple(None), history(random)
    life, without = Life(plan), Life(plan)
    for one in events:
        life.do(one)
        if one.type == "purchase":
            without.do(one)
    last = events[-1].occurred_at + timedelta(minutes=1)
    for number, name in enumerate(list(life.taken)):
        fields = MappingProxyType({"redemption": name})
        life.do(Event(f"end-{number}", "redemption_cancelled", "m-1", last, fields=fields))
    assert lots(at(life, last)) == lots(at(without, last))
    assert {key: days for key, days in life.state.counters.items() if key.endswith("spent")} == {}


@pytest.mark.property
@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.sampled_from(["original", "new"]))
def test_no_order_and_number_of_cancellations_makes_points_or_makes_them_last(
    random: Random, restore: str
) -> None:
    grace = Duration(30, "days")
    plan = simple(grace, restore)
    life = Life(plan)
    first_grace: dict[str, datetime] = {}
    for one in history(random):
        life.do(one)
        spent = sum(lot.gone for record in life.taken.values() for lot in record.spent)
        assert life.balance + spent <= life.earned
        for lot in life.state.lots.get("beans", ()):
            assert lot.expires_at is not None
            if restore == "new":
                start = max([lot.opened_at, *life.restored_at])
                latest = end_of(start, Duration(60, "days"), Gregorian(), plan.zone)
            elif lot.id.endswith("~grace"):
                began = first_grace.setdefault(lot.id, one.occurred_at)
                latest = end_of(began, grace, Gregorian(), plan.zone)
            else:
                latest = end_of(lot.opened_at, Duration(60, "days"), Gregorian(), plan.zone)
            assert lot.expires_at <= latest
