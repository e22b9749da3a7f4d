"""A draw, as it is decided for one member: whether it may be, and what he wins. Who wins is worked out by
whoever has the entries of all members (``service/drawing.py``), and stands in the event."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from loyalty_rules.domain.effects import Effect, TimerSet
from loyalty_rules.domain.raffles import DRAW, DRAWN_BY, drawn
from loyalty_rules.engine.fixing import fixing_timer
from loyalty_rules.engine.plan import Trace
from loyalty_rules.engine.prizes import prize, prize_event
from loyalty_rules.engine.refused import Refused

if TYPE_CHECKING:
    from loyalty_rules.engine.facts import Case

WON: Final = "won"
"""The field of an event of a draw that says how many prizes its member wins."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw means for a member: effects, traces, and points by program in units of the scale."""

    effects: tuple[Effect, ...] = ()
    traces: tuple[Trace, ...] = ()
    points: tuple[tuple[str, int], ...] = ()


def draw(case: Case) -> Drawn:
    """What an event of a draw changes for its member; nothing where the rule set has no raffle.

    Errors: refused as ``unknown_raffle``, ``raffle_not_closed``, ``points_out_of_range``; what a plugin's
    function raises.
    """
    event, raffles = case.event, case.plan.index.raffles
    if event.type != DRAW or not raffles:
        return Drawn()
    raffle = raffles.get(str(case.fields["raffle"]))
    if raffle is None:
        reason = f"the rule set has no raffle `{case.fields['raffle']}`"
        raise Refused("unknown_raffle", "raffle", reason)
    if event.occurred_at < raffle.closes:
        reason = f"entries in `{raffle.id}` count until it closes, and it has not"
        raise Refused("raffle_not_closed", "occurred_at", reason)
    if event.source != DRAWN_BY or WON not in event.fields:
        return Drawn(traces=(Trace(raffle.id, "passed", "drawn", raffle.id),))
    marked = TimerSet(fixing_timer(drawn(raffle.id)), event.occurred_at)
    won = event.fields[WON]
    assert isinstance(won, int | Decimal), "how many prizes he wins is a number"
    if not won:
        return Drawn((marked,), (Trace(raffle.id, "passed", "not_drawn", raffle.id),))
    rule = case.plan.index.rules_of_time[raffle.id]
    of = prize_event(event.member, rule.id, 1, event, event.occurred_at)
    found = prize(case.plan, case.state, rule, of, (), int(won))
    return Drawn((marked, *found.effects), (found.trace,), found.given)
