"""Events that come late: they take their place among the member's own events in business order, what came
after it is decided again, and the difference is booked now, with the late event.

What is told again begins after the last entry before which everything happened earlier: up to there the
account stands as business order has it. Beyond the window of the rule set (``late.replay``), or where the
history cannot be told again, an event is booked alone, on today's facts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.windows import free_at
from loyalty_rules.domain.effects import (
    Effect,
    HistoryRetold,
    LotStands,
)
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.kinds import OWN_KINDS, business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.state_patch import state_patch
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.ledger.accounts import Account, Name
from loyalty_rules.ledger.charges import difference
from loyalty_rules.ledger.history import PastEntry, everything
from loyalty_rules.ledger.postings import postings
from loyalty_rules.ledger.receipts import Changed, Kept
from loyalty_rules.ledger.rows import lots_of
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.by_hand import hand_notes
from loyalty_rules.service.decision import in_points, told_points
from loyalty_rules.service.drawn_entries import took_part
from loyalty_rules.service.fallen import fallen_of
from loyalty_rules.service.group import Group
from loyalty_rules.service.late_grants import handed
from loyalty_rules.service.past import (
    effects_of,
    orders_before,
    past_of,
    places_of,
    redemptions_before,
    split_at,
    told_again,
    versions_of,
)
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.retelling import (
    Retelling,
    Told,
    as_late,
    has_told,
    points_of,
)
from loyalty_rules.service.served import Served, serving
from loyalty_rules.service.setting import Booking, order_named
from loyalty_rules.service.settling import gave_of, refused
from loyalty_rules.service.unlinked import joined

RETOLD_MAX: Final = 1_000
"""So many events of one member are decided again for a late one."""

TIME: Final = "~clock"
"""Stands for the event in what passing time changes."""


def record_late(group: Group, event: Event, account: Account) -> Work[Receipt | None]:
    """The receipt of an event that takes its place in the past; None as for `retold`. Errors: as there."""
    difference = yield from retold(group, event, account)
    if difference is None:
        return None
    return (yield from book_late(group, event, account, difference))


def retold(
    group: Group, event: Event, account: Account, also: Sequence[Event] = ()
) -> Work[Difference | None]:
    """What a late event makes of the member's history, with others that are ``also`` new; None if it happened
    after everything that is booked, or must be booked alone. Nothing is booked yet.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    clock = account.state.clock
    if not account.is_late(event) or not _is_in_reach(group, event):
        return None
    past = yield from past_of(group, account)
    places = places_of(past)
    split = min(split_at(places, business_key(one)) for one in (event, *also))
    again = told_again(past, split)
    if split == len(past) or len(again) > RETOLD_MAX:
        return None
    if not (yield from _has_its_order(group, event, account)):
        return None
    rules = yield from versions_of(group, past)
    if rules is None:
        return None
    again += [(business_key(one), Told(one, group.received_at)) for one in (event, *also)]
    again.sort(key=lambda one: one[0])

    def tell(served: Served | None) -> Retelling | None:
        retelling = Retelling(
            fold(MemberState(account.member), effects_of(past[:split])),
            group.setting.versions.present,
            rules,
            orders_before(past[:split], past),
            redemptions_before(past[:split], account.member),
            time_source=account.time_source,
            served=served,
            fallen=fallen_of(past),
            took_part=took_part(past),
        )
        return retelling if has_told(retelling, (told for _, told in again), clock) else None

    stretch = [*everything(past[split:])]
    now = yield from serving(group.lane, stretch, rules.values(), tell)
    return None if now is None else Difference(past, split, now)


@dataclass(frozen=True, slots=True)
class Difference:
    """What was booked from ``split`` on, and what it comes to with what came late. ``joining``: the past of
    who becomes this member; it is at the end of this one's."""

    past: Sequence[PastEntry]
    split: int
    now: Retelling
    joining: Sequence[PastEntry] = ()

    def effects(self, account: Account) -> tuple[Effect, ...]:
        """All of it: what is handed out or taken back beside points, and the account as it is now."""
        before = [*effects_of(self.past[: self.split])]
        then = [*effects_of(self.past[self.split :])]
        given = [*effects_of(everything(self.past[: self.split]))]
        since = [*effects_of(everything(self.past[self.split :]))]
        gifts = tuple(handed(given, since, self.now.effects))
        told = HistoryRetold(
            state_patch(fold(account.state, gifts), self.now.state),
            moved_between(then, self.now.effects),
            lots_between([*before, *then], [*before, *self.now.effects]),
            difference(then, self.now.effects),
            () if self.now.served is None else tuple(self.now.served.differences()),
        )
        return (*gifts, told)

    def records(self) -> dict[Name, None]:
        """The orders and redemptions that were touched, or are now."""
        found = dict(self.now.touched)
        for entry in everything(self.past[self.split :]):
            for one in entry.orders:
                found[one.source, one.order] = None
        return found

    def changed(self) -> Iterator[Changed]:
        """The points of other events that are not what they were, by event and program."""
        were, had = _points(self.past), _points(self.joining)
        for entry in everything(self.past[self.split :]):
            name = (entry.event.source, entry.event.id)
            if entry.event.type in OWN_KINDS:
                continue
            are: Mapping[str, int] = points_of(self.now.decisions.get(name, ()))
            if name in self.now.stand:
                are = had[name] if name in had else were[name]
            for program in sorted({*were[name], *are}):
                points = are.get(program, 0) - were[name][program]
                if points:
                    yield Changed(*name, program, points)
        then = _expired(effects_of(self.past[self.split :]))
        now = _expired(self.now.effects)
        for program in sorted({*then, *now}):
            if points := then[program] - now[program]:
                yield Changed("", TIME, program, points)


def book_late(
    group: Group, event: Event, account: Account, difference: Difference
) -> Work[Receipt]:
    """Book what `retold` found, or write down that the event is refused at its place."""
    name, now = (event.source, event.id), difference.now
    decisions = [*as_late(now.decisions.get(name, ()))]
    if not decisions:
        return refused(group, event, now.refused[name])
    decision = decisions[0] if len(decisions) == 1 else joined(event, decisions)
    changed = tuple(difference.changed())
    plan = decision.rules.plan
    notes = (*hand_notes(event), *(note_of(one, plan) for one in changed))
    points = Counter(points_of(decisions))
    for one in changed:
        points[one.program] += one.points
    total = tuple((program, units) for program, units in points.items() if units)
    order = event.order if isinstance(event, Purchase) else order_named(event)
    kept = Kept(
        points=total,
        gave=gave_of(decision.trace),
        order=order or "",
        late=True,
        notes=notes,
        changed=changed,
    )
    orders, redemptions = yield from records_now(group, difference)
    effects = difference.effects(account)
    told = effects[-1]
    assert isinstance(told, HistoryRetold), "it tells the difference"
    state = fold(account.state, effects)
    booking = Booking(effects, state, orders, decision.rules.digest, kept, redemptions)
    sequence = group.book(event, account, booking)
    return Receipt(
        "booked",
        event.id,
        event.member,
        event.source,
        sequence,
        decision,
        given=told_points(group.setting.versions.scales, total),
        late=True,
        notes=notes,
        moved=told.moved,
    )


def records_now(
    group: Group, difference: Difference
) -> Work[tuple[tuple[BookedOrder, ...], tuple[BookedRedemption, ...]]]:
    """The records of orders and redemptions that are other ones now."""
    now = difference.now
    orders: list[BookedOrder] = []
    redemptions: list[BookedRedemption] = []
    for touched in difference.records():
        if touched in now.orders:
            row = yield from group.order(touched)
            if row is None or row.record != now.orders[touched]:
                orders.append(now.orders[touched])
            continue
        known = yield from group.redemption(touched)
        taken = now.redemptions.get(touched)
        if known is not None and (known.record.source, known.event) in now.stand:
            taken = known.record
        elif taken is None and known is not None:  # the clock would not have taken it
            taken = _undone(known.record)
        if taken is not None:
            taken = replace(taken, member=now.state.member)
        if taken is not None and (known is None or known.record != taken):
            redemptions.append(taken)
    return tuple(orders), tuple(redemptions)


def _undone(record: BookedRedemption) -> BookedRedemption:
    """A redemption that is none any more: nothing of it is left to be given back."""
    return replace(record, spent=(), granted=(), opened=(), added=(), cancelled=True)


def _is_in_reach(group: Group, event: Event) -> bool:
    """Whether the event occurred within the window of the rules in force, from its receipt back."""
    plan = group.setting.versions.present.in_force(group.received_at).plan
    model, replay = plan.model, plan.model.replay
    if replay is None:
        return False
    back = replace(replay, count=-replay.count)
    return event.occurred_at >= free_at(
        group.received_at, back, plan.calendar, plan.zone, model.leap_day
    )


def _has_its_order(group: Group, event: Event, account: Account) -> Work[bool]:
    """Whether an event can be decided at all: a return needs its order, of this member, and a cancellation
    its redemption."""
    if event.type == UNDOING:
        place = account.place_of(event.source, str(event.fields["redemption"]))
        taken = yield from group.redemption(place)
        return taken is not None and taken.account is account
    order = order_named(event) if event.type in RETURNS else None
    if order is None:
        return True
    row = yield from group.order((event.source, order))
    return row is not None and row.account is account


def _points(past: Iterable[PastEntry]) -> defaultdict[Name, Counter[str]]:
    """What each event has come to so far, by program: what it gave, and what late ones made of that."""
    found: defaultdict[Name, Counter[str]] = defaultdict(Counter)
    for entry in past:
        own = found[entry.event.source, entry.event.id]
        own.update(dict(entry.kept.points))
        for one in entry.kept.changed:
            own[one.program] -= one.points
            if one.event != TIME:
                found[one.source, one.event][one.program] += one.points
    return found


def _expired(effects: Iterable[Effect]) -> Counter[str]:
    found: Counter[str] = Counter()
    for posting in postings(effects):
        if posting.book == "expired":
            found[posting.program] += posting.points
    return found


def moved_between(
    then: Iterable[Effect], now: Iterable[Effect]
) -> tuple[tuple[str, str, int], ...]:
    moved: Counter[tuple[str, str]] = Counter()
    for sign, effects in ((-1, then), (1, now)):
        for one in postings(effects):
            moved[one.book, one.program] += sign * one.points
    return tuple((*place, points) for place, points in sorted(moved.items()) if points)


def lots_between(then: Iterable[Effect], now: Iterable[Effect]) -> tuple[LotStands, ...]:
    """The lots that are not as they were; one that was never given has nothing."""
    were = {(one.program, one.lot): one for one in lots_of(then)}
    are = {(one.program, one.lot): one for one in lots_of(now)}
    gone = (replace(one, granted=0, left=0) for name, one in were.items() if name not in are)
    return (*(one for name, one in are.items() if were.get(name) != one), *gone)


def note_of(one: Changed, plan: Plan) -> str:
    account = plan.index.accounts.get(one.program)
    points = in_points(abs(one.points), account.scale if account else 0)
    more = "more" if one.points > 0 else "fewer"
    if one.event == TIME:
        return f"because of it {points} {one.program} {more} are left of what ended since"
    return f"because of it {shown(one.event)} comes to {points} {one.program} {more}"
