"""Two accounts of one member become one: what happened to both is told again as the history of one, in
business order, by the rules that decided each event. The account that ends gives all of it back, and whatever
comes under its name is the other one's from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import HistoryRetold
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.merges import brought_to, mark
from loyalty_rules.domain.referrals import brought_by
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.state_patch import state_patch
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import HELD, Account, Name, words
from loyalty_rules.ledger.charges import difference
from loyalty_rules.ledger.history import PastEntry, everything, told_of
from loyalty_rules.ledger.receipts import Kept
from loyalty_rules.ledger.records import event_of
from loyalty_rules.ledger.statements import EVENT_BODY, HELD_OF_MEMBER, Work
from loyalty_rules.service.decision import told_points
from loyalty_rules.service.deriving import holder, referrer
from loyalty_rules.service.drawn_entries import took_part
from loyalty_rules.service.erasing import MEMBER_ERASED
from loyalty_rules.service.fallen import fallen_of
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import (
    RETOLD_MAX,
    TIME,
    Difference,
    lots_between,
    moved_between,
    note_of,
    records_now,
)
from loyalty_rules.service.past import effects_of, past_of, told_again, versions_of
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.referring import LOOP
from loyalty_rules.service.retelling import CannotRetellError, Retelling
from loyalty_rules.service.served import Served, serving
from loyalty_rules.service.setting import Booking
from loyalty_rules.service.settling import refused
from loyalty_rules.service.transferring import UNKNOWN_MEMBER

INTO_ONESELF: Final = "merge_into_oneself"
ALREADY: Final = "already_merged"
TOO_LONG: Final = "merge_too_long"
CANNOT: Final = "cannot_merge"

Told = Difference | Refusal


def record_merge(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book that a member is another one, too.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    named = str(event.fields["into"])
    into = yield from group.account(named)
    if (refusal := _would_refuse(group, event, account, into)) is not None:
        return refused(group, event, refusal)
    theirs = yield from past_of(group, account)
    told = yield from _as_one(group, event, account, into, theirs)
    if isinstance(told, Refusal):
        return refused(group, event, told)
    orders, redemptions = yield from records_now(group, told)
    before = account.state
    receipt = _end(group, event, account, theirs, brought_to(into.member, event))
    brought = _bring(
        group, event, into, before, told, Booking((), before, orders, "", Kept(), redemptions)
    )
    yield from _wait_on(group, account, into)
    moved: Counter[tuple[str, str]] = Counter()
    for book, program, units in (*(receipt.moved or ()), *(brought.moved or ())):
        moved[book, program] += units
    both = tuple((*place, units) for place, units in sorted(moved.items()) if units)
    return replace(receipt, released=(brought,), moved=both)


def _would_refuse(group: Group, event: Event, account: Account, into: Account) -> Refusal | None:
    if event.fields["into"] == event.member:
        return Refusal(INTO_ONESELF, "into", "nobody becomes himself")
    if into.is_erased:
        return Refusal(MEMBER_ERASED, "into", "that member was erased")
    if _is_unheard_of(group, account):
        return Refusal(
            UNKNOWN_MEMBER, "member", "nobody has heard of the member who is another one"
        )
    if _is_unheard_of(group, into):
        return Refusal(UNKNOWN_MEMBER, "into", "nobody has heard of the member who stays")
    if into is account:
        return Refusal(ALREADY, "into", "both are names of one member already")
    return None


def _is_unheard_of(group: Group, account: Account) -> bool:
    """Whether nothing ever came for a member, what waits for an order included, in this group neither."""
    is_new = account.id is None and not account.sequence
    return is_new and all(one.account is not account for one in group.held_here())


def _as_one(
    group: Group, event: Event, account: Account, into: Account, theirs: Sequence[PastEntry]
) -> Work[Told]:
    """What happened to both, told as the history of one; or why that cannot be."""
    merged = tuple(told_of(one, into.member) for one in theirs)
    ours = yield from past_of(group, into)
    own = brought_to(into.member, event)
    past = [*ours, PastEntry(own, "", group.received_at, (), (), Kept(), merged=merged)]
    again = sorted(told_again(past), key=lambda one: one[0])
    if len(again) > RETOLD_MAX:
        reason = (
            f"both have {len(again)} events together, and more than {RETOLD_MAX} are not told again"
        )
        return Refusal(TOO_LONG, "member", reason)
    rules = yield from versions_of(group, [*ours, *merged])
    if rules is None:
        reason = "the rules that decided some of the events cannot be had again"
        return Refusal(CANNOT, "member", reason)
    clock = max(filter(None, (account.state.clock, into.state.clock)), default=None)
    fallen, parts = fallen_of(past), took_part(past)

    why: list[str] = []

    def tell(served: Served | None) -> Retelling | None:
        telling = Retelling(
            MemberState(into.member),
            group.setting.versions.present,
            rules,
            {},
            time_source=into.time_source,
            served=served,
            fallen=fallen,
            took_part=parts,
        )
        try:
            telling.tell(told for _, told in again)
        except CannotRetellError as problem:
            why.append(f"{shown(problem.event)} cannot stand in one history: {problem.why}")
            return None
        telling.close(clock)
        return telling

    stretch = [*everything(past)]
    now = yield from serving(group.lane, stretch, rules.values(), tell)
    if now is None:
        return Refusal(CANNOT, "member", why[-1])
    if (yield from _closes_circle(group, now.state, account, into)):
        reason = "one of them would have been brought, over others, by himself"
        return Refusal(LOOP, "into", reason)
    return Difference(past, 0, now, merged)


def _closes_circle(group: Group, state: MemberState, account: Account, into: Account) -> Work[bool]:
    """Whether who brought the member was brought, over any number of levels, by one of the two."""
    link = brought_by(state)
    above = None if link is None else (yield from holder(group, link))
    while above is not None:
        if above is account or above is into:
            return True
        above = yield from referrer(group, above)
    return False


def _end(
    group: Group, event: Event, account: Account, theirs: Sequence[PastEntry], own: Event
) -> Receipt:
    """The last entry of the account that ends: nothing of its history stands any more."""
    rules = group.setting.versions.present.in_force(event.occurred_at)
    then, state = [*effects_of(theirs)], MemberState(account.member)
    state = fold(state, [mark(local_day(event.occurred_at, rules.plan.zone), own)])
    told = HistoryRetold(
        state_patch(account.state, state),
        moved_between(then, ()),
        lots_between(then, ()),
        difference(then, ()),
    )
    points = _difference(account.state, state)
    notes = (f"its {_events(theirs)} are those of the other member from now on",)
    leaving: dict[Name, str] = {}
    for entry in theirs:
        for one in entry.orders:
            leaving[one.source, one.order] = one.event
    kept = Kept(points=points, notes=notes)
    gone = tuple((*name, paid) for name, paid in leaving.items())
    booking = Booking((told,), state, (), rules.digest, kept, leaving=gone)
    sequence = group.book(event, account, booking)
    return _told_of(group, event, account, sequence, kept, told)


def _bring(
    group: Group,
    event: Event,
    into: Account,
    joined: MemberState,
    told: Difference,
    records: Booking,
) -> Receipt:
    """The entry with which the history of both is that of the member who stays."""
    rules = group.setting.versions.present.in_force(event.occurred_at)
    own = told.past[-1].event
    changed = tuple(told.changed())
    names = {(one.event.source, one.event.id) for one in told.past}
    own_changes = [one for one in changed if one.event == TIME or (one.source, one.event) in names]
    notes = (
        f"{_events(told.joining)} of another member, who is this one, are his from now on",
        *(note_of(one, rules.plan) for one in own_changes),
    )
    effects = told.effects(into)
    state = fold(into.state, effects)
    points = _difference(into.state, state)
    kept = Kept(points=points, notes=notes, changed=changed)
    booking = replace(records, effects=effects, state=state, plan=rules.digest, kept=kept)
    sequence = group.book(own, into, booking, joined=joined)
    last = effects[-1]
    assert isinstance(last, HistoryRetold), "it tells the difference"
    return _told_of(group, own, into, sequence, kept, last)


def _told_of(
    group: Group, event: Event, account: Account, sequence: int, kept: Kept, told: HistoryRetold
) -> Receipt:
    """The receipt of one of the two entries."""
    return Receipt(
        "booked",
        event.id,
        account.member,
        event.source,
        sequence,
        given=told_points(group.setting.versions.scales, kept.points),
        notes=kept.notes,
        moved=told.moved,
    )


def _events(past: Sequence[PastEntry]) -> str:
    number = len(told_again(past))
    return "1 event" if number == 1 else f"{number} events"


def _difference(before: MemberState, after: MemberState) -> tuple[tuple[str, int], ...]:
    """Points by program that a member has more, less what he owes more."""
    points: Counter[str] = Counter()
    for sign, state in ((-1, before), (1, after)):
        for program, lots in state.lots.items():
            points[program] += sign * sum(lot.left for lot in lots)
        for program, owed in state.deficits.items():
            points[program] -= sign * owed
    return tuple((program, units) for program, units in sorted(points.items()) if units)


def _wait_on(group: Group, account: Account, into: Account) -> Work[None]:
    """What waits for an order of one member waits on as the other one's."""
    waiting = [(one.event, one.waits_for) for one in group.held_here() if one.account is account]
    if account.id is not None:
        for row in (yield HELD_OF_MEMBER, [(account.id, HELD)]):
            source, name = words(row[0]), words(row[1])
            if group.is_dropped((source, name)):
                continue
            [body] = yield EVENT_BODY, [(group.setting.ledger, source, name)]
            waiting.append((event_of(words(body[1]), source, into.member), words(row[5])))
    for event, order in waiting:
        group.release((event.source, event.id))
        group.hold(replace(event, member=into.member), into, order or "")
