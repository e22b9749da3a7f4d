"""Returns of a history in memory: decided with the orders that they ask for, or held until these come.

Only the orders that some return of the history asks for are kept, so a history without returns costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from loyalty_rules.batch.held import Asked, Name, name_of
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.unlinked import Parts, decide_unlinked, skus_of


@dataclass(slots=True)
class Returns:
    """The orders that returns of a history ask for, as they are now, and the returns that wait for one."""

    rules: RuleSet
    asked: Asked
    _orders: dict[Name, BookedOrder] = field(default_factory=dict)
    _of_member: dict[str, list[Name]] = field(default_factory=dict)
    _waiting: dict[Name, list[Event]] = field(default_factory=dict)
    _waiting_of: Counter[str] = field(default_factory=Counter)

    def decide(self, event: Event, state: MemberState) -> Parts | None:
        """What a return comes to; None if its order is not there.

        Errors: ``PluginError``.
        """
        order = order_asked(event)
        if order is None:
            return decide_unlinked(event, state, self._newest(event), self._decide)
        record = self._orders.get(order)
        if record is None:
            return None
        decision = self._decide(event, state, record)
        if decision.refusal is not None:
            return Parts(refusal=decision.refusal)
        return Parts((decision,))

    def keep(self, decisions: Iterable[Decision]) -> None:
        """Remember what these decisions made of their orders."""
        for one in decisions:
            record = one.outcome.order
            if record is not None and self.asked.wants(record.purchase):
                name = name_of(record.purchase.source, record.order)
                if name not in self._orders:
                    self._of_member.setdefault(record.purchase.member, []).append(name)
                self._orders[name] = record

    def wait(self, event: Event) -> None:
        """Hold a return until its order comes."""
        order = order_asked(event)
        assert order is not None, "only a return that names its order waits for it"
        self._waiting.setdefault(order, []).append(event)
        self._waiting_of[event.member] += 1

    def waiting_of(self, member: str) -> int:
        """How many returns of a member wait."""
        return self._waiting_of[member]

    def release(self, purchase: Purchase) -> list[Event]:
        """The returns that waited for an order, in business order; they wait no longer."""
        name = name_of(purchase.source, purchase.order or purchase.id)
        released = sorted(self._waiting.pop(name, ()), key=business_key)
        self._waiting_of.subtract(event.member for event in released)
        return released

    def _decide(self, event: Event, state: MemberState, record: BookedOrder) -> Decision:
        return self.rules.decide(event, state, record)

    def _newest(self, event: Event) -> list[BookedOrder]:
        """The member's orders of any item that a return names, newest first."""
        wanted = skus_of(event)
        own = (self._orders[name] for name in self._of_member.get(event.member, ()))
        found = [one for one in own if wanted.intersection(line.sku for line in one.purchase.lines)]
        return sorted(found, key=lambda one: business_key(one.purchase), reverse=True)


def order_asked(event: Event) -> Name | None:
    """The order that a return names."""
    order = event.fields.get("order")
    return name_of(event.source, order) if isinstance(order, str) else None
