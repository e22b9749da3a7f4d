"""What a purchase leaves to be remembered, so that its remainder can be judged after a return as it would
have been judged that day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from loyalty_rules.base.records import replace
from loyalty_rules.domain.codes import is_of_codes
from loyalty_rules.domain.effects import CounterAdded, Effect, Granted, LotOpened, Value
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.engine.booking import base_points
from loyalty_rules.engine.facts import (
    NO_ROW,
    Case,
    CaseFacts,
    Segment,
    kept_key,
    level_before,
    met_before,
    of_case,
    profile_fact,
    whole_facts,
)
from loyalty_rules.engine.limits import Cap, room_before
from loyalty_rules.engine.membership_uses import meters_of
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.number import number_of
from loyalty_rules.engine.paying import payers_of
from loyalty_rules.engine.phases import Settled
from loyalty_rules.engine.plan import Plan

_OF_THE_EVENT = ("~exchange", "~exchange_date", "~late")
"""What a decision notes of the event itself."""


def booked_order(case: Case, settled: Settled, effects: Sequence[Effect]) -> BookedOrder:
    """The record of a purchase that was decided with these effects."""
    purchase = case.event
    assert isinstance(purchase, Purchase), "only purchases are orders"
    shares = shares_of(case, settled)
    return BookedOrder(
        purchase if purchase.order else replace(purchase, order=purchase.id),
        case.plan.digest,
        MappingProxyType(_known(case)),
        shares,
        _sums(shares),
        tuple(added(settled, effects)),
        tuple((one.program, one.lot) for one in effects if isinstance(one, LotOpened)),
        granted=tuple(one for one in effects if isinstance(one, Granted)),
    )


def shares_of(case: Case, settled: Settled) -> tuple[Share, ...]:
    """What every rule gives, by program and then in canonical order; rules that give nothing left out."""
    found: dict[tuple[str, int], Share] = {}
    for piece in settled.pieces:
        if not piece.points:
            continue
        key = (piece.program, piece.place)
        held = found.get(key)
        if held is None:
            rule = settled.candidates[piece.place].rule.id
            payers = payers_of(case.plan, rule, case.event, piece.program)
            held = Share(piece.program, rule, 0, payers=payers)
        base = base_points(piece)
        bonus = 0 if piece.extra else piece.points - base
        extra = piece.points if piece.extra else 0
        found[key] = replace(
            held, base=held.base + base, bonus=held.bonus + bonus, extra=held.extra + extra
        )
    return tuple(found[key] for key in sorted(found))


def caps_and_meters(plan: Plan) -> Iterator[Limit]:
    """Every limit that a purchase may meet and whose uses outlive it, and what counts the uses of
    memberships, which are kept and given back alike."""
    yield from plan.index.order_limits
    yield from meters_of(plan)


def _sums(shares: Sequence[Share]) -> tuple[tuple[str, int], ...]:
    points: dict[str, int] = {}
    for share in shares:
        points[share.program] = points.get(share.program, 0) + share.points
    return tuple(points.items())


def added(settled: Settled, effects: Sequence[Effect]) -> Iterator[Added]:
    """What counters that sum hold of an event; uses of limits apart for each rule."""
    by_rule: dict[str, list[str]] = {}
    for key, rule in settled.uses.lasting:
        by_rule.setdefault(key, []).append(rule)
    for one in effects:
        if not isinstance(one, CounterAdded) or one.measure != "sum" or is_of_codes(one.counter):
            continue
        if one.counter in by_rule:
            for rule in by_rule[one.counter]:
                yield Added(one.counter, one.day, settled.uses.lasting[one.counter, rule], rule)
        else:
            yield Added(one.counter, one.day, number_of(one.value) or 0)


def _known(case: Case) -> dict[str, Value]:
    """Everything that a rule of the plan could ask of the member, by key in the order of the keys, whether
    one did or not: of a smaller order other rules fire, and they must find what was known then."""
    asking = case.unrecorded()  # what nobody has read stays out of the decision's facts
    segment = Segment()
    for key in case.plan.index.asked:
        if key not in case.memory:
            of_case(asking, segment, key)
    for word in case.state.profile:
        profile_fact(asking, word)
    _levels_known(asking)
    facts = whole_facts(asking, Segment())
    for limit in case.plan.index.order_limits:
        _room_known(asking, limit, facts)
    known = {key: case.record[key] for key in _OF_THE_EVENT if key in case.record}
    known |= {key: one for key, one in asking.memory.items() if not _is_untold(key, one)}
    return dict(sorted(known.items()))


def _is_untold(key: str, value: Value) -> bool:
    """Whether it is a part of the profile that the member has not told; asked for or not, it is not kept."""
    return value is None and key.startswith("member.")


def _levels_known(case: Case) -> None:
    for table in case.plan.model.level_tables:
        if kept_key(table) not in case.memory:  # else a rule has asked
            level_before(case, table)
        if table.tier_at != "after":
            continue
        names = {name for level in table.levels for choice in level.at for name, _ in choice}
        for name in sorted(names):
            counter = case.plan.index.counters[name]
            if counter.measure == "distinct":
                met_before(case, table, counter)


def _room_known(case: Case, limit: Limit, facts: CaseFacts) -> None:
    key = limit.key
    if limit.by is not None:
        value = case.plan.code[limit.by.slot](facts, NO_ROW)
        if value is None:
            return
        key = f"{limit.key}|{value}"
    room_before(case, Cap(limit, key))
