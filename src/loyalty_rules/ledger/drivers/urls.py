"""Stores by their address."""

from __future__ import annotations

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.memory import MemoryStore
from loyalty_rules.ledger.drivers.store import Store

_KNOWN = "`memory:` or `sqlite:///file.db`"


def open_store(url: str, *, create: bool = True, beside: bool = False) -> Store:
    """The store at ``memory:`` (new and empty each time) or ``sqlite:///file.db`` (four slashes before an
    absolute path).

    Errors: ``LedgerError`` for any other address, and as `SqliteStore` raises them.
    """
    if url == "memory:":
        return MemoryStore()
    path = url.removeprefix("sqlite:///")
    if path == url:
        raise LedgerError(f"`{url}` is no store that is known here: it is {_KNOWN}")
    if not path or path.startswith(":memory:"):
        raise LedgerError(f"`{url}` names no file: a ledger in memory is `memory:`")
    # loaded only here: whoever books in memory needs no database
    from loyalty_rules.ledger.drivers.sqlite import SqliteStore

    return SqliteStore(path, create=create, beside=beside)
