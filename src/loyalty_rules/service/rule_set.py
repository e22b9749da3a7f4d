"""A rule set ready to decide: the value that shop software holds and shares between its threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event, checked_event
from loyalty_rules.domain.handed import checked_instant, checked_state
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.decide import decide, decide_in_proportion
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Outcome, Plan
from loyalty_rules.engine.quoting import quote
from loyalty_rules.engine.redeeming import REDEMPTION
from loyalty_rules.engine.sharing import Shared, lent
from loyalty_rules.engine.time import advance, clock_event, closing, next_due
from loyalty_rules.ruleset.classes import RuleClass, classify
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.quote import Quote

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """A checked rule set. Immutable; may be shared between threads.

    ``sources`` holds the text of its files by name, for reports and explanations. One with several
    ``versions`` decides each event by the version that was in force when it occurred, and has ``plan``,
    ``file``, version and title of the last one.
    """

    plan: Plan = field(repr=False)
    registry: Registry = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    file: str
    _joined: tuple[RuleSet, ...] = field(default=(), repr=False)

    @property
    def versions(self) -> tuple[RuleSet, ...]:
        """Every version, in the order in which they are in force; of a single file the rule set itself."""
        return self._joined or (self,)

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
        if not self._joined:
            return self.plan.digest
        return sha256("\n".join(one.digest for one in self._joined).encode()).hexdigest()

    @property
    def accounts(self) -> tuple[LotAccount, ...]:
        """The points programs of all versions, by id; each as the last version that has it says it."""
        known = {one.id: one for version in self.versions for one in version.plan.model.accounts}
        return tuple(known[name] for name in sorted(known))

    @property
    def classes(self) -> Mapping[str, RuleClass]:
        """What each rule costs a whole-history simulation, by rule id."""
        return classify(self.plan.model)

    @property
    def has_budgets(self) -> bool:
        """Whether members share what some rule gives: then their events are decided one after another."""
        return any(one.plan.index.has_budgets for one in self.versions)

    @property
    def concerns_others(self) -> bool:
        """Whether what one member does may concern others: who brought him, to whom he gives points, with
        whom he shares them."""
        return any(
            one.plan.model.referrals
            or any(a.transfers or a.is_shared for a in one.plan.model.accounts)
            for one in self.versions
        )

    def in_force(self, instant: datetime) -> RuleSet:
        """The version that is in force at an instant. Where none is, the one before: it refuses what
        happens then; and before the first one, the first. Errors: ``EventError`` for no instant."""
        if not isinstance(instant, datetime) or instant.tzinfo is None:
            checked_instant(instant, "instant")
        for version in reversed(self.versions):
            start = version.plan.model.start
            if start is None or start <= instant:
                return version
        return self.versions[0]

    def decide(
        self,
        event: Event,
        state: MemberState | None = None,
        order: BookedOrder | None = None,
        redemptions: Sequence[BookedRedemption] = (),
        shared: Shared | None = None,
    ) -> Decision:
        """What ``event`` gives to its member, who stands where ``state`` says (default: a new member), after
        everything that falls due before it.

        ``shared`` is what all members have used of budgets so far: `Decision.shared` of the event before this
        one, whosever it was (of the first: ``Shared()``). Without it nobody has used anything.

        Pure: nothing is stored or booked, no clock is read, equal arguments give equal decisions.
        Errors: ``EventError`` for the state of another member, and for what is no `Event`, such as a mapping
        that `parse_event` did not read; ``PluginError`` when a plugin fails. A refused event is no error: see
        ``Decision.status``. A return is judged by the version that decided its order; where that is not here,
        in proportion. ``redemptions`` are the records of those that an event cancels, or by whose points the
        order of a return was paid.
        """
        checked_event(event)
        before = MemberState(event.member) if state is None else checked_state(state)
        if before.member != event.member:
            reason = f"the event is of member `{event.member}`, the state is of `{before.member}`"
            raise EventError("other_member", "member", reason)
        if shared is not None:
            before = lent(before, shared)
        if not self._joined:
            return self._decided(before, event, order, redemptions, self)
        today = self.in_force(event.occurred_at)
        return in_time(
            self,
            before,
            event.occurred_at,
            lambda now: self._decided(now, event, order, redemptions, today),
        )

    def quote(
        self, cart: Event, state: MemberState | None = None, shared: Shared | None = None
    ) -> Quote:
        """What the member of ``cart`` could take at its instant: a redemption that names no rewards, with the
        lines of the cart if there is one. ``state`` is where he stands (default: a new member), ``shared`` as
        for `decide`.

        Pure, and promises nothing. Errors: ``EventError`` for the state of another member and for an event
        that is no redemption; ``PluginError`` when a plugin fails.
        """
        if checked_event(cart).type != REDEMPTION:
            reason = f"a quote is for a `{REDEMPTION}`, this is a `{cart.type}`"
            raise EventError("no_redemption", "type", reason)
        before = MemberState(cart.member) if state is None else checked_state(state)
        if before.member != cart.member:
            reason = f"the cart is of member `{cart.member}`, the state is of `{before.member}`"
            raise EventError("other_member", "member", reason)
        if shared is not None:
            before = lent(before, shared)
        for passed in self._passed(before, cart.occurred_at) if self._joined else ():
            before = passed.outcome.state
        today = self.in_force(cart.occurred_at)
        return Quote(today, cart, quote(today.plan, before, cart))

    def _decided(
        self,
        state: MemberState,
        event: Event,
        order: BookedOrder | None,
        redemptions: Sequence[BookedRedemption],
        today: RuleSet,
    ) -> Decision:
        if order is None:
            outcome = decide(today.plan, state, event, redemptions=redemptions)
            return Decision(today, event, state, outcome)
        for then in self.versions:
            if then.digest == order.plan:
                outcome = decide(
                    then.plan, state, event, order, today=today.plan, redemptions=redemptions
                )
                return Decision(then, event, state, outcome, today)
        outcome = decide_in_proportion(today.plan, state, event, order, redemptions)
        return Decision(today, event, state, outcome)

    def _passed(self, state: MemberState, to: datetime) -> Iterator[Decision]:
        """What falls due up to and including ``to``, each by the version in force then; where none is, by the
        one before. Boxes that end when a version does still belong to it."""
        for version, begins, until in self._reigns():
            if begins is not None and begins > to:
                return
            if until is not None and state.clock is not None and until <= state.clock:
                continue
            for outcome in _outcomes(version.plan, state, to, begins, until):
                assert outcome.at is not None, "what falls due does so at an instant"
                yield Decision(version, clock_event(state.member, outcome.at), state, outcome)
                state = outcome.state

    def _reigns(self) -> Iterator[tuple[RuleSet, datetime | None, datetime | None]]:
        """Each version, the instant from which it says what time does (the first: always), and that at which
        the next one takes over (the last: none does)."""
        starts = [one.plan.model.start for one in self.versions[1:]]
        return zip(self.versions, (None, *starts), (*starts, None), strict=True)

    def advance(
        self, state: MemberState, to: datetime, shared: Shared | None = None
    ) -> tuple[Decision, ...]:
        """What falls due by itself for a member up to and including ``to``: one decision for each instant at
        which something does, in their order. The last one's state is the member's at ``to``; none: nothing
        falls due, and ``state`` is as it was. ``shared`` as for `decide`.

        Pure, as ``decide``, which does the same up to its event before it judges that.
        Errors: ``EventError`` for an instant before the member's clock, or one without an offset.
        """
        checked_state(state)
        checked_instant(to, "to")
        if state.clock is not None and to < state.clock:
            reason = f"the member's clock stands at {state.clock.isoformat()} already"
            raise EventError("backwards", "to", reason)
        if shared is not None:
            state = lent(state, shared)
        return tuple(self._passed(state, to))

    def next_due(self, state: MemberState) -> datetime | None:
        """The next instant at which something falls due by itself for a member; None if nothing ever will."""
        if not self._joined:
            return next_due(self.plan, state)
        for version, begins, until in self._reigns():
            if until is not None and state.clock is not None and until <= state.clock:
                continue
            at = next_due(version.plan, state)
            if at is not None and begins is not None:
                at = max(at, begins)
            if at is not None and (until is None or at <= until):
                return at
        return None

    def new_member(self, member: str) -> MemberState:
        """The state of a member of whom nothing is known yet."""
        return MemberState(member)

    def describe(self) -> str:
        """One paragraph: what the rule set is and what it holds."""
        model = self.plan.model
        programs = [one.id for one in model.accounts]
        programs += [one.id for one in model.level_tables]
        programs += [one.id for one in model.spend_accounts]
        programs += [one.id for one in model.challenges if one.id not in programs]
        parts = [
            f"{self.title} ({self.id} {self.version}), {model.currency.code}, {model.zone}",
            f"programs: {_list(programs)}",
            f"rules: {_list([rule.id for rule in model.rules])}",
        ]
        if self._joined:
            parts.append(f"versions: {_list([one.version for one in self._joined])}")
        return "\n".join(parts)


def in_time(
    rules: RuleSet, state: MemberState, at: datetime, decide_then: Callable[[MemberState], Decision]
) -> Decision:
    """What ``decide_then`` makes of an event at ``at``, after everything that falls due up to then, each by
    the version in force then. What is not decided changes nothing, and nothing has passed before it."""
    is_past = state.clock is not None and at < state.clock
    passed = () if is_past else tuple(one.outcome for one in rules.advance(state, at))
    decision = decide_then(passed[-1].state if passed else state)
    outcome = decision.outcome
    if passed and outcome.status != "decided":
        outcome = replace(outcome, state=state)
    elif passed:
        outcome = replace(outcome, passed=(*passed, *outcome.passed))
    return replace(decision, before=state, outcome=outcome)


def _outcomes(
    plan: Plan, state: MemberState, to: datetime, begins: datetime | None, until: datetime | None
) -> tuple[Outcome, ...]:
    """What falls due by one version up to and including ``to``, until another takes over."""
    ends = plan.model.before
    if until is None or ends is None:
        return advance(plan, state, to, begins)
    outcomes = advance(plan, state, min(to, ends - _INSTANT), begins)
    if ends <= to:
        closed = closing(plan, outcomes[-1].state if outcomes else state, ends)
        outcomes += () if closed is None else (closed,)
    if ends < until:  # then nobody is in force for a while
        now = outcomes[-1].state if outcomes else state
        outcomes += advance(plan, now, min(to, until - _INSTANT), begins)
    return outcomes


def _list(names: list[str]) -> str:
    return ", ".join(names) if names else "none"
