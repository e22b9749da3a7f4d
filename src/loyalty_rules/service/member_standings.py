"""How a member stands in the memberships of a rule set, to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.membership_standing import standing, within_period
from loyalty_rules.engine.plan import Plan
from loyalty_rules.service.wording import Words


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """A membership that a member is in: on which ``plan``, since when, and through which day of the rule
    set's calendar the present period lasts. ``next`` is the plan of the period that is paid for after it
    (empty: none is). ``cancelled``: it only runs out. ``paid`` and ``saved`` are money of the period, as
    texts."""

    membership: str
    title: str
    plan: str
    since: datetime
    through: str
    next: str
    is_trial: bool
    cancelled: bool
    paid: str
    saved: str

    @property
    def text(self) -> str:
        """``plus, through 2027-03-10; paid 60.00 EUR, saved 4.90 EUR``."""
        said = f"{self.plan}{' on trial' if self.is_trial else ''}, through {self.through}"
        if self.next:
            said += f", then {self.next}"
        if self.cancelled:
            said += ", cancelled"
        return f"{said}; paid {self.paid}, saved {self.saved}"


def member_standings(plan: Plan, state: MemberState) -> Iterator[MemberStanding]:
    """The memberships that a member is in, in the order of their names."""
    words = Words(plan)
    for one in plan.model.memberships:
        stands = standing(plan, state, one)
        if stands is None:
            continue
        yield MemberStanding(
            one.id,
            one.title,
            stands.plan,
            stands.since,
            plan.calendar.write(stands.period.after - 1),
            stands.following if stands.next is not None else "",
            stands.is_trial,
            stands.cancelled is not None,
            words.amount(stands.period.paid_minor),
            words.amount(within_period(state, one.saved, stands.period)),
        )
