"""Events for other members, made of what one of them did, in the same transaction.

Their source is our own, and their ids are made of their cause. They are recorded as if they had been sent:
late ones take their place in the history of whom they are for, and what they brought is taken back by further
ones. What is owed to others is read from what an entry changed, so it is the same for an event, for one that
comes late, for a return and for a correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.days import Days
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.event import Event, Json
from loyalty_rules.domain.households import live_together
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.referrals import (
    FRIEND_ORDER,
    REFERRED_BY,
    Step,
    brought_by,
    brought_on,
    first_level,
    has_paid_with,
    level_name,
    next_level,
    steps_of,
    told_by,
)
from loyalty_rules.engine.friends import FRIEND, told_of
from loyalty_rules.engine.plan import Plan, Refusal
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.ledger.accounts import REDEMPTION, Account, Name, OrderRow, words
from loyalty_rules.ledger.records import event_of
from loyalty_rules.ledger.statements import EVENT_BODY, ORDERS_OF_MEMBER, Work
from loyalty_rules.service.friend_orders import (
    PREVIOUS,
    friend_order,
    friend_return,
    less_of,
    points_had,
)
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import record_late
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.returning import record_return
from loyalty_rules.service.settling import refused, settled
from loyalty_rules.service.telling import Booked

SAME_PAYMENT: Final = "same_payment"
SAME_HOUSEHOLD: Final = "same_household"
"""Why nobody is rewarded for an order: its friend paid as the one did who brought him, or lives with him."""


def derive(group: Group) -> Work[tuple[Receipt, ...]]:
    """Record what follows for others from everything that was booked, and from that in turn; the receipts."""
    found: list[Receipt] = []
    while (booked := group.telling.next()) is not None:
        found += yield from _of_friend(group, booked)
        if len(booked.before) > 1:
            found += yield from _of_friends(group, booked)
        for now, then in booked.orders():
            if now.purchase.type == FRIEND_ORDER:
                found += yield from _one_level_up(group, booked, now, then)
    return tuple(found)


def record_derived(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """The receipt of an event that was made here. A plugin that fails on it stands in nobody else's way."""
    try:
        if event.type in RETURNS:
            return (yield from record_return(group, event, account))
        late = (yield from record_late(group, event, account)) if account.is_late(event) else None
        if late is not None:
            return late
        present = group.setting.versions.present
        decision = yield from group.lane.decide(
            account.state, lambda state: present.decide(event, state)
        )
        return (yield from settled(group, event, account, [decision]))
    except PluginError as problem:
        return refused(group, event, Refusal("plugin_error", "", str(problem)))


def holder(group: Group, name: Name) -> Work[Account | None]:
    """Whose an event is; None where nobody has it, or its member was erased."""
    owner = yield from group.owner_of(name)
    if owner is None or owner.is_erased:
        return None
    return (yield from group.survivor(owner))


def referrer(group: Group, account: Account) -> Work[Account | None]:
    """Who brought a member; None if nobody did, or he was erased."""
    link = brought_by(account.state)
    return None if link is None else (yield from holder(group, link))


def _of_friend(group: Group, booked: Booked) -> Work[list[Receipt]]:
    """What begins and ends to qualify, or is less than it was, for the friend himself."""
    was, now = booked.steps(), steps_of(booked.booking.state)
    again = yield from _of_another(group, booked, was, now)
    found: list[Receipt] = []
    for step in sorted((was.keys() - now) | again):
        row = yield from _told_last(group, step)
        less = {} if row is None else {line: n for line, n in row.record.left.items() if n}
        if row is not None and less:
            found.append((yield from _back(group, booked, row, less)))
    for step in sorted((now - was.keys()) | again):
        found += yield from _begun(group, booked, step)
    for record, _ in booked.orders():
        for step in sorted((now & was.keys()) - again):
            if (step.source, step.order) == (record.purchase.source, record.order):
                row = yield from _told_last(group, step)
                if row is not None and (less := less_of(row.record, record)):
                    found.append((yield from _back(group, booked, row, less)))
    return found


def _of_another(
    group: Group, booked: Booked, was: Mapping[Step, Name | None], now: frozenset[Step]
) -> Work[set[Step]]:
    """What still qualifies, but of which another one is to be told than was: who brought the member is known
    to be somebody else now."""
    link, found = brought_by(booked.booking.state), set[Step]()
    others = {before for step, before in was.items() if step in now and before not in (link, None)}
    if link is None or not others:
        return found
    above = yield from holder(group, link)
    for other in sorted(filter(None, others)):
        if (yield from holder(group, other)) is not above:
            found |= {step for step, before in was.items() if step in now and before == other}
    return found


def _of_friends(group: Group, booked: Booked) -> Work[list[Receipt]]:
    """What friends of two who are one did, told anew where somebody else is the next one above them now."""
    account, state = booked.account, booked.booking.state
    above, day = (yield from referrer(group, account)), brought_on(state)
    were = {
        then.name: booked.before[1]
        for then in booked.were
        if isinstance(then, OrderRow) and then.account is not account
    }
    anew: dict[str, None] = {}
    for row in (yield from _orders_told(group, account)):
        link = brought_by(were.get(row.name, booked.before[0]))
        before = None if link is None else (yield from holder(group, link))
        plan = _plan_at(group, row.record.purchase)
        is_since = day is not None and day > local_day(row.record.purchase.occurred_at, plan.zone)
        if before is not above and not is_since:
            anew[first_level(row.record.order)] = None
    found: list[Receipt] = []
    for name in anew:
        found += yield from _told_anew(group, booked, name)
    return found


def _orders_told(group: Group, account: Account) -> Work[list[OrderRow]]:
    """The orders of others for which a member is rewarded, as far as something is left of them."""
    names = [row.name for row in group.orders_here(account)]
    if account.id is not None:
        rows = yield ORDERS_OF_MEMBER, [(account.id,)]
        names += ((words(row[0]), words(row[1])) for row in rows)
    found: list[OrderRow] = []
    for name in sorted(set(names)):
        if name[0] != REFERRED_BY or name[1].startswith(REDEMPTION):
            continue
        row = yield from group.order(name)
        is_his = row is not None and row.account is account and any(row.record.left.values())
        if row is not None and is_his and told_by(name[1])[1] > 0:
            found.append(row)
    return found


def _told_anew(group: Group, booked: Booked, name: str) -> Work[list[Receipt]]:
    """Take back what a friend and all above him have for a step, and tell them of it once more."""
    row = yield from group.order((REFERRED_BY, name))
    if row is None or row.account is booked.account:
        return []
    less = {line: n for line, n in row.record.left.items() if n}
    time = int(name.split("/", 3)[2])
    steps = [one for one in steps_of(row.account.state) if level_name(one, 0, time) == name]
    if not less or not steps:
        return []
    of_friend = booked._replace(
        account=row.account, booking=replace(booked.booking, state=row.account.state)
    )
    number = row.record.purchase.fields.get("number")
    back = yield from _back(group, of_friend, row, less)
    of_friend = of_friend._replace(booking=replace(booked.booking, state=row.account.state))
    return [back, *(yield from _begun(group, of_friend, steps[0], number))]


def _told_last(group: Group, step: Step) -> Work[OrderRow | None]:
    """The order that told the friend last of a step."""
    found: OrderRow | None = None
    time = 1
    while (row := (yield from group.order((REFERRED_BY, level_name(step, 0, time))))) is not None:
        found, time = row, time + 1
    return found


def _begun(group: Group, booked: Booked, step: Step, number: Json = None) -> Work[list[Receipt]]:
    """The friend is told of what qualifies; who brought him is told of that in turn. ``number``: the so
    many-th order it was, where it was told before."""
    account, time = booked.account, 1
    while (yield from group.order((REFERRED_BY, level_name(step, 0, time)))) is not None:
        time += 1
    cause, record = yield from _cause(group, booked, step)
    if cause is None:
        return []
    plan, state = _plan_at(group, cause), booked.booking.state
    fields: dict[str, Json] = {
        "program": step.program,
        "level": 0,
        "number": number or int(Days.of(state.counters.get("orders")).total()),
    }
    if told := told_of(plan, state):
        fields[FRIEND] = told
    event = friend_order(plan, cause, level_name(step, 0, time), account.member, fields)
    above = yield from referrer(group, account)
    if above is not None and has_paid_with(above.state, cause):
        reason = "it was paid with a card of the member who brought the one who bought"
        return [refused(group, event, Refusal(SAME_PAYMENT, "tenders", reason))]
    if above is not None and live_together(above.state, state):
        reason = "the member who brought the one who bought is of the same household"
        return [refused(group, event, Refusal(SAME_HOUSEHOLD, "member", reason))]
    found = [(yield from record_derived(group, event, account))]
    row = yield from group.order((REFERRED_BY, event.id))
    if record is not None and row is not None and (less := less_of(row.record, record)):
        found.append((yield from _back(group, booked, row, less)))
    return found


def _cause(
    group: Group, booked: Booked, step: Step
) -> Work[tuple[Event | None, BookedOrder | None]]:
    """The event that qualifies, with its record if it is an order."""
    name = (step.source, step.order)
    row = yield from group.order(name)
    if row is not None:
        return row.record.purchase, row.record
    if (here := group.logged(name)) is not None:
        return replace(here.event, member=booked.account.member), None
    rows = yield EVENT_BODY, [(group.setting.ledger, *name)]
    if not rows:
        return None, None
    return event_of(words(rows[0][1]), step.source, booked.account.member), None


def _one_level_up(
    group: Group, booked: Booked, now: BookedOrder, then: BookedOrder | None
) -> Work[list[Receipt]]:
    """What an order of a friend, or what became of it, means for who brought the member that it tells."""
    name = next_level(now.order)
    plan = _plan_at(group, now.purchase)
    row = yield from group.order((REFERRED_BY, name))
    if then is None and row is None:
        return (yield from _begun_above(group, booked, now, name))
    if row is None:
        return []
    previous, less = points_had(plan, now), less_of(row.record, now)
    had = row.record.purchase.fields.get(PREVIOUS)
    if then is not None and points_had(plan, then) == previous:
        had = previous  # it was told of that already
    if not less and previous == had:
        return []
    return [(yield from _back(group, booked, row, less, previous))]


def _begun_above(
    group: Group, booked: Booked, below: BookedOrder, name: str
) -> Work[list[Receipt]]:
    plan = _plan_at(group, below.purchase)
    said = below.purchase.fields
    level = int(str(said["level"])) + 1
    referral = plan.index.referrals.get(str(said["program"]))
    if referral is None or level > referral.levels_at_most:
        return []
    above = yield from referrer(group, booked.account)
    if above is None:
        return []
    fields = {**said, "level": level, PREVIOUS: points_had(plan, below)}
    event = friend_order(plan, below.purchase, name, above.member, fields)
    return [(yield from record_derived(group, event, above))]


def _back(
    group: Group,
    booked: Booked,
    row: OrderRow,
    less: Mapping[str, Decimal],
    previous: Decimal | None = None,
) -> Work[Receipt]:
    """Tell a member that less is left of an order for which he is rewarded."""
    number = row.account.sequence + 1
    event = friend_return(booked.event, row.record, number, less, previous)
    while (yield from group.claim((event.source, event.id))) is not None:
        number += 1  # of another account of his, in which the order lay before
        event = friend_return(booked.event, row.record, number, less, previous)
    return (yield from record_derived(group, event, row.account))


def _plan_at(group: Group, event: Event) -> Plan:
    return group.setting.versions.present.in_force(event.occurred_at).plan
