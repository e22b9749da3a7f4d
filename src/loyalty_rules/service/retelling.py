"""A stretch of a member's history decided again, in business order. Pure: no store, no clock.

Every event that was booked is decided by the version of the rules that decided it then. What the stretch
comes to may differ from what was booked: whoever asked for it books the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect, TimerSet
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.households import HOUSEHOLD
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.referrals import FRIEND_ORDER, REFERRAL, REFERRED_BY
from loyalty_rules.domain.state import GAVE_WAY, MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.booking import SIGNUP
from loyalty_rules.engine.clock_boxes import INSTANT
from loyalty_rules.engine.decide import decide
from loyalty_rules.engine.plan import Outcome, Refusal
from loyalty_rules.engine.points_back import paid_with
from loyalty_rules.engine.redeeming import REDEMPTION
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.sharing import given_back, lent
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.ledger.accounts import Name, redemption_name
from loyalty_rules.service.accepted import may_stand, standing
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.drawn_entries import TookPart, as_drawn, is_part_of_draw
from loyalty_rules.service.fallen import Fallen
from loyalty_rules.service.rule_set import RuleSet, in_time
from loyalty_rules.service.served import Served, name_of_time
from loyalty_rules.service.setting import order_named
from loyalty_rules.service.settling import no_later_than, not_decided, of_time
from loyalty_rules.service.unlinked import decide_unlinked, skus_of

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class CannotRetellError(Exception):
    """Something that was booked would not be accepted now, and cannot be undone."""

    def __init__(self, event: str, why: str = "") -> None:
        super().__init__(event)
        self.event, self.why = event, why


class Told(NamedTuple):
    """One event of the stretch: when it was received, the digest of the plan that decided it (empty: it was
    not decided yet), and what was booked then. ``is_corrected``: that plan came later than the event, in
    place of the one that had decided it, and stands whatever is in force."""

    event: Event
    received_at: datetime
    plan: str = ""
    effects: tuple[Effect, ...] = ()
    is_corrected: bool = False


@dataclass(slots=True)
class Retelling:
    """Tells events in business order, from the state before the first of them on.

    ``present`` are the rules in force, ``rules`` all versions by digest, ``orders`` the records of the
    member's orders as they were before the stretch, ``redemptions`` those of what he redeemed, by their place
    among orders; ``time_source`` is the source of those that the clock took. ``decisions`` are those of each
    event by source and id (of a return without an order: one for each order that it touches); an event that
    changes nothing any more has none, and ``refused`` says why. ``stand`` are redemptions that would be
    refused now and stand, because they were accepted. What occurred from ``corrected_from`` on is decided by
    ``present``, whatever decided it then. ``served`` is what all members share (None: nothing). ``fallen``
    is what is told otherwise since two turned out to be one member (None: nobody did). ``took_part`` is with
    what he did so in draws.
    """

    state: MemberState
    present: RuleSet
    rules: Mapping[str, RuleSet]
    orders: dict[Name, BookedOrder]
    redemptions: dict[Name, BookedRedemption] = field(default_factory=dict)
    time_source: str = ""
    corrected_from: datetime | None = None
    effects: list[Effect] = field(default_factory=list)
    decisions: dict[Name, tuple[Decision, ...]] = field(default_factory=dict)
    refused: dict[Name, Refusal] = field(default_factory=dict)
    stand: set[Name] = field(default_factory=set)
    touched: dict[Name, None] = field(default_factory=dict)
    served: Served | None = None
    fallen: Fallen | None = None
    took_part: TookPart = field(default_factory=dict)
    _waiting: dict[Name, list[Told]] = field(default_factory=dict)
    _gave_way: list[datetime] = field(default_factory=list)

    def tell(self, told: Iterable[Told]) -> None:
        """Decide events, given in business order. Errors: `CannotRetellError`; ``PluginError``."""
        for one in told:
            self._tell(one)
        for waiting in self._waiting.values():  # what it waits for is no more, or stands as it was
            raise CannotRetellError(waiting[0].event.id, "what it takes back is not as it was")

    def close(self, clock: datetime | None) -> None:
        """Bring the member to where his clock stands. What gave way and would lie behind all that he did is
        remembered: whatever happens before it is told together with it, and it may stand again."""
        self.pass_time(clock)
        at = max(self._gave_way, default=None)
        if at is not None and (self.state.clock is None or at > self.state.clock):
            self._also([TimerSet(GAVE_WAY, at)])

    def pass_time(self, to: datetime | None) -> None:
        """Everything that falls due up to an instant, if the member's clock does not stand there."""
        if to is not None:
            self._pass(self.present, to, _NEVER)

    def _pass(self, rules: RuleSet, to: datetime, received_at: datetime) -> None:
        """Let time pass; what fell due at an instant before finds what it was served then."""
        if self.served is not None:
            for at in self.served.instants(self.state.clock, to):
                self._advance(rules, at - INSTANT, received_at)
                self._advance(rules, at, received_at, name_of_time(self.state.member, at))
        self._advance(rules, to, received_at)

    def _advance(
        self, rules: RuleSet, to: datetime, received_at: datetime, name: Name = ("", "")
    ) -> None:
        if self.state.clock is not None and self.state.clock >= to:
            return
        for decision in rules.advance(self._before(name), to):
            self._time_passed(decision.outcome, received_at)

    def _time_passed(self, outcome: Outcome, received_at: datetime) -> None:
        self._take(received_at, outcome)
        self._redeemed(of_time(outcome, self.time_source))
        if self.served is not None:
            assert outcome.at is not None, "what falls due does so at an instant"
            self.served.told(name_of_time(self.state.member, outcome.at), outcome.effects)

    def _before(self, name: Name) -> MemberState:
        """The member as an event finds him, with what all members share."""
        return self.state if self.served is None else lent(self.state, self.served.lend(name))

    def _tell(self, told: Told) -> None:
        event, name = told.event, (told.event.source, told.event.id)
        if self.fallen is not None and name in self.fallen.refused:
            self.refused[name] = self.fallen.refused[name]
            self._told(name, ())
            return
        if self.served is not None:
            self._pass(self._rules(told), event.occurred_at, told.received_at)
        if event.type in RETURNS and (order := order_named(event)) is not None:
            record = self.orders.get((event.source, order))
            if record is None:  # its purchase comes after it, and takes it along
                self._waiting.setdefault((event.source, order), []).append(told)
                return
            self._keep(told, (self._returned(event, self._before(name), record),))
        elif event.type == UNDOING:
            undone = str(event.fields["redemption"])
            source = self.time_source if undone.startswith("~") else event.source
            place = redemption_name(source, undone)
            if (event.source, undone) in self.stand:
                raise CannotRetellError(event.id, "what it undoes would not be accepted now")
            if undone.startswith("~") and place not in self.redemptions:
                self.pass_time(event.occurred_at)
            if place not in self.redemptions:  # it comes later, and takes it along
                self._waiting.setdefault(place, []).append(told)
                return
            taken = [self.redemptions[place]]
            decision = self._rules(told).decide(event, self._before(name), redemptions=taken)
            self._keep(told, (decision,))
        elif event.type in RETURNS:
            state, orders = self._before(name), self._with_items(event)
            parts = decide_unlinked(event, state, orders, self._returned)
            self._keep(told, parts.decisions, parts.refusal)
        else:
            if told.plan and self.fallen is not None:
                self._also([*self.fallen.used_all_the_same(event, self.state)])
            if told.plan and is_part_of_draw(event):
                self._pass(self._rules(told), event.occurred_at, told.received_at)
                self._also([*as_drawn(self.state, event, self.took_part)])
            self._keep(told, (self._rules(told).decide(event, self._before(name)),))
        if name in self.decisions:
            for waiting in self._waiting.pop(_awaited(event), []):
                self._tell(waiting)

    def _also(self, effects: Sequence[Effect]) -> None:
        """What stands beside what is decided: codes that were used are taken out of no order any more, and
        entries that were drawn out of no draw."""
        self.effects += effects
        self.state = fold(self.state, effects)

    def _keep(
        self, told: Told, decisions: Sequence[Decision], refusal: Refusal | None = None
    ) -> None:
        event, name = told.event, (told.event.source, told.event.id)
        for one in decisions:
            refusal = refusal or one.refusal
            if one.status == "not_yet_decided":
                refusal = not_decided(event)
        if refusal is not None:
            if told.plan and event.type == REDEMPTION and may_stand(told.effects):
                self._stand(told)
                return
            if told.plan and not self._may_go(event):
                raise CannotRetellError(event.id, refusal.reason)
            self.refused[name] = refusal
            self._told(name, ())
            if told.plan:
                self._gave_way.append(event.occurred_at)
            return
        self.decisions[name] = tuple(decisions)
        self._told(name, [effect for one in decisions for effect in one.outcome.effects])
        for one in decisions:
            for passed in one.outcome.passed:
                self._time_passed(passed, told.received_at)
            self._take(told.received_at, one.outcome)
            if (record := one.outcome.order) is not None:
                order = (record.purchase.source, record.order)
                self.orders[order] = record
                self.touched[order] = None
            self._redeemed(one.outcome.redemptions)

    def _redeemed(self, redemptions: Iterable[BookedRedemption]) -> None:
        for taken in redemptions:
            place = redemption_name(taken.source, taken.redemption)
            self.redemptions[place] = taken
            self.touched[place] = None

    def _stand(self, told: Told) -> None:
        self.pass_time(told.event.occurred_at)
        effects = standing(self.state, told.event, told.effects)
        self.state = fold(self.state, effects)
        self.effects += effects
        name = (told.event.source, told.event.id)
        self.stand.add(name)
        self._told(name, effects)

    def _may_go(self, event: Event) -> bool:
        """Whether an event that was booked may turn out to be refused: a return, a second sign-up, and that
        somebody was brought who has bought before; of who was two, that he joined a household or was brought
        once more."""
        if event.type == REFERRAL:
            return event.source == REFERRED_BY or self.fallen is not None
        if event.type == HOUSEHOLD:
            return self.fallen is not None
        return event.type in (*RETURNS, SIGNUP)

    def _told(self, name: Name, effects: Iterable[Effect]) -> None:
        if self.served is not None:
            self.served.told(name, effects)

    def _take(self, received_at: datetime, outcome: Outcome) -> None:
        effects, state = no_later_than(received_at, self.state, outcome)
        self.effects += effects
        self.state = given_back(state)[0]

    def _rules(self, told: Told) -> RuleSet:
        """Who decides an event that is no return: all versions together, or the one that did it then."""
        since = self.corrected_from
        if since is not None and told.event.occurred_at >= since:
            return self.present
        if told.is_corrected:
            return self.rules[told.plan]
        if not told.plan or any(one.digest == told.plan for one in self.present.versions):
            return self.present
        return self.rules[told.plan]

    def _returned(self, event: Event, state: MemberState, record: BookedOrder) -> Decision:
        then, today = self.rules[record.plan], self.present.in_force(event.occurred_at)
        places = [redemption_name(record.purchase.source, one) for one in paid_with(record)]
        paid = [self.redemptions[one] for one in places if one in self.redemptions]

        def decide_then(now: MemberState) -> Decision:
            outcome = decide(then.plan, now, event, record, today=today.plan, redemptions=paid)
            return Decision(then, event, now, outcome, today)

        decision = in_time(self.present, state, event.occurred_at, decide_then)
        outcome = decision.outcome
        if outcome.status == "decided":  # the next part of the same return finds what this one left
            self._redeemed(outcome.redemptions)
        return decision

    def _with_items(self, event: Event) -> list[BookedOrder]:
        wanted = skus_of(event)
        found = [
            order
            for order in self.orders.values()
            if order.purchase.type != FRIEND_ORDER
            and wanted.intersection(line.sku for line in order.purchase.lines if line.sku)
        ]
        return sorted(found, key=lambda order: business_key(order.purchase), reverse=True)


def _awaited(event: Event) -> Name:
    """Where those look that wait for this event."""
    if isinstance(event, Purchase):
        return event.source, event.order or event.id
    return redemption_name(event.source, event.id)


def points_of(decisions: Iterable[Decision]) -> dict[str, int]:
    """What decisions give together, by program, in units of the scale."""
    points: dict[str, int] = {}
    for one in decisions:
        for program, units in (one.outcome.points or {}).items():
            points[program] = points.get(program, 0) + units
    return points


def as_late(decisions: Sequence[Decision]) -> Iterator[Decision]:
    """Decisions whose facts say that their event came late."""
    for one in decisions:
        facts = {**one.facts, "~late": True}
        yield replace(one, outcome=replace(one.outcome, facts=facts))


def has_told(retelling: Retelling, again: Iterable[Told], clock: datetime | None) -> bool:
    """Whether a stretch can be told up to the present; then it is. Errors: ``PluginError``."""
    try:
        retelling.tell(again)
        retelling.close(clock)
    except CannotRetellError:
        return False
    return True
