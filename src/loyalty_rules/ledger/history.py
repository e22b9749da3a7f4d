"""A member's own history: every entry of his account with its event, from the log and from what a group is
about to write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect, HistoryRetold
from loyalty_rules.domain.event import EMPTY, Event
from loyalty_rules.domain.kinds import CORRECTION, OWN_KINDS
from loyalty_rules.ledger.accounts import BOOKED, Account, Logged, new_account, whole, words
from loyalty_rules.ledger.receipts import Kept, receipt_of
from loyalty_rules.ledger.records import event_of, instant_of
from loyalty_rules.ledger.standing import LoggedOrder, follow, orders_of
from loyalty_rules.ledger.statements import ENTRIES_AFTER, EVENTS_AFTER, Row, Work


@dataclass(frozen=True, slots=True)
class PastEntry:
    """One entry: its event, the digest of the plan that decided it, and what it changed. ``is_corrected``: it
    was decided by another plan, in whose place this one was put since."""

    event: Event
    plan: str
    received_at: datetime
    effects: tuple[Effect, ...]
    orders: tuple[LoggedOrder, ...]
    kept: Kept
    is_corrected: bool = False

    @property
    def is_alone(self) -> bool:
        """It came late and was judged by what was known when it came, not by what was known on its day."""
        return self.kept.late and not any(isinstance(one, HistoryRetold) for one in self.effects)


def past_entries(
    here: Iterable[Logged], account: Account, received_at: datetime
) -> Work[list[PastEntry]]:
    """Every entry of an account in the order of booking; ``here`` are those that are
    not written yet, received at ``received_at``.

    Errors: ``CorruptLedger`` when the log is not what was written.
    """
    past: list[PastEntry] = []
    if account.id is not None:
        entries = yield ENTRIES_AFTER, [(account.id, 0)]
        events = yield EVENTS_AFTER, [(account.id, BOOKED, 0)]
        start = new_account(account.member, account.salt, account.id)
        followed = follow(start, entries, events)
        for row, event, one in zip(entries, events, followed, strict=True):
            past.append(
                PastEntry(
                    _event(event, account.member),
                    words(row[1]),
                    instant_of(whole(row[2])),
                    one.effects,
                    tuple(orders_of(row)),
                    receipt_of(words(event[8])),
                )
            )
    past += [_unwritten(one, received_at) for one in here]
    return _corrected(past)


def _corrected(past: list[PastEntry]) -> list[PastEntry]:
    """Entries with the plans that corrections behind them have put in place of those that decided them."""
    for place, correction in enumerate(past):
        if correction.event.type == CORRECTION:
            since = datetime.fromisoformat(str(correction.event.fields["from"]))
            for number, one in enumerate(past[:place]):
                if one.event.occurred_at >= since and one.event.type not in OWN_KINDS:
                    past[number] = replace(one, plan=correction.plan, is_corrected=True)
    return past


def _event(row: Row, member: str) -> Event:
    """The event of a row; one that passing time made is none that the door would let in."""
    source, name, kind = words(row[1]), words(row[2]), words(row[3])
    if kind in OWN_KINDS:
        fields = EMPTY
        if kind == CORRECTION:
            fields = MappingProxyType({"from": json.loads(words(row[7]))["from"]})
        at = instant_of(whole(row[4]))
        return Event(name, kind, member, at, source=source, fields=fields)
    return event_of(words(row[7]), source, member)


def _unwritten(logged: Logged, received_at: datetime) -> PastEntry:
    assert logged.sequence is not None, "what waits is no part of the history yet"
    orders = tuple(LoggedOrder(*one) for one in json.loads(logged.orders_text))
    return PastEntry(logged.event, logged.plan, received_at, logged.effects, orders, logged.kept)
