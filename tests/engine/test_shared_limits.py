"""Limits over all members together: what one has used is gone for the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import SHARED, CounterAdded
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.record_codec import read_state, write_state
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.sharing import NOTHING, Shared, given_back, lent, shared_effects
from tests.engine.build import Build, given, limit, member, points, purchase, reason
from tests.engine.returns import cancellation

KEY = f"{SHARED}budget.rule.earn.points"


def campaign(what: Any = "points", cap: object = 500, per: str = "ever", **more: Any) -> Plan:
    """One point a euro, as long as the budget of all members lasts."""
    b = Build()
    return b.plan(b.rule("earn", b.points(), budgets=(limit(what, cap, per, key=KEY, **more),)))


def served(
    plan: Plan, events: Iterable[Event], shared: Shared = NOTHING
) -> tuple[list[Outcome], Shared]:
    """New members' events, one after the other, and what all of them have used then."""
    found = []
    for one in events:
        state = lent(replace(member(), member=one.member), shared)
        outcome = decide(plan, state, one)
        assert outcome.status == "decided", outcome.refusal
        own, shared = given_back(outcome.state)
        assert own == fold(replace(member(), member=one.member), outcome.effects)
        assert read_state(write_state(own)) == own
        found.append(outcome)
    return found, shared


def bought(amount: str, who: str, day: str = "2026-03-07") -> Event:
    return purchase(amount, id=f"{who}-{day}", member=who, at=f"{day}T12:00:00+00:00")


@pytest.mark.parametrize(("over", "gives"), [("trim", 35), ("skip", 0)])
def test_e19_what_is_left_of_a_budget(over: Any, gives: int) -> None:
    """465 of 500 are used up by somebody else; an order earns 60."""
    (first, second), _ = served(
        campaign(over=over), [bought("465.00", "ana"), bought("60.00", "ben")]
    )
    assert (points(first), points(second)) == (465, gives)
    assert reason(second, "earn")[1] == "budget"


@pytest.mark.parametrize(("over", "gives"), [("trim", 5), ("skip", 0)])
def test_e19_two_earnings_are_served_one_after_the_other(over: Any, gives: int) -> None:
    """35 are left and two members earn 30 each: never 60."""
    orders = [bought("465.00", "ana"), bought("30.00", "ben"), bought("30.00", "cem")]
    outcomes, shared = served(campaign(over=over), orders)
    assert [points(one) for one in outcomes] == [465, 30, gives]
    assert shared.days(KEY).total() == 465 + 30 + gives


def test_a_stock_is_a_budget_of_times() -> None:
    outcomes, _ = served(
        campaign("times", 2), [bought("5.00", who) for who in ("ana", "ben", "cem")]
    )
    assert [given(one) for one in outcomes] == [{"earn": 5}, {"earn": 5}, {}]


def test_a_budget_of_a_month_begins_anew() -> None:
    orders = [bought("500.00", "ana"), bought("9.00", "ben"), bought("9.00", "cem", "2026-04-01")]
    outcomes, _ = served(campaign(per="month"), orders)
    assert [points(one) for one in outcomes] == [500, 0, 9]


def test_what_was_used_is_an_effect_and_never_the_members_own() -> None:
    [only], shared = served(campaign(), [bought("30.00", "ana")])
    day = bought("30.00", "ana").occurred_at.toordinal()
    assert [*shared_effects(only.effects)] == [CounterAdded(KEY, "sum", day, 30)]
    assert dict(shared.days(KEY)) == {day: 30}
    assert KEY not in given_back(only.state)[0].counters


def test_a_return_gives_back_what_it_used() -> None:
    plan = campaign()
    [bought_it], shared = served(plan, [bought("30.00", "ana")])
    state = lent(given_back(bought_it.state)[0], shared)
    gone = replace(cancellation("ana-2026-03-07"), member="ana")
    back = decide(plan, state, gone, bought_it.order)
    assert points(back) == -30
    assert given_back(back.state)[1] == NOTHING


def test_without_what_all_share_a_budget_counts_as_unused() -> None:
    """Whoever looks at one event alone sees what the rule would give."""
    state = replace(member(), member="ana")
    outcome = decide(campaign(), state, bought("600.00", "ana"))
    assert points(outcome) == 500
    assert outcome.state.shared is None
