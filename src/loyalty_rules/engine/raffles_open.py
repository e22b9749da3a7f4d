"""Whether entries in a raffle are still given."""

from __future__ import annotations

from collections.abc import Iterable

from loyalty_rules.domain.raffles import drawn
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.fixing import fixing_timer
from loyalty_rules.engine.granting import Gift


def still_open(case: Case, gifts: Iterable[Gift]) -> list[Gift]:
    """Gifts without entries in raffles that are closed, or that were drawn."""
    return [one for one in gifts if one.benefit.kind != "entry" or _is_open(case, one.benefit.to)]


def _is_open(case: Case, name: str) -> bool:
    raffle = case.plan.index.raffles.get(name)
    is_drawn = not case.sealed and fixing_timer(drawn(name)) in case.state.timers
    return raffle is not None and case.event.occurred_at < raffle.closes and not is_drawn
