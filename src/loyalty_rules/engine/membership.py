"""A paid membership as a rule set says it. Data only; what it does to a member stands in
``engine/membership_events.py`` (what he does himself) and ``engine/membership_ends.py`` (what time does)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from loyalty_rules.base.period import Duration
from loyalty_rules.engine.awards import Formula

PERIOD: Final = ".period"
"""How the name of a box ends that is a period of a membership, ``club.period``."""


WORDS: Final = ("active", "plan", "since", "trial", "period", "saved")
"""What expressions may ask of a membership."""


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """One plan. ``price`` is what a period costs, in units of the currency; ``trial`` is how long somebody
    who never tried it may, for nothing; ``level`` is where it puts a member: a tiers program and a level."""

    id: str
    price: Formula
    period: Duration
    trial: Duration | None = None
    level: tuple[str, str] | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership that is paid for by the period. ``refund`` says what a cancellation pays back, ``change``
    when another plan begins."""

    id: str
    plans: tuple[MemberPlan, ...]
    refund: Literal["pro_rata", "full_if_unused", "none"] = "pro_rata"
    change: Literal["pro_rata", "next_period"] = "pro_rata"
    title: str = ""

    def plan(self, id: str) -> MemberPlan | None:
        """The plan of an id; None if there is none."""
        return next((one for one in self.plans if one.id == id), None)

    @property
    def uses(self) -> str:
        """The counter of how often rules gave something that ask for this membership."""
        return f"{self.id}.uses"

    @property
    def saved(self) -> str:
        """The counter of what that was worth, in minor units."""
        return f"{self.id}.saved"

    @property
    def periods(self) -> str:
        """The counter whose entries are periods: on the first day of each, the day after its last."""
        return f"{self.id}.periods"

    @property
    def paid(self) -> str:
        """The counter of what was paid for each period, on its first day, in minor units."""
        return f"{self.id}.paid"

    @property
    def ends(self) -> str:
        """The timer of the end of everything that is paid for."""
        return f"{self.id}.ends"

    @property
    def counted_from(self) -> str:
        """The timer of the day from which the periods of the present plan are counted."""
        return f"{self.id}.counted_from"

    @property
    def trial(self) -> str:
        """The timer of the end of a trial, as long as it runs."""
        return f"{self.id}.trial"

    @property
    def cancelled(self) -> str:
        """The timer of the instant of a cancellation, until the membership ends by it."""
        return f"{self.id}.cancelled"

    @property
    def following(self) -> str:
        """Where the plan of the next period is kept, like a level."""
        return f"{self.id}.following"

    @property
    def tried(self) -> str:
        """The key that is claimed by a trial: there is one in a life."""
        return f"{self.id}.trial"
