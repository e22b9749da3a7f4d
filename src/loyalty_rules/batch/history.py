"""Deciding a history in memory: many events of many members, in business order, whatever order they came in.

An id is claimed by the first event in business order that is decided; its repetition is a duplicate, other
content under it is refused. A refused event claims nothing and changes nothing, and nothing that goes
wrong with one event stops the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.held import HeldEvents, Name, name_of
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.batch.returns import Returns
from loyalty_rules.domain.canonical import digest
from loyalty_rules.domain.errors import EventError, PluginError
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Outcome, Refusal
from loyalty_rules.engine.redeeming import REDEMPTION
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.sharing import NOTHING, Shared, lent
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.returning import HELD_MAX
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.unlinked import Parts, joined

_UNDOING: Final = (*RETURNS, UNDOING)
"""Events that are decided with the record of another one."""


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


@dataclass(slots=True)
class History:
    """Decides events in business order and remembers what ids, orders and members have come to.

    ``repeated`` are the ids that will come more than once; the content of others need not be compared.
    ``returns`` keeps the orders that returns will ask for. ``shared`` is what all members have used of
    budgets, None where the rule set has none.
    """

    rules: RuleSet
    as_of: AsOf
    repeated: Collection[Name]
    returns: Returns
    states: dict[str, MemberState] = field(default_factory=dict)
    shared: Shared | None = None
    _claimed: dict[Name, str] = field(default_factory=dict)
    _orders: set[Name] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.rules.has_budgets and self.shared is None:
            self.shared = NOTHING

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
            if isinstance(event, Purchase) or event.type == REDEMPTION:
                return replace(receipt, released=tuple(self._released(event)))
        return receipt

    def decision_of(self, event: Event) -> Decision:
        """What an event would come to now; nothing is remembered of it.

        Errors: ``PluginError``.
        """
        state = lent(self.state_of(event.member), self.shared)
        parts = self.returns.decide(event, state) if event.type in _UNDOING else None
        if parts is None:
            return self.rules.decide(event, state)
        if parts.refusal is not None:
            refused = Outcome("refused", state, refusal=parts.refusal)
            return Decision(self.rules, event, state, refused)
        return _as_one(event, parts)

    def keep(self, decision: Decision) -> None:
        """Remember where a decision leaves its member, and all of them together."""
        self.states[decision.event.member] = decision.state
        self.shared = decision.shared

    def _decided(self, event: Event) -> Receipt:
        state = lent(self.state_of(event.member), self.shared)
        try:
            if event.type in _UNDOING:
                return self._returned(event, state)
            decision = self.rules.decide(event, state)
        except PluginError as problem:
            return _refused(event, "plugin_error", "", str(problem))
        if decision.status == "refused":
            return Receipt(event, "refused", decision, decision.refusal)
        if decision.status == "decided":
            self.keep(decision)
            self.returns.keep([decision])
        return Receipt(event, decision.status, decision)

    def _returned(self, event: Event, state: MemberState) -> Receipt:
        parts = self.returns.decide(event, state)
        if parts is None:
            return self._held(event)
        if parts.refusal is not None:
            return Receipt(event, "refused", refusal=parts.refusal)
        decision = _as_one(event, parts)
        self.keep(decision)
        self.returns.keep(parts.decisions)
        return Receipt(event, "decided", decision, notes=parts.notes)

    def _held(self, event: Event) -> Receipt:
        if self.returns.waiting_of(event.member) >= HELD_MAX:
            reason = f"{HELD_MAX} events of this member wait for others already"
            return _refused(event, "too_many_held", "order", reason)
        self.returns.wait(event)
        return Receipt(event, "held")

    def _released(self, came: Event) -> Iterator[Receipt]:
        """What becomes of the events that waited for one that came. One on which a plugin fails waits on."""
        for event in self.returns.release(came):
            try:
                receipt = self._returned(event, lent(self.state_of(event.member), self.shared))
            except PluginError:
                self.returns.wait(event)
                continue
            if receipt.status == "refused":
                del self._claimed[name_of(event.source, event.id)]
            yield receipt


def decide_history(
    rules: RuleSet,
    lines: Iterable[ReadEvent],
    as_of: AsOf,
    on_receipt: Callable[[Receipt], None] | None = None,
    on_total: Callable[[int], None] | None = None,
    book: Callable[[HeldEvents, Figures], Figures] | None = None,
) -> Figures:
    """Decide everything in ``lines``, let time pass up to ``as_of``, and count what it came to.

    ``on_receipt`` is told each event's receipt, in business order; ``on_total`` how many will come, once
    all lines were read. Unreadable lines are counted as refused and have no receipt. Accounts of one member
    are merged by ledgers only: where that is asked for, ``book`` takes over, if there is one.
    Errors: what reading ``lines`` raises (``OSError``).
    """
    figures = Figures(rules.in_force(as_of.latest).plan, rules.accounts)
    held = HeldEvents()
    for event in readable(lines, figures):
        held.add(event)
    if on_total is not None:
        on_total(len(held))
    if book is not None and held.has_merges:
        return book(held, figures)
    history = History(rules, as_of, held.repeated, Returns(rules, held.asked))
    for event in held.in_business_order():
        receipt = history.decide(event)
        figures.count(event.type, receipt.counted())
        if on_receipt is not None:
            on_receipt(receipt)
    for member in history.states:
        _pass_time(history, member, figures)
    figures.read_levels(history.states.values(), as_of.day)
    return figures


def _pass_time(history: History, member: str, figures: Figures) -> None:
    """Count what falls due for a member after his last event, up to the instant from which the run looks.
    Where a plugin fails, his time stands still."""
    state, to = history.states[member], history.as_of.latest
    if state.clock is None or state.clock > to:
        return
    try:
        for decision in history.rules.advance(state, to, history.shared):
            figures.give(decision.trace)
            history.keep(decision)
    except PluginError as problem:
        figures.refuse(Refusal("plugin_error", "", str(problem)), f"time of member {member}")


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


def _refused(event: Event, code: str, path: str, reason: str) -> Receipt:
    return Receipt(event, "refused", refusal=Refusal(code, path, reason))


def _order(event: Purchase) -> Name:
    return name_of(event.source, event.order or event.id)


def _as_one(event: Event, parts: Parts) -> Decision:
    decisions = parts.decisions
    return decisions[0] if len(decisions) == 1 else joined(event, decisions)
