"""Erasing a member: what he has is forfeited by an entry, what he told and did goes, the sums stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import DeficitChanged, Effect, LotReduced, MemberErased
from loyalty_rules.domain.event import EMPTY, Event
from loyalty_rules.domain.merges import MERGED
from loyalty_rules.domain.referrals import parted
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.paying import leave
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import BOOKED, HELD, Account, new_account, words
from loyalty_rules.ledger.erased import (
    NO_SALT,
    erased_name,
    left_digest,
    left_of_entry,
    left_of_event,
)
from loyalty_rules.ledger.receipts import Kept
from loyalty_rules.ledger.standing import follow
from loyalty_rules.ledger.statements import (
    BLANK_ORDERS,
    CHANGE_ENTRY,
    CHANGE_ERASURE_KEY,
    CHANGE_EVENT,
    CHANGE_MEMBER,
    ENTRIES_AFTER,
    EVENTS_AFTER,
    HELD_OF_MEMBER,
    LEDGER_ROW,
    REMOVE_REFUSALS,
    REMOVE_STATE,
    Step,
    Work,
)
from loyalty_rules.service.decision import told_points
from loyalty_rules.service.group import Group
from loyalty_rules.service.households import parting
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.setting import Booking
from loyalty_rules.service.settling import refused

ERASURE: Final = "erasure"
"""The kind of the event."""

MEMBER_ERASED: Final = "member_erased"
"""The code with which everything is refused that comes for him later."""


def record_erasure(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book the erasure of a member who is known, under all the names that he ever had; nothing else of him
    may stand in the same group.

    Errors: ``CorruptLedger`` when his log is damaged: a damage is not covered up by an erasure.
    """
    if account.id is None:
        reason = "nobody of that name is known here"
        return refused(group, event, Refusal("unknown_member", "member", reason))
    others = yield from _others(group, account)
    key, steps = yield from _key(group)
    (sequence, points), also = yield from _erase(group, event, account, key, steps)
    for other in others:
        own = replace(event, id=f"~erasure/{other.id}", source="", member=other.member)
        yield from _erase(group, own, other, key, steps)
    group.also(steps)
    return Receipt(
        "booked",
        event.id,
        event.member,
        event.source,
        sequence,
        given=told_points(group.setting.versions.scales, tuple(points.items())),
        released=also,
    )


def _others(group: Group, account: Account) -> Work[list[Account]]:
    """The accounts whose members have become this one, and one another before."""
    found: list[Account] = []
    for row in (yield EVENTS_AFTER, [(account.id, BOOKED, 0)]):
        if row[3] == MERGED:
            of = json.loads(words(row[7]))["of"]
            other = yield from group.owner_of(parted(of))
            assert other is not None, "what brought a history is in the log"
            found += [other, *(yield from _others(group, other))]
    return found


def _erase(
    group: Group, event: Event, account: Account, key: bytes, steps: list[Step]
) -> Work[tuple[tuple[int, dict[str, int]], tuple[Receipt, ...]]]:
    """One of his accounts: its last entry, and what that gives; what others receive. ``steps`` gets what is
    done beside it."""
    assert not any(group.booked_here(account)), "an erasure stands alone in its group"
    entries = yield ENTRIES_AFTER, [(account.id, 0)]
    events = yield EVENTS_AFTER, [(account.id, BOOKED, 0)]
    follow(new_account(account.member, account.salt, account.id), entries, events)
    behind = yield from parting(group, event, account)
    held = yield HELD_OF_MEMBER, [(account.id, HELD)]
    left = [left_of_entry(row) for row in entries]
    left_events = [left_of_event(row) for row in events]
    steps += [
        (CHANGE_ENTRY, [(row[3], row[4], account.id, row[0]) for row in left]),
        (CHANGE_EVENT, [("", row[8], group.setting.ledger, *row[1:3]) for row in left_events]),
        (BLANK_ORDERS, [("[]", account.id)]),
        (REMOVE_STATE, [(account.id,)]),
        (REMOVE_REFUSALS, [(account.id,)]),
    ]
    for row in held:
        name = (words(row[0]), words(row[1]))
        group.release(name)
        reason = "its member was erased while it waited"
        group.refuse(name, Refusal(MEMBER_ERASED, "member", reason), account.member)
    tombstone = erased_name(key, account.member)
    steps.append((CHANGE_MEMBER, [(tombstone, NO_SALT, account.id)]))
    account.erase(tombstone)
    forfeited = tuple(_forfeited(fold(account.state, behind.effects)))
    marks = MemberErased(left_digest(left, left_events))
    booked = _book(group, event, account, behind.effects, (*forfeited, marks))
    return booked, (yield from behind.book(group))


def _book(
    group: Group,
    event: Event,
    account: Account,
    moved: tuple[Effect, ...],
    forfeited: tuple[Effect, ...],
) -> tuple[int, dict[str, int]]:
    """The last entry; its number, and what is forfeited, which is not what has gone to others."""
    effects, points = (*moved, *forfeited), dict[str, int]()
    for one in forfeited:
        if isinstance(one, LotReduced | DeficitChanged):
            points[one.program] = points.get(one.program, 0) - one.points
    kept = Kept(points=tuple((program, units) for program, units in points.items() if units))
    plan = group.setting.versions.present.in_force(event.occurred_at).digest
    state = fold(account.state, effects)
    bare = replace(event, fields=EMPTY, sequence=None)
    sequence = group.book(bare, account, Booking(effects, state, (), plan, kept))
    account.snapshot = None
    return sequence, dict(kept.points)


def _key(group: Group) -> Work[tuple[bytes, list[Step]]]:
    """What the names of erased members are made with in this ledger; made when the first one is erased."""
    rows = yield LEDGER_ROW, [(group.setting.ledger,)]
    if isinstance(rows[0][6], bytes):
        return rows[0][6], []
    key = group.setting.new_salt() + group.setting.new_salt()
    return key, [(CHANGE_ERASURE_KEY, [(key, group.setting.ledger)])]


def _forfeited(state: MemberState) -> Iterator[Effect]:
    """Points that are left end, whether they could be spent or not; what is owed nobody will pay."""
    for program, lots in sorted(state.lots.items()):
        for lot in lots:
            yield leave(program, lot, lot.left, "forfeited")
    for program, owed in sorted(state.deficits.items()):
        yield DeficitChanged(program, -owed, "forgiven")
