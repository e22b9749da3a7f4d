"""Deciding a history in memory: many events of many members, in business order, whatever order they came in.

An id is claimed by the first event in business order that is decided; its repetition is a duplicate, other
content under it is refused. A refused event claims nothing and changes nothing, and nothing that goes
wrong with one event stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.batch.figures import Figures, Status
from loyalty_rules.batch.held import HeldEvents, Name, name_of
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.domain.canonical import digest
from loyalty_rules.domain.errors import EventError, PluginError
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class AsOf:
    """How far a run looks: events up to ``latest`` (included) are decided, levels are read on ``day``."""

    latest: datetime
    day: int

    @classmethod
    def instant(
        cls, rules: RuleSet, instant: datetime, tolerance: timedelta = timedelta(0)
    ) -> AsOf:
        """An exact instant; ``tolerance`` forgives clocks that are a little fast."""
        return cls(instant + tolerance, local_day(instant, rules.plan.zone))

    @classmethod
    def through_day(cls, rules: RuleSet, day: int) -> AsOf:
        """A whole local day (an ordinal), its last instant included."""
        return cls(start_of_day(day + 1, rules.plan.zone) - timedelta(microseconds=1), day)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event. ``decision`` is there if it was decided, ``refusal`` if it was refused."""

    event: Event
    status: Status
    decision: Decision | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class History:
    """Decides events in business order and remembers what ids, orders and members have come to.

    ``repeated`` are the ids that will come more than once; the content of others need not be compared.
    """

    rules: RuleSet
    as_of: AsOf
    repeated: Collection[Name]
    states: dict[str, MemberState] = field(default_factory=dict)
    _claimed: dict[Name, str] = field(default_factory=dict)
    _orders: set[Name] = field(default_factory=set)

    def state_of(self, member: str) -> MemberState:
        """Where a member stands now."""
        state = self.states.get(member)
        return self.rules.new_member(member) if state is None else state

    def decide(self, event: Event) -> Receipt:
        """What becomes of the next event. Must be called in business order."""
        if event.occurred_at > self.as_of.latest:
            reason = "the event has not happened yet at the instant that this run looks from"
            return _refused(event, "from_the_future", "occurred_at", reason)
        name = name_of(event.source, event.id)
        content = digest(event) if name in self.repeated else ""
        if name in self._claimed:
            if self._claimed[name] == content:
                return Receipt(event, "duplicate")
            reason = f"the id `{event.id}` stands for other content already"
            return _refused(event, "conflicting_event", "id", reason)
        if isinstance(event, Purchase) and _order(event) in self._orders:
            reason = f"the order `{event.order or event.id}` was paid by another event already"
            return _refused(event, "order_exists", "order", reason)
        receipt = self._decided(event)
        if receipt.status != "refused":
            self._claimed[name] = content
            if isinstance(event, Purchase):
                self._orders.add(_order(event))
        return receipt

    def _decided(self, event: Event) -> Receipt:
        try:
            decision = self.rules.decide(event, self.state_of(event.member))
        except PluginError as problem:
            return _refused(event, "plugin_error", "", str(problem))
        if decision.status == "refused":
            return Receipt(event, "refused", decision, decision.refusal)
        if decision.status == "decided":
            self.states[event.member] = decision.state
        return Receipt(event, decision.status, decision)


def decide_history(
    rules: RuleSet,
    lines: Iterable[ReadEvent],
    as_of: AsOf,
    on_receipt: Callable[[Receipt], None] | None = None,
    on_total: Callable[[int], None] | None = None,
) -> Figures:
    """Decide everything in ``lines`` and count what it came to.

    ``on_receipt`` is told each event's receipt, in business order; ``on_total`` how many will come, once
    all lines were read. Unreadable lines are counted as refused and have no receipt.
    Errors: what reading ``lines`` raises (``OSError``).
    """
    figures = Figures(rules.in_force(as_of.latest).plan, rules.accounts)
    held = HeldEvents()
    for event in readable(lines, figures):
        held.add(event)
    if on_total is not None:
        on_total(len(held))
    history = History(rules, as_of, held.repeated)
    for event in held.in_business_order():
        receipt = history.decide(event)
        _count(figures, receipt)
        if on_receipt is not None:
            on_receipt(receipt)
    figures.read_levels(history.states.values(), as_of.day)
    return figures


def state_before(
    rules: RuleSet, lines: Iterable[ReadEvent], event: Event, figures: Figures
) -> MemberState:
    """Where the member of ``event`` stands just before it: the fold of his events before it in ``lines``.

    The event itself may stand among them; it and all that comes after it are passed over. ``figures``
    takes what became of the others.
    """
    held = HeldEvents()
    for one in readable(lines, figures):
        if one.member == event.member:
            held.add(one)
    history = History(rules, AsOf.instant(rules, event.occurred_at), held.repeated)
    for one in held.before(event):
        _count(figures, history.decide(one))
    return history.state_of(event.member)


def readable(lines: Iterable[ReadEvent], figures: Figures) -> Iterator[Event]:
    """The events among lines; what is unreadable is counted."""
    for line in lines:
        if not isinstance(line.event, EventError):
            yield line.event
            continue
        problem = line.event
        refusal = Refusal(problem.code, problem.path, problem.reason)
        figures.refuse(refusal, f"{line.file}:{line.line}")
        if problem.code == "broken_file":
            figures.broken_files.append(line.file)


def _count(figures: Figures, receipt: Receipt) -> None:
    figures.types[receipt.event.type] += 1
    if receipt.refusal is not None:
        figures.refuse(receipt.refusal, f"event {receipt.event.id}")
        return
    figures.statuses[receipt.status] += 1
    if receipt.decision is not None:
        figures.give(receipt.decision.outcome.points or {}, receipt.decision.trace)


def _refused(event: Event, code: str, path: str, reason: str) -> Receipt:
    return Receipt(event, "refused", refusal=Refusal(code, path, reason))


def _order(event: Purchase) -> Name:
    return name_of(event.source, event.order or event.id)
