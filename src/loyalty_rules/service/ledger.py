"""The ledger as shop software holds it: open, record, ask, check, close."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Final

from loyalty_rules.domain.errors import ConflictingEvent, CorruptLedger, LedgerError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.state import MemberState
from loyalty_rules.ledger.accounts import words
from loyalty_rules.ledger.drivers.store import (
    DamagedStore,
    RefusedByStore,
    Store,
    run,
)
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.ledger.findings import Report
from loyalty_rules.ledger.outbox import OutboxItem, outbox_items
from loyalty_rules.ledger.rebuilding import Rebuilt
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.sealing import members
from loyalty_rules.ledger.statements import Result, Work
from loyalty_rules.service.accounts import Balance, Statement, balances, statement
from loyalty_rules.service.advancing import Advanced, advance_ledger
from loyalty_rules.service.attempts import seen, written
from loyalty_rules.service.group import Group, Setting
from loyalty_rules.service.keeping import rebuild_ledger, seal_ledger, verify_ledger
from loyalty_rules.service.opening import opened
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.recording import quote, record
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.settling import CONFLICT, damaged
from loyalty_rules.service.versions import Versions

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
"""How much later than its receipt an event may have happened: clocks of tills run ahead."""

GROUP_EVENTS: Final = 250
"""So many events share one commit in `Ledger.record_many`."""


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Ledger:
    """One ledger of a store, for one rule set. May be shared between the threads of one process.

    A context manager: leaving the block closes it.
    """

    def __init__(
        self,
        store: Store,
        rules: RuleSet,
        name: str = "main",
        now: Callable[[], datetime] = utc_now,
        future_tolerance: timedelta = FUTURE_TOLERANCE,
    ) -> None:
        self._store = store
        self._now = now
        self.name = name
        self.rules = rules
        number = opened(store, rules, name, micros(now()))
        self._setting = Setting(number, Versions(rules), future_tolerance, _new_salt)

    def record(self, event: Event, *, connection: object = None) -> Receipt:
        """Book one event, once and for ever; sent again, it gives the first receipt and books nothing.

        With ``connection`` (of SQLAlchemy, Django, psycopg or sqlite3, to the database of this ledger) it is
        written into the transaction that is open there, which is the caller's to commit: the receipt is
        ``provisional``. All other methods that take one see what that transaction has written.
        Errors: ``ConflictingEvent`` when the id stands for other content; ``PluginError``; ``LedgerError``,
        of these ``Retry`` when somebody else was writing and ``CorruptLedger`` when the store is damaged.
        """
        received_at = self._received_at()
        [receipt] = self._written(
            connection, lambda known: record(self._setting, [event], received_at, known=known)
        )
        if receipt.refusal is not None and receipt.refusal.code == CONFLICT:
            raise ConflictingEvent(receipt.refusal.path, receipt.refusal.reason)
        return receipt if connection is None else receipt.as_provisional()

    def record_many(self, events: Iterable[Event], *, connection: object = None) -> list[Receipt]:
        """Book a batch in business order, many events a commit; the receipts in the order of the events.

        What `record` raises about one event is a refusal here (``conflicting_event``, ``plugin_error``, and
        ``damaged_account``, which can be sent again when the account was put right), and the others go on.
        ``connection``: as in `record`. Errors: ``LedgerError``; what was booked before it stays booked (with
        ``connection``: stands in the transaction), and the batch can be sent again.
        """
        batch = list(events)
        order = sorted(range(len(batch)), key=lambda place: business_key(batch[place]))
        receipts = self._in_groups((batch[place] for place in order), connection)
        by_place = dict(zip(order, receipts, strict=True))
        return [by_place[place] for place in range(len(batch))]

    def record_in_order(self, events: Iterable[Event]) -> Iterator[Receipt]:
        """Book events that come in business order already, many a commit; each receipt after its commit."""
        return self._in_groups(events, None)

    def quote(self, event: Event, *, connection: object = None) -> Receipt:
        """The receipt that `record` would give now. Nothing is written, and nothing is promised.
        ``connection``: as in `record`."""
        received_at = self._received_at()
        return self._seen(
            connection, lambda: quote(self._setting, event, received_at)
        ).as_provisional()

    def balance(
        self, member: str, *, at: datetime | None = None, connection: object = None
    ) -> Mapping[str, Balance]:
        """What a member has of each points program at an instant (default: now), if nothing happens until
        then. Nothing is written. A member nobody has heard of has nothing. ``connection``: as in `record`.

        Errors: ``EventError`` for an instant before his last event.
        """
        now = self._received_at()
        return self._seen(connection, lambda: balances(self._setting, member, now, at))

    def statement(
        self, member: str, *, at: datetime | None = None, connection: object = None
    ) -> Statement:
        """Everything that a member may ask about his account: balances, lots, levels, history. ``at`` and
        ``connection`` as in `balance`."""
        now = self._received_at()
        return self._seen(connection, lambda: statement(self._setting, member, now, at))

    def advance(self, to: datetime | None = None) -> Advanced:
        """Book everything that falls due by itself up to and including ``to`` (default: now). Only accounts
        for which something does are touched; their next event would book the same.

        Errors: ``EventError`` for an instant that lies ahead (``from_the_future``) or before the one that the
        ledger was advanced to (``backwards``); ``LedgerError``: what was booked before it stays booked.
        """
        now = self._received_at()
        return advance_ledger(self._store, self._setting, now if to is None else to, now)

    def seal(self) -> int:
        """Fix how far every account has come in the chain over the whole ledger; how many had gone on."""
        return seal_ledger(self._store, self._setting.ledger, self._received_at())

    def verify(self, *, seal: bool = True) -> Report:
        """Check every chain, checksum, sum and state; what is wrong stands in the report, and which entries
        no seal covered. If nothing is wrong they are sealed now, unless ``seal`` is false."""
        seal_at = self._received_at() if seal else None
        return verify_ledger(self._store, self._setting.ledger, seal_at)

    def rebuild(self) -> Rebuilt:
        """Make states, lots and postings again from the log, and put right what differs.

        Errors: ``CorruptLedger`` when the log itself is damaged: then nothing is touched.
        """
        return rebuild_ledger(self._store, self._setting.ledger, self.rules)

    def states(self) -> Iterator[MemberState]:
        """Where every member stands, in the order of their numbers."""
        with self._store.reading() as execute:
            known = run(members(self._setting.ledger), execute)
            for _, external, _ in known:
                account = run(
                    Group(self._setting, self._received_at()).account(words(external)), execute
                )
                if account.sequence:
                    yield account.state

    def outbox(self, status: str = "new") -> Iterator[OutboxItem]:
        """What was granted or withdrawn beside points and waits to be handed over, by member, in the order of
        booking."""
        with self._store.reading() as execute:
            yield from outbox_items(execute, self._setting.ledger, status)

    def close(self) -> None:
        """Let go of the store. A store that was handed in is closed, too."""
        self._store.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _in_groups(self, events: Iterable[Event], connection: object) -> Iterator[Receipt]:
        ordered = iter(events)
        while group := list(islice(ordered, GROUP_EVENTS)):
            for receipt in self._grouped(group, self._received_at(), connection):
                yield receipt if connection is None else receipt.as_provisional()

    def _grouped(
        self, events: Sequence[Event], received_at: datetime, connection: object
    ) -> list[Receipt]:
        try:
            return self._written(
                connection,
                lambda known: record(self._setting, events, received_at, contain=True, known=known),
            )
        except RefusedByStore:
            if len(events) == 1:
                raise
        except CorruptLedger as problem:
            if isinstance(problem, DamagedStore):
                raise
            if len(events) == 1:
                return [damaged(events[0], problem)]
        # one of them cannot be written: in halves, it does not stand in the others' way for long
        half = len(events) // 2
        first = self._grouped(events[:half], received_at, connection)
        return first + self._grouped(events[half:], received_at, connection)

    def _written(
        self, connection: object, work: Callable[[frozenset[int]], Work[Result]]
    ) -> Result:
        if connection is None:
            return written(self._store.writing, work)
        from loyalty_rules.ledger.drivers.handed import handed

        number = self._setting.ledger
        return written(
            lambda: handed(connection, self._store, self.name, number), work, is_ours=False
        )

    def _seen(self, connection: object, work: Callable[[], Work[Result]]) -> Result:
        if connection is None:
            return seen(self._store.reading, work)
        from loyalty_rules.ledger.drivers.handed import looked_at

        number = self._setting.ledger
        return seen(
            lambda: looked_at(connection, self._store, self.name, number), work, is_ours=False
        )

    def _received_at(self) -> datetime:
        now = self._now()
        if now.tzinfo is None:
            raise LedgerError(
                "the clock of a ledger gives instants with an offset (`utc_now` does)"
            )
        return now.astimezone(UTC)


def open_ledger(
    url_or_store: str | Store,
    rules: RuleSet,
    *,
    ledger: str = "main",
    now: Callable[[], datetime] = utc_now,
    future_tolerance: timedelta = FUTURE_TOLERANCE,
    beside: bool = False,
) -> Ledger:
    """Open a ledger, and make it if it is not there: ``memory:``, ``sqlite:///file.db``,
    ``postgresql://user@host/database``, or a store.

    ``ledger`` names one of many in the same store; it belongs to the id of the rule set that made it.
    ``beside``: keep it in a SQLite file that has tables of other software.
    Errors: ``LedgerError`` when the store cannot be opened, or the ledger is another rule set's.
    """
    store = url_or_store
    if isinstance(store, str):
        store = open_store(store, beside=beside)
    return Ledger(store, rules, ledger, now, future_tolerance)


def _new_salt() -> bytes:
    return secrets.token_bytes(16)
