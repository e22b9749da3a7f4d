"""Named statements as text for a database, compiled once for each dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    MetaData,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from loyalty_rules.ledger.schema import METADATA, PREFIX
from loyalty_rules.ledger.statements import STATEMENTS, Row, Statement

Arrange = Callable[[Row], Sequence[object]]
Tables = Mapping[str, Table]

ONE_WRITER: Final = ("sqlite",)
"""Where there is one writer at a time, who has nothing to lock."""


TOGETHER: Final = 32
"""So many rows one statement adds, where there are that many: SQLite binds, steps and resets less often."""

ADDING: Final = frozenset({"add", "keep", "put"})
"""Actions that add rows and give nothing back."""


class Compiled(NamedTuple):
    """The text of a statement, and how its parameters must be laid for it (None: as they are). Without text
    there is nothing to do."""

    text: str
    arrange: Arrange | None


def compile_all(dialect: Dialect, tables: Tables = METADATA.tables) -> dict[str, Compiled]:
    """Every statement by name."""
    return {name: compiled(statement, dialect, tables) for name, statement in STATEMENTS.items()}


@cache
def for_sqlite() -> dict[str, Compiled]:
    """Every statement for the sqlite3 module."""
    return compile_all(sqlite.dialect(paramstyle="qmark"))


@cache
def together_for_sqlite(name: str) -> str:
    """The text of a statement that adds `TOGETHER` rows in one go, their parameters one row behind the
    other."""
    done = compiled(STATEMENTS[name], sqlite.dialect(paramstyle="qmark"), times=TOGETHER)
    assert done.arrange is None, "tables have their columns in the order in which they are written"
    return done.text


@cache
def for_postgres(schema: str) -> dict[str, Compiled]:
    """Every statement for a raw cursor of psycopg, its tables named with their schema."""
    placed = MetaData()
    tables = {name: one.to_metadata(placed, schema=schema) for name, one in METADATA.tables.items()}
    dialect: Any = postgresql.dialect
    return compile_all(dialect(paramstyle="numeric_dollar"), tables)


def compiled(
    statement: Statement, dialect: Dialect, tables: Tables = METADATA.tables, *, times: int = 1
) -> Compiled:
    """One statement for a dialect whose parameters stand by position; one that adds rows adds ``times`` of
    them."""
    if statement.action == "lock" and dialect.name in ONE_WRITER:
        return Compiled("", None)
    names = [f"p{number}" for number in range(times * len(statement.parameters))]
    done = _clause(statement, dialect.name, tables, names).compile(dialect=dialect)
    order = getattr(done, "positiontup", None)
    assert order is not None, "the driver takes parameters by position"
    places = [names.index(name) for name in order]
    if places == list(range(len(names))):
        return Compiled(str(done), None)
    return Compiled(str(done), _arrangement(places))


def _arrangement(places: list[int]) -> Arrange:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places)


def _clause(
    statement: Statement, dialect: str, tables: Tables, names: Sequence[str]
) -> ClauseElement:
    table, wide = tables[PREFIX + statement.table], len(statement.columns)
    if statement.action in ("read", "lock"):
        return _select(statement, table, names)
    if statement.action in ADDING:
        starts = range(0, len(names), wide)
        rows = [_values(statement, table, names[start : start + wide]) for start in starts]
        return _added(statement, table, rows, dialect)
    written, rest = _values(statement, table, names[:wide]), names[wide:]
    if statement.action == "remove":
        return delete(table).where(_equal(statement, table, rest))
    if statement.action == "add_new":
        return insert(table).values(written).returning(table.c.id)
    changed = update(table).where(_equal(statement, table, rest)).values(written)
    first = next(iter(table.primary_key.columns))
    return changed.returning(first) if statement.action == "swap" else changed


def _values(statement: Statement, table: Table, names: Sequence[str]) -> dict[str, Any]:
    return {
        column: _bound(table, column, name)
        for column, name in zip(statement.columns, names, strict=True)
    }


def _select(statement: Statement, table: Table, names: Sequence[str]) -> ClauseElement:
    chosen: Any = select(*(table.c[column] for column in statement.columns))
    if statement.among:
        chosen = chosen.where(_among(statement, table, names))
    elif statement.where:
        chosen = chosen.where(_equal(statement, table, names))
    if statement.after:
        chosen = chosen.where(table.c[statement.after] > _bound(table, statement.after, names[-1]))
    if statement.up_to:
        chosen = chosen.where(table.c[statement.up_to] <= _bound(table, statement.up_to, names[-1]))
    for column in statement.order:
        key = table.c[column.removeprefix("-")]
        chosen = chosen.order_by(key.desc() if column.startswith("-") else key)
    if statement.action == "lock":
        chosen = chosen.with_for_update(key_share=True)
    if statement.limit:
        # written out, both of them: the sqlite dialect would make parameters of them
        limit: ColumnElement[int] = literal_column(str(statement.limit))
        chosen = chosen.limit(limit).offset(literal_column("0"))
    question: ClauseElement = chosen
    return question


def _equal(statement: Statement, table: Table, names: Sequence[str]) -> ColumnElement[bool]:
    return and_(
        *(
            table.c[column] == _bound(table, column, name)
            for column, name in zip(statement.where, names, strict=False)
        )
    )


def _among(statement: Statement, table: Table, names: Sequence[str]) -> ColumnElement[bool]:
    *same, column = statement.where
    any_of = [_bound(table, column, name) for name in names[len(same) :]]
    equal = (
        table.c[one] == _bound(table, one, name) for one, name in zip(same, names, strict=False)
    )
    return and_(*equal, table.c[column].in_(any_of))


def _bound(table: Table, column: str, name: str) -> Any:
    return bindparam(name, type_=table.c[column].type)


def _added(
    statement: Statement, table: Table, rows: Sequence[dict[str, Any]], dialect: str
) -> ClauseElement:
    if statement.action == "add":
        return insert(table).values(rows)
    insert_of: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    added: Any = insert_of(table).values(rows)
    key = [column.name for column in table.primary_key.columns]
    if statement.action == "keep":
        kept: ClauseElement = added.on_conflict_do_nothing(index_elements=key)
        return kept
    rest = {name: added.excluded[name] for name in statement.columns if name not in key}
    put: ClauseElement = added.on_conflict_do_update(index_elements=key, set_=rest)
    return put
