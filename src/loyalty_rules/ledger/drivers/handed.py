"""A connection that a shop hands in: we write into its transaction and leave the rest to it.

It is never committed, rolled back or closed here. Our writes stand inside a savepoint of their own, so that
a booking that fails half-way leaves nothing in the shop's transaction. Statements run on the driver's
connection below the shop's framework: what it logs of statements never has an event in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from loyalty_rules.ledger.drivers import handed_sqlite
from loyalty_rules.ledger.drivers.frameworks import elsewhere, lent
from loyalty_rules.ledger.drivers.store import Execute, Store
from loyalty_rules.ledger.statements import FIND_LEDGER


@contextmanager
def handed(connection: object, store: Store, ledger: str, number: int) -> Iterator[Execute]:
    """Runs statements in the shop's transaction, once what must be locked there is.

    Errors: ``LedgerError`` for what is no connection or cannot be used, one that commits by itself, or one to
    another database than that of ``store``, where the ledger of that name and number is; ``Retry`` when
    somebody else is writing.
    """
    below = lent(connection)
    if isinstance(below.driver, sqlite3.Connection):
        block = handed_sqlite.writing(below, store, ledger)
    else:
        from loyalty_rules.ledger.drivers import handed_postgres

        block = handed_postgres.writing(below, store, ledger)
    with block as execute:
        _check(execute, store, ledger, number)
        yield execute


@contextmanager
def looked_at(connection: object, store: Store, ledger: str, number: int) -> Iterator[Execute]:
    """One look from within the shop's transaction, at what it has written and not committed, too.

    Errors: as `handed`; a transaction need not be open.
    """
    below = lent(connection)
    if isinstance(below.driver, sqlite3.Connection):
        block = handed_sqlite.reading(below, store, ledger)
    else:
        from loyalty_rules.ledger.drivers import handed_postgres

        block = handed_postgres.reading(below, store, ledger)
    with block as execute:
        _check(execute, store, ledger, number)
        yield execute


def _check(execute: Execute, store: Store, ledger: str, number: int) -> None:
    found = execute(FIND_LEDGER, [(ledger,)])
    if not found or found[0][0] != number:
        raise elsewhere(store, ledger)
