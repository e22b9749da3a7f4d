"""Stores by their address."""

from __future__ import annotations

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.store import Store

_KNOWN = "`memory:`, `sqlite:///file.db` or `postgresql://user@host/database`"

_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


def open_store(url: str, *, create: bool = True, beside: bool = False) -> Store:
    """The store at ``memory:`` (new and empty each time), ``sqlite:///file.db`` (four slashes before an
    absolute path) or ``postgresql://user@host:port/database?schema=...``.

    Errors: ``LedgerError`` for any other address, and as `SqliteStore` and `PostgresStore` raise them.
    """
    if url == "memory:":
        return MemoryStore()
    scheme, separator, _ = url.partition("://")
    if is_postgres(url):
        return _in_postgres(url, create=create)
    path = url.removeprefix("sqlite:///")
    if path == url:
        shown = f"`{scheme}://...`" if separator else f"`{url}`"  # it may hold a password
        raise LedgerError(f"{shown} is no store that is known here: it is {_KNOWN}")
    if not path or path.startswith(":memory:"):
        raise LedgerError(f"`{url}` names no file: a ledger in memory is `memory:`")
    # loaded only here: whoever books in memory needs no database
    from loyalty_rules.ledger.drivers.sqlite import SqliteStore

    return SqliteStore(path, create=create, beside=beside)


def is_postgres(url: str) -> bool:
    """Whether an address is one of a PostgreSQL database."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in _POSTGRES


def _in_postgres(url: str, *, create: bool) -> Store:
    try:
        import psycopg  # noqa: F401 (an extra: it may not be there)
    except ImportError:
        raise LedgerError(
            "a ledger in PostgreSQL needs its driver: `pip install 'loyalty-rules[postgres]'`"
        ) from None
    from loyalty_rules.ledger.drivers.postgres import PostgresStore

    return PostgresStore(url, create=create)
