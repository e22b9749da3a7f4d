"""Points that one member gives to another: they leave the one and reach the other in one transaction."""

from __future__ import annotations

from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.referrals import event_name
from loyalty_rules.domain.transfers import received
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.transfers import leaving_with
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.deriving import record_derived
from loyalty_rules.service.erasing import MEMBER_ERASED
from loyalty_rules.service.group import Group
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.settling import refused

UNKNOWN_MEMBER: Final = "unknown_member"
TO_ONESELF: Final = "transfer_to_oneself"


def record_transfer(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book a transfer, and for the other member what he receives.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    name, program = str(event.fields["to"]), str(event.fields["program"])
    other = yield from group.account(name)
    if other.is_erased:
        return refused(group, event, Refusal(MEMBER_ERASED, "to", "that member was erased"))
    if other is account and name != event.member:
        return refused(group, event, Refusal(TO_ONESELF, "to", "nobody gives points to himself"))
    if not other.sequence and other is not account:
        reason = "nobody has heard of the member who is to have them"
        return refused(group, event, Refusal(UNKNOWN_MEMBER, "to", reason))
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked" or receipt.decision is None:
        return receipt
    decision = receipt.decision
    moved = tuple(leaving_with(decision.judged, program, decision.outcome.effects))
    own = received(event_name("from", event), event, other.member, program, moved)
    return replace(receipt, released=((yield from record_derived(group, own, other)),))
