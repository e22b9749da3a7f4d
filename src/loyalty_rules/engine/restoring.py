"""Giving spent points back: to the lots that they came from, for as long as the program's ``restore`` says.

Points never last longer than that, however often they are spent and given back: what had ended gets its grace
once for each lot, and the end of that grace is remembered for ever with the key that it claims.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.records import replace
from loyalty_rules.base.windows import end_of
from loyalty_rules.domain.effects import (
    DeficitChanged,
    Effect,
    LotRestored,
    OnceClaimed,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.funding import leaving, merged
from loyalty_rules.domain.redemption_record import BookedRedemption, SpentLot
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.dating import anew
from loyalty_rules.engine.lots import ends_at, grace_lot, is_in_grace, run_of
from loyalty_rules.engine.model import GRACE, Basis, LotAccount
from loyalty_rules.engine.paying import leave, less_paid
from loyalty_rules.engine.plan import Given, Plan, Trace
from loyalty_rules.engine.return_lines import numbered

How = Literal["original", "grace", "new", "ended"]
Back = Literal["restored", "transferred"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What giving back comes to: its effects, the state after them, the record of the lots as it is from now
    on, what became of each lot, and the points that the member has more, by program."""

    effects: tuple[Effect, ...]
    state: MemberState
    spent: tuple[SpentLot, ...]
    traces: tuple[Trace, ...]
    points: Mapping[str, int]


def restore(
    plan: Plan,
    state: MemberState,
    event: Event,
    taken: BookedRedemption,
    back: Sequence[int],
    first: int = 1,
) -> Restored:
    """Give back so many points (units of the scale) of each lot of a redemption, because of ``event``; its
    lots are numbered from ``first`` among all that the event gives back to."""
    effects: list[Effect] = []
    traces: list[Trace] = []
    points: dict[str, int] = {}
    after: list[SpentLot] = []
    unpaid: dict[str, int] = {}
    for number, (one, part) in enumerate(zip(taken.spent, back, strict=True), first):
        assert 0 <= part <= one.gone, f"of lot `{one.lot.id}` only {one.gone} points are spent"
        parts = leaving(one.funding, part)
        kept = merged(one.funding, parts)
        after.append(replace(one, restored=one.restored + part, funding=kept))
        if not part:
            continue
        account = plan.index.accounts.get(one.program) or _no_more(one.program)
        unpaid[one.program] = unpaid.get(one.program, 0) + part
        lot = replace(one.lot, funding=parts)
        how, found = _one(plan, account, state, event, lot, part, number)
        state = fold(state, found)
        effects += found
        gained = 0 if how == "ended" else part
        points[one.program] = points.get(one.program, 0) + gained
        traces.append(_trace(account, one.lot, how, gained))
    effects += less_paid(taken.paid, unpaid)
    return Restored(tuple(effects), state, tuple(after), tuple(traces), points)


def _no_more(program: str) -> LotAccount:
    """A program that the rule set does not have any more; points of it come back as by default."""
    return LotAccount(program, Basis("included"), grace=GRACE)


def _one(
    plan: Plan,
    account: LotAccount,
    state: MemberState,
    event: Event,
    lot: Lot,
    points: int,
    number: int,
) -> tuple[How, list[Effect]]:
    """How points come back to one lot, whose payers are those of the points, and what that changes."""
    at = event.occurred_at
    open_still = next((one for one in state.lots.get(account.id, ()) if one.id == lot.id), None)
    if account.restore == "new":
        timers, dates = anew(plan, account, state, at)
        name = f"{event.source}/{event.id}/r{numbered(event, number)}"
        fresh = replace(lot, id=name, granted=points, opened_at=at, order="")
        fresh = replace(
            fresh, expires_at=dates.expires_at, ends_with=dates.ends_with, usable_at=None
        )
        return "new", [*timers, *give_back(account, state, fresh, points)]
    if open_still is not None or not _has_ended(state, lot, at):
        there = lot if open_still is None else replace(open_still, funding=lot.funding)
        return "original", give_back(account, state, there, points)
    until, claimed = _grace(plan, account, state, lot, at)
    if until is None or until <= at:
        return "ended", [
            _restored(account, lot, points),
            leave(account.id, lot, points, "expired"),
        ]
    late = replace(lot, id=grace_lot(lot.id), expires_at=until, ends_with="")
    return "grace", [*claimed, *give_back(account, state, late, points)]


def _has_ended(state: MemberState, lot: Lot, at: datetime) -> bool:
    """Whether a lot that is not open is over: by its date, or because nothing happened for too long."""
    if lot.ends_with:
        ran_out = state.timers.get(run_of(lot.ends_with))
        if lot.ends_with not in state.timers or (ran_out is not None and lot.opened_at < ran_out):
            return True
    ends = ends_at(state, lot)
    return ends is not None and ends <= at


def _grace(
    plan: Plan, account: LotAccount, state: MemberState, lot: Lot, at: datetime
) -> tuple[datetime | None, list[Effect]]:
    """Until when points that come back to a lot that has ended may be spent, and the key that this claims.
    The first to come back sets the end for all that follow; None: there is no grace."""
    if account.grace is None or is_in_grace(lot):
        return None, []
    key = f"grace({account.id}, {lot.id}) until "
    for claimed in state.once:
        if claimed.startswith(key):
            return datetime.fromisoformat(claimed.removeprefix(key)), []
    until = end_of(at, account.grace, plan.calendar, plan.zone, plan.model.leap_day)
    return until, [OnceClaimed(key + until.isoformat())]


def give_back(
    account: LotAccount, state: MemberState, lot: Lot, points: int, how: Back = "restored"
) -> list[Effect]:
    """Points come back to a lot, and pay what the member owes first."""
    owed = min(points, state.deficits.get(account.id, 0))
    found: list[Effect] = [_restored(account, lot, points, how)]
    if owed:
        found.append(leave(account.id, lot, owed, "pays_deficit"))
        found.append(DeficitChanged(account.id, -owed))
    return found


def _restored(account: LotAccount, lot: Lot, points: int, how: Back = "restored") -> LotRestored:
    return LotRestored(
        account.id,
        lot.id,
        points,
        lot.granted,
        lot.opened_at,
        lot.expires_at,
        lot.ends_with,
        lot.usable_at,
        lot.order,
        lot.funding,
        how,
    )


def _trace(account: LotAccount, lot: Lot, how: How, gained: int) -> Trace:
    points = Fraction(gained, 10**account.scale)
    given = Given("", account.id, points, gained, gained)
    return Trace("", "passed", f"restored_{how}", lot.id, (given,))
