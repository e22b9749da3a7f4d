"""Laws of time, over random programs and lives: whoever lets time pass, and when, comes to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given as random_input
from hypothesis import settings
from hypothesis import strategies as st

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect, LotOpened
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.record_codec import read_state, write_state
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.expiry import After, ByLevel, EndOf, Expiry, Waiting
from loyalty_rules.engine.lots import ends_at
from loyalty_rules.engine.model import Every, LotAccount
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.time import advance, next_due
from loyalty_rules.ledger.postings import postings
from tests.engine.build import Build, account, box, event, kind, levels, member, purchase
from tests.engine.returns import back

pytestmark = pytest.mark.property

seeds = st.integers(0, 2**32)
START = datetime(2026, 1, 15, 9, tzinfo=UTC)
DAYS = 360
UNITS = ("hours", "days", "weeks", "months")


def duration(random: Random) -> Duration:
    unit = random.choice(UNITS)
    most = {"hours": 900, "days": 90, "weeks": 20, "months": 8}[unit]
    return Duration(random.randint(1, most), unit, unit == "hours" and random.random() < 0.5)


def simple(random: Random) -> After | EndOf:
    if random.random() < 0.2:
        return EndOf(box(random.choice(["month", "quarter", "week"])))
    start: Any = random.choice(["earned", "usable", "activity"])
    turn: Any = random.choice(["", "", "month", "quarter", (9, 30)])
    kinds = random.choice([("purchase",), ("checkin",), ("checkin", "purchase")])
    return After(duration(random), start, turn, kinds if start == "activity" else ())


def expiry(random: Random) -> tuple[Expiry, ...]:
    if random.random() < 0.3:
        own = tuple(
            (level, tuple(simple(random) for _ in range(random.randint(0, 2))))
            for level in ("basic", "gold")
        )
        return (ByLevel("status", own, random.choice(["restart", "keep"])),)
    return tuple(simple(random) for _ in range(random.randint(0, 2)))


def waiting(random: Random) -> Waiting | None:
    return random.choice(
        [
            None,
            Waiting(duration(random)),
            Waiting(None, "delivery"),
            Waiting(duration(random), "delivery"),
        ]
    )


def plan_of(random: Random) -> Plan:
    b = Build()
    programs: list[LotAccount] = [
        account(
            name,
            expiry=expiry(random),
            waiting=waiting(random),
            spend_order=random.choice(["first_expiring", "oldest"]),
            expired=random.choice(["forgive", "take"]),
            negative=random.choice(["allow", "clamp"]),
        )
        for name in ("beans", "miles")
    ]
    rules = [
        b.rule("base", b.points(1), b.points(3, per=200, program="miles")),
        b.rule("visit", b.bonus(7), events=("checkin",)),
    ]
    for number in range(random.randint(0, 2)):
        unit: Any = random.choice(["month", "month", "quarter", "birthday"])
        at: Any = "start" if unit == "birthday" else random.choice(["end", "start"])
        rule = b.rule(f"turn-{number}", b.bonus(5), events=("clock",), priority=number)
        rules.append(replace(rule, every=Every(unit, at)))
    tables = (levels(("gold", 150), window=Window("rolling", "days", 60)),)
    plan = b.plan(*rules, accounts=programs, level_tables=tables)
    kinds = (*plan.model.kinds, kind("delivery"))
    open_kinds = tuple(
        replace(one, decided=True) if one.name == "checkin" else one for one in kinds
    )
    return Plan(
        replace(plan.model, kinds=open_kinds), plan.code, plan.calendar, plan.zone, plan.digest
    )


def life(random: Random, *, late: bool = False) -> list[Event]:
    """Events of one member, at any hour of some of the days; with ``late`` not all in order."""
    found: list[Event] = []
    hours = sorted(random.sample(range(24 * DAYS), random.randint(2, 12)))
    bought: list[str] = []
    for number, hour in enumerate(hours):
        at = (START + timedelta(hours=hour)).isoformat()
        what = random.random()
        if what < 0.5 or not bought:
            bought.append(f"inv-{number}")
            amount = f"{random.randint(1, 120)}.{random.randint(0, 99):02}"
            found.append(purchase(amount, "10.00", at=at, id=bought[-1]))
        elif what < 0.65:
            found.append(event("checkin", at, f"c-{number}"))
        elif what < 0.8:
            named = {"order": random.choice(bought)} if random.random() < 0.6 else {}
            found.append(event("delivery", at, f"d-{number}", **named))
        else:
            found.append(back(random.choice(bought), at, f"r-{number}", l2=1))
    if late:
        place = random.randrange(len(found))
        found.append(found.pop(place))
    return found


@dataclass
class Life:
    """A member with his orders, and all that was ever booked of him."""

    plan: Plan
    state: MemberState = field(default_factory=member)
    orders: dict[str, BookedOrder] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def meet(self, one: Event) -> None:
        named = one.fields.get("order") if one.type == "return" else None
        order = self.orders.get(str(named)) if named else None
        if named and order is None:
            return
        outcome = decide(self.plan, self.state, one, order)
        self._take(outcome)

    def pass_time(self, to: datetime) -> None:
        for outcome in advance(self.plan, self.state, to):
            self._take(outcome)

    def _take(self, outcome: Outcome) -> None:
        self.state = outcome.state
        self.effects += outcome.all_effects
        if outcome.order is not None:
            self.orders[outcome.order.order] = outcome.order


def lived(plan: Plan, events: Iterable[Event], cuts: Iterable[datetime] = ()) -> Life:
    one, rest = Life(plan), sorted(cuts)
    one.state = member(profile={"birthday": date(1990, 5, 4).toordinal()})
    for each in events:
        while rest and rest[0] < each.occurred_at:
            one.pass_time(rest.pop(0))
        one.meet(each)
    one.pass_time(START + timedelta(days=DAYS + 200))
    return one


@settings(max_examples=100)
@random_input(seeds)
def test_lazily_and_by_advance_time_comes_to_the_same(seed):
    """State, orders and effects, wherever the clock was advanced between the events."""
    random = Random(seed)
    plan, events = plan_of(random), life(random)
    lazily = lived(plan, events)
    cuts = [START + timedelta(minutes=random.randrange(60 * 24 * DAYS)) for _ in range(6)]
    advanced = lived(plan, events, cuts)
    assert advanced.effects == lazily.effects
    assert write_state(advanced.state) == write_state(lazily.state)
    assert advanced.orders == lazily.orders


@settings(max_examples=100)
@random_input(seeds)
def test_time_leaves_nothing_undone_and_the_state_is_the_fold(seed):
    """After every event, a late one too, nothing is due any more; and what was written reads the same."""
    random = Random(seed)
    plan = plan_of(random)
    one = Life(plan)
    for each in life(random, late=True):
        one.meet(each)
        clock, coming = one.state.clock, next_due(plan, one.state)
        assert coming is None or (clock is not None and coming > clock)
        assert read_state(write_state(one.state)) == one.state
    assert fold(member(), one.effects) == one.state


@settings(max_examples=100)
@random_input(seeds)
def test_no_lot_is_below_zero_or_above_its_grant_and_nobody_owes_while_he_has(seed):
    random = Random(seed)
    plan = plan_of(random)
    one = Life(plan)
    for each in life(random, late=random.random() < 0.5):
        one.meet(each)
        for program, lots in one.state.lots.items():
            assert all(0 < lot.left <= lot.granted for lot in lots)
            assert not one.state.deficits.get(program)
            clock = one.state.clock
            assert clock is not None
            assert all((end := ends_at(one.state, lot)) is None or end > clock for lot in lots)


@settings(max_examples=100)
@random_input(seeds)
def test_what_was_issued_is_spent_expired_reversed_or_there(seed):
    random = Random(seed)
    one = lived(plan_of(random), life(random))
    books: dict[str, Counter[str]] = {}
    for posting in postings(one.effects):
        books.setdefault(posting.program, Counter())[posting.book] += posting.points
    for program, sums in books.items():
        opened = (e for e in one.effects if isinstance(e, LotOpened) and e.program == program)
        issued = sum(effect.points for effect in opened)
        held = sum(lot.left for lot in one.state.lots.get(program, ()))
        owed = one.state.deficits.get(program, 0)
        assert sums["issued"] == -issued
        assert issued == sums["spent"] + sums["expired"] + sums["reversed"] + held - owed
