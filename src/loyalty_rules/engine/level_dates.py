"""What a step to another level means for points that are there already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_rules.domain.effects import Effect, LevelSet, LotDated
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.counters import joined
from loyalty_rules.engine.dating import Dates, Start, changed, dates_from, in_force, start_of
from loyalty_rules.engine.expiry import ByLevel
from loyalty_rules.engine.lots import is_in_grace
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Plan


def after_levels(
    plan: Plan, before: MemberState, after: MemberState, effects: Sequence[Effect]
) -> tuple[Effect, ...]:
    """What changes for a member's lots where ``effects``, which lead from ``before`` to ``after``, have moved
    him to another level. A step up never ends points earlier."""
    moved = {one.program: one for one in effects if isinstance(one, LevelSet)}
    return tuple(
        effect
        for account in plan.model.accounts
        for form in account.expiry
        if isinstance(form, ByLevel) and form.table in moved
        for effect in _moved(plan, account, after, form, moved[form.table], before)
    )


def _moved(
    plan: Plan,
    account: LotAccount,
    state: MemberState,
    form: ByLevel,
    moved: LevelSet,
    before: MemberState,
) -> Iterator[LotDated]:
    step = _step(plan, before, form, moved)
    if step > 0:
        yield from _up(plan, account, state)
    elif step < 0 and form.on_downgrade == "restart":
        yield from _down(plan, account, state, form, moved)


def _step(plan: Plan, before: MemberState, form: ByLevel, moved: LevelSet) -> int:
    """By how many levels a member has moved, below zero: down."""
    levels = plan.index.level_tables[form.table].levels
    ranks = {level.id: rank for rank, level in enumerate(levels)}
    recorded = before.levels.get(form.table)
    held = 0 if recorded is None else ranks.get(recorded.id, 0)
    return ranks.get(moved.level, 0) - held


def _up(plan: Plan, account: LotAccount, state: MemberState) -> Iterator[LotDated]:
    forms = in_force(plan, account, state)
    for lot in _dated_by_levels(state, account):
        dates = dates_from(plan, forms, account.id, start_of(state, lot))
        yield from changed(account, lot, _no_earlier(lot, dates))


def _dated_by_levels(state: MemberState, account: LotAccount) -> Iterator[Lot]:
    """The lots whose ends levels move: what came back after its end has its grace, whatever the level."""
    return (lot for lot in state.lots.get(account.id, ()) if not is_in_grace(lot))


def _no_earlier(lot: Lot, dates: Dates) -> Dates:
    if dates.ends_with != lot.ends_with or dates.expires_at is None:
        return dates
    if lot.expires_at is None:
        return Dates(None, dates.ends_with)
    return Dates(max(dates.expires_at, lot.expires_at), dates.ends_with)


def _down(
    plan: Plan, account: LotAccount, state: MemberState, form: ByLevel, moved: LevelSet
) -> Iterator[LotDated]:
    """Points count anew from the step down by what the lower level says; what holds on all levels stays."""
    fixed = tuple(one for one in account.expiry if not isinstance(one, ByLevel))
    lower = dict(form.levels).get(moved.level, ())
    start = Start(moved.since, moved.since, joined(state))
    anew = dates_from(plan, lower, account.id, start)
    for lot in _dated_by_levels(state, account):
        own = dates_from(plan, fixed, account.id, start_of(state, lot))
        ends = [at for at in (own.expires_at, anew.expires_at) if at is not None]
        dates = Dates(min(ends, default=None), own.ends_with or anew.ends_with)
        yield from changed(account, lot, dates)
