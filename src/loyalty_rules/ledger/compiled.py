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
def for_postgres(schema: str) -> dict[str, Compiled]:
    """Every statement for a raw cursor of psycopg, its tables named with their schema."""
    placed = MetaData()
    tables = {name: one.to_metadata(placed, schema=schema) for name, one in METADATA.tables.items()}
    dialect: Any = postgresql.dialect
    return compile_all(dialect(paramstyle="numeric_dollar"), tables)


def compiled(statement: Statement, dialect: Dialect, tables: Tables = METADATA.tables) -> Compiled:
    """One statement for a dialect whose parameters stand by position."""
    if statement.action == "lock" and dialect.name in ONE_WRITER:
        return Compiled("", None)
    done = _clause(statement, dialect.name, tables).compile(dialect=dialect)
    order = getattr(done, "positiontup", None)
    assert order is not None, "the driver takes parameters by position"
    given = [f"p{number}" for number in range(len(statement.parameters))]
    places = [given.index(name) for name in order]
    if places == list(range(len(given))):
        return Compiled(str(done), None)
    return Compiled(str(done), _arrangement(places))


def _arrangement(places: list[int]) -> Arrange:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places)


def _clause(statement: Statement, dialect: str, tables: Tables) -> ClauseElement:
    table = tables[PREFIX + statement.table]
    names = [f"p{number}" for number in range(len(statement.parameters))]
    if statement.action in ("read", "lock"):
        return _select(statement, table, names)
    written = {
        table.c[column]: _bound(table, column, name)
        for column, name in zip(statement.columns, names, strict=False)
    }
    rest = names[len(statement.columns) :]
    if statement.action == "remove":
        return delete(table).where(_equal(statement, table, rest))
    if statement.action in ("change", "swap"):
        changed = update(table).where(_equal(statement, table, rest)).values(written)
        first = next(iter(table.primary_key.columns))
        return changed.returning(first) if statement.action == "swap" else changed
    if statement.action in ("keep", "put"):
        return _upsert(statement, table, written, dialect)
    added = insert(table).values(written)
    return added.returning(table.c.id) if statement.action == "add_new" else added


def _select(statement: Statement, table: Table, names: list[str]) -> ClauseElement:
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


def _equal(statement: Statement, table: Table, names: list[str]) -> ColumnElement[bool]:
    return and_(
        *(
            table.c[column] == _bound(table, column, name)
            for column, name in zip(statement.where, names, strict=False)
        )
    )


def _among(statement: Statement, table: Table, names: list[str]) -> ColumnElement[bool]:
    *same, column = statement.where
    any_of = [_bound(table, column, name) for name in names[len(same) :]]
    equal = (
        table.c[one] == _bound(table, one, name) for one, name in zip(same, names, strict=False)
    )
    return and_(*equal, table.c[column].in_(any_of))


def _bound(table: Table, column: str, name: str) -> Any:
    return bindparam(name, type_=table.c[column].type)


def _upsert(
    statement: Statement, table: Table, written: dict[Any, Any], dialect: str
) -> ClauseElement:
    insert_of: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    added: Any = insert_of(table).values(written)
    key = [column.name for column in table.primary_key.columns]
    if statement.action == "keep":
        kept: ClauseElement = added.on_conflict_do_nothing(index_elements=key)
        return kept
    rest = {name: added.excluded[name] for name in statement.columns if name not in key}
    put: ClauseElement = added.on_conflict_do_update(index_elements=key, set_=rest)
    return put
