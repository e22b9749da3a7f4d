"""Returns and cancellations of orders made by hand, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.decide import decide, decide_in_proportion
from loyalty_rules.engine.plan import Outcome, Plan, Trace
from tests.engine.build import member


def back(
    order: str = "inv-1", at: str = "2026-03-10T12:00:00+00:00", id: str = "ret-1", **lines: Any
) -> Event:
    """A return of quantities by line: ``back("inv-1", l1=1, l2="0.5")``."""
    return _event("return", order, at, id, lines)


def cancellation(
    order: str = "inv-1", at: str = "2026-03-10T12:00:00+00:00", id: str = "can-1"
) -> Event:
    return _event("cancellation", order, at, id, None)


def _event(type: str, order: str, at: str, id: str, lines: dict[str, object] | None) -> Event:
    fields: dict[str, Any] = {"order": order}
    if lines is not None:
        fields["lines"] = tuple(
            {"line": name.removeprefix("l"), "quantity": Decimal(str(quantity))}
            for name, quantity in lines.items()
        )
    instant = datetime.fromisoformat(at).astimezone(UTC)
    return Event(id, type, "m-1", instant, fields=MappingProxyType(fields))


@dataclass
class Club:
    """One member of a rule set, his orders beside his state, every event booked as it is decided."""

    plan: Plan
    state: MemberState = field(default_factory=member)
    orders: dict[str, BookedOrder] | None = None
    effects: tuple[Effect, ...] = ()

    def buy(self, event: Event) -> Outcome:
        return self._book(decide(self.plan, self.state, event))

    def give_back(self, event: Event, today: Plan | None = None) -> Outcome:
        order = self.order(str(event.fields["order"]))
        return self._book(decide(self.plan, self.state, event, order, today=today))

    def give_back_in_part(self, event: Event, today: Plan | None = None) -> Outcome:
        """A return of an order whose plan nobody has any more."""
        order = self.order(str(event.fields["order"]))
        return self._book(decide_in_proportion(today or self.plan, self.state, event, order))

    def order(self, id: str = "inv-1") -> BookedOrder:
        assert self.orders is not None
        return self.orders[id]

    def balance(self, program: str = "beans") -> int:
        lots = sum(lot.left for lot in self.state.lots.get(program, ()))
        return lots - self.state.deficits.get(program, 0)

    def _book(self, outcome: Outcome) -> Outcome:
        assert outcome.status == "decided", outcome.refusal
        self.state = outcome.state
        self.effects += outcome.effects
        assert outcome.order is not None
        self.orders = {**(self.orders or {}), outcome.order.order: outcome.order}
        return outcome


def facts(outcome: Outcome) -> Mapping[str, Any]:
    """What a decision recorded."""
    assert outcome.facts is not None
    return outcome.facts


def days(state: MemberState, counter: str) -> dict[int, Any]:
    """The entries of a counter; none if nobody counted."""
    return dict(state.counters.get(counter, {}))


def trace_of(outcome: Outcome, rule: str) -> Trace:
    return next(one for one in outcome.trace if one.rule == rule)


def spent(state: MemberState, program: str, points: int) -> MemberState:
    """The state after a member has spent points, oldest lots first, by whatever means."""
    lots = []
    for lot in state.lots[program]:
        part = min(points, lot.left)
        points -= part
        if lot.left > part:
            lots.append(replace(lot, left=lot.left - part))
    kept = {**state.lots, program: tuple(lots)}
    if not lots:
        del kept[program]
    return replace(state, lots=MappingProxyType(kept))
