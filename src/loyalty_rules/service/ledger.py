"""The ledger as shop software holds it: open, record, ask, check, close."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final

from loyalty_rules.domain.errors import ConflictingEvent, CorruptLedger
from loyalty_rules.domain.event import Event, checked_event
from loyalty_rules.domain.handed import (
    asked_for,
    checked_events,
    checked_instant,
    checked_member,
)
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.shared import Shared
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
from loyalty_rules.ledger.shared import read_shared
from loyalty_rules.ledger.statements import Result, Work
from loyalty_rules.service.accounts import Balance, Statement, balances, statement
from loyalty_rules.service.advancing import Advanced, advance_ledger
from loyalty_rules.service.attempts import Enter, seen, written
from loyalty_rules.service.clock import aware, told_by, utc_now
from loyalty_rules.service.correcting import Corrected, Correction, corrected
from loyalty_rules.service.erasing import ERASURE
from loyalty_rules.service.group import Group
from loyalty_rules.service.keeping import (
    new_salt,
    rebuild_ledger,
    scrub_store,
    seal_ledger,
    verify_ledger,
)
from loyalty_rules.service.moving import export_ledger
from loyalty_rules.service.observing import SLOW_SECONDS, Numbers, Observe, Watch
from loyalty_rules.service.opening import check_opening, opened
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.recording import erase, quote, record
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.setting import Setting
from loyalty_rules.service.settling import CONFLICT, damaged
from loyalty_rules.service.versions import Versions

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
"""How much later than its receipt an event may have happened: clocks of tills run ahead."""

GROUP_EVENTS: Final = 250
"""So many events share one commit in `Ledger.record_many`."""


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
        observe: Observe | None = None,
        slow_seconds: float | None = SLOW_SECONDS,
        ticks: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._now = now
        self.name = name
        self.rules = rules
        number = opened(store, rules, name, micros(aware(now())))
        self._setting = Setting(number, Versions(rules), future_tolerance, new_salt)
        self._watch = Watch(number, observe, slow_seconds, ticks)

    def record(self, event: Event, *, connection: object = None) -> Receipt:
        """Book one event, once and for ever; sent again, it gives the first receipt and books nothing.

        With ``connection`` (of SQLAlchemy, Django, psycopg or sqlite3, to the database of this ledger) it is
        written into the transaction that is open there, which is the caller's to commit: the receipt is
        ``provisional``. All other methods that take one see what that transaction has written.
        Errors: ``ConflictingEvent`` when the id stands for other content; ``EventError`` for what is no
        `Event`, such as a mapping that `parse_event` did not read; ``PluginError``; ``LedgerError``,
        of these ``Retry`` when somebody else was writing and ``CorruptLedger`` when the store is damaged.
        """
        [receipt] = self._recorded(
            [checked_event(event)], self._received_at(), connection, contain=False
        )
        if receipt.refusal is not None and receipt.refusal.code == CONFLICT:
            raise ConflictingEvent(receipt.refusal.path, receipt.refusal.reason)
        return receipt

    def record_many(self, events: Iterable[Event], *, connection: object = None) -> list[Receipt]:
        """Book a batch in business order, many events a commit; the receipts in the order of the events.

        What `record` raises about one event is a refusal here (``conflicting_event``, ``plugin_error``, and
        ``damaged_account``, which can be sent again when the account was put right), and the others go on.
        ``connection``: as in `record`. Errors: ``EventError`` for what is no `Event`: nothing is booked then;
        ``LedgerError``; what was booked before it stays booked (with ``connection``: stands in the
        transaction), and the batch can be sent again.
        """
        batch = list(checked_events(events))
        order = sorted(range(len(batch)), key=lambda place: business_key(batch[place]))
        receipts = self._in_groups((batch[place] for place in order), connection)
        by_place = dict(zip(order, receipts, strict=True))
        return [by_place[place] for place in range(len(batch))]

    def record_in_order(self, events: Iterable[Event]) -> Iterator[Receipt]:
        """Book events that come in business order already, many a commit; each receipt after its commit."""
        return self._in_groups(checked_events(events), None)

    def quote(self, event: Event, *, connection: object = None) -> Receipt:
        """The receipt that `record` would give now. Nothing is written, and nothing is promised.
        ``connection``: as in `record`."""
        cart, received_at = checked_event(event), self._received_at()
        return self._seen(
            "quote", connection, lambda: quote(self._setting, cart, received_at)
        ).as_provisional()

    def balance(
        self, member: str, *, at: datetime | None = None, connection: object = None
    ) -> Mapping[str, Balance]:
        """What a member has of each points program at an instant (default: now), if nothing happens until
        then. Nothing is written. A member nobody has heard of has nothing. ``connection``: as in `record`.

        Errors: ``EventError`` at ``at`` for an instant before his last event or without an offset, and at
        ``member`` for what is no text.
        """
        asked, now = asked_for(member, at), self._received_at()
        return self._seen("balance", connection, lambda: balances(self._setting, asked, now, at))

    def statement(
        self, member: str, *, at: datetime | None = None, connection: object = None
    ) -> Statement:
        """Everything that a member may ask about his account: balances, lots, levels, codes, history. ``at``
        and ``connection`` as in `balance`."""
        asked, now = asked_for(member, at), self._received_at()
        return self._seen("statement", connection, lambda: statement(self._setting, asked, now, at))

    def advance(self, to: datetime | None = None) -> Advanced:
        """Book everything that falls due by itself up to and including ``to`` (default: now). Only accounts
        for which something does are touched; their next event would book the same.

        Errors: ``EventError`` for an instant that lies ahead (``from_the_future``) or before the one that the
        ledger was advanced to (``backwards``); ``LedgerError``: what was booked before it stays booked.
        """
        now = self._received_at()
        upto = now if to is None else checked_instant(to, "to")
        done = self._watch.timed(
            "advance",
            lambda: advance_ledger(self._store, self._setting, upto, now, self._watch.retried),
        )
        self._watch.advanced(done.entries, done.damaged)
        return done

    def seal(self) -> int:
        """Fix how far every account has come in the chain over the whole ledger; how many had gone on."""
        now = self._received_at()
        return self._watch.timed(
            "seal",
            lambda: seal_ledger(self._store, self._setting.ledger, now, self._watch.retried),
        )

    def verify(self, *, seal: bool = True) -> Report:
        """Check every chain, checksum, sum and state; what is wrong stands in the report, and which entries
        no seal covered. If nothing is wrong they are sealed now, unless ``seal`` is false."""
        seal_at = self._received_at() if seal else None
        known = (self._store, self._setting.ledger, seal_at, self._watch.retried)
        report = self._watch.timed("verify", lambda: verify_ledger(*known))
        self._watch.verified(report)
        return report

    def rebuild(self) -> Rebuilt:
        """Make states, lots and postings again from the log, and put right what differs.

        Errors: ``CorruptLedger`` when the log itself is damaged: then nothing is touched.
        """
        known = (self._store, self._setting.ledger, self.rules, self._watch.retried)
        return self._watch.timed("rebuild", lambda: rebuild_ledger(*known))

    def correct(
        self,
        since: datetime,
        rules: RuleSet,
        *,
        reason: str = "",
        author: str = "",
        book: bool = False,
    ) -> Iterator[Corrected]:
        """What another version makes of what occurred from an instant on, member by member; with ``book``
        each difference becomes an entry of its own, once. Open the ledger with that version afterwards.

        Errors: ``LedgerError`` for rules that are not one version of this rule set; ``PluginError``.
        """
        correction = Correction(checked_instant(since, "since"), rules, reason, author)
        now = self._received_at()
        return corrected(self._store, self._setting, self.name, correction, now, book=book)

    def erase(self, member: str, *, connection: object = None) -> Receipt:
        """Erase a member: what he has is forfeited by an entry, what he told and did is taken away, the sums
        and the chain of his account stay. Whatever comes for him later is refused (``member_erased``); an id
        that was received before is still a ``duplicate``. Again: the same receipt.

        A member nobody has heard of is ``refused`` (``unknown_member``). In a file, traces stay in pages that
        are free now until `scrub` is called. ``connection``: as in `record`.
        """
        now, member = self._received_at(), checked_member(member)
        is_own = connection is None
        receipt = self._watch.timed(
            "erase",
            lambda: written(
                self._writing(connection),
                lambda known: erase(self._setting, member, now, known),
                is_ours=is_own,
                retried=self._watch.retried,
            ),
            is_own=is_own,
        )
        return receipt if is_own else receipt.as_provisional()

    def scrub(self) -> bool:
        """Write the store anew without what was removed from it; false where the store does that by itself.

        It takes as long as copying the file. Backups and exports are not touched.
        """
        return scrub_store(self._store)

    def states(self) -> Iterator[MemberState]:
        """Where every member stands, in the order of their numbers."""
        with self._store.reading() as execute:
            known = run(members(self._setting.ledger), execute)
            for _, external, _ in known:
                group = Group(self._setting, self._received_at())
                account = run(group.account_named(words(external)), execute)
                if account.sequence and not account.is_merged:
                    yield account.state

    def export(self) -> Iterator[str]:
        """Everything that the ledger holds, one JSON object a line: `import_ledger` makes the same ledger of
        it in another store. Members stand in it under the shop's names."""
        return export_ledger(self._store, self.name)

    def outbox(self, status: str = "new") -> Iterator[OutboxItem]:
        """What was granted or withdrawn beside points and waits to be handed over, by member, in the order of
        booking."""
        with self._store.reading() as execute:
            yield from outbox_items(execute, self._setting.ledger, status)

    def shared(self) -> Shared:
        """What all members together have used of budgets, for `RuleSet.decide` and `RuleSet.quote`."""
        return seen(self._store.reading, lambda: read_shared(self._setting.ledger))

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
        for group in _groups(events):
            yield from self._grouped(group, self._received_at(), connection)

    def _grouped(
        self, events: Sequence[Event], received_at: datetime, connection: object
    ) -> list[Receipt]:
        try:
            return self._recorded(events, received_at, connection, contain=True)
        except RefusedByStore:
            if len(events) == 1:
                raise
        except CorruptLedger as problem:
            if isinstance(problem, DamagedStore):
                raise
            if len(events) == 1:
                receipts = [damaged(events[0], problem)]
                self._watch.received(receipts, {})
                return receipts
        # one of them cannot be written: in halves, it does not stand in the others' way for long
        half = len(events) // 2
        first = self._grouped(events[:half], received_at, connection)
        return first + self._grouped(events[half:], received_at, connection)

    def _recorded(
        self, events: Sequence[Event], received_at: datetime, connection: object, contain: bool
    ) -> list[Receipt]:
        """Events in one transaction, with what is told of it afterwards."""
        numbers: Numbers = {}

        def work(known: frozenset[int]) -> Work[list[Receipt]]:
            return record(
                self._setting, events, received_at, contain=contain, known=known, numbers=numbers
            )

        is_own = connection is None
        receipts = self._watch.timed(
            "record",
            lambda: written(
                self._writing(connection), work, is_ours=is_own, retried=self._watch.retried
            ),
            count=len(events),
            is_own=is_own,
        )
        if not is_own:
            receipts = [receipt.as_provisional() for receipt in receipts]
        self._watch.received(receipts, numbers)
        return receipts

    def _writing(self, connection: object) -> Enter:
        if connection is None:
            return self._store.writing
        from loyalty_rules.ledger.drivers.handed import handed

        return lambda: handed(connection, self._store, self.name, self._setting.ledger)

    def _seen(self, name: str, connection: object, work: Callable[[], Work[Result]]) -> Result:
        is_own, retried = connection is None, self._watch.retried
        return self._watch.timed(
            name,
            lambda: seen(self._reading(connection), work, is_ours=is_own, retried=retried),
            is_own=is_own,
        )

    def _reading(self, connection: object) -> Enter:
        if connection is None:
            return self._store.reading
        from loyalty_rules.ledger.drivers.handed import looked_at

        return lambda: looked_at(connection, self._store, self.name, self._setting.ledger)

    def _received_at(self) -> datetime:
        return told_by(self._now)


def _groups(events: Iterable[Event]) -> Iterator[list[Event]]:
    """What shares a commit. An erasure stands alone: it goes over all of its member that is written."""
    group: list[Event] = []
    for event in events:
        if event.type == ERASURE and group:
            yield group
            group = []
        group.append(event)
        if event.type == ERASURE or len(group) == GROUP_EVENTS:
            yield group
            group = []
    if group:
        yield group


def open_ledger(
    url_or_store: str | Store,
    rules: RuleSet,
    *,
    ledger: str = "main",
    now: Callable[[], datetime] = utc_now,
    future_tolerance: timedelta = FUTURE_TOLERANCE,
    beside: bool = False,
    observe: Observe | None = None,
    slow_seconds: float | None = SLOW_SECONDS,
) -> Ledger:
    """Open a ledger, and make it if it is not there: ``memory:``, ``sqlite:///file.db``,
    ``postgresql://user@host/database``, or a store.

    ``ledger`` names one of many in the same store; it belongs to the id of the rule set that made it.
    ``beside``: keep it in a SQLite file that has tables of other software.
    ``observe`` is called with an `Observed` for everything that the ledger did; ``slow_seconds``: what takes
    so long is a warning in the log `loyalty_rules.ledger` (None: nothing is).
    Errors: ``LedgerError`` when the store cannot be opened, the ledger is another rule set's, or something
    else is handed in.
    """
    check_opening(url_or_store, rules, ledger, now, future_tolerance)
    store = url_or_store
    if isinstance(store, str):
        store = open_store(store, beside=beside)
    return Ledger(store, rules, ledger, now, future_tolerance, observe, slow_seconds)
