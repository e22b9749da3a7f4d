"""Who lives together, as it stands in a member's state."""

from __future__ import annotations

from typing import Final

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.state import MemberState

HOUSEHOLD: Final = "household"
"""The kind of event with which a member joins a household or leaves it."""

LIVES_IN: Final = "~household"
"""The counter that holds the household of a member: the latest of its values, empty when he has left it."""


def household_of(state: MemberState) -> str:
    """The household of a member; empty if he is in none."""
    found = [one for one in Days.of(state.counters.get(LIVES_IN)).values() if isinstance(one, str)]
    return found[-1] if found else ""


def live_together(one: MemberState, other: MemberState) -> bool:
    """Whether two members are of one household."""
    return household_of(one) != "" and household_of(one) == household_of(other)
