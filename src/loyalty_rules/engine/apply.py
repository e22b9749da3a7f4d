"""What an effect does to a member's state. Everything that changes a state must live in this file.

Each effect is complete in itself: nothing here asks a rule set, a plan or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import (
    SHARED,
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantKept,
    GrantWithdrawn,
    HistoryRetold,
    InstanceClosed,
    InstanceCounted,
    InstanceOpened,
    InstanceReached,
    InstanceRecounted,
    LevelSet,
    LotDated,
    LotFreed,
    LotOpened,
    LotReduced,
    LotRestored,
    MemberErased,
    OnceClaimed,
    PartnerPaid,
    PayersShifted,
    PointsTaken,
    ProfileSet,
    TimerSet,
)
from loyalty_rules.domain.funding import merged, points_of
from loyalty_rules.domain.instances import Entry, Instance, Reach, unused
from loyalty_rules.domain.kept_grants import keeps, kept_of
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.state import GAVE_WAY, Level, Lot, MemberState, changeable
from loyalty_rules.domain.state_patch import patched
from loyalty_rules.engine.joining import JOINED
from loyalty_rules.engine.sharing import after


class _Draft:
    """A state while effects are put into it. Whatever is changed is copied before, and once."""

    def __init__(self, state: MemberState) -> None:
        self.state = state
        self.clock = state.clock
        self.lots = changeable(state.lots)
        self.counters = changeable(state.counters)
        self.levels = changeable(state.levels)
        self.timers = changeable(state.timers)
        self.once = state.once
        self.profile = changeable(state.profile)
        self.deficits = changeable(state.deficits)
        self.expired = changeable(state.expired)
        self.instances = changeable(state.instances)
        self.shared = state.shared
        self.uses: list[Effect] = []

    def frozen(self) -> MemberState:
        """The state that it has become; nobody can change that one."""
        return MemberState(
            self.state.member,
            self.clock,
            MappingProxyType(self.lots),
            MappingProxyType(self.counters),
            MappingProxyType(self.levels),
            MappingProxyType(self.timers),
            self.once,
            MappingProxyType(self.profile),
            MappingProxyType(self.deficits),
            MappingProxyType(self.expired),
            MappingProxyType(self.instances),
            after(self.shared, self.uses) if self.shared and self.uses else self.shared,
        )


def apply(state: MemberState, effect: Effect) -> MemberState:
    """The state after one effect; ``state`` itself stays as it is."""
    return fold(state, (effect,))


def fold(state: MemberState, effects: Iterable[Effect]) -> MemberState:
    """The state after many effects, in their order."""
    draft: _Draft | None = None
    for effect in effects:
        if draft is None:
            draft = _Draft(state)
        _APPLIED[type(effect)](draft, effect)
    return state if draft is None else draft.frozen()


def _clock(draft: _Draft, effect: ClockMoved) -> None:
    if draft.clock is None or effect.to > draft.clock:
        draft.clock = effect.to
        if GAVE_WAY in draft.timers and draft.timers[GAVE_WAY] <= effect.to:
            del draft.timers[GAVE_WAY]  # what happens before it happens before the clock


def _lot(draft: _Draft, effect: LotOpened) -> None:
    lot = Lot(
        effect.lot,
        effect.points,
        effect.points,
        effect.opened_at,
        effect.expires_at,
        effect.ends_with,
        effect.waits,
        effect.usable_at,
        effect.freed_by,
        effect.order,
        effect.funding,
    )
    draft.lots[effect.program] = Lots.of(draft.lots.get(effect.program)).add(lot)


def _held(draft: _Draft, program: str, id: str) -> Lot:
    """An open lot."""
    lot = Lots.of(draft.lots.get(program)).get(id)
    assert lot is not None, f"nobody holds the lot `{id}`"
    return lot


def _put_lot(draft: _Draft, program: str, lot: Lot) -> None:
    """Another lot in the place of that of its id, or none if it is empty."""
    held = Lots.of(draft.lots[program])
    kept = held.put(lot) if lot.left else held.without(lot.id)
    if kept:
        draft.lots[program] = kept
    else:
        del draft.lots[program]


def _freed(draft: _Draft, effect: LotFreed) -> None:
    lot = _held(draft, effect.program, effect.lot)
    assert lot.waits, f"the lot `{lot.id}` is free already"
    freed = replace(lot, waits=False, usable_at=effect.at, freed_by="")
    _put_lot(draft, effect.program, freed)


def _dated(draft: _Draft, effect: LotDated) -> None:
    lot = _held(draft, effect.program, effect.lot)
    dated = replace(lot, expires_at=effect.expires_at, ends_with=effect.ends_with)
    _put_lot(draft, effect.program, dated)


def _reduced(draft: _Draft, effect: LotReduced) -> None:
    """An empty lot goes, so that what was given and taken back whole leaves no mark."""
    lot = _held(draft, effect.program, effect.lot)
    left = lot.left - effect.points
    assert 0 <= left <= lot.granted, f"the lot `{lot.id}` does not hold {effect.points} points"
    funding = merged(lot.funding, effect.funding) if lot.funding else ()
    assert not funding or points_of(funding) == left, f"whose points leave `{lot.id}` is not said"
    _put_lot(draft, effect.program, replace(lot, left=left, funding=funding))
    if effect.cause == "expired" and lot.order:  # a return may ask what became of them
        _expired(draft, effect.program, lot.id, effect.points)


def _expired(draft: _Draft, program: str, lot: str, points: int) -> None:
    """Remember that points of an order's lot expired; below zero: that a return was forgiven them."""
    lots = dict(draft.expired.pop(program, {}))
    known = lots.pop(lot, 0) + points
    assert known >= 0, "no more is forgiven than has expired"
    if known:
        lots[lot] = known
    if lots:
        draft.expired[program] = MappingProxyType(lots)


def _restored(draft: _Draft, effect: LotRestored) -> None:
    """A lot that is open again stands where it stood: lots are in the order in which they were opened."""
    held = Lots.of(draft.lots.get(effect.program))
    lot = held.get(effect.lot)
    if lot is not None:
        left, granted = lot.left + effect.points, max(lot.granted, effect.granted)
        assert left <= granted, f"the lot `{lot.id}` never held {left} points"
        funding = merged((*lot.funding, *effect.funding))
        lot = replace(lot, left=left, granted=granted, funding=funding)
        _put_lot(draft, effect.program, lot)
        return
    opened = Lot(
        effect.lot,
        effect.granted,
        effect.points,
        effect.opened_at,
        effect.expires_at,
        effect.ends_with,
        usable_at=effect.usable_at,
        order=effect.order,
        funding=effect.funding,
    )
    after = [one for one in held if (one.opened_at, one.id) > (opened.opened_at, opened.id)]
    place = held.index(after[0]) if after else len(held)
    draft.lots[effect.program] = Lots((*held[:place], opened, *held[place:]))


def _elsewhere(draft: _Draft, effect: Effect) -> None:
    """It is handed over, or paid, elsewhere; the state holds points and levels only."""


def _granted(draft: _Draft, effect: Granted) -> None:
    """It is handed over elsewhere; little of it is kept."""
    draft.counters.update(kept_of(effect))


def _withdrawn(draft: _Draft, effect: GrantWithdrawn) -> None:
    """What was kept of it is less, or nothing any more."""
    for name in [one for one in draft.counters if keeps(one, effect)]:
        held = Days.of(draft.counters[name])
        left = held.total() - effect.quantity
        if left > 0:
            draft.counters[name] = Days(dict.fromkeys(held, left))
        else:
            del draft.counters[name]


def _taken(draft: _Draft, effect: PointsTaken) -> None:
    """The lots and the deficit say what is taken; this effect says of whom, and what had expired."""
    for lot, points in effect.forgiven:
        _expired(draft, effect.program, lot, -points)


def _deficit(draft: _Draft, effect: DeficitChanged) -> None:
    owed = draft.deficits.pop(effect.program, 0) + effect.points
    assert owed >= 0, "nobody pays more than he owes"
    if owed:
        draft.deficits[effect.program] = owed


def _counter(draft: _Draft, effect: CounterAdded) -> None:
    if effect.counter.startswith(SHARED):
        draft.uses.append(effect)  # of what all members share, put in together at the end
        return
    counters = draft.counters
    days, value = Days.of(counters.get(effect.counter)), effect.value
    before = days.at(effect.day)
    if before is not None:
        value = JOINED[effect.measure](before, value)
    gone = effect.measure == "sum" and value == 0  # so a full return leaves no mark
    days = days.without(effect.day) if gone else days.put(effect.day, value)
    if days:
        counters[effect.counter] = days
    else:
        counters.pop(effect.counter, None)


def _level(draft: _Draft, effect: LevelSet) -> None:
    draft.levels[effect.program] = Level(effect.level, effect.since, effect.until, effect.holds)


def _timer(draft: _Draft, effect: TimerSet) -> None:
    if effect.due_at is None:
        draft.timers.pop(effect.timer, None)
    else:
        draft.timers[effect.timer] = effect.due_at


def _once(draft: _Draft, effect: OnceClaimed) -> None:
    draft.once = draft.once | {effect.key}


def _profile(draft: _Draft, effect: ProfileSet) -> None:
    for key, value in effect.values:
        if value is None:
            draft.profile.pop(key, None)
        else:
            draft.profile[key] = value


def _retold(draft: _Draft, effect: HistoryRetold) -> None:
    """The draft goes on from the state that the patch makes of it."""
    shared, uses, draft.shared = draft.shared, draft.uses, None
    vars(draft).update(vars(_Draft(patched(draft.frozen(), effect.patch))))
    draft.shared, draft.uses = shared, [*uses, effect]


def _erased(draft: _Draft, effect: MemberErased) -> None:
    vars(draft).update(vars(_Draft(MemberState(draft.state.member))))


def _opened(draft: _Draft, effect: InstanceOpened) -> None:
    one = Instance(effect.instance, effect.opened_at, effect.target, effect.ends_at, effect.opened)
    draft.instances[effect.challenge] = (*draft.instances.get(effect.challenge, ()), one)


def _counted(draft: _Draft, effect: InstanceCounted) -> None:
    one = _instance(draft, effect.challenge, effect.instance)
    entry = Entry(effect.event, effect.at, effect.amount, effect.facts)
    entries = (*one.entries, entry)
    _put(draft, effect, replace(one, counted=effect.counted, box=effect.box, entries=entries))


def _reached(draft: _Draft, effect: InstanceReached) -> None:
    one = _instance(draft, effect.challenge, effect.instance)
    one = replace(one, counted=effect.counted, box=effect.box)
    if effect.ends:
        one = replace(one, status="reached")
    if effect.for_good:
        _put(draft, effect, replace(one, entries=unused(one.entries, effect.counted)))
        return
    reaches = tuple(reach for reach in one.reaches if reach.event != effect.event)
    if effect.times:
        reach = Reach(
            effect.event,
            effect.at,
            effect.times,
            effect.given,
            effect.lots,
            effect.grants,
            effect.added,
        )
        reaches = (*reaches, reach)
    _put(draft, effect, replace(one, reaches=reaches))


def _recounted(draft: _Draft, effect: InstanceRecounted) -> None:
    one = _instance(draft, effect.challenge, effect.instance)
    entries = tuple(
        replace(entry, amount=effect.amount) if entry.event == effect.event else entry
        for entry in one.entries
        if effect.amount or entry.event != effect.event
    )
    changed = replace(
        one, entries=entries, counted=effect.counted, box=effect.box, status=effect.status
    )
    _put(draft, effect, changed)


def _closed(draft: _Draft, effect: InstanceClosed) -> None:
    """Only what gave something, and may lose it again, is still remembered."""
    one = _instance(draft, effect.challenge, effect.instance)
    if effect.how == "undone" or not one.reaches:
        _put(draft, effect, None)
    else:
        _put(draft, effect, replace(one, status=effect.how))


_OfInstance = InstanceCounted | InstanceReached | InstanceRecounted | InstanceClosed


def _instance(draft: _Draft, challenge: str, instance: str) -> Instance:
    held = draft.instances.get(challenge, ())
    one = next((one for one in held if one.id == instance), None)
    assert one is not None, f"the challenge `{challenge}` has no instance `{instance}`"
    return one


def _put(draft: _Draft, effect: _OfInstance, changed: Instance | None) -> None:
    held = draft.instances[effect.challenge]
    found: tuple[Instance, ...] = ()
    for one in held:
        if one.id != effect.instance:
            found += (one,)
        elif changed is not None:
            found += (changed,)
    if found:
        draft.instances[effect.challenge] = found
    else:
        del draft.instances[effect.challenge]


# Any: each function takes the effect that it stands beside, which a mapping's type cannot say.
_APPLIED: Final[Mapping[type, Callable[[_Draft, Any], None]]] = {
    ClockMoved: _clock,
    LotOpened: _lot,
    LotFreed: _freed,
    LotDated: _dated,
    LotReduced: _reduced,
    LotRestored: _restored,
    PointsTaken: _taken,
    DeficitChanged: _deficit,
    CounterAdded: _counter,
    LevelSet: _level,
    TimerSet: _timer,
    OnceClaimed: _once,
    ProfileSet: _profile,
    InstanceOpened: _opened,
    InstanceCounted: _counted,
    InstanceReached: _reached,
    InstanceRecounted: _recounted,
    InstanceClosed: _closed,
    Granted: _granted,
    GrantWithdrawn: _withdrawn,
    GrantKept: _elsewhere,
    PartnerPaid: _elsewhere,
    PayersShifted: _elsewhere,
    HistoryRetold: _retold,
    MemberErased: _erased,
}
