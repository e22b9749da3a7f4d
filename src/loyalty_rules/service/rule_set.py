"""A rule set ready to decide: the value that shop software holds and shares between its threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.time import advance, clock_event
from loyalty_rules.ruleset.classes import RuleClass, classify
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.decision import Decision


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """A checked rule set. Immutable; may be shared between threads.

    ``sources`` holds the text of its files by name, for reports and explanations.
    """

    plan: Plan = field(repr=False)
    registry: Registry = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    file: str

    @property
    def id(self) -> str:
        """The id under ``ruleset:``."""
        return self.plan.model.id

    @property
    def version(self) -> str:
        """The text under ``version:``."""
        return self.plan.model.version

    @property
    def title(self) -> str:
        """The title, or the id where none is written."""
        return self.plan.model.title or self.id

    @property
    def digest(self) -> str:
        """SHA-256 of what the rules mean: equal digests decide equally on every machine."""
        return self.plan.digest

    @property
    def classes(self) -> Mapping[str, RuleClass]:
        """What each rule costs a whole-history simulation, by rule id."""
        return classify(self.plan.model)

    def decide(
        self, event: Event, state: MemberState | None = None, order: BookedOrder | None = None
    ) -> Decision:
        """What ``event`` gives to its member, who stands where ``state`` says (default: a new member), after
        everything that falls due before it.

        Pure: nothing is stored or booked, no clock is read, equal arguments give equal decisions.
        Errors: ``EventError`` for the state of another member; ``PluginError`` when a plugin fails. A refused
        event is no error: see ``Decision.status``.
        """
        before = MemberState(event.member) if state is None else state
        if before.member != event.member:
            reason = f"the event is of member `{event.member}`, the state is of `{before.member}`"
            raise EventError("other_member", "member", reason)
        return Decision(self, event, before, decide(self.plan, before, event, order))

    def advance(self, state: MemberState, to: datetime) -> tuple[Decision, ...]:
        """What falls due by itself for a member up to and including ``to``: one decision for each instant at
        which something does, in their order. The last one's state is the member's at ``to``; none: nothing
        falls due, and ``state`` is as it was.

        Pure, as ``decide``, which does the same up to its event before it judges that.
        Errors: ``EventError`` for an instant before the member's clock, or one without an offset.
        """
        if to.tzinfo is None:
            raise EventError("bad_time", "to", f"`{to.isoformat()}` has no offset")
        if state.clock is not None and to < state.clock:
            reason = f"the member's clock stands at {state.clock.isoformat()} already"
            raise EventError("backwards", "to", reason)
        found: list[Decision] = []
        for outcome in advance(self.plan, state, to):
            at = outcome.state.clock
            assert at is not None, "time that has passed has moved the clock"
            found.append(Decision(self, clock_event(state.member, at), state, outcome))
            state = outcome.state
        return tuple(found)

    def new_member(self, member: str) -> MemberState:
        """The state of a member of whom nothing is known yet."""
        return MemberState(member)

    def describe(self) -> str:
        """One paragraph: what the rule set is and what it holds."""
        model = self.plan.model
        programs = [one.id for one in model.accounts]
        programs += [one.id for one in model.level_tables]
        programs += [one.id for one in model.spend_accounts]
        parts = [
            f"{self.title} ({self.id} {self.version}), {model.currency.code}, {model.zone}",
            f"programs: {_list(programs)}",
            f"rules: {_list([rule.id for rule in model.rules])}",
        ]
        return "\n".join(parts)


def _list(names: list[str]) -> str:
    return ", ".join(names) if names else "none"
