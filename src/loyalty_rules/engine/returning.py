"""Deciding a return: what an order gave, less what the rest of it would have earned. It never gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import (
    ClockMoved,
    Effect,
    PointsTaken,
    Value,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.funding import merged
from loyalty_rules.domain.order_record import Added, BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.codes import codes_back
from loyalty_rules.engine.correcting import corrections
from loyalty_rules.engine.counting_left import Counts, in_part, still_counted
from loyalty_rules.engine.fixing import as_fixed
from loyalty_rules.engine.friends import with_previous
from loyalty_rules.engine.grants_left import granted_in_part, withdrawn
from loyalty_rules.engine.index import key_of
from loyalty_rules.engine.keeping import Kept, kept_entries, kept_points
from loyalty_rules.engine.level_setting import level_changes
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.paying import booked_funding
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.proportion import entries_in_part, kept_in_part, programs_of, rules_of
from loyalty_rules.engine.recounting import Recounts, has_counted, recount_challenges
from loyalty_rules.engine.remainder import Remainder, case_of_rest, judge_remainder, weigh_remainder
from loyalty_rules.engine.return_lines import Quantities, left_after, returned
from loyalty_rules.engine.return_traces import return_traces, shares_taken
from loyalty_rules.engine.taking import take

PLAN_UNAVAILABLE: Final = "~plan_unavailable"
"""The fact of a return that was decided without the plan of its purchase."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """An order and what it keeps after a return: points by program, entries of counters. ``accounts`` say
    how its points are taken, ``rules`` are those that are asked what became of them."""

    order: BookedOrder
    left: Quantities
    rest: Remainder
    kept: tuple[Kept, ...]
    entries: tuple[Added, ...]
    accounts: Mapping[str, LotAccount]
    rules: tuple[str, ...]
    plan: Plan
    counts: Counts


def take_back(
    plan: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder,
    today: Plan,
    points_minor: Number = 0,
) -> Outcome:
    """The outcome of a return (or cancellation) of ``order``, which ``plan`` decided. Levels afterwards are
    those of ``today``, the plan in force now. ``points_minor`` of the refund go back as points.

    Errors: refused as `left_after` does; what a plugin's function raises.
    """
    assert plan.digest == order.plan, "an order is judged again by the plan that decided it"
    left = left_after(event, order)
    judged_order = with_previous(order, event)
    rest = _without(judge_remainder(plan, judged_order, left, state), points_minor)
    kept = kept_points(plan, order, rest)
    entries = kept_entries(plan, order, rest, kept)
    rules = tuple(rule.id for rule in plan.index.rules.get(key_of(order.purchase), ()))
    then = case_of_rest(plan, judged_order, left) if has_counted(state, order) else None
    counts = still_counted(plan, then, order.added, entries)
    judged = _Judged(order, left, rest, kept, entries, plan.index.accounts, rules, plan, counts)
    return _outcome(judged, state, event, today)


def _without(rest: Remainder, points_minor: Number) -> Remainder:
    """What is left of an order, with the part of the refund that is money."""
    return replace(rest, refund_minor=whole(rest.refund_minor - points_minor))


def take_in_proportion(
    state: MemberState,
    event: Event,
    order: BookedOrder,
    today: Plan,
    points_minor: Number = 0,
) -> Outcome:
    """The outcome of a return of an order whose plan cannot be had again: in proportion to the money that
    came back, from the shares that were recorded. What ``today`` says of the same programs settles how.

    Errors: refused as `left_after` does.
    """
    left = left_after(event, order)
    rest = _without(weigh_remainder(today, order, left), points_minor)
    accounts = programs_of(today, order)
    kept = kept_in_part(accounts, order, rest)
    entries = entries_in_part(today, order, rest, kept)
    counts = in_part(rest.part, rest.part_before)
    beside = granted_in_part(order.granted, rest.part, rest.part_before)
    rest = replace(rest, granted=() if rest.is_empty else beside)
    judged = _Judged(order, left, rest, kept, entries, accounts, rules_of(order), today, counts)
    outcome = _outcome(judged, state, event, today)
    facts = {**(outcome.facts or {}), PLAN_UNAVAILABLE: True}
    return replace(outcome, facts=MappingProxyType(facts))


def _outcome(judged: _Judged, state: MemberState, event: Event, today: Plan) -> Outcome:
    order, rest, kept = judged.order, judged.rest, judged.kept
    taken = _taken(judged, state)
    effects: list[Effect] = [*_clock(state, event), *taken.effects]
    effects += corrections(today, order.added, judged.entries)
    refund = whole(rest.refund_minor - taken.refund_less_minor)
    again = recount_challenges(
        judged.plan, fold(state, effects), event, order, judged.counts, refund
    )
    effects += (*again.effects, *corrections(today, (), again.entries()))
    taken = taken.and_also(again)
    beside = withdrawn(order.granted, rest.granted)
    place = (order.purchase.source, order.order)
    effects += as_fixed(state, beside.effects, order.granted, place)
    if rest.is_empty:
        effects += codes_back(judged.plan, state, order, rest.day)
    after = fold(state, effects)
    levels = level_changes(today, state, after, returned=True)
    points = {
        one.program: one.points - order.booked(one.program) + taken.forgiven[one.program]
        for one in kept
    }
    return Outcome(
        "decided",
        fold(after, levels),
        (*effects, *levels),
        MappingProxyType(dict(_summed(tuple(points.items()), again.points))),
        MappingProxyType(_facts(state, event, rest, taken)),
        (*return_traces(judged.rules, order, rest, kept), *again.traces),
        order=replace(
            order,
            shares=tuple(share for one in kept for share in one.shares),
            added=judged.entries,
            returned=returned(order, judged.left),
            unrecovered=_summed(order.unrecovered, taken.unrecovered),
            granted=beside.kept,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken of all programs together."""

    effects: tuple[Effect, ...]
    unrecovered: Mapping[str, int]
    forgiven: Counter[str]
    refund_less_minor: int

    def and_also(self, again: Recounts) -> _Taken:
        """The same with what challenges lose."""
        return _Taken(
            self.effects,
            dict(_summed(tuple(self.unrecovered.items()), again.unrecovered)),
            self.forgiven,
            self.refund_less_minor + again.refund_less_minor,
        )


def _taken(judged: _Judged, state: MemberState) -> _Taken:
    order = judged.order
    effects: list[Effect] = []
    unrecovered: dict[str, int] = {}
    forgiven: Counter[str] = Counter()
    less = 0
    for one in judged.kept:
        points = order.booked(one.program) - one.points
        shares = shares_taken(order, one)
        if not shares:
            continue
        account = judged.accounts[one.program]
        wanted = merged(
            booked_funding(order.shares, one.program), booked_funding(one.shares, one.program)
        )
        taken = take(account, state, order, points, judged.rest.refund_minor - less, wanted)
        less += taken.refund_less_minor
        if taken.unrecovered:
            unrecovered[one.program] = taken.unrecovered
        forgiven[one.program] = sum(part for _, part in taken.forgiven)
        effects.append(
            PointsTaken(
                one.program,
                order.order,
                points,
                shares,
                taken.unrecovered,
                taken.refunded,
                taken.forgiven,
            )
        )
        effects += taken.effects
    return _Taken(tuple(effects), unrecovered, forgiven, less)


def _clock(state: MemberState, event: Event) -> Iterator[Effect]:
    if state.clock is None or event.occurred_at > state.clock:
        yield ClockMoved(event.occurred_at)


def _facts(state: MemberState, event: Event, rest: Remainder, taken: _Taken) -> dict[str, Value]:
    """What was known on the day of the purchase and was asked again, and what the return comes to."""
    facts = {**rest.record, "~refund_minor": rest.refund_minor}
    facts.pop("~late", None)  # the purchase's own
    if state.clock is not None and event.occurred_at < state.clock:
        facts["~late"] = True
    if taken.refund_less_minor:
        facts["~refund_less_minor"] = taken.refund_less_minor
    for program, points in taken.unrecovered.items():
        facts[f"~unrecovered({program})"] = points
    for program, points in taken.forgiven.items():
        if points:
            facts[f"~forgiven({program})"] = points
    return facts


def _summed(
    before: Sequence[tuple[str, int]], more: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    points = dict(before)
    for program, one in more.items():
        points[program] = points.get(program, 0) + one
    return tuple(points.items())
