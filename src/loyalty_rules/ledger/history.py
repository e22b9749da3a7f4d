"""A member's own history: every entry of his account with its event, from the log and from what a group is
about to write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect, HistoryRetold
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import CORRECTION, OWN_KINDS
from loyalty_rules.domain.merges import MERGED
from loyalty_rules.ledger.accounts import BOOKED, Account, Logged, new_account, whole, words
from loyalty_rules.ledger.receipts import Kept, receipt_of
from loyalty_rules.ledger.records import event_of, instant_of
from loyalty_rules.ledger.standing import LoggedOrder, follow, orders_of
from loyalty_rules.ledger.statements import ENTRIES_AFTER, EVENTS_AFTER, Row, Work


@dataclass(frozen=True, slots=True)
class PastEntry:
    """One entry: its event, the digest of the plan that decided it, and what it changed. ``is_corrected``: it
    was decided by another plan, in whose place this one was put since. ``merged``: the past of who became
    this member with it, as if all of that had happened to this one."""

    event: Event
    plan: str
    received_at: datetime
    effects: tuple[Effect, ...]
    orders: tuple[LoggedOrder, ...]
    kept: Kept
    is_corrected: bool = False
    merged: tuple[PastEntry, ...] = ()

    @property
    def is_alone(self) -> bool:
        """It came late and was judged by what was known when it came, not by what was known on its day."""
        return self.kept.late and not any(isinstance(one, HistoryRetold) for one in self.effects)


Brought = Callable[[Event], Work[list[PastEntry]]]
"""The whole past, with its end, that an event of the kind ``merged`` has brought to its member."""


def past_entries(
    here: Iterable[Logged], account: Account, received_at: datetime, brought: Brought
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
    for place, entry in enumerate(past):
        if entry.event.type == MERGED:
            found = yield from brought(entry.event)
            merged = tuple(told_of(one, account.member) for one in found[:-1])
            past[place] = replace(entry, merged=merged)
    return _corrected(past)


def told_of(entry: PastEntry, member: str) -> PastEntry:
    """An entry as if it were of another member."""
    event = replace(entry.event, member=member)
    return replace(entry, event=event, merged=tuple(told_of(one, member) for one in entry.merged))


def everything(entries: Iterable[PastEntry]) -> Iterator[PastEntry]:
    """Entries, each after those that came to its member with it."""
    for entry in entries:
        yield from everything(entry.merged)
        yield entry


def _corrected(past: list[PastEntry]) -> list[PastEntry]:
    """Entries with the plans that corrections behind them have put in place of those that decided them."""
    for place, correction in enumerate(past):
        if correction.event.type == CORRECTION:
            since = datetime.fromisoformat(str(correction.event.fields["from"]))
            past[:place] = [_by(correction.plan, since, one) for one in past[:place]]
    return past


def _by(plan: str, since: datetime, entry: PastEntry) -> PastEntry:
    if entry.merged:
        return replace(entry, merged=tuple(_by(plan, since, one) for one in entry.merged))
    if entry.event.occurred_at >= since and entry.event.type not in OWN_KINDS:
        return replace(entry, plan=plan, is_corrected=True)
    return entry


def _event(row: Row, member: str) -> Event:
    """The event of a row; one that passing time made is none that the door would let in."""
    source, name, kind = words(row[1]), words(row[2]), words(row[3])
    if kind in OWN_KINDS:
        said = json.loads(words(row[7])) if kind in _TOLD else {}
        fields = MappingProxyType({key: said[key] for key in _TOLD.get(kind, ())})
        at = instant_of(whole(row[4]))
        return Event(name, kind, member, at, source=source, fields=fields)
    return event_of(words(row[7]), source, member)


_TOLD: Final = MappingProxyType({CORRECTION: ("from",), MERGED: ("of",)})
"""What is read again of events that the door would not let in."""


def _unwritten(logged: Logged, received_at: datetime) -> PastEntry:
    assert logged.sequence is not None, "what waits is no part of the history yet"
    orders = tuple(LoggedOrder(*one) for one in json.loads(logged.orders_text))
    return PastEntry(logged.event, logged.plan, received_at, logged.effects, orders, logged.kept)
