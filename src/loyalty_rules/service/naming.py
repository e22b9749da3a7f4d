"""Events that name another member: what of his name stands in the log of the one who sent them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.event import Event
from loyalty_rules.ledger.accounts import Account
from loyalty_rules.ledger.chain import name_digest

NAMED_IN: Final[Mapping[str, str]] = MappingProxyType(
    {"merge": "into", "referral": "friend", "transfer": "to"}
)
"""By kind of event, the field that names another member."""


def named(event: Event) -> str | None:
    """What a shop calls the other member whom an event names."""
    field = NAMED_IN.get(event.type)
    name = None if field is None else event.fields.get(field)
    return name if isinstance(name, str) else None


def as_kept(event: Event, accounts: Mapping[str, Account]) -> Event:
    """An event as the log has it: in place of another member's name a digest with his salt. The name
    itself stands in the map alone, and with the salt goes the last way to test a guess."""
    name = named(event)
    if name is None or name not in accounts:
        return event
    digest = name_digest(accounts[name].salt, name)
    fields = {**event.fields, NAMED_IN[event.type]: f"digest:{digest}"}
    return replace(event, fields=MappingProxyType(fields))
