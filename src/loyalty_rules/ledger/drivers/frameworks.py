"""What a shop hands in, known by the name of its class: the driver's connection that lies below it.

No framework is imported here. Who hands in a connection of one has imported it already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.store import Store

HANDED: Final = "the connection that was handed in"
"""How a message calls it."""


class Lent(NamedTuple):
    """A driver's connection that somebody else owns. ``begin`` lets the framework above it know that a
    transaction is open; ``cure`` says how its user opens one."""

    driver: Any
    begin: Callable[[], object]
    cure: str


def lent(thing: object) -> Lent:
    """The connection of sqlite3 or psycopg below what was handed in.

    Errors: ``LedgerError`` for what is no connection, for one that is closed, lost, another thread's or in a
    transaction that has failed as far as its framework knows, and for one of another database.
    """
    names = [(kind.__module__, kind.__qualname__) for kind in type(thing).__mro__]
    for name in names:
        if name in _INSTEAD:
            raise LedgerError(f"{HANDED} is a `{name[1]}`: {_INSTEAD[name]}")
    adapters = [_ADAPTERS[name] for name in names if name in _ADAPTERS]
    if not adapters:
        raise LedgerError(
            f"`{type(thing).__name__}` is no connection that can be handed in: it is one of SQLAlchemy,"
            " Django, psycopg or sqlite3"
        )
    below = adapters[0](thing)
    kinds = {(kind.__module__, kind.__qualname__) for kind in type(below.driver).__mro__}
    if not kinds & _DRIVERS:
        driver = f"{type(below.driver).__module__}.{type(below.driver).__qualname__}"
        raise LedgerError(
            f"{HANDED} leads to its database by `{driver}`: a ledger is booked by sqlite3 or psycopg (3)"
        )
    return below


def elsewhere(store: Store, ledger: str) -> LedgerError:
    """What to say of a connection that leads to another database than the store's."""
    return LedgerError(
        f"{HANDED} leads to another database than `{store.name}`, where the ledger `{ledger}` is"
    )


def no_transaction(lent: Lent) -> LedgerError:
    """What to say of a connection on which a receipt could not be taken back."""
    return LedgerError(f"{HANDED} commits every statement by itself: {lent.cure}")


def _nothing() -> None:
    """A driver needs no word about its own transaction."""


def _of_sqlite3(connection: Any) -> Lent:
    return Lent(
        connection,
        _nothing,
        "execute `BEGIN IMMEDIATE` first, or leave `isolation_level` and `autocommit` as they are",
    )


def _of_psycopg(connection: Any) -> Lent:
    return Lent(connection, _nothing, "record inside `with connection.transaction():`")


def _of_sqlalchemy(connection: Any) -> Lent:
    if connection.closed:
        raise LedgerError(f"{HANDED} is closed")
    if connection.invalidated:
        raise LedgerError(f"{HANDED} is lost: roll back, and do it again on a new one")

    def begin() -> None:
        if not connection.in_transaction():
            connection.begin()

    cure = "record inside `with engine.begin() as connection:`, of an engine without `AUTOCOMMIT`"
    return Lent(connection.connection.driver_connection, begin, cure)


def _of_django(connection: Any) -> Lent:
    if connection.needs_rollback:
        raise LedgerError(
            f"the transaction of {HANDED} has failed already: leave its `atomic()` block, and do it again"
        )
    try:
        connection.validate_thread_sharing()
        connection.ensure_connection()
    except Exception as problem:
        if type(problem).__module__ != "django.db.utils":
            raise
        raise LedgerError(f"{HANDED} cannot be used: {problem}") from problem
    return Lent(connection.connection, _nothing, "record inside `with transaction.atomic():`")


_Name = tuple[str, str]

_ADAPTERS: Final[Mapping[_Name, Callable[[Any], Lent]]] = {
    ("sqlite3", "Connection"): _of_sqlite3,
    ("psycopg", "Connection"): _of_psycopg,
    ("sqlalchemy.engine.base", "Connection"): _of_sqlalchemy,
    ("django.utils.connection", "ConnectionProxy"): _of_django,
    ("django.db.backends.base.base", "BaseDatabaseWrapper"): _of_django,
}

_DRIVERS: Final = {("sqlite3", "Connection"), ("psycopg", "Connection")}

_IN_A_THREAD: Final = "a ledger does not wait for one: hand in a plain connection, in a thread"
_INSTEAD: Final[Mapping[_Name, str]] = {
    ("sqlalchemy.orm.session", "Session"): "hand in `session.connection()`",
    ("sqlalchemy.orm.scoping", "scoped_session"): "hand in `session.connection()`",
    ("sqlalchemy.engine.base", "Engine"): "hand in what `with engine.begin() as connection:` gives",
    ("sqlalchemy.ext.asyncio.engine", "AsyncConnection"): _IN_A_THREAD,
    ("sqlalchemy.ext.asyncio.session", "AsyncSession"): _IN_A_THREAD,
    ("psycopg", "AsyncConnection"): _IN_A_THREAD,
    ("sqlite3", "Cursor"): "hand in its `connection`",
    ("psycopg", "Cursor"): "hand in its `connection`",
}
"""What is near to a connection and is none."""
