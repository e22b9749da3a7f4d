"""Returns and cancellations in the ledger: decided with the order as it was booked, held until it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import CorruptLedger, PluginError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption
from loyalty_rules.domain.referrals import FRIEND_ORDER
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.decide import decide, decide_in_proportion
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.points_back import paid_with
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.ledger.accounts import (
    HELD,
    REDEMPTION,
    Account,
    Name,
    OrderRow,
    whole,
    words,
)
from loyalty_rules.ledger.records import event_of, instant_of
from loyalty_rules.ledger.said import is_as_it_was_held
from loyalty_rules.ledger.statements import (
    HELD_OF_MEMBER,
    ORDERS_OF_MEMBER,
    Work,
)
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import book_late, record_late, retold
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.rule_set import RuleSet, in_time
from loyalty_rules.service.setting import order_named
from loyalty_rules.service.settling import never_taken, refused, settled, taken_since
from loyalty_rules.service.unlinked import Parts, decide_unlinked, skus_of

HELD_MAX: Final = 100
"""So many returns of one member may wait for their purchases."""

HELD_FOR: Final = timedelta(days=90)
"""So long a return waits."""


class _Waiting(NamedTuple):
    """A return that waits, and since when."""

    event: Event
    account: Account
    since: datetime


def record_return(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """The receipt of a return or a cancellation: booked, refused, or held until its order comes."""
    late = yield from record_late(group, event, account)
    if late is not None:
        return late
    order = order_named(event)
    if order is None:
        return (yield from _record_unlinked(group, event, account))
    row = yield from group.order((event.source, order))
    if row is None and group.is_of_erased((event.source, order)):
        reason = f"the member of the order `{order}` was erased"
        return refused(group, event, Refusal("unknown_order", "order", reason))
    if row is None:
        return (yield from _held(group, event, account, order))
    decision = yield from decided(group, event, account.state, row.record)
    return (yield from settled(group, event, account, [decision]))


def decided(group: Group, event: Event, state: MemberState, record: BookedOrder) -> Work[Decision]:
    """What a return of an order comes to, under the rules that the order was decided with; levels are read
    by those in force. Where its rules cannot be had again, in proportion, by those in force."""
    rules = yield from group.rules_of(record.plan)
    paid = yield from group.paying_for(record)
    present = group.setting.versions.present
    return (
        yield from group.lane.decide(
            state,
            lambda lent: _decide(present, rules, event, lent, record, paid),
            is_used=group.lane.is_used or (rules is not None and rules.has_budgets),
        )
    )


def _decide(
    present: RuleSet,
    then: RuleSet | None,
    event: Event,
    state: MemberState,
    record: BookedOrder,
    paid: Sequence[BookedRedemption],
) -> Decision:
    today = present.in_force(event.occurred_at)

    def decide_then(now: MemberState) -> Decision:
        if then is None:
            outcome = decide_in_proportion(today.plan, now, event, record, paid)
            return Decision(today, event, now, outcome)
        outcome = decide(then.plan, now, event, record, today=today.plan, redemptions=paid)
        return Decision(then, event, now, outcome, today)

    return in_time(present, state, event.occurred_at, decide_then)


def record_undoing(
    group: Group, event: Event, account: Account, *, held: bool = False
) -> Work[Receipt]:
    """The receipt of the cancellation of a redemption: booked, refused, or held until that comes. One that
    was ``held`` is let go when it is decided: before that nothing is changed, so a plugin may fail."""
    name = (event.source, event.id)
    late = yield from retold(group, event, account)
    if late is not None:
        if held:
            group.release(name)
        return (yield from book_late(group, event, account, late))
    named = str(event.fields["redemption"])
    place = account.place_of(event.source, named)
    row = yield from group.redemption(place)
    present = group.setting.versions.present
    if row is None and not named.startswith("~"):
        return (yield from _held(group, event, account, place[1]))

    def decide_undoing(state: MemberState) -> Decision | None:
        taken = taken_since(present, state, event) if row is None else row.record
        if taken is None:  # the clock has not taken it, and nobody knows what it will take
            return None
        if row is None:
            taken = replace(taken, source=account.time_source)
        return present.decide(event, state, redemptions=[taken])

    decision = yield from group.lane.decide(account.state, decide_undoing)
    if decision is None:
        return refused(group, event, never_taken(named))
    if held:
        group.release(name)
    return (yield from settled(group, event, account, [decision]))


def release_undoings(group: Group, redemption: Name) -> Work[tuple[Receipt, ...]]:
    """Decide the cancellations that waited for a redemption which was just booked, in business order. One on
    which a plugin fails waits on."""
    receipts: list[Receipt] = []
    waiting = yield from _waiting_for(group, redemption)
    for one in sorted(waiting, key=lambda one: business_key(one.event)):
        if one.since + HELD_FOR < group.received_at:
            receipts.append(_gave_up(group, one.event))
            continue
        try:
            receipts.append((yield from record_undoing(group, one.event, one.account, held=True)))
        except PluginError:
            continue
    return tuple(receipts)


def release_held(group: Group, order: Name) -> Work[tuple[Receipt, ...]]:
    """Decide the returns that waited for an order which was just booked, in business order. One on which
    a plugin fails waits on."""
    receipts: list[Receipt] = []
    waiting = yield from _waiting_for(group, order)
    for one in sorted(waiting, key=lambda one: business_key(one.event)):
        if one.since + HELD_FOR < group.received_at:
            receipts.append(_gave_up(group, one.event))
            continue
        row = yield from group.order(order)
        assert row is not None, "the order was booked"
        try:
            receipts.append((yield from _released(group, one, row.record)))
        except PluginError:
            continue
    return tuple(receipts)


def _released(group: Group, one: _Waiting, record: BookedOrder) -> Work[Receipt]:
    name = (one.event.source, one.event.id)
    late = yield from retold(group, one.event, one.account)
    if late is not None:
        group.release(name)
        return (yield from book_late(group, one.event, one.account, late))
    decision = yield from decided(group, one.event, one.account.state, record)
    group.release(name)
    return (yield from settled(group, one.event, one.account, [decision]))


def _waiting_for(group: Group, order: Name) -> Work[list[_Waiting]]:
    found = [
        _Waiting(one.event, one.account, group.received_at)
        for one in group.held_here()
        if (one.event.source, one.waits_for) == order
    ]
    for row in (yield from group.waiting(order)):
        name, member, received_at, body = words(row[0]), whole(row[1]), whole(row[2]), words(row[3])
        if not group.is_dropped((order[0], name)):
            account = yield from group.account_of(member)
            if not is_as_it_was_held(account, order, row):
                raise CorruptLedger(
                    f"the event `{name}`, which waits for `{order[1]}`, was changed:"
                    " restore it from a backup"
                )
            event = event_of(body, order[0], account.member)
            found.append(_Waiting(event, account, instant_of(received_at)))
    return found


def _held(group: Group, event: Event, account: Account, order: str) -> Work[Receipt]:
    held = sum(1 for one in group.held_here() if one.account is account)
    if account.id is not None:
        rows = yield HELD_OF_MEMBER, [(account.id, HELD)]
        for source, name, _, _, received_at, waits_for in rows:
            own = (words(source), words(name))
            if group.is_dropped(own):
                continue
            if instant_of(whole(received_at)) + HELD_FOR < group.received_at:
                _let_go(group, own, words(waits_for), event.member)
            else:
                held += 1
    if held >= HELD_MAX:
        reason = f"{HELD_MAX} events of this member wait for others already"
        return refused(group, event, Refusal("too_many_held", "order", reason))
    group.hold(event, account, order)
    return Receipt("held", event.id, event.member, event.source)


def _gave_up(group: Group, event: Event) -> Receipt:
    named = event.fields.get("order")
    if event.type == UNDOING:
        named = REDEMPTION + str(event.fields["redemption"])
    refusal = _let_go(group, (event.source, event.id), str(named), event.member)
    return Receipt("refused", event.id, event.member, event.source, refusal=refusal)


def _let_go(group: Group, name: Name, order: str, member: str) -> Refusal:
    """An event that has waited too long is refused, and its id is free."""
    kind = "redemption" if order.startswith(REDEMPTION) else "order"
    named = order.removeprefix(REDEMPTION)
    reason = f"the {kind} `{named}` did not come within {HELD_FOR.days} days"
    refusal = Refusal(f"unknown_{kind}", kind, reason)
    group.release(name)
    group.refuse(name, refusal, member)
    return refusal


def _record_unlinked(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """A return that names no order takes from the latest purchases of its items, each under the rules of
    that purchase; what was never bought is listed."""
    candidates = yield from _orders_with(group, account, event)
    versions: dict[str, RuleSet | None] = {}
    paid: dict[str, BookedRedemption] = {}
    for row in candidates:
        versions[row.record.plan] = yield from group.rules_of(row.record.plan)
        for one in (yield from group.paying_for(row.record)):
            paid[one.redemption] = one
    present = group.setting.versions.present

    def decide_all(state: MemberState) -> Parts:
        known = dict(paid)

        def decide_one(part: Event, state: MemberState, record: BookedOrder) -> Decision:
            own = [known[name] for name in paid_with(record) if name in known]
            decision = _decide(present, versions[record.plan], part, state, record, own)
            known.update((one.redemption, one) for one in decision.outcome.redemptions)
            return decision

        return decide_unlinked(event, state, [row.record for row in candidates], decide_one)

    parts = yield from group.lane.decide(
        account.state,
        decide_all,
        is_used=group.lane.is_used or any(one and one.has_budgets for one in versions.values()),
    )
    if parts.refusal is not None:
        return refused(group, event, parts.refusal)
    return (yield from settled(group, event, account, parts.decisions, parts.notes))


def _orders_with(group: Group, account: Account, event: Event) -> Work[list[OrderRow]]:
    """The member's orders of any item that a return names, newest first."""
    wanted = skus_of(event)
    names = [row.name for row in group.orders_here(account)]
    if account.id is not None:
        for source, order, items in (yield ORDERS_OF_MEMBER, [(account.id,)]):
            if wanted.intersection(json.loads(words(items))):
                names.append((words(source), words(order)))
    found: list[OrderRow] = []
    for name in dict.fromkeys(names):
        row = yield from group.order(name)
        if row is None or row.record.purchase.type == FRIEND_ORDER:
            continue
        if wanted.intersection(line.sku for line in row.record.purchase.lines):
            found.append(row)
    return sorted(found, key=lambda row: business_key(row.record.purchase), reverse=True)
