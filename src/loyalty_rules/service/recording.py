"""Recording events: find -> state -> decide -> book, written once, without I/O.

`record` yields statements and is sent their rows; a driver runs it on a store, inside one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from loyalty_rules.base.records import replace
from loyalty_rules.domain.errors import CorruptLedger, PluginError
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.households import HOUSEHOLD
from loyalty_rules.domain.merges import MERGE
from loyalty_rules.domain.raffles import DRAW, DRAWN_BY
from loyalty_rules.domain.referrals import REFERRAL
from loyalty_rules.domain.transfers import TRANSFER
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.redeeming import REDEMPTION
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.engine.undoing import UNDOING
from loyalty_rules.ledger.accounts import Account, redemption_name
from loyalty_rules.ledger.statements import Result, Work
from loyalty_rules.service.attempts import Locks
from loyalty_rules.service.deriving import derive
from loyalty_rules.service.drawing import record_draw
from loyalty_rules.service.erasing import ERASURE, MEMBER_ERASED, record_erasure
from loyalty_rules.service.group import Group
from loyalty_rules.service.households import record_household
from loyalty_rules.service.late import record_late
from loyalty_rules.service.merging import record_merge
from loyalty_rules.service.observing import Numbers
from loyalty_rules.service.pooling import drawn_from_pool
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.referring import record_referral
from loyalty_rules.service.returning import (
    record_return,
    record_undoing,
    release_held,
    release_undoings,
)
from loyalty_rules.service.setting import Setting
from loyalty_rules.service.settling import (
    received_again,
    refused,
    settled_alone,
    settled_at_once,
)
from loyalty_rules.service.transferring import record_transfer


def record(
    setting: Setting,
    events: Sequence[Event],
    received_at: datetime,
    *,
    contain: bool = False,
    known: Collection[int] = (),
    numbers: Numbers | None = None,
) -> Work[list[Receipt]]:
    """Record events that were received at one instant, in the order given; their receipts.

    All of them are decided before anything is written. ``known``: accounts that came to light in an attempt
    before, which are locked with those of the events. With ``contain`` an event on which a plugin fails
    is refused (``plugin_error``) and the others go on. ``numbers`` is filled with the members' own.
    Errors: ``PluginError`` without ``contain``; ``CorruptLedger`` when what was read is not what was written.
    """
    locks = Locks(known, looks_on=True)
    group = Group(setting, received_at, locks)
    receipts = yield from _checked(locks, _receipts(group, events, contain=contain))
    yield from group.writes()
    if numbers is not None:
        numbers.update(group.numbers())
    return receipts


def _checked(locks: Locks, work: Work[Result]) -> Work[Result]:
    """What work comes to that had locked everything that it has read. Errors: ``Unlocked``; its own."""
    try:
        result = yield from work
    except (CorruptLedger, PluginError, AssertionError):
        locks.check()  # what was read without a lock may be anything
        raise
    locks.check()
    return result


def _receipts(group: Group, events: Sequence[Event], *, contain: bool) -> Work[list[Receipt]]:
    if len(events) > 1:
        yield from group.look_up(events)
    receipts = []
    for event in events:
        try:
            done = _at_once(group, event)
            receipt = done if isinstance(done, Receipt) else (yield from done)
            if group.telling and (also := (yield from derive(group))):
                receipt = replace(receipt, released=(*receipt.released, *also))
            receipts.append(receipt)
        except PluginError as problem:
            if not contain:
                raise
            receipts.append(refused(group, event, Refusal("plugin_error", "", str(problem))))
    return receipts


def quote(setting: Setting, event: Event, received_at: datetime) -> Work[Receipt]:
    """The receipt that recording an event would give now; nothing is written."""
    group = Group(setting, received_at, Locks(looks_on=True))
    [receipt] = yield from _receipts(group, [event], contain=False)
    return receipt


def erase(
    setting: Setting, member: str, received_at: datetime, known: Collection[int] = ()
) -> Work[Receipt]:
    """Erase a member by an event of our own, of which there is one for each.

    Errors: ``CorruptLedger`` when his log is damaged.
    """
    locks = Locks(known, looks_on=True)
    group = Group(setting, received_at, locks)
    receipt = yield from _checked(locks, _erased(group, member, received_at))
    yield from group.writes()
    return receipt


def _erased(group: Group, member: str, received_at: datetime) -> Work[Receipt]:
    account = yield from group.account(member)
    named = "unknown" if account.id is None else str(account.id)
    event = Event(f"~erasure/{named}", ERASURE, member, received_at)
    return (yield from _recorded(group, event))


def _at_once(group: Group, event: Event) -> Receipt | Work[Receipt]:
    """The receipt of an event, if nothing has to be asked for it: most are purchases of somebody who was
    looked up, behind all that he did."""
    if not isinstance(event, Purchase) or event.occurred_at > group.latest or group.lane.is_used:
        return _recorded(group, event)
    account = group.stands_alone(event)
    if account is None:
        return _recorded(group, event)
    decision = group.setting.versions.present.decide(event, account.state)
    if decision.outcome.passed:
        return settled_alone(group, event, account, decision)
    return settled_at_once(group, event, account, decision)


def _recorded(group: Group, event: Event) -> Work[Receipt]:
    account = group.at_hand(event)
    if account is None:
        account = yield from group.account(event.member)
        if event.member != account.member:  # a name that he had before it was known who he is
            event = replace(event, member=account.member)
        claim = yield from group.claim((event.source, event.id))
        if claim is not None:
            yield from group.still_new(account)
            return (yield from received_again(group, event, account, claim))
    if account.is_erased:
        reason = "its member was erased"
        return refused(group, event, Refusal(MEMBER_ERASED, "member", reason))
    if event.occurred_at > group.latest:
        reason = "the event has not happened yet at the instant when it was received"
        return refused(group, event, Refusal("from_the_future", "occurred_at", reason))
    if isinstance(event, Purchase):
        return (yield from _purchased(group, event, account))
    if event.type == ERASURE:
        return (yield from record_erasure(group, event, account))
    if event.type in RETURNS:
        return (yield from record_return(group, event, account))
    if event.type == UNDOING:
        return (yield from record_undoing(group, event, account))
    if event.type == REFERRAL:
        return (yield from record_referral(group, event, account))
    if event.type == MERGE:
        return (yield from record_merge(group, event, account))
    if event.type == TRANSFER:
        return (yield from record_transfer(group, event, account))
    if event.type == HOUSEHOLD:
        return (yield from record_household(group, event, account))
    if event.type == DRAW and event.source != DRAWN_BY:
        return (yield from record_draw(group, event, account))
    if event.type == REDEMPTION:
        return (yield from _redeemed(group, event, account))
    return (yield from _decided(group, event, account))


def _redeemed(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """What becomes of a redemption, with what the member's household has for it."""
    drawn = yield from drawn_from_pool(group, event, account)
    if isinstance(drawn, Receipt):
        return drawn
    receipt = yield from _decided(group, event, account)
    if receipt.status != "booked":
        return receipt
    released = yield from release_undoings(group, redemption_name(event.source, event.id))
    also = (*drawn, *released)
    return replace(receipt, released=also) if also else receipt


def _decided(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """What becomes of an event that stands for itself. If it stands behind all that its member did, and is
    not decided in one lane with those of others, nothing more has to be asked."""
    if account.is_late(event) or group.lane.is_used:
        return _decided_in_place(group, event, account)
    decision = group.setting.versions.present.decide(event, account.state)
    return settled_alone(group, event, account, decision)


def _decided_in_place(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """The same at its place in its member's history."""
    if account.is_late(event):
        receipt = yield from record_late(group, event, account)
        if receipt is not None:
            return receipt
    present = group.setting.versions.present
    decision = yield from group.lane.decide(
        account.state, lambda state: present.decide(event, state)
    )
    return (yield from settled_alone(group, event, account, decision))


def _purchased(group: Group, event: Purchase, account: Account) -> Work[Receipt]:
    order = (event.source, event.order or event.id)
    if not group.is_free(order) and (
        (yield from group.order(order)) is not None or group.is_of_erased(order)
    ):
        reason = f"the order `{order[1]}` was paid by another event already"
        return refused(group, event, Refusal("order_exists", "order", reason))
    receipt = yield from _decided(group, event, account)
    if receipt.status != "booked" or not group.may_wait_for(order):
        return receipt
    released = yield from release_held(group, order)
    return replace(receipt, released=released) if released else receipt
