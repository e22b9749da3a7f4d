"""Referrals in the ledger: one member says whom he brought, or another one with whose code he came; codes.

What is asked of both members is asked before anything is booked, so a refusal changes nothing for either.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.households import live_together
from loyalty_rules.domain.referrals import CODES, REFERRAL, REFERRED_BY, event_name, links
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.statements import Work
from loyalty_rules.service.deriving import SAME_HOUSEHOLD, holder, record_derived, referrer
from loyalty_rules.service.erasing import MEMBER_ERASED
from loyalty_rules.service.group import Group
from loyalty_rules.service.late import retold
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.settling import refused

LOOP: Final = "referral_loop"
ONESELF: Final = "referral_of_oneself"
UNKNOWN_CODE: Final = "unknown_code"
CODE_TAKEN: Final = "code_taken"


def record_referral(group: Group, event: Event, account: Account) -> Work[Receipt]:
    """Book what somebody says of a referral, and what it means for the other one.

    Errors: ``PluginError``; ``CorruptLedger``.
    """
    if (refusal := (yield from _would_refuse(group, event, account))) is not None:
        return refused(group, event, refusal)
    if isinstance(code := event.fields.get("code"), str):
        return (yield from _keep_code(group, event, account, code))
    if isinstance(code := event.fields.get("used_code"), str):
        return (yield from _came(group, event, account, code))
    return (yield from _brings(group, event, account, str(event.fields["friend"])))


def _brings(group: Group, event: Event, account: Account, name: str) -> Work[Receipt]:
    """He says whom he brought."""
    friend = yield from group.account(name)
    if friend.is_erased:
        return refused(group, event, Refusal(MEMBER_ERASED, "friend", "that member was erased"))
    if (refusal := (yield from _between(group, friend, account, "friend"))) is not None:
        return refused(group, event, refusal)
    own = _made(event, friend, event_name("of", event), dict(links(event)))
    if (refusal := (yield from _would_refuse(group, own, friend))) is not None:
        return refused(group, event, replace(refusal, path="friend"))
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked":
        return receipt
    return replace(receipt, released=((yield from record_derived(group, own, friend)),))


def _came(group: Group, event: Event, account: Account, code: str) -> Work[Receipt]:
    """He says with whose code he came."""
    above = yield from holder(group, (CODES, code))
    if above is None:
        return refused(
            group, event, Refusal(UNKNOWN_CODE, "used_code", f"nobody has the code `{code}`")
        )
    if (refusal := (yield from _between(group, account, above, "used_code"))) is not None:
        return refused(group, event, refusal)
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked":
        return receipt
    own = _made(event, above, event_name("by", event), {"used_code": code})
    return replace(receipt, released=((yield from record_derived(group, own, above)),))


def _keep_code(group: Group, event: Event, account: Account, code: str) -> Work[Receipt]:
    """He has a code from now on, and nobody else has it."""
    if (yield from group.claim((CODES, code))) is not None:
        return refused(
            group, event, Refusal(CODE_TAKEN, "code", f"somebody has the code `{code}` already")
        )
    receipt = yield from record_derived(group, event, account)
    if receipt.status != "booked":
        return receipt
    own = replace(_made(event, account, code, {"code": code}), source=CODES)
    return replace(receipt, released=((yield from record_derived(group, own, account)),))


def _between(group: Group, friend: Account, above: Account, path: str) -> Work[Refusal | None]:
    """Why one member cannot have brought the other, if so."""
    if friend is above:
        return Refusal(ONESELF, path, "nobody brings himself")
    if live_together(friend.state, above.state):
        return Refusal(SAME_HOUSEHOLD, path, "both members are of one household")
    one: Account | None = above if friend.sequence else None  # who is new has brought nobody
    while one is not None:
        one = yield from referrer(group, one)
        if one is friend:
            reason = "the member who is said to have brought this one was brought by him"
            return Refusal(LOOP, path, reason)
    return None


def _would_refuse(group: Group, event: Event, account: Account) -> Work[Refusal | None]:
    """Why an event would be refused, if so; nothing is booked."""
    if account.is_late(event):
        difference = yield from retold(group, event, account)
        if difference is not None:
            return difference.now.refused.get((event.source, event.id))
    present = group.setting.versions.present
    decision = yield from group.lane.decide(
        account.state, lambda state: present.decide(event, state)
    )
    return decision.refusal


def _made(event: Event, account: Account, name: str, fields: dict[str, str]) -> Event:
    return Event(
        name,
        REFERRAL,
        account.member,
        event.occurred_at,
        REFERRED_BY,
        fields=MappingProxyType(dict(fields)),
    )
