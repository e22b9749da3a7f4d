"""Returns and cancellations of a history in memory: decided with the orders and redemptions that they ask
for, or held until these come.

Only the orders that some return of the history asks for are kept, so a history without returns costs nothing.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from functools import partial

from loyalty_rules.batch.held import Asked, Name, name_of
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.points_back import paid_with
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.ledger.accounts import redemption_name
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.settling import never_taken, taken_since
from loyalty_rules.service.unlinked import Parts, decide_unlinked, skus_of


@dataclass(slots=True)
class Returns:
    """The orders that returns of a history ask for and all redemptions, as they are now, and the events that
    wait for one."""

    rules: RuleSet
    asked: Asked
    _orders: dict[Name, BookedOrder] = field(default_factory=dict)
    _redemptions: dict[Name, BookedRedemption] = field(default_factory=dict)
    _of_member: dict[str, list[Name]] = field(default_factory=dict)
    _waiting: dict[Name, list[Event]] = field(default_factory=dict)
    _waiting_of: Counter[str] = field(default_factory=Counter)

    def decide(self, event: Event, state: MemberState) -> Parts | None:
        """What a return or a cancellation comes to; None if its order or redemption is not there.

        Errors: ``PluginError``.
        """
        asked = asked_for(event)
        known = ChainMap({}, self._redemptions)
        if event.type == UNDOING:
            taken = known.get(asked) if asked else None
            named = str(event.fields["redemption"])
            if taken is None and named.startswith("~"):
                taken = taken_since(self.rules, state, event)
                if taken is None:
                    return Parts(refusal=never_taken(named))
            if taken is None:
                return None
            decision = self.rules.decide(event, state, redemptions=[taken])
        elif asked is None:
            decide_one = partial(self._decide, known)
            return decide_unlinked(event, state, self._newest(event), decide_one)
        else:
            record = self._orders.get(asked)
            if record is None:
                return None
            decision = self._decide(known, event, state, record)
        if decision.refusal is not None:
            return Parts(refusal=decision.refusal)
        return Parts((decision,))

    def keep(self, decisions: Iterable[Decision]) -> None:
        """Remember what these decisions made of their orders and redemptions."""
        for one in decisions:
            for outcome in (*one.outcome.passed, one.outcome):
                for taken in outcome.redemptions:
                    own = _source(taken.source, taken.redemption, taken.member)
                    self._redemptions[_lies_at(own, taken.redemption)] = taken
            record = one.outcome.order
            if record is not None and self.asked.wants(record.purchase):
                name = name_of(record.purchase.source, record.order)
                if name not in self._orders:
                    self._of_member.setdefault(record.purchase.member, []).append(name)
                self._orders[name] = record

    def wait(self, event: Event) -> None:
        """Hold an event until its order or redemption comes."""
        asked = asked_for(event)
        assert asked is not None, "only an event that names another one waits for it"
        self._waiting.setdefault(asked, []).append(event)
        self._waiting_of[event.member] += 1

    def waiting_of(self, member: str) -> int:
        """How many events of a member wait."""
        return self._waiting_of[member]

    def release(self, came: Event) -> list[Event]:
        """The events that waited for an order or a redemption, in business order; they wait no longer."""
        name = _lies_at(came.source, came.id)
        if isinstance(came, Purchase):
            name = name_of(came.source, came.order or came.id)
        released = sorted(self._waiting.pop(name, ()), key=business_key)
        self._waiting_of.subtract(event.member for event in released)
        return released

    def _decide(
        self,
        known: MutableMapping[Name, BookedRedemption],
        event: Event,
        state: MemberState,
        record: BookedOrder,
    ) -> Decision:
        """The return of one order; ``known`` are the redemptions, and go on with it."""
        names = [_lies_at(record.purchase.source, one) for one in paid_with(record)]
        paid = [known[name] for name in names if name in known]
        decision = self.rules.decide(event, state, record, paid)
        for one in decision.outcome.redemptions:
            known[_lies_at(one.source, one.redemption)] = one
        return decision

    def _newest(self, event: Event) -> list[BookedOrder]:
        """The member's orders of any item that a return names, newest first."""
        wanted = skus_of(event)
        own = (self._orders[name] for name in self._of_member.get(event.member, ()))
        found = [one for one in own if wanted.intersection(line.sku for line in one.purchase.lines)]
        return sorted(found, key=lambda one: business_key(one.purchase), reverse=True)


def _lies_at(source: str, redemption: str) -> Name:
    return name_of(*redemption_name(source, redemption))


def _source(source: str, redemption: str, member: str) -> str:
    """The source of a redemption: those that the clock takes have names that several members share."""
    return f"~{member}" if redemption.startswith("~") else source


def asked_for(event: Event) -> Name | None:
    """The order that a return names, or the redemption that is cancelled."""
    if event.type == UNDOING:
        named = str(event.fields["redemption"])
        return _lies_at(_source(event.source, named, event.member), named)
    order = event.fields.get("order")
    return name_of(event.source, order) if isinstance(order, str) else None
