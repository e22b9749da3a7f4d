"""Joining a household and leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_rules.domain.effects import CounterAdded
from loyalty_rules.domain.households import HOUSEHOLD, LIVES_IN, household_of
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.refused import Refused

if TYPE_CHECKING:
    from loyalty_rules.engine.facts import Case


def household(case: Case) -> tuple[CounterAdded, ...]:
    """What an event of a household changes for its member; nothing for any other event.

    Errors: refused as ``in_a_household`` or ``not_in_household``.
    """
    if case.event.type != HOUSEHOLD:
        return ()
    named, present = str(case.fields["household"]), household_of(case.state)
    if case.fields.get("action") == "leave":
        if named != present:
            reason = f"the member is not in the household {shown(named)}"
            raise Refused("not_in_household", "household", reason)
        return (CounterAdded(LIVES_IN, "latest", case.day, ""),)
    if present:
        reason = f"the member is in the household {shown(present)}, and leaves it first"
        raise Refused("in_a_household", "household", reason)
    return (CounterAdded(LIVES_IN, "latest", case.day, named),)
