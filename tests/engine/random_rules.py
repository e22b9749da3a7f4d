"""Random rule sets and orders that get into each other's way: caps, groups and levels are met often."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random

from loyalty_rules.domain.effects import SHARED
from loyalty_rules.domain.event import Discount, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.model import Group, LotAccount, Rule
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.sharing import NOTHING, lent
from tests.engine.build import Build, account, levels, limit, line, member, purchase

SKUS = ("a", "b", "c")
TENDERS = ("card", "cash", "points")
CROWDED = ("limit", "budget", "exclusive_group", "outdone")


@dataclass(frozen=True)
class Club:
    """A rule set and the means to make it again with its rules in another order."""

    build: Build
    rules: tuple[Rule, ...]
    parts: dict[str, object]

    def plan(self, rules: tuple[Rule, ...] | None = None) -> Plan:
        plan = self.build.plan(*(self.rules if rules is None else rules), **self.parts)
        if rules is None:
            return plan
        # exactly in the order that was asked for: the engine finds the canonical one by itself
        return Plan(_in_order(plan, rules), plan.code, plan.calendar, plan.zone, plan.digest)


def _in_order(plan: Plan, rules: tuple[Rule, ...]):
    from dataclasses import replace

    return replace(plan.model, rules=rules)


def served() -> MemberState:
    """A member to whom is lent what all members share: nobody has used anything."""
    return lent(member(), NOTHING)


def club(random: Random) -> Club:
    b = Build()
    rules = tuple(_rule(random, b, number) for number in range(random.randint(4, 8)))
    groups = tuple(
        Group(
            name,
            random.choice(["best", "worst", "highest_priority", "all"]),
            _limits(random, b, name) if random.random() < 0.3 else (),
        )
        for name in ("g", "h")
    )
    tables = ()
    if random.random() < 0.6:
        tier_at = random.choice(["before", "after", "split"])
        steps = (("silver", random.randint(20, 60)), ("gold", random.randint(80, 200)))
        tables = (levels(*steps, figure="beans.base", tier_at=tier_at),)
    accounts = (_account(random, "beans"), _account(random, "miles"))
    return Club(b, rules, {"accounts": accounts, "groups": groups, "level_tables": tables})


def _account(random: Random, id: str) -> LotAccount:
    return account(
        id,
        scale=random.choice([0, 0, 2]),
        mode=random.choice(["floor", "ceil", "half_up", "half_even"]),
        at=random.choice(["order", "rule", "line"]),
        multipliers=random.choice(["add", "multiply", "best", "highest_priority"]),
        multiplier_at_most=random.choice([None, None, Fraction(3)]),
        value=Fraction(random.randint(1, 3)),
    )


def _rule(random: Random, b: Build, number: int) -> Rule:
    rule = f"r{number}"
    more: dict[str, object] = {"priority": random.randint(0, 2)}
    if random.random() < 0.35:
        sku = random.choice(SKUS)
        more["items"] = lambda facts, row: row["sku"] == sku
    if random.random() < 0.15:
        more["tenders"] = lambda facts, row: row["type"] == "card"
    if random.random() < 0.3:
        least = random.randint(0, 6000)
        more["when"] = lambda facts, row: facts["order.total"] >= least
    if random.random() < 0.4:
        more["group"] = random.choice("gh")
    if random.random() < 0.5:
        more["limits"] = _limits(random, b, rule)
    if random.random() < 0.25:
        more["budgets"] = _limits(random, b, f"{SHARED}budget.{rule}")
    awards = [_award(random, b) for _ in range(random.choice([1, 1, 2]))]
    return b.rule(rule, *awards, **more)


def _award(random: Random, b: Build):
    program = random.choice(["beans", "beans", "miles"])
    rate = Fraction(random.randint(1, 9), random.choice([1, 2, 3]))
    form = random.randint(0, 4)
    if form == 0:
        return b.times(1 + rate / 2, program)
    if form == 1:
        return b.once(rate, program=program)
    if form == 2:
        return b.stepped(rate, random.randint(300, 2000), program=program)
    if form == 3:
        return b.bonus(rate, per=random.choice([100, 250]), program=program)
    return b.points(rate, random.choice([100, 250]), program=program)


def _limits(random: Random, b: Build, owner: str):
    by = b.formula(lambda facts, row: facts["event.store"]) if random.random() < 0.2 else None
    what, cap = random.choice(
        [
            ("points", random.randint(5, 150)),
            ("times", random.randint(1, 3)),
            ("amount", random.randint(500, 15000)),
            ("quantity", random.randint(1, 12)),
        ]
    )
    per = random.choice(["ever", "month", "day", "order"])
    over = random.choice(["trim", "trim", "skip"])
    return (limit(what, cap, per, key=f"{owner}.0", over=over, by=by),)


def order(random: Random, number: int) -> Purchase:
    lines = [
        line(
            f"{random.randint(0, 6000) / 100:.2f}",
            sku=random.choice(SKUS),
            quantity=str(random.randint(1, 4)),
            kind=random.choice(["goods", "goods", "goods", "shipping"]),
        )
        for _ in range(random.randint(1, 4))
    ]
    owed = sum(round(one.amount * 100) for one in lines)
    discounts = ()
    if random.random() < 0.3 and owed:
        off = random.randint(0, owed)
        discounts = (Discount("d", _money(off)),)
        owed -= off
    tenders = None
    if random.random() < 0.7:
        first = random.randint(0, owed)
        types = random.sample(TENDERS, 2)
        tenders = [(types[0], str(_money(first))), (types[1], str(_money(owed - first)))]
    return purchase(
        *lines,
        id=f"inv-{number}",
        at=f"2026-03-{random.randint(1, 20):02}T12:00:00+00:00",
        tenders=tenders,
        discounts=discounts,
        store=random.choice(["x", "y", None]),
    )


def _money(minor: int):
    from decimal import Decimal

    return Decimal(minor).scaleb(-2)


def is_crowded(outcome: Outcome) -> bool:
    """Whether a cap, a group or a rivalling multiplier had a say."""
    return any(trace.reason in CROWDED for trace in outcome.trace)
