"""One row of a CSV export, read by a mapping: left out, wrong, or one line of an order or a return."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.batch.mapping import ORDER_COLUMNS, Column, Condition, ImportMapping
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.orders import read_item_kind
from loyalty_rules.domain.values import (
    EXACT,
    read_currency,
    read_decimal,
    read_id,
    read_name,
    read_not_negative,
    read_text,
    shown,
)

Row = Sequence[str]
Test = Callable[[Row], bool]

_SAME_FOR_ALL: Final = tuple(key for key in ORDER_COLUMNS if key not in ("order", "occurred_at"))
_REQUIRED: Final = ("order", "member", "occurred_at", "quantity")
_TEXTS: Final = ("sku", "category", "kind")
_MONEY: Final = ("unit_price", "discount", "tax")
_READERS: Final[dict[str, Callable[[str], object]]] = {
    "order": read_id,
    "member": read_id,
    "currency": read_currency,
    "channel": read_name,
    "store": read_name,
    "partner": read_name,
    "sku": read_name,
    "category": read_name,
    "kind": read_item_kind,
    "quantity": read_decimal,
    "unit_price": read_decimal,
    "amount": read_decimal,
    "discount": read_not_negative,
    "tax": read_not_negative,
}


class Key(NamedTuple):
    """What rows are grouped by: one order may have rows that were bought and rows that came back."""

    is_return: bool
    order: str


class OrderLine(NamedTuple):
    """A row that counts. ``head`` holds the cells that all rows of one order must agree on; ``line`` is
    the JSON text of the line."""

    head: tuple[str, ...]
    occurred_at: datetime
    line: str


def check_columns(
    mapping: ImportMapping, header: Sequence[str], file: str
) -> tuple[Diagnostic, ...]:
    """Columns that the mapping names and the file's first row does not have, or has twice."""
    found: list[Diagnostic] = []
    for column in dict.fromkeys(_named(mapping)):
        if (count := header.count(column.name)) == 1:
            continue
        name, message = "unknown_column", f"{shown(file)} has no column {shown(column.name)}"
        help = did_you_mean(column.name, [one for one in header if one.isprintable()])
        if count > 1:
            name, message = "ambiguous_column", f"{shown(file)} has {shown(column.name)} twice"
            help = "give the columns different names in the file's first row"
        found.append(Diagnostic(name, message, mapping.file, column.span, help))
    return tuple(found)


def _named(mapping: ImportMapping) -> list[Column]:
    conditions = [rule.when for rule in mapping.leave_out]
    conditions += [mapping.returns] if mapping.returns is not None else []
    return [
        *mapping.columns.values(),
        *([mapping.kind_column] if mapping.kind_column is not None else []),
        *mapping.fields.values(),
        *mapping.item_fields.values(),
        *(condition.column for condition in conditions),
    ]


@lru_cache(maxsize=4096)
def _number(cell: str) -> Decimal | None:
    try:
        return read_decimal(cell)
    except EventError:
        return None


def _never(_: Row) -> bool:
    return False


def _test(condition: Condition, columns: Mapping[str, int]) -> Test:
    """A test of one cell. A cell that is no number is neither at most nor below one."""
    at, texts, number = columns[condition.column.name], condition.texts, condition.number
    match condition.test:
        case "is":
            return lambda row: not row[at].strip()
        case "starts_with":
            return lambda row: row[at].startswith(texts)
        case "one_of":
            return lambda row: row[at] in texts
        case "at_most":
            return lambda row: (value := _number(row[at])) is not None and value <= number
        case "below":
            return lambda row: (value := _number(row[at])) is not None and value < number


@lru_cache(maxsize=8192)
def quoted(text: str) -> str:
    """A text as JSON."""
    return json.dumps(text, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Filter:
    reason: str
    fits: Test
    orders: bool
    returns: bool


class RowReader:
    """Reads the rows of one file. Made once its header is known and `check_columns` found nothing."""

    def __init__(self, mapping: ImportMapping, header: Sequence[str]) -> None:
        at = {name: index for index, name in enumerate(header)}
        self._mapping = mapping
        self._width = len(header)
        self._order_at = at[mapping.columns["order"].name]
        # An order's rows have nearly always one time; reading it takes longer than all the rest.
        instant = lru_cache(maxsize=1024)(lambda cell: mapping.time.instant(cell, mapping.zone))
        readers: dict[str, Callable[[str], object]] = {**_READERS, "occurred_at": instant}
        self._cells = tuple(
            (name, column.name, at[column.name], readers[name])
            for name, column in mapping.columns.items()
        )
        self._item_fields = tuple(
            (name, at[column.name]) for name, column in mapping.item_fields.items()
        )
        self._kind_at = None if mapping.kind_column is None else at[mapping.kind_column.name]
        self._is_return = _never if mapping.returns is None else _test(mapping.returns, at)
        self._filters = tuple(
            _Filter(
                rule.reason, _test(rule.when, at), rule.only != "returns", rule.only != "orders"
            )
            for rule in mapping.leave_out
        )
        same = [name for name in _SAME_FOR_ALL if name in mapping.columns]
        self._head_names = (*same, *mapping.fields)
        self._head_at = (
            *(at[mapping.columns[name].name] for name in same),
            *(at[column.name] for column in mapping.fields.values()),
        )

    def key(self, row: Row) -> Key:
        """Which order or return a row belongs to; its order may be empty.

        Errors: `EventError` for a row with more or fewer cells than the first row of the file.
        """
        if len(row) != self._width:
            reason = f"expected {self._width} cells, found {len(row)}"
            raise EventError("wrong_width", "", reason)
        return Key(self._is_return(row), row[self._order_at])

    def torn_order(self, row: Row) -> str:
        """The order that a row of another width names, as far as its cells go; empty if they do not."""
        return row[self._order_at] if self._order_at < len(row) else ""

    def left_out(self, row: Row) -> str | None:
        """Why the mapping does not want a row; None when it does."""
        is_return = self._is_return(row)
        for rule in self._filters:
            if (rule.returns if is_return else rule.orders) and rule.fits(row):
                return rule.reason
        return None

    def read(self, row: Row) -> OrderLine:
        """The line of an order that a row is. Errors: `EventError`; its path is the column's name."""
        values: dict[str, object] = {}
        place = ""
        try:
            for name, column, index, reader in self._cells:
                if row[index]:
                    place = column
                    values[name] = reader(row[index])
        except EventError as problem:
            raise EventError(problem.code, place, problem.reason) from None
        for name in _REQUIRED:
            if name not in values:
                reason = "the cell is empty"
                raise EventError("missing_value", self._mapping.columns[name].name, reason)
        occurred_at = values["occurred_at"]
        assert isinstance(occurred_at, datetime)
        line = self._line(row, values, self._is_return(row))
        return OrderLine(tuple(row[at] for at in self._head_at), occurred_at, line)

    def _line(self, row: Row, values: dict[str, object], is_return: bool) -> str:
        quantity = values["quantity"]
        assert isinstance(quantity, Decimal)
        if is_return:
            quantity = quantity.copy_abs()
        if quantity <= 0:
            column = self._mapping.columns["quantity"].name
            raise EventError("not_positive", column, f"expected more than zero, found `{quantity}`")
        amount = f"{self._amount(values, quantity, is_return):f}"
        parts = [f'"quantity":{quantity:f}', f'"amount":"{amount}"']
        for name in _TEXTS if not is_return else ("sku",):
            if name in values:
                parts.append(f'"{name}":{quoted(str(values[name]))}')
        if not is_return:
            parts += [f'"{name}":"{values[name]:f}"' for name in _MONEY if name in values]
        if self._kind_at is not None and (kind := self._mapping.kinds.get(row[self._kind_at])):
            parts.append(f'"kind":"{kind}"')
        for name, index in self._item_fields:
            if row[index]:
                parts.append(f'"{name}":{quoted(read_text(row[index]))}')
        return "{" + ",".join(parts) + "}"

    def _amount(self, values: dict[str, object], quantity: Decimal, is_return: bool) -> Decimal:
        """What is owed for the row, or given back for it: written, or else worked out exactly."""
        amount, price = values.get("amount"), values.get("unit_price")
        if isinstance(amount, Decimal):
            return amount.copy_abs() if is_return else amount
        if not isinstance(price, Decimal):
            name = "unit_price" if "unit_price" in self._mapping.columns else "amount"
            column = self._mapping.columns[name].name
            raise EventError("missing_value", column, "the cell is empty")
        worth = EXACT.multiply(quantity, price)
        discount = values.get("discount")
        if isinstance(discount, Decimal):
            worth = EXACT.subtract(worth, discount)
        return worth.copy_abs() if is_return else worth

    def head(self, key: Key, cells: tuple[str, ...]) -> dict[str, str]:
        """The event's own parts by name, from the cells that all rows of an order agree on."""
        mapping = self._mapping
        said = dict(zip(self._head_names, cells, strict=True))
        member = mapping.prefixes["member"] + said.pop("member")
        kind = "return" if key.is_return else "purchase"
        parts = {"id": mapping.prefixes[kind] + key.order, "type": kind, "member": member}
        return parts | dict(mapping.constants) | {name: cell for name, cell in said.items() if cell}
