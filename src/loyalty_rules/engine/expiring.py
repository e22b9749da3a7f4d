"""Lots that end: by their own date, or with a timer of the member."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from loyalty_rules.domain.effects import Effect, TimerSet
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.lots import due_timers, ending, run_of
from loyalty_rules.engine.paying import leave
from loyalty_rules.engine.plan import Due, Given, Plan, Trace


def next_end(plan: Plan, state: MemberState) -> datetime | None:
    """When the next lot ends, or the next timer that lots hang on."""
    ends: list[datetime | None] = []
    for held in state.lots.values():
        lots = Lots.of(held)
        ends += [lots.first_end, *map(state.timers.get, lots.timers)]
    return min([one for one in ends if one is not None], default=None)


def expired(plan: Plan, state: MemberState, at: datetime) -> Due:
    """The lots that are gone at ``at``, and the timers that have done their work with them."""
    effects: list[Effect] = []
    traces: list[Trace] = []
    timers: set[str] = set()
    for program, held in state.lots.items():
        timers.update(due_timers(state, Lots.of(held), at))
        for lot in ending(state, program, at):
            effects.append(leave(program, lot, lot.left, "expired"))
            traces.append(_trace(plan, program, lot))
    for timer in sorted(timers):
        effects += (TimerSet(timer, None), TimerSet(run_of(timer), state.timers[timer]))
    return Due(tuple(effects), tuple(traces))


def _trace(plan: Plan, program: str, lot: Lot) -> Trace:
    account = plan.index.accounts.get(program)
    points = Fraction(-lot.left, 10 ** (account.scale if account else 0))
    given = Given("", program, points, -lot.left, -lot.left)
    return Trace("", "passed", "expired", lot.id, (given,))
