"""Challenges after a return: an instance that counted the order counts its entries again. An award that no
longer stands is taken back; one that hangs on another entry now moves, and is worth no more there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import (
    CounterAdded,
    Effect,
    InstanceClosed,
    InstanceReached,
    InstanceRecounted,
    InstanceStatus,
    LotOpened,
    LotReduced,
    PointsTaken,
)
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.funding import merged
from loyalty_rules.domain.instances import Entry, Instance, Reach
from loyalty_rules.domain.order_record import Added, BookedOrder
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.challenge_ends import asked_at_end
from loyalty_rules.engine.challenges import order_name
from loyalty_rules.engine.counting_left import Counts
from loyalty_rules.engine.dating import opened
from loyalty_rules.engine.model import Challenge
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.paying import leave, operators
from loyalty_rules.engine.plan import Given, Plan, Trace
from loyalty_rules.engine.prizes import Known, prize, prize_event
from loyalty_rules.engine.progress import Boxes, Recounted, box_ends, box_name, boxes_of, recount
from loyalty_rules.engine.return_lines import numbered
from loyalty_rules.engine.taking import take
from loyalty_rules.engine.withdrawing import grants_left


@dataclass(slots=True)
class Recounts:
    """What a return means for challenges. ``added`` are changes of counters, by counter and day; ``points``
    are below zero where something was taken; ``unrecovered`` points nobody paid, others a refund did that is
    smaller by ``refund_less_minor``; ``moved`` counts the awards of each challenge that hang on another entry
    now, or are of another size."""

    state: MemberState
    effects: list[Effect] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    points: dict[str, int] = field(default_factory=dict)
    added: dict[tuple[str, int], Number] = field(default_factory=dict)
    unrecovered: dict[str, int] = field(default_factory=dict)
    refund_less_minor: int = 0
    moved: dict[str, int] = field(default_factory=dict)

    def put(self, *effects: Effect) -> None:
        """Let something happen."""
        self.effects += effects
        self.state = fold(self.state, effects)

    def add(self, counter: str, day: int, value: Number) -> None:
        """Let a counter change, when everything else has happened."""
        self.added[counter, day] = whole(self.added.get((counter, day), 0) + value)

    def entries(self) -> tuple[Added, ...]:
        """The changes of counters."""
        return tuple(Added(counter, day, value) for (counter, day), value in self.added.items())


def recount_challenges(
    plan: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder,
    counts: Counts,
    refund_minor: Number,
) -> Recounts:
    """Every instance that counted an order, counted again after ``event`` took back a part of it. ``plan`` is
    the one that decided the order, ``refund_minor`` the money that may still pay for points.

    Errors: what a plugin's function raises.
    """
    found = Recounts(state)
    name = order_name(order.purchase.source, order.order)
    for challenge in plan.model.challenges:
        for instance in state.instances.get(challenge.id, ()):
            entry = next((one for one in instance.entries if one.event == name), None)
            if entry is None:
                continue
            amount = counts(challenge, instance, entry)
            if amount != entry.amount:
                again = _Again(plan, event, order, challenge, instance, found, refund_minor)
                again.run(replace(entry, amount=amount))
    return found


def has_counted(state: MemberState, order: BookedOrder) -> bool:
    """Whether an instance remembers an order."""
    name = order_name(order.purchase.source, order.order)
    return any(
        entry.event == name
        for held in state.instances.values()
        for one in held
        for entry in one.entries
    )


@dataclass(slots=True)
class _Again:
    """One instance that is counted again. ``room`` is what may be given anew of each program: no more than
    is taken; ``gone`` and ``changed`` are the awards that no longer stand, and those of another size."""

    plan: Plan
    event: Event
    order: BookedOrder
    challenge: Challenge
    instance: Instance
    found: Recounts
    refund_minor: Number
    room: dict[str, int] = field(default_factory=dict)
    gone: list[Reach] = field(default_factory=list)
    changed: list[Reach] = field(default_factory=list)

    def run(self, changed: Entry) -> None:
        """Count again, with another entry in the place of the one of its event."""
        entries = tuple(
            changed if one.event == changed.event else one
            for one in self.instance.entries
            if one.event != changed.event or changed.amount
        )
        self.instance = replace(self.instance, entries=entries)
        again = recount(self._boxes, self.challenge, self.instance)
        self.found.put(self._recounted(changed, again))
        self._compare(dict(again.reaches))
        if not self.gone and not self.changed:
            self._told("recounted")
        elif self._is_never_taken():
            self._told("not_taken_back")
        else:
            self._book(self._moved(again), again)
        if not entries and not again.reaches and self.challenge.opens is None:
            self.found.put(InstanceClosed(self.challenge.id, self.instance.id, "undone"))

    def _recounted(self, changed: Entry, again: Recounted) -> InstanceRecounted:
        progress = again.progress
        return InstanceRecounted(
            self.challenge.id,
            self.instance.id,
            changed.event,
            changed.amount,
            progress.counted,
            progress.box,
            self._status(bool(again.reaches)),
        )

    def _status(self, is_reached: bool) -> InstanceStatus:
        """Whether the instance is still, or again, open."""
        if self.instance.status != "reached" or is_reached:
            return self.instance.status
        ends = self.instance.ends_at
        return "open" if ends is None or ends > self.event.occurred_at else "lapsed"

    def _told(self, reason: str) -> None:
        """Say that nothing is taken."""
        self.found.traces.append(Trace(self.challenge.id, "kept", reason, self.instance.id))

    def _compare(self, after: Mapping[str, int]) -> None:
        """Find the awards that no longer stand as they did; ``after`` are the entries that reach now."""
        for reach in self.instance.reaches:
            times = after.get(reach.event, 0)
            if times != reach.times:
                (self.changed if times else self.gone).append(reach)
        for reach in (*self.gone, *self.changed):
            for program, units in reach.given:
                self.room[program] = self.room.get(program, 0) + units

    def _is_never_taken(self) -> bool:
        """Whether a program of the awards keeps what it gave, whatever comes back: as it says, or as these
        rules do not have it, since another version gave it."""
        accounts = [self.plan.index.accounts.get(program) for program in self.room]
        return any(one is None or one.claw_back == "none" for one in accounts)

    def _moved(self, again: Recounted) -> list[tuple[Reach, Reach | None]]:
        """The awards as they stand now, of the entries of which that has changed, each with what it was."""
        before = {reach.event: reach for reach in self.instance.reaches}
        state = self._given_back()
        found: list[tuple[Reach, Reach | None]] = []
        for name, times in again.reaches:
            had = before.get(name)
            if had is None or had.times != times:
                reach, state = self._anew(state, name, times, len(found) + 1)
                found.append((reach, had))
        return found

    def _given_back(self) -> MemberState:
        """The state without what the awards that change had used of limits."""
        back = [
            CounterAdded(counter, "sum", self._day(reach.at), -value)
            for reach in (*self.gone, *self.changed)
            for counter, value in reach.added
        ]
        return fold(self.found.state, back)

    def _anew(
        self, state: MemberState, name: str, times: int, number: int
    ) -> tuple[Reach, MemberState]:
        """What an entry gives that reaches the target now, within what is taken, and the state after its
        uses of limits."""
        at, known = self._asked(name)
        rule = self.plan.index.rules_of_time[self.challenge.id]
        event = prize_event(state.member, rule.id, number, self.event, at)
        worth = prize(self.plan, state, rule, event, known, times)
        given = []
        for program, units in worth.given:
            units = min(units, self.room.get(program, 0))
            self.room[program] = self.room.get(program, 0) - units
            if units:
                given.append((program, units))
        added = tuple(self._within(given, counter, value) for counter, value in worth.added)
        uses = [CounterAdded(counter, "sum", self._day(at), value) for counter, value in added]
        return Reach(name, at, times, tuple(given), added=added), fold(state, uses)

    def _within(
        self, given: Sequence[tuple[str, int]], counter: str, value: Number
    ) -> tuple[str, Number]:
        """What a counter of bookings is fed, no more than was given."""
        known = self.plan.index.counters.get(counter)
        if known is None:
            return counter, value
        return counter, min(value, dict(given).get(known.program, 0))

    def _asked(self, name: str) -> tuple[datetime, Known]:
        """When an entry reached the target, or a box was paid, and what was known then."""
        for entry in self.instance.entries:
            if entry.event == name:
                return entry.at, entry.facts
        box = int(name.removeprefix(box_name(0)[:-1]))
        known = asked_at_end(self._boxes, self.challenge, self.instance, box)
        return box_ends(self._boxes, self.challenge, box), known

    def _book(self, moved: Sequence[tuple[Reach, Reach | None]], again: Recounted) -> None:
        left = [lot for reach in self.gone for lot in reach.lots]
        lots = [list(had.lots) + left if had else [] for _, had in moved]
        for program in self.plan.index.accounts:
            if program in self.room:
                self._shift(program, moved, lots)
        before = self.found.moved.get(self.challenge.id, 0)
        self.found.moved[self.challenge.id] = before + len(moved)
        self._counters(moved)
        grants, withdrawn = grants_left(moved, self.changed, self.gone)
        self.found.put(*withdrawn)
        for reach in self.gone:
            self.found.put(self._reached(replace(reach, times=0), again))
        for number, (reach, _) in enumerate(moved):
            now = replace(reach, lots=tuple(lots[number]), grants=grants[number])
            self.found.put(self._reached(now, again))
        self._trace(moved)

    def _reached(self, reach: Reach, again: Recounted) -> InstanceReached:
        progress, lost = again.progress, reach.times == 0
        return InstanceReached(
            self.challenge.id,
            self.instance.id,
            reach.event,
            reach.at,
            reach.times,
            progress.counted,
            progress.box,
            () if lost else reach.given,
            () if lost else reach.lots,
            () if lost else reach.grants,
            () if lost else reach.added,
        )

    def _shift(
        self,
        program: str,
        moved: Sequence[tuple[Reach, Reach | None]],
        lots: Sequence[list[tuple[str, str]]],
    ) -> None:
        """Take what is given no more, and let what is left of an award that moves be dated by its new entry;
        ``lots`` are where each of the awards is then."""
        account, rule = self.plan.index.accounts[program], self.challenge.id
        own = [lot for reach in (*self.gone, *self.changed) for lot in reach.lots]
        if self.room[program]:
            self._take(program, self.room[program], own)
        gone = {lot for reach in self.gone for name, lot in reach.lots if name == program}
        for number, (reach, had) in enumerate(moved):
            wanted = dict(reach.given).get(program, 0) if had is None else 0
            cut = tuple(_cut(self.found.state, program, gone, wanted))
            units = sum(one.points for one in cut)
            if not units:
                continue
            place = numbered(self.event, self.found.moved.get(rule, 0) + number + 1)
            lot = f"{self.event.source}/~{rule}.{place}/{self.event.id}/{program}"
            orders = [one.order for one in self.found.state.lots[program] if one.id == cut[0].lot]
            made = LotOpened(program, lot, units, reach.at, ((rule, units),), order=orders[0])
            made = replace(made, funding=merged(part for one in cut for part in one.funding))
            self.found.put(
                PointsTaken(program, self.order.order, units, ((rule, units),)),
                *cut,
                *opened(self.plan, account, self.found.state, made, "clock"),
            )
            lots[number].append((program, lot))

    def _take(self, program: str, units: int, own: Sequence[tuple[str, str]]) -> None:
        account, found = self.plan.index.accounts[program], self.found
        order = replace(self.order, lots=tuple(own))
        left = self.refund_minor - found.refund_less_minor
        wanted = operators(self.plan, program, units)
        taken = take(account, found.state, order, units, left, wanted)
        found.refund_less_minor += taken.refund_less_minor
        if taken.unrecovered:
            found.unrecovered[program] = found.unrecovered.get(program, 0) + taken.unrecovered
        forgiven = sum(points for _, points in taken.forgiven)
        found.points[program] = found.points.get(program, 0) - units + forgiven
        found.put(
            PointsTaken(
                program,
                self.order.order,
                units,
                ((self.challenge.id, units),),
                taken.unrecovered,
                taken.refunded,
                taken.forgiven,
            ),
            *taken.effects,
        )

    def _counters(self, moved: Sequence[tuple[Reach, Reach | None]]) -> None:
        for reach in (*self.gone, *self.changed):
            for counter, value in reach.added:
                self.found.add(counter, self._day(reach.at), -value)
        for reach, _ in moved:
            for counter, value in reach.added:
                self.found.add(counter, self._day(reach.at), value)

    def _trace(self, moved: Sequence[tuple[Reach, Reach | None]]) -> None:
        given: list[Given] = []
        had = _sum(reach.given for reach in (*self.gone, *self.changed))
        has = _sum(reach.given for reach, _ in moved)
        for program, units in had.items():
            kept = has.get(program, 0)
            unit = 10 ** self.plan.index.accounts[program].scale
            given.append(
                Given(self.challenge.id, program, Fraction(kept, unit), kept, kept - units)
            )
        is_taken = any(one.points for one in given)
        how, name, id = tuple(given), self.challenge.id, self.instance.id
        self.found.traces.append(
            Trace(name, "taken", "recounted", id, how)
            if is_taken
            else Trace(name, "kept", "moved", id, how)
        )

    @property
    def _boxes(self) -> Boxes:
        return boxes_of(self.plan, self.found.state)

    def _day(self, at: datetime) -> int:
        return local_day(at, self.plan.zone)


def _cut(state: MemberState, program: str, lots: Iterable[str], units: int) -> Iterable[LotReduced]:
    """What is left in some lots, up to so many points."""
    for lot in state.lots.get(program, ()):
        part = min(lot.left, units) if lot.id in lots else 0
        if part:
            units -= part
            yield leave(program, lot, part, "taken_back")


def _sum(given: Iterable[Sequence[tuple[str, int]]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in given:
        for program, units in one:
            found[program] = found.get(program, 0) + units
    return found
