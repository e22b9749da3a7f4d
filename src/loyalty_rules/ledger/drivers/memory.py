"""A store over plain dicts: for tests, trials and simulations. What it holds ends with the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.store import Execute, RefusedByStore
from loyalty_rules.ledger.statements import STATEMENTS, Cell, Row, Rows, Statement

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "ledgers": ("name",),
    "rule_texts": ("digest",),
    "members": ("ledger", "external"),
    "accounts": ("member",),
    "states": ("member",),
    "events": ("ledger", "source", "event"),
    "entries": ("member", "sequence"),
    "postings": ("member", "sequence", "number"),
    "lots": ("member", "program", "lot"),
    "orders": ("ledger", "source", "order_id"),
    "refusals": ("ledger", "source", "event", "code", "path"),
    "outbox": ("member", "sequence", "number"),
    "shared_counters": ("ledger", "counter"),
    "seals": ("ledger", "number"),
}
"""What tells the rows of a table apart."""

LATER: Final[Mapping[str, tuple[str, ...]]] = {"ledgers": ("advanced_to", "origin", "erasure_key")}
"""Columns that a new row does not name."""

_Stored = dict[str, Cell]
_Key = tuple[Cell, ...]


class _Table:
    """Rows by key, and the keys by every choice of columns that a statement asks by."""

    def __init__(self, name: str) -> None:
        self.key = KEYS[name]
        asked = {one.where for one in STATEMENTS.values() if one.table == name and one.where}
        self.rows: dict[_Key, _Stored] = {}
        self.indexes: dict[tuple[str, ...], dict[_Key, dict[_Key, None]]] = {
            columns: {} for columns in asked
        }
        self.last_id = 0
        self.nothing: _Stored = dict.fromkeys(LATER.get(name, ()))

    def found(self, where: tuple[str, ...], values: _Key) -> list[_Key]:
        if not where:
            return list(self.rows)
        return list(self.indexes[where].get(values, ()))

    def set(self, key: _Key, row: _Stored | None) -> _Stored | None:
        """Put a row in its place, or take it away; what stood there before."""
        old = self.rows.pop(key, None)
        for columns, index in self.indexes.items():
            if old is not None:
                place = tuple(old[column] for column in columns)
                del index[place][key]
                if not index[place]:
                    del index[place]
            if row is not None:
                index.setdefault(tuple(row[column] for column in columns), {})[key] = None
        if row is not None:
            self.rows[key] = row
        return old


class MemoryStore:
    """Ledgers in memory. One writer or reader at a time; a failed block leaves everything as it was."""

    name = "memory:"

    def __init__(self) -> None:
        self._tables = {name: _Table(name) for name in KEYS}
        self._lock = RLock()
        self._undo: list[Callable[[], object]] | None = None
        self._closed = False

    @contextmanager
    def writing(self) -> Iterator[Execute]:
        """All of it or nothing."""
        with self._lock:
            self._check()
            if self._undo is not None:
                raise LedgerError("the ledger is written to already by the one who asks")
            self._undo = []
            try:
                yield self._execute
            except BaseException:
                for undo in reversed(self._undo):
                    undo()
                raise
            finally:
                self._undo = None

    @contextmanager
    def reading(self) -> Iterator[Execute]:
        """One look, with no writer in between."""
        with self._lock:
            self._check()
            yield self._execute

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._tables = {}

    def _check(self) -> None:
        if self._closed:
            raise LedgerError("the store was closed: open the ledger again")

    def _execute(self, statement: Statement, rows: Sequence[Row]) -> Rows:
        if statement.action == "lock":  # one writer at a time
            return ()
        table = self._tables[statement.table]
        if statement.action == "read":
            return _read(table, statement, rows[0])
        found: list[Row] = []
        for row in rows:
            found += self._write(table, statement, row)
        return found

    def _write(self, table: _Table, statement: Statement, row: Row) -> list[Row]:
        split = len(statement.columns)
        named = dict(zip(statement.columns, row[:split], strict=True))
        if statement.action in ("remove", "change", "swap"):
            found = table.found(statement.where, row[split:])
            for key in found:
                old = table.rows[key]
                self._set(table, key, None)
                if statement.action != "remove":
                    new = {**old, **named}
                    self._set(table, tuple(new[column] for column in table.key), new)
            return [key[:1] for key in found] if statement.action == "swap" else []
        key = tuple(named[column] for column in table.key)
        if key in table.rows and statement.action != "put":
            if statement.action == "keep":
                return []
            raise RefusedByStore(f"the store has a row of this key already: {statement.name}")
        if statement.action == "add_new":
            table.last_id += 1
            named["id"] = table.last_id
        self._set(table, key, {**table.nothing, **named})
        return [(table.last_id,)] if statement.action == "add_new" else []

    def _set(self, table: _Table, key: _Key, row: _Stored | None) -> None:
        assert self._undo is not None, "writes stand inside `writing`"
        old = table.set(key, row)
        self._undo.append(lambda: table.set(key, old))


def _read(table: _Table, statement: Statement, parameters: Row) -> Rows:
    split = len(statement.where)
    rows = [table.rows[key] for key in _asked(table, statement, parameters)]
    if statement.after:
        least: Any = parameters[split]
        rows = [row for row in rows if _comparable(row[statement.after]) > least]
    if statement.up_to:
        most: Any = parameters[split]
        rows = [
            row
            for row in rows
            if row[statement.up_to] is not None and _comparable(row[statement.up_to]) <= most
        ]
    for column in reversed(statement.order):
        rows.sort(key=_place_by(column.removeprefix("-")), reverse=column.startswith("-"))
    if statement.limit:
        rows = rows[: statement.limit]
    return [tuple(row[column] for column in statement.columns) for row in rows]


def _asked(table: _Table, statement: Statement, parameters: Row) -> list[_Key]:
    if not statement.among:
        return table.found(statement.where, parameters[: len(statement.where)])
    *same, _ = statement.where
    found: list[_Key] = []
    for one in dict.fromkeys(parameters[len(same) :]):
        found += table.found(statement.where, (*parameters[: len(same)], one))
    return found


def _place_by(column: str) -> Callable[[_Stored], tuple[bool, Cell]]:
    """Where a row stands by a column: what is empty comes first, as in a database."""
    return lambda row: (row[column] is not None, row[column])


def _comparable(cell: Cell) -> Any:
    return cell
