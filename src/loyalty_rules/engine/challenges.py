"""Challenges: what an event opens, what it counts in which instance, and which targets it reaches. They come
after everything else of a decision was booked, and what they give is counted by none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from loyalty_rules.base.period import Duration
from loyalty_rules.base.records import replace
from loyalty_rules.base.windows import end_of
from loyalty_rules.base.zones import local_day, start_of_day
from loyalty_rules.domain.effects import (
    CounterAdded,
    Effect,
    Granted,
    InstanceClosed,
    InstanceCounted,
    InstanceOpened,
    InstanceReached,
    Value,
)
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.instances import Entry, Instance
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.facts import NO_ROW, Case, CaseFacts, Segment, whole_facts
from loyalty_rules.engine.feeding import added_by
from loyalty_rules.engine.model import Challenge, Formula, Rule
from loyalty_rules.engine.number import Number, number_of, ratio, total, whole
from loyalty_rules.engine.plan import Given, Plan, Trace
from loyalty_rules.engine.prizes import Prize, known_to, prize, prize_event
from loyalty_rules.engine.progress import Progress, box_of, boxes_of, has_boxes, step

GRANT = "grant"
"""The kind of event that hands an offer to a member."""

FOR_EVER = ""
"""The id of the one instance of a challenge that nothing opens."""


@dataclass(slots=True)
class Met:
    """What an event means for all challenges of a member: effects, one trace for each challenge that it is
    about, points by program."""

    state: MemberState
    effects: list[Effect] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    points: dict[str, int] = field(default_factory=dict)

    def put(self, *effects: Effect) -> None:
        """Let something happen."""
        self.effects += effects
        self.state = fold(self.state, effects)

    def instance(self, challenge: Challenge, id: str) -> Instance | None:
        """An instance as it is now."""
        held = self.state.instances.get(challenge.id, ())
        return next((one for one in held if one.id == id), None)

    def give(self, found: Prize) -> None:
        """Let a prize be given."""
        self.put(*found.effects)
        for program, units in found.given:
            self.points[program] = self.points.get(program, 0) + units


def meet_challenges(case: Case, state: MemberState, effects: Sequence[Effect]) -> Met:
    """What the event of a case means for challenges; ``effects`` are what it did so far, ``state`` is after
    them.

    Errors: refused as ``points_out_of_range``; what a plugin's function raises.
    """
    met = Met(state)
    for challenge in case.plan.model.challenges:
        one = _Meeting(case, challenge, met, effects)
        try:
            one.open()
            one.count()
        except PluginError as error:
            raise error.for_rule(challenge.id) from error
        trace = one.trace()
        if trace is not None:
            met.traces.append(trace)
    open_offers(case.plan, met, [*effects, *met.effects])
    return met


def open_offers(plan: Plan, met: Met, effects: Sequence[Effect]) -> None:
    """Open what was handed to the member by some effects. An offer counts only what comes after it."""
    for one in effects if plan.index.challenges else ():
        challenge = plan.index.challenges.get(one.to) if isinstance(one, Granted) else None
        if not isinstance(one, Granted) or one.kind != "offer" or challenge is None:
            continue
        at = one.granted_at
        event = Event(f"~{one.grant}", GRANT, met.state.member, at, fields={"offer": one.name})
        day = local_day(at, plan.zone)
        case = Case(plan, met.state, event, plan.index.kinds[GRANT], day, {"offer": one.name})
        _Meeting(case, challenge, met, ()).open()


def entry_name(event: Event) -> str:
    """What the entry of an event is called; that of a purchase by its order, as returns call it."""
    if isinstance(event, Purchase):
        return order_name(event.source, event.order or event.id)
    return f"{event.type}:{event.source}/{event.id}"


def order_name(source: str, order: str) -> str:
    """What the entry of an order is called."""
    return f"purchase:{source}/{order}"


def counted_by(case: Case, challenge: Challenge, opened: Sequence[tuple[str, Value]]) -> Number:
    """What the event of a case counts in an instance that was opened so, by its own words; 0 for nothing."""
    counter = challenge.counts
    if counter is None or case.event.type not in counter.events:
        return 0
    addition = added_by(case, counter, facts_with(case, opened))
    return 0 if addition is None else number_of(addition.value) or 0


def facts_with(case: Case, opened: Sequence[tuple[str, Value]]) -> CaseFacts:
    """The facts of a case, with those of the event that opened an instance."""
    facts = whole_facts(case, Segment())
    facts.update({f"opened.{name}": value for name, value in opened})
    return facts


def in_figure(plan: Plan, challenge: Challenge, added: Number) -> Number:
    """What was added to the counter of a challenge, in the unit of its target."""
    counter = plan.index.counters[challenge.figure]
    if counter.fed_by == "events":
        return added
    return ratio(added, 10 ** plan.index.accounts[counter.program].scale)


@dataclass(slots=True)
class _Meeting:
    """One challenge on the occasion of one event. ``touched`` are instances that it opened or counted in,
    ``shut`` why none could be opened."""

    case: Case
    challenge: Challenge
    met: Met
    effects: Sequence[Effect]
    touched: list[str] = field(default_factory=list)
    prizes: list[Trace] = field(default_factory=list)
    is_met: bool = False
    is_reached: bool = False
    shut: str = ""

    @property
    def rule(self) -> Rule:
        return self.case.plan.index.rules_of_time[self.challenge.id]

    def open(self) -> None:
        """Open an instance, if the event is one that does."""
        opens, event = self.challenge.opens, self.case.event
        if opens is None or event.type != opens.event:
            return
        facts = whole_facts(self.case, Segment())
        code = self.case.plan.code
        if any(code[formula.slot](facts, NO_ROW) is not True for formula in opens.when):
            return
        self.is_met = True
        if not self._make_room():
            return
        told = [(name, value) for name, value in self.case.fields.items() if value is not None]
        self._open(entry_name(event), event.occurred_at, tuple(sorted(told)))

    def count(self) -> None:
        """Count the event in every instance that it belongs to."""
        challenge, at = self.challenge, self.case.event.occurred_at
        if not has_boxes(boxes_of(self.case.plan, self.met.state), challenge):
            return
        if challenge.opens is None:
            self._open_unasked()
        for instance in self.met.state.instances.get(challenge.id, ()):
            if not _takes_part(challenge, instance, at):
                continue
            self.is_met = True
            amount = self._amount(instance.opened)
            if amount:
                self._count(instance, amount)

    def trace(self) -> Trace | None:
        """What became of the challenge, if the event is about it."""
        challenge, event = self.challenge, self.case.event
        if self.prizes:
            return _joined(self.prizes)
        rule = self.rule.id
        if self.shut:
            return Trace(rule, "not_gave", self.shut)
        if self.touched:
            return Trace(rule, "not_gave", "not_reached", self.touched[0])
        kinds = () if challenge.counts is None else challenge.counts.events
        if self.is_reached:
            return Trace(rule, "not_gave", "already_reached")
        if event.type not in kinds:
            return None
        return Trace(rule, "not_gave", "not_counted" if self.is_met else "not_open")

    def _make_room(self) -> bool:
        """Whether an instance may be opened beside those that are open."""
        held = self.met.state.instances.get(self.challenge.id, ())
        running = [one.id for one in held if one.status == "open"]
        if not running or self.challenge.overlap == "separate":
            return True
        if self.challenge.overlap == "ignore":
            return False
        for id in running:
            self.met.put(InstanceClosed(self.challenge.id, id, "restarted"))
        return True

    def _open_unasked(self) -> None:
        """Open the instance that nothing else opens: the one of the box, or the one for ever."""
        challenge, plan, at = self.challenge, self.case.plan, self.case.event.occurred_at
        id, opened_at, ends_at = FOR_EVER, at, None
        if challenge.window is not None and challenge.pays == "reached":
            first, after = box_of(boxes_of(plan, self.met.state), challenge, at)
            id, opened_at = str(first), start_of_day(first, plan.zone)
            ends_at = start_of_day(after, plan.zone)
            clock = self.met.state.clock
            if clock is not None and ends_at <= clock:
                return  # the box is over; whatever it held is closed
        if self.met.instance(challenge, id) is None and self._amount(()):
            self._open(id, opened_at, (), ends_at)

    def _open(
        self,
        id: str,
        at: datetime,
        opened: tuple[tuple[str, Value], ...],
        ends_at: datetime | None = None,
    ) -> None:
        challenge, plan = self.challenge, self.case.plan
        facts = facts_with(self.case, opened)
        target = _number(plan, challenge.target, facts)
        if target is None or target <= 0:
            self.shut = "missing" if target is None else "no_target"
            return
        if challenge.lasts is not None:
            lasts = challenge.lasts
            duration = lasts if isinstance(lasts, Duration) else _duration(plan, lasts, facts)
            if duration is None:
                self.shut = "missing"
                return
            ends_at = end_of(at, duration, plan.calendar, plan.zone, plan.model.leap_day)
        target = whole(target * challenge.unit)
        self.met.put(InstanceOpened(challenge.id, id, at, target, ends_at, opened))
        self.touched.append(id)

    def _amount(self, opened: Sequence[tuple[str, Value]]) -> Number:
        challenge = self.challenge
        if challenge.counts is not None:
            return counted_by(self.case, challenge, opened)
        added = total(
            number_of(one.value) or 0
            for one in self.effects
            if isinstance(one, CounterAdded) and one.counter == challenge.figure
        )
        return in_figure(self.case.plan, challenge, added)

    def _count(self, instance: Instance, amount: Number) -> None:
        challenge, case, met = self.challenge, self.case, self.met
        known = known_to(self.rule, facts_with(case, instance.opened))
        name = entry_name(case.event)
        entry = Entry(name, _counted_at(challenge, met.state, case.event), amount, known)
        one = step(boxes_of(case.plan, met.state), challenge, instance, entry)
        met.put(
            InstanceCounted(
                challenge.id, instance.id, name, entry.at, amount, one.counted, one.box, known
            )
        )
        if instance.status == "reached":
            self.is_reached = True
            return
        self.touched.append(instance.id)
        if one.times:
            self._reach(instance, entry, one)

    def _reach(self, instance: Instance, entry: Entry, one: Progress) -> None:
        case, number = self.case, len(self.prizes) + 1
        event = prize_event(
            case.event.member, self.rule.id, number, case.event, case.event.occurred_at
        )
        order = case.event.order or case.event.id if isinstance(case.event, Purchase) else ""
        found = prize(case.plan, self.met.state, self.rule, event, entry.facts, one.times, order)
        self.met.give(found)
        self.met.put(reached(self.challenge, instance.id, (entry.event, entry.at), one, found))
        self.prizes.append(replace(found.trace, detail=found.trace.detail or instance.id))


def reached(
    challenge: Challenge, instance: str, by: tuple[str, datetime], one: Progress, found: Prize
) -> InstanceReached:
    """That an entry, or the end of a box, reached the target at an instant, and what hangs on it."""
    for_good = challenge.on_return == "frozen"
    event, at = by
    told = InstanceReached(
        challenge.id,
        instance,
        event,
        at,
        one.times,
        one.counted,
        one.box,
        ends=challenge.pays == "reached" and not challenge.repeat,
        for_good=for_good,
    )
    if for_good:
        return told
    grants = tuple(
        (one.grant, one.kind, one.quantity, one.amount_minor or 0) for one in found.grants
    )
    return replace(told, given=found.given, lots=found.lots, grants=grants, added=found.added)


def _takes_part(challenge: Challenge, instance: Instance, at: datetime) -> bool:
    """Whether what happens at an instant may count in an instance. One that was reached goes on counting for
    the day on which a return takes its award back."""
    if instance.status == "reached" and challenge.on_return == "frozen":
        return False
    if instance.status not in ("open", "reached"):
        return False
    begun = challenge.opens is None or instance.opened_at <= at
    return begun and (instance.ends_at is None or at < instance.ends_at)


def _counted_at(challenge: Challenge, state: MemberState, event: Event) -> datetime:
    """When an event counts: what comes late to a window that is paid at its end counts in the present one."""
    if challenge.pays == "at_end" and state.clock is not None:
        return max(event.occurred_at, state.clock)
    return event.occurred_at


def _number(plan: Plan, formula: Formula, facts: CaseFacts) -> Number | None:
    return number_of(plan.code[formula.slot](facts, NO_ROW))


def _duration(plan: Plan, formula: Formula, facts: CaseFacts) -> Duration | None:
    text = plan.code[formula.slot](facts, NO_ROW)
    return Duration.of(text) if isinstance(text, str) else None


def _joined(prizes: Sequence[Trace]) -> Trace:
    """One trace of all that a challenge gave on one occasion."""
    given: list[Given] = []
    for one in prizes:
        given += one.given
    first = next((one for one in prizes if one.outcome == "gave"), prizes[0])
    trimmed = sum(one.trimmed for one in prizes)
    return replace(first, given=tuple(given), trimmed=trimmed)
