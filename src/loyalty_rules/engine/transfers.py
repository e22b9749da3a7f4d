"""Giving points to another member: what leaves the one, and what an event of his own brings to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from loyalty_rules.domain.effects import CounterAdded, Effect, LotReduced
from loyalty_rules.domain.pools import FROM_POOL, INTO_POOL
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.domain.transfers import RECEIVED, TRANSFER, Moved, moved_by, whole_units
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.counters import room_left
from loyalty_rules.engine.lots import ends_at, usable
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import number_of, whole
from loyalty_rules.engine.plan import Given, Trace
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.restoring import give_back
from loyalty_rules.engine.spending import spend
from loyalty_rules.engine.transfer import Transfers

if TYPE_CHECKING:
    from loyalty_rules.engine.facts import Case


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a transfer means for a member: effects, traces, and points by program in units of the scale."""

    effects: tuple[Effect, ...] = ()
    traces: tuple[Trace, ...] = ()
    points: tuple[tuple[str, int], ...] = ()


NOTHING: Final = Transferred()


def transfer(case: Case) -> Transferred:
    """What a transfer, or a move within a household, means for its member: for who gives, or who receives.

    Errors: refused as ``unknown_program``, ``not_transferable``, ``transfer_to_oneself``, ``wrong_field``,
    ``below_minimum_points``, ``transfer_limit``, ``insufficient_points``.
    """
    if case.event.type in (RECEIVED, FROM_POOL):
        return _received(case)
    if case.event.type == INTO_POOL:
        return _into_pool(case)
    return _given(case) if case.event.type == TRANSFER else NOTHING


def leaving_with(state: MemberState, program: str, effects: tuple[Effect, ...]) -> Iterator[Moved]:
    """What the effects of a transfer take out of the lots of ``state``, as it is to be received."""
    lots = {lot.id: lot for lot in state.lots.get(program, ())}
    for one in effects:
        if isinstance(one, LotReduced) and one.cause == "transferred" and one.program == program:
            lot = lots[one.lot]
            yield Moved(one.points, lot.opened_at, ends_at(state, lot), one.funding)


def _given(case: Case) -> Transferred:
    account, transfers = _account(case)
    if case.event.fields["to"] == case.event.member:
        raise Refused("transfer_to_oneself", "to", "nobody gives points to himself")
    units = _units(case, account, transfers)
    uses = tuple(_uses(case, account, transfers, units))
    reduced = _leaving(case, account, units)
    return Transferred(
        (*reduced, *uses), (_trace(account, "given", -units),), ((account.id, -units),)
    )


def _into_pool(case: Case) -> Transferred:
    """What another one of the household spends, or has for his part of what they share."""
    account = _known(case)
    units = whole_units(case.event)
    reduced = _leaving(case, account, units)
    return Transferred(reduced, (_trace(account, "pool_given", -units),), ((account.id, -units),))


def _leaving(case: Case, account: LotAccount, units: int) -> tuple[LotReduced, ...]:
    there = sum(lot.left for lot in usable(case.state, account.id))
    if there < units:
        reason = f"the member has {Fraction(there, 10**account.scale)} points of `{account.id}`"
        raise Refused("insufficient_points", "points", reason)
    return given_away(account, case.state, units)


def given_away(account: LotAccount, state: MemberState, units: int) -> tuple[LotReduced, ...]:
    """What it does to the lots that so many points go to somebody else, which the member must have."""
    return tuple(
        LotReduced(one.program, one.lot.id, one.points, "transferred", one.funding)
        for one in spend(account, state, units)
    )


def _account(case: Case) -> tuple[LotAccount, Transfers]:
    account = case.plan.index.accounts.get(str(case.fields["program"]))
    if account is None:
        reason = f"the rule set has no points program `{case.fields['program']}`"
        raise Refused("unknown_program", "program", reason)
    if account.transfers is None:
        reason = f"points of `{account.id}` are not given to other members"
        raise Refused("not_transferable", "program", reason)
    return account, account.transfers


def _units(case: Case, account: LotAccount, transfers: Transfers) -> int:
    points = Fraction(number_of(case.fields["points"]) or 0)
    units = points * 10**account.scale
    if units.denominator != 1 or units <= 0:
        reason = f"`points` must be above zero, and no finer than `{account.id}` has them"
        raise Refused("wrong_field", "points", reason)
    if transfers.at_least is not None and points < transfers.at_least:
        reason = f"at least {transfers.at_least} points of `{account.id}` are given at a time"
        raise Refused("below_minimum_points", "points", reason)
    return int(units)


def _uses(
    case: Case, account: LotAccount, transfers: Transfers, units: int
) -> Iterator[CounterAdded]:
    """What the transfer uses of its limits; it is given whole or not at all."""
    for limit in transfers.limits:
        use = 1 if limit.what == "times" else whole(Fraction(units, 10**account.scale))
        if room_left(case.plan, case.state, limit, limit.key, case.day) < use:
            what = "transfers" if limit.what == "times" else "points"
            reason = f"no more than {limit.cap} {what} are given within `{limit.per}`"
            raise Refused("transfer_limit", "points", reason)
        yield CounterAdded(limit.key, "sum", case.day, use)


def _received(case: Case) -> Transferred:
    account = _known(case)
    effects: list[Effect] = []
    state, points = case.state, 0
    for number, one in enumerate(moved_by(case.event), 1):
        name = f"{case.event.source}/{case.event.id}/{number}"
        lot = Lot(name, one.points, one.points, one.opened_at, one.expires_at, funding=one.funding)
        found = give_back(account, state, lot, one.points, "transferred")
        effects += found
        state = fold(state, found)
        points += one.points
    how = "received" if case.event.type == RECEIVED else "pool_received"
    return Transferred(tuple(effects), (_trace(account, how, points),), ((account.id, points),))


def _known(case: Case) -> LotAccount:
    """The program of an event that is made here."""
    program = str(case.event.fields["program"])
    account = case.plan.index.accounts.get(program)
    if account is None:
        raise Refused("unknown_program", "program", f"the rule set has no `{program}` any more")
    return account


def _trace(account: LotAccount, how: str, units: int) -> Trace:
    given = Given("", account.id, Fraction(units, 10**account.scale), units, units)
    return Trace("", "passed", how, account.id, (given,))
