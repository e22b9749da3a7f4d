"""What a question to a store is: data only, which a driver compiles or interprets.

A statement is small on purpose (one table, equality, one order), so that a store over plain dicts means
exactly what a database means. Parameters stand in the order that `Statement.parameters` says.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeVar

Cell = int | str | bytes | None
"""What a column holds. Instants are whole microseconds since 1970 in UTC."""

Row = tuple[Cell, ...]
Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement.

    read: ``columns`` of the rows whose ``where`` columns equal the parameters (and whose ``after`` column is
    greater than the last one, or whose ``up_to`` column is at most it), in the order of ``order``
    (``-column``: descending), at most ``limit``. With
    ``among`` the last of ``where`` is given ``AMONG`` times and may equal any of these.
    add: a new row; a key that exists is an error. add_new: the same, and gives the row's new ``id`` back.
    keep: a new row, or nothing if the key exists. put: a new row, or in place of the row with the key.
    change: sets ``columns`` where ``where``. remove: takes away where ``where``.
    swap: what change does, of one row; gives the first column of its key back, and nothing if no row stood as
    ``where`` says.
    lock: what read does, and nobody else may write these rows until the end; a store that has one writer at a
    time does nothing and gives no rows.
    """

    name: str
    action: Literal["read", "lock", "add", "add_new", "keep", "put", "change", "swap", "remove"]
    table: str
    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    after: str = ""
    up_to: str = ""
    order: tuple[str, ...] = ()
    limit: int = 0
    among: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The columns that its parameters stand for, in their order."""
        if self.among:
            return (*self.where, *(AMONG - 1) * self.where[-1:])
        if self.action == "read":
            bound = self.after or self.up_to
            return (*self.where, bound) if bound else self.where
        return (*self.columns, *self.where)


AMONG: Final = 125
"""So many values one question may name."""

Step = tuple[Statement, Sequence[Row]]
"""A statement and the rows of parameters to run it with; a read has one."""

Result = TypeVar("Result")
Work = Generator[Step, Rows, Result]
"""What the ledger does, without doing it: yields steps, is sent the rows that they gave."""

STATEMENTS: Final[dict[str, Statement]] = {}


def among(statement: Statement, same: Row, values: Iterable[Cell]) -> Work[list[Row]]:
    """The rows that a question ``among`` values finds, however many these are."""
    found: list[Row] = []
    rest = iter(values)
    while some := list(islice(rest, AMONG)):
        some += some[-1:] * (AMONG - len(some))
        found += yield statement, [(*same, *some)]
    return found


def named(statement: Statement) -> Statement:
    """The same, known by its name from now on."""
    assert statement.name not in STATEMENTS, "each statement has a name of its own"
    STATEMENTS[statement.name] = statement
    return statement


def reads(name: str, table: str, columns: str, where: str, **more: object) -> Statement:
    """A question, registered; what the words mean says `Statement`."""
    after, order, limit = more.get("after", ""), more.get("order", ""), more.get("limit", 0)
    among, up_to = more.get("among", False), more.get("up_to", "")
    assert isinstance(after, str) and isinstance(order, str) and isinstance(limit, int)
    assert isinstance(among, bool) and isinstance(up_to, str)
    return named(
        Statement(
            name,
            "read",
            table,
            tuple(columns.split()),
            tuple(where.split()),
            after,
            up_to,
            tuple(order.split()),
            limit,
            among,
        )
    )


def locks(name: str, table: str, columns: str, where: str, *, among: bool = False) -> Statement:
    """Locks rows in the order of what they are asked by."""
    asked = tuple(where.split())
    columns_of = tuple(columns.split())
    return named(Statement(name, "lock", table, columns_of, asked, order=asked, among=among))


def writes(
    name: str,
    action: Literal["add", "add_new", "keep", "put", "change", "swap", "remove"],
    table: str,
    columns: str = "",
    where: str = "",
) -> Statement:
    """A change of rows, registered."""
    return named(Statement(name, action, table, tuple(columns.split()), tuple(where.split())))
