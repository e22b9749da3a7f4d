"""A redemption that was decided: its effects, its traces and its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import MappingProxyType

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import (
    CounterAdded,
    Effect,
    Granted,
    LotOpened,
)
from loyalty_rules.domain.order_record import Added
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.memory import added
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.phases import Settled
from loyalty_rules.engine.plan import Given, Outcome, Plan, Trace
from loyalty_rules.engine.redeeming import REDEMPTION, Redeemed
from loyalty_rules.engine.spending import reduced
from loyalty_rules.engine.tracing import traces


def spent_effects(case: Case, redeemed: Redeemed) -> Iterator[Effect]:
    """What it means that points are spent: for lots, and for counters of what is spent."""
    yield from reduced(redeemed.spent)
    yield from redeemed.paid
    for counter in case.plan.model.counters:
        if counter.fed_by == "spent" and (points := redeemed.points(counter.program)):
            yield CounterAdded(counter.id, counter.measure, case.day, points)


def with_redemption(case: Case, redeemed: Redeemed, settled: Settled, outcome: Outcome) -> Outcome:
    """The outcome of a redemption, from that of what rules and rewards gave: with the points that it took and
    with its record."""
    points = dict(outcome.points or {})
    for one in redeemed.spent:
        points[one.program] = points.get(one.program, 0) - one.points
    others = outcome.trace[len(settled.candidates) :]
    return replace(
        outcome,
        points=MappingProxyType(points),
        trace=(*_traces(case.plan, redeemed, settled), *others),
        redemptions=(_record(case, redeemed, settled, outcome.effects),),
    )


def _traces(plan: Plan, redeemed: Redeemed, settled: Settled) -> tuple[Trace, ...]:
    """What became of each rule, and of each reward: the points that it took are below zero."""
    units = dict(redeemed.units)
    rewards = {one.place for one in redeemed.candidates}
    found = []
    for one, trace in zip(settled.candidates, traces(settled), strict=True):
        if one.place in rewards:
            reward = plan.index.rewards[one.rule.id]
            cost = -reward.cost * units[reward.id]
            scale = plan.index.accounts[reward.program].scale
            taken = Given(reward.id, reward.program, Fraction(cost, 10**scale), cost, cost)
            trace = replace(trace, outcome="redeemed", reason="", given=(taken, *trace.given))
        found.append(trace)
    return tuple(found)


def _record(
    case: Case, redeemed: Redeemed, settled: Settled, effects: Sequence[Effect]
) -> BookedRedemption:
    event = case.event
    gross = {limit.key for limit in _limits(case.plan) if limit.cap_counts == "gross"}
    return BookedRedemption(
        event.source,
        event.id,
        event.member,
        event.occurred_at,
        redeemed.units,
        redeemed.spent,
        tuple(one for one in effects if isinstance(one, Granted)),
        tuple((one.program, one.lot, one.points) for one in effects if isinstance(one, LotOpened)),
        tuple(_lasting(added(settled, effects), gross)),
        paid=redeemed.paid,
    )


def _limits(plan: Plan) -> Iterator[Limit]:
    """Every limit and budget that a redemption may use up."""
    rules = [*plan.index.rules.get(REDEMPTION, ()), *(one.rule for one in plan.model.rewards)]
    for rule in rules:
        yield from rule.caps
        if rule.group is not None:
            yield from plan.index.groups[rule.group].caps


def _lasting(entries: Iterator[Added], gross: set[str]) -> Iterator[Added]:
    """The entries that go with a cancellation: uses of limits that count gross stay."""
    return (one for one in entries if not (one.rule and one.counter.partition("|")[0] in gross))
