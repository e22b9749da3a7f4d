"""The effects of a decision: everything that it changes, complete in itself, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loyalty_rules.base.shares import split
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    Effect,
    Granted,
    LotOpened,
    OnceClaimed,
    ProfileSet,
    Value,
)
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.dating import activity, opened
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.feeding import Addition
from loyalty_rules.engine.fixing import fixed_by
from loyalty_rules.engine.granting import granted
from loyalty_rules.engine.model import Counter
from loyalty_rules.engine.paying import funding_of, pay_deficit
from loyalty_rules.engine.phases import Settled
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.shares import Piece
from loyalty_rules.engine.silences import broken
from loyalty_rules.engine.waiting import freed_by

SIGNUP = "signup"
"""The kind of event, and the key that can be claimed once."""


def effects(
    case: Case,
    settled: Settled,
    additions: Sequence[Addition],
    told: dict[str, Value],
    own: Iterable[Effect] = (),
) -> tuple[list[Effect], MemberState]:
    """The effects of an event, but for levels, and the state that they make; ``told`` are the profile
    fields that it brings, ``own`` what it changes beside what rules give."""
    found = [
        *_of_member(case, told),
        *of_lots(case.plan, case.state, case.event),
        *own,
        *given_effects(case, settled, additions),
    ]
    return found, fold(case.state, found)


def given_effects(
    case: Case, settled: Settled, additions: Sequence[Addition] = ()
) -> Iterator[Effect]:
    """What rules and rewards give, and what it adds to counters and uses of limits."""
    yield from _counted(case, settled.pieces, additions)
    yield from _lots(case, settled)
    lasting = {key for key, _ in settled.uses.lasting}
    for key, amount in settled.uses.counted.items():
        if key in lasting:
            yield CounterAdded(key, "sum", case.day, amount)
    yield from grants(case, settled)


def grants(case: Case, settled: Settled) -> Iterator[Granted]:
    """What rules and rewards give beside points."""
    for gift in settled.gifts:
        yield granted(case, settled.candidates[gift.place].rule.id, gift)


def of_lots(plan: Plan, state: MemberState, event: Event) -> Iterator[Effect]:
    """What it means for the lots that are there that something happened: points that wait for it are
    free, points that end when nothing happens end later; and for rules that wait for a silence. Of what the
    clock takes for him it means nothing."""
    if event.type == "redemption" and event.id.startswith("~"):
        return
    yield from freed_by(plan, state, event)
    yield from fixed_by(plan, state, event)
    yield from activity(plan, state, event.type, event.occurred_at)
    yield from broken(plan, state, event)


def points_of(case: Case, pieces: Sequence[Piece]) -> dict[str, int]:
    """What the event gives of every points program, in units of its scale."""
    points = {account.id: 0 for account in case.plan.model.accounts}
    for piece in pieces:
        points[piece.program] += piece.points
    return points


def _of_member(case: Case, told: dict[str, Value]) -> Iterator[Effect]:
    event, clock = case.event, case.state.clock
    if clock is None or event.occurred_at > clock:
        yield ClockMoved(event.occurred_at)
    if event.type == SIGNUP:
        yield OnceClaimed(SIGNUP)
        told = {**told, "joined": case.day}
    if told:
        yield ProfileSet(tuple(sorted(told.items())))


def _counted(
    case: Case, pieces: Sequence[Piece], additions: Sequence[Addition]
) -> Iterator[Effect]:
    by_event = {addition.counter.id: addition.value for addition in additions}
    for counter in case.plan.model.counters:
        value = by_event.get(counter.id)
        if counter.fed_by != "events":
            value = _booked(counter, pieces) or None
        if value is not None:
            yield CounterAdded(counter.id, counter.measure, case.day, value)


def _booked(counter: Counter, pieces: Sequence[Piece]) -> int:
    """What a booking adds to a counter of its program, in units of the scale."""
    own = [piece for piece in pieces if piece.program == counter.program]
    if counter.fed_by == "earned":
        return sum(piece.points for piece in own)
    if counter.fed_by == "base":
        return sum(base_points(piece) for piece in own)
    return 0


def base_points(piece: Piece) -> int:
    """The part of a rule's whole share that comes from its base awards."""
    if piece.extra:
        return 0
    if not piece.bonus:
        return piece.points
    if piece.bonus == piece.count:
        return 0
    return split(piece.points, [piece.count - piece.bonus, piece.bonus])[0]


def _lots(case: Case, settled: Settled) -> Iterator[Effect]:
    event, number = case.event, 0
    for program, points in points_of(case, settled.pieces).items():
        if points == 0:
            continue
        number += 1
        shares: dict[str, int] = {}
        for piece in settled.pieces:
            if piece.program == program and piece.points:
                rule = settled.candidates[piece.place].rule.id
                shares[rule] = shares.get(rule, 0) + piece.points
        lot = f"{event.source}/{event.id}/{number}"
        order = (event.order or event.id) if isinstance(event, Purchase) else ""
        funding = funding_of(case.plan, event, program, shares)
        made = LotOpened(
            program,
            lot,
            points,
            event.occurred_at,
            tuple(shares.items()),
            order=order,
            funding=funding,
        )
        account = case.plan.index.accounts[program]
        yield from opened(case.plan, account, case.state, made, event.type)
        yield from pay_deficit(case.state, made)
