"""A ledger made again from the lines of an export: the log as it stands there, everything else from the log.

Nothing is believed: the lines have a digest, what follows from the log is made by `rebuild`, and the whole is
checked as `verify` does before anybody sees it. What is wrong with one line is wrong with all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from loyalty_rules.domain.errors import CorruptLedger, LedgerError
from loyalty_rules.ledger.accounts import BOOKED, HELD, whole
from loyalty_rules.ledger.drivers.store import Execute, RefusedByStore, run
from loyalty_rules.ledger.exporting import EXPORT_FORMAT
from loyalty_rules.ledger.rebuilding import rebuild
from loyalty_rules.ledger.records import micros
from loyalty_rules.ledger.rows import refusal_row
from loyalty_rules.ledger.said import awaited_of
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ADD_ENTRY,
    ADD_EVENT,
    ADD_LEDGER,
    ADD_MEMBER,
    ADD_SEAL,
    CHANGE_DELIVERED,
    FIND_LEDGER,
    KEEP_REFUSAL,
    KEEP_RULES,
    LIST_MEMBERS,
    NEXT_SOURCE,
    REFUSALS_AFTER,
    REMOVE_LEDGER,
    REMOVE_MEMBER,
    RESTORE_LEDGER,
    SEALS_AFTER,
    Row,
)
from loyalty_rules.ledger.verifying import verify

Line = Mapping[str, Any]

_TOGETHER: Final = 200
"""So many rows are written with one statement."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: the ledger, by name, with so many accounts and entries."""

    ledger: str
    accounts: int
    entries: int


def imported(lines: Iterable[str], execute: Execute, name: str | None = None) -> Imported:
    """Make the ledger of an export, under its own name or another one, in the transaction of ``execute``.

    Errors: ``LedgerError`` when the lines are no export, not all of it, or not what was exported; when there
    is a ledger of that name with something in it, or the numbers of its accounts are taken. Then the
    transaction is to be rolled back.
    """
    reading = _Reading(lines)
    made = _Import(execute, reading.head(), name)
    try:
        for line in reading.rest():
            made.take(line)
        made.flush()
    except (KeyError, ValueError, TypeError, CorruptLedger) as problem:
        raise LedgerError(f"line {reading.number} is no line of an export: {problem}") from problem
    except RefusedByStore as problem:
        raise LedgerError(f"before line {reading.number}, something is there twice") from problem
    return made.finished()


class _Reading:
    """Lines, counted and digested, up to the one that says how many there were."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._digest = sha256()
        self.number = 0

    def head(self) -> Line:
        line = self._next()
        if line is None or line.get("is") != "ledger":
            raise LedgerError("this is no export of a ledger: its first line is another one")
        if line.get("format") != EXPORT_FORMAT:
            raise LedgerError(
                f"this export has the format {line.get('format')}, this version reads {EXPORT_FORMAT}:"
                " export the ledger again"
            )
        return line

    def rest(self) -> Iterator[Line]:
        while True:
            count, digest = self.number, self._digest.hexdigest()
            line = self._next()
            if line is None:
                raise LedgerError(f"the export was cut off after line {count}")
            if line["is"] != "end":
                yield line
                continue
            if (line["lines"], line["digest"]) != (count, digest):
                raise LedgerError("the export was changed: its digest is another one")
            if self._next() is not None:
                raise LedgerError("something stands behind the end of the export")
            return

    def _next(self) -> Line | None:
        text = next(self._lines, None)
        if text is None:
            return None
        self.number += 1
        text = text.rstrip("\r\n")
        self._digest.update(f"{text}\n".encode("utf-8", "surrogatepass"))
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict) or "is" not in line:
            raise LedgerError(f"line {self.number} is no line of an export, or was cut off")
        return line


class _Import:
    """A ledger in the making: rows wait until there are some of them."""

    def __init__(self, execute: Execute, head: Line, name: str | None) -> None:
        self._execute = execute
        self.name = name or str(head["name"])
        try:
            self._ledger = self._opened(head)
        except (KeyError, ValueError, TypeError) as problem:
            raise LedgerError(f"line 1 is no head of an export: {problem}") from problem
        self._ruleset = str(head["ruleset"])
        self._account = 0
        self._events: list[Row] = []
        self._entries: list[Row] = []
        self._delivered: list[Row] = []

    def _opened(self, head: Line) -> int:
        found = self._execute(FIND_LEDGER, [(self.name,)])
        if found:
            self._check_empty(whole(found[0][0]))
            self._execute(REMOVE_LEDGER, [(found[0][0],)])
        created_at = _micros(head["created_at"])
        row = (self.name, head["ruleset"], head["plan"], created_at)
        [[number]] = self._execute(ADD_LEDGER, [row])
        origin = head["origin"]
        if origin is None and self.name != head["name"]:
            origin = head["name"]
        advanced_to, key = head["advanced_to"], head["erasure_key"]
        more = (
            None if advanced_to is None else _micros(advanced_to),
            origin,
            None if key is None else bytes.fromhex(key),
        )
        self._execute(RESTORE_LEDGER, [(*more, number)])
        return whole(number)

    def _check_empty(self, ledger: int) -> None:
        asked: tuple[tuple[Any, Row], ...] = (
            (LIST_MEMBERS, (ledger, 0)),
            (SEALS_AFTER, (ledger, 0)),
            (NEXT_SOURCE, (ledger, "")),
            (REFUSALS_AFTER, (ledger, "", "")),
        )
        if any(self._execute(statement, [row]) for statement, row in asked):
            raise LedgerError(
                f"there is a ledger `{self.name}` in this store already, and it is not empty:"
                " name another one"
            )

    def take(self, line: Line) -> None:
        """One line after the head."""
        kind = line["is"]
        if kind == "entry":
            self._entry(line)
        elif kind == "held":
            self._held(line)
        elif kind == "member":
            self._member(line)
        elif kind == "outbox":
            self._delivered.append(
                (line["status"], line["account"], line["sequence"], line["number"])
            )
        elif kind == "rules":
            self._rules(line)
        elif kind == "refusal":
            self._refusal(line)
        elif kind == "seal":
            self._seal(line)
        elif kind not in ("order", "redemption"):  # those follow from the log
            raise ValueError(f"nobody knows what `{kind}` is")
        if len(self._events) >= _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        for statement, rows in ((ADD_EVENT, self._events), (ADD_ENTRY, self._entries)):
            if rows:
                self._execute(statement, rows)
        self._events, self._entries = [], []

    def finished(self) -> Imported:
        """What follows from the log is made, and all of it checked."""
        rebuilt = run(rebuild(self._ledger), self._execute)
        if self._delivered:
            self._execute(CHANGE_DELIVERED, self._delivered)
        report = run(verify(self._ledger), self._execute)
        if not report.is_clean:
            first = report.findings[0]
            raise LedgerError(f"the export is not what a ledger wrote: {first.place}: {first.text}")
        return Imported(self.name, rebuilt.accounts, rebuilt.entries)

    def _member(self, line: Line) -> None:
        """A member under the number that he has in the export: seals name it. Numbers between are used up."""
        wanted, salt = whole(line["number"]), bytes.fromhex(line["salt"])
        row = (self._ledger, str(line["member"]), salt)
        while True:
            [[number]] = self._execute(ADD_MEMBER, [row])
            if number == wanted:
                self._account = wanted
                return
            if whole(number) > wanted:
                raise LedgerError(
                    f"the number {wanted} of an account is taken in this store: import the ledger"
                    " into one that is empty"
                )
            self._execute(REMOVE_MEMBER, [(number,)])

    def _entry(self, line: Line) -> None:
        event = line["event"]
        place = self._place(line)
        booked = (BOOKED, line["sequence"])
        self._events.append(self._event(event, place, *booked, None, None))
        self._entries.append(
            (
                place,
                line["sequence"],
                self._ledger,
                line["plan"],
                _micros(line["booked_at"]),
                _text(line["effects"]),
                _text(line["orders"]),
                bytes.fromhex(line["previous"]),
                bytes.fromhex(line["hash"]),
            )
        )

    def _held(self, line: Line) -> None:
        row: list[Any] = [None] * 12
        row[7] = line["body"]
        awaited = awaited_of(tuple(row))
        checksum = bytes.fromhex(line["checksum"])
        self._events.append(self._event(line, self._place(line), HELD, None, awaited, checksum))

    def _place(self, line: Line) -> int:
        if line["account"] != self._account:
            raise ValueError(f"it does not stand under its account {line['account']}")
        return self._account

    def _event(
        self,
        line: Line,
        account: int,
        status: str,
        sequence: int | None,
        waits_for: str | None,
        checksum: bytes | None,
    ) -> Row:
        return (
            self._ledger,
            line["source"],
            line["id"],
            account,
            status,
            sequence,
            line["type"],
            _micros(line["occurred_at"]),
            _micros(line["received_at"]),
            bytes.fromhex(line["digest"]),
            line["body"],
            _text(line["receipt"]),
            waits_for,
            checksum,
        )

    def _rules(self, line: Line) -> None:
        row = (line["digest"], self._ruleset, line["version"], line["file"], line["text"])
        self._execute(KEEP_RULES, [(*row, _micros(line["kept_at"]))])

    def _refusal(self, line: Line) -> None:
        name, said = (line["source"], line["event"]), (line["code"], line["path"], line["reason"])
        at = _micros(line["received_at"])
        row = refusal_row(self._ledger, name, said, at, line["account"])
        self._execute(KEEP_REFUSAL, [row])

    def _seal(self, line: Line) -> None:
        hashes = (bytes.fromhex(line[name]) for name in ("head", "previous", "hash"))
        row = (self._ledger, line["number"], line["account"], line["sequence"], *hashes)
        self._execute(ADD_SEAL, [(*row, _micros(line["sealed_at"]))])


def _micros(written: str) -> int:
    return micros(datetime.fromisoformat(written))


def _text(said: object) -> str:
    """A text that the export holds as what it says, or as it stands."""
    return said if isinstance(said, str) else plain_text(said)
