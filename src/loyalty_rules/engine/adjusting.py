"""The shop's last word: points given or taken by hand, and a level that somebody is given for a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    Effect,
    Hold,
    LevelSet,
    LotOpened,
    Value,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.dating import opened
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.level_conditions import barred
from loyalty_rules.engine.level_holds import BY_HAND, running
from loyalty_rules.engine.level_setting import level_changes, level_set, level_with, standing_on
from loyalty_rules.engine.lots import in_spend_order, usable
from loyalty_rules.engine.model import LevelTable, LotAccount
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.number import number_of
from loyalty_rules.engine.paying import leave, operators, pay_deficit
from loyalty_rules.engine.plan import Given, Outcome, Plan, Trace
from loyalty_rules.engine.refused import Refused

ADJUSTMENT: Final = "adjustment"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an adjustment says, its fields as values."""

    plan: Plan
    event: Event
    values: Mapping[str, Value]

    @property
    def day(self) -> int:
        return local_day(self.event.occurred_at, self.plan.zone)


def adjust(plan: Plan, state: MemberState, event: Event, kind: EventKind) -> Outcome:
    """The outcome of an adjustment of points or of a level.

    Errors: refused as ``nothing_to_adjust``, ``unknown_program``, ``unknown_level``, ``level_ended``,
    ``wrong_field``, ``insufficient_points``.
    """
    values = Fields(plan.calendar).read(kind.fields, event.fields, "", Money(plan.model.currency))
    asked = _Asked(plan, event, values)
    units, hold = _units(asked), _hold(asked)
    if not units and hold is None:
        raise Refused("nothing_to_adjust", "", "it says neither `points` nor a `level`")
    effects: list[Effect] = []
    if state.clock is None or event.occurred_at > state.clock:
        effects.append(ClockMoved(event.occurred_at))
    if units > 0:
        effects += _given(asked, state, units)
    elif units < 0:
        effects += _taken(asked, state, -units)
    after = fold(state, effects)
    levels = level_changes(plan, state, after)
    if hold is not None:
        levels = _with_hold(asked, state, after, levels, hold)
    program = str(values["program"])
    return Outcome(
        "decided",
        fold(after, levels),
        (*effects, *levels),
        MappingProxyType({program: units} if units else {}),
        MappingProxyType({}),
        (_trace(asked, units, hold),),
    )


def _units(asked: _Asked) -> int:
    """The points to give, or to take if below zero, in units of their program's scale; 0 if it says none."""
    points = number_of(asked.values["points"])
    if points is None:
        return 0
    account = asked.plan.index.accounts.get(str(asked.values["program"]))
    if account is None:
        raise _unknown_program(asked, "points")
    units = Fraction(points) * 10**account.scale
    if units.denominator != 1:
        raise Refused("wrong_field", "points", f"`{account.id}` has no points as small as that")
    return int(units)


def _hold(asked: _Asked) -> Hold | None:
    """The level that the member is given; None if it says none."""
    level, through, floor = (asked.values[name] for name in ("level", "through", "floor"))
    if level is None:
        for name in ("through", "floor"):
            if asked.values[name] is not None:
                raise Refused("wrong_field", name, f"`{name}` belongs to a `level`")
        return None
    table = asked.plan.index.level_tables.get(str(asked.values["program"]))
    if table is None:
        raise _unknown_program(asked, "levels")
    if level not in [one.id for one in table.levels]:
        raise Refused("unknown_level", "level", f"`{table.id}` has no level `{level}`")
    assert through is None or isinstance(through, int), "a day is an ordinal"
    if through is not None and through < asked.day:
        raise Refused("level_ended", "through", "the level would have ended before it begins")
    return Hold(str(level), through, "floor" if floor else "fixed")


def _unknown_program(asked: _Asked, holds: str) -> Refused:
    program = asked.values["program"]
    if program is None:
        return Refused("missing_field", "program", "`program` is missing")
    return Refused("unknown_program", "program", f"no program `{program}` has {holds}")


def _given(asked: _Asked, state: MemberState, units: int) -> Iterator[Effect]:
    """A lot of its own, dated like those that rules give; what is owed is paid out of it."""
    event, account = asked.event, _account(asked)
    yield from _counted(asked, account, units)
    lot = f"{event.source}/{event.id}/1"
    shares = ((f"~{ADJUSTMENT}", units),)
    funding = operators(asked.plan, account.id, units)
    made = LotOpened(account.id, lot, units, event.occurred_at, shares, funding=funding)
    yield from opened(asked.plan, account, state, made, ADJUSTMENT)
    yield from pay_deficit(state, made)


def _taken(asked: _Asked, state: MemberState, units: int) -> Iterator[Effect]:
    """Points are taken in the order in which they would be spent, never more than there are."""
    account = _account(asked)
    held = usable(state, account.id)
    if sum(lot.left for lot in held) < units:
        reason = f"the member has not that many points of `{account.id}`"
        raise Refused("insufficient_points", "points", reason)
    yield from _counted(asked, account, -units)
    for lot in in_spend_order(account, state, held):
        part = min(units, lot.left)
        if part:
            yield leave(account.id, lot, part, "taken_back")
            units -= part


def _counted(asked: _Asked, account: LotAccount, units: int) -> Iterator[CounterAdded]:
    """What was earned grows or shrinks with the points; what counts as base does not."""
    for counter in asked.plan.model.counters:
        if counter.fed_by == "earned" and counter.program == account.id:
            yield CounterAdded(counter.id, counter.measure, asked.day, units)


def _account(asked: _Asked) -> LotAccount:
    return asked.plan.index.accounts[str(asked.values["program"])]


def _with_hold(
    asked: _Asked, before: MemberState, after: MemberState, levels: list[Effect], hold: Hold
) -> list[Effect]:
    """The levels, with the one that somebody is given in place of what he was given before."""
    table: LevelTable = asked.plan.index.level_tables[str(asked.values["program"])]
    at = after.clock
    assert at is not None, "the clock was set by the first effect of the first event"
    day, shut = local_day(at, asked.plan.zone), barred(asked.plan, after, table, at)
    recorded = after.levels.get(table.id)
    own = [one for one in (recorded.holds if recorded else ()) if one.cause not in BY_HAND]
    holds = running(asked.plan, table, (*own, hold), day)
    cap = standing_on(asked.plan, before, table, day, shut)
    now = level_with(asked.plan, after, table, at, holds, cap, shut)
    others = [one for one in levels if not (isinstance(one, LevelSet) and one.program == table.id)]
    return [*others, level_set(table, now)]


def _trace(asked: _Asked, units: int, hold: Hold | None) -> Trace:
    given: tuple[Given, ...] = ()
    if units:
        account = _account(asked)
        exact = Fraction(units, 10**account.scale)
        given = (Given("", account.id, exact, units, units),)
    detail = hold.level if hold is not None else str(asked.values["reason"] or "")
    return Trace("", "passed", "by_hand", detail, given)
