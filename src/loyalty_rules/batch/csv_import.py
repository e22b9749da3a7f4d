"""A shop's CSV export of order lines becomes a file of events: rows grouped into orders and returns.

Rows of one order need not stand together, so all orders are held until the last row was read: as the
JSON text of their lines, about as much as the events will take on the disk. Every event passes the door
(`parse_event`) before it is written.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Final, NamedTuple, Protocol

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.batch.files import READ_ERRORS, Sink, open_unpacked, reason_of
from loyalty_rules.batch.mapping import ImportMapping
from loyalty_rules.batch.read_events import Progress, tell
from loyalty_rules.batch.rows import Key, OrderLine, RowReader, check_columns, quoted
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.domain.values import shown

_TOLD_EVERY_ROWS: Final = 1_000
_HEAD_FIRST: Final = ("id", "type", "member")


class Reject(NamedTuple):
    """Something that did not become part of an event. ``row`` counts from 1, the first row included;
    ``status`` is ``left_out`` (as the mapping wants it), ``wrong`` (the row) or ``refused`` (its whole
    order; ``row`` is the order's first)."""

    file: str
    row: int
    order: str
    status: str
    reason: str
    detail: str


class Rejects(Protocol):
    """Where rejects go, one by one."""

    def __call__(self, reject: Reject, /) -> object: ...


@dataclass(slots=True)
class Tally:
    """Orders, or returns: those written, and those that were not, counted by reason. An order is left
    out when none of its rows is wanted; the reason is that of its first row."""

    written: int = 0
    lines: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class ImportSummary:
    """What an import did. Of the rows that were read, those neither left out nor wrong either became
    lines of events or belonged to an order that was refused."""

    rows_read: int = 0
    rows_left_out: Counter[str] = field(default_factory=Counter)
    rows_wrong: Counter[str] = field(default_factory=Counter)
    orders: Tally = field(default_factory=Tally)
    returns: Tally = field(default_factory=Tally)
    members_of_orders: int = 0
    members_of_returns: int = 0


class UnreadableFile(Exception):  # noqa: N818 - the caller's file, not a mistake of the mapping
    """A CSV file that breaks off or cannot be read. Nothing is written from half a file."""


class WrongColumns(Exception):  # noqa: N818 - carries a designer's mistakes out of a generator
    """The mapping names columns that a file does not have."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


_UNKNOWN: Final = Key(False, "")


class _Group:
    """The rows of one order, or of one return, seen so far."""

    __slots__ = ("file", "first_row", "head", "left_out", "lines", "occurred_at", "problem", "rows")

    def __init__(self, file: str, row: int) -> None:
        self.file = file
        self.first_row = row
        self.rows = 0
        self.head: tuple[str, ...] | None = None
        self.occurred_at: datetime | None = None
        self.lines = bytearray()  # far smaller than a list of texts
        self.left_out = ""
        self.problem: tuple[str, str] | None = None

    def add(self, line: OrderLine) -> None:
        self.rows += 1
        if self.head is None:
            self.head = line.head
        elif self.head != line.head:
            differ = next(
                one for one, other in zip(line.head, self.head, strict=True) if one != other
            )
            self.problem = (
                "mixed_order",
                f"its rows do not agree, one of them says {shown(differ)}",
            )
        if self.occurred_at is None or line.occurred_at < self.occurred_at:
            self.occurred_at = line.occurred_at
        self.lines += b"," + line.line.encode("utf-8") if self.lines else line.line.encode("utf-8")


class CsvImport:
    """One run of an import: first `add_files`, then `write`."""

    def __init__(self, mapping: ImportMapping, rejects: Rejects | None = None) -> None:
        self.summary = ImportSummary()
        self._mapping = mapping
        self._rejects = rejects
        self._groups: dict[Key, _Group] = {}
        self._torn: dict[
            str, tuple[str, str]
        ] = {}  # orders with a row of too few or too many cells
        self._reader: RowReader | None = None

    def add_files(self, files: Iterable[str], progress: Progress | None = None) -> None:
        """Read all rows of ``files``, plain or gzip.

        Errors: `WrongColumns`, `UnreadableFile`, ``OSError`` when a file cannot be opened.
        """
        for file in files:
            rows = _rows(file, self._mapping, progress)
            header = next(rows, (1, None))[1]
            if not isinstance(header, list):
                raise UnreadableFile(f"{file}: the file has no first row with the names of columns")
            if wrong := check_columns(self._mapping, header, PurePath(file).name):
                raise WrongColumns(wrong)
            reader = self._reader = RowReader(self._mapping, header)
            for number, row in rows:
                self._add(reader, file, number, row)

    def _add(self, reader: RowReader, file: str, number: int, row: list[str] | EventError) -> None:
        self.summary.rows_read += 1
        key, group = _UNKNOWN, None
        try:
            if isinstance(row, EventError):
                raise row
            key = reader.key(row)
            if key.order:
                group = self._group(key, file, number)
            if (reason := reader.left_out(row)) is not None:
                self.summary.rows_left_out[reason] += 1
                self._reject(Reject(file, number, key.order, "left_out", reason, ""))
                if group is not None:
                    group.left_out = group.left_out or reason
                return
            line = reader.read(row)
        except EventError as problem:
            self.summary.rows_wrong[problem.code] += 1
            detail = f"{problem.path}: {problem.reason}" if problem.path else problem.reason
            self._reject(Reject(file, number, key.order, "wrong", problem.code, detail))
            incomplete = ("incomplete_order", f"row {number} is wrong: {detail}")
            if group is not None:
                group.problem = incomplete
            elif not isinstance(row, EventError):
                self._torn.setdefault(reader.torn_order(row), incomplete)
        else:
            assert group is not None, "a row without an order is wrong"
            group.add(line)

    def _group(self, key: Key, file: str, number: int) -> _Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(file, number)
        return group

    def _reject(self, reject: Reject) -> None:
        if self._rejects is not None:
            self._rejects(reject)

    def write(self, sink: Sink) -> ImportSummary:
        """Write every event as one line of JSON, in business order; the summary of the whole run."""
        members: dict[bool, set[str]] = {False: set(), True: set()}
        for key, group in self._in_order():
            tally = self.summary.returns if key.is_return else self.summary.orders
            group.problem = group.problem or self._torn.get(key.order)
            text = None if group.problem else self._checked(key, group)
            if group.problem is not None or text is None:
                reason, detail = group.problem or ("refused", "")
                tally.refused[reason] += 1
                self._reject(
                    Reject(group.file, group.first_row, key.order, "refused", reason, detail)
                )
                continue
            sink.write(text)
            tally.written += 1
            tally.lines += group.rows
            assert group.head is not None
            members[key.is_return].add(group.head[0])
        self.summary.members_of_orders = len(members[False])
        self.summary.members_of_returns = len(members[True])
        return self.summary

    def _in_order(self) -> list[tuple[Key, _Group]]:
        """The groups that have rows, as events are ordered; those that have none are counted."""
        kept: list[tuple[Key, _Group]] = []
        for key, group in self._groups.items():
            if group.head is not None or group.problem is not None:
                kept.append((key, group))
            elif group.left_out:
                tally = self.summary.returns if key.is_return else self.summary.orders
                tally.left_out[group.left_out] += 1
        return sorted(kept, key=lambda one: _order_of(*one))

    def _checked(self, key: Key, group: _Group) -> bytes | None:
        """The event of a group as one line; None, and its problem noted, if the door refuses it."""
        assert self._reader is not None and group.head is not None
        assert group.occurred_at is not None
        parts = self._reader.head(key, group.head)
        first = {name: parts.pop(name) for name in _HEAD_FIRST}
        first["occurred_at"] = write_instant(group.occurred_at)
        head = ",".join(f"{quoted(name)}:{quoted(text)}" for name, text in (first | parts).items())
        text = b"{" + head.encode("utf-8") + b',"lines":[' + group.lines + b"]}"
        try:
            parse_event(bytes(text))
        except EventError as problem:
            group.problem = (problem.code, f"{problem.path}: {problem.reason}")
            return None
        return bytes(text) + b"\n"


def _order_of(key: Key, group: _Group) -> tuple[bool, str, bool, str]:
    at = "" if group.occurred_at is None else write_instant(group.occurred_at)
    return group.occurred_at is None, at, key.is_return, key.order


def _rows(
    file: str, mapping: ImportMapping, progress: Progress | None
) -> Iterator[tuple[int, list[str] | EventError]]:
    """Rows by number from 1 without blank ones. A row that is no CSV is an error; reading goes on."""
    with open_unpacked(file) as (stream, packed):
        # Bytes that are not of the encoding go through as halves of characters, which no reader of
        # cells accepts: so they are named with their row, and only if their column matters.
        encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        rows = csv.reader(text, delimiter=mapping.delimiter, strict=True)
        number, told = 0, 0
        try:
            while (row := _next_row(rows)) is not None:
                number += 1
                if isinstance(row, EventError) or row:
                    yield number, row
                if progress is not None and number % _TOLD_EVERY_ROWS == 0:
                    told = tell(progress, packed, told)
        except READ_ERRORS as problem:
            place = f"{file}, after row {number}"
            raise UnreadableFile(f"{place}: {reason_of(problem)}") from None
        finally:
            text.detach()
        if progress is not None:
            tell(progress, packed, told)


def _next_row(rows: Iterator[list[str]]) -> list[str] | EventError | None:
    try:
        return next(rows, None)
    except csv.Error as problem:
        return EventError("not_csv", "", f"the row is not CSV: {problem}")
