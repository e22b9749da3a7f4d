"""A connection that a shop hands in: we write into its transaction and leave the rest to it.

It is never committed, rolled back or closed here. Our writes stand inside a savepoint of their own, so that
a booking that fails half-way leaves nothing in the shop's transaction. Statements run on the driver's
connection below the shop's framework: what it logs of statements never has an event in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers import handed_sqlite
from loyalty_rules.ledger.drivers.frameworks import HANDED, lent
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
    if not handed_sqlite.leads_to(below.driver, store):
        raise _elsewhere(store, ledger)
    with handed_sqlite.writing(below, ledger) as execute:
        _check(execute, store, ledger, number)
        yield execute


@contextmanager
def looked_at(connection: object, store: Store, ledger: str, number: int) -> Iterator[Execute]:
    """One look from within the shop's transaction, at what it has written and not committed, too.

    Errors: as `handed`; a transaction need not be open.
    """
    below = lent(connection)
    if not handed_sqlite.leads_to(below.driver, store):
        raise _elsewhere(store, ledger)
    with handed_sqlite.reading(below) as execute:
        _check(execute, store, ledger, number)
        yield execute


def _check(execute: Execute, store: Store, ledger: str, number: int) -> None:
    found = execute(FIND_LEDGER, [(ledger,)])
    if not found or found[0][0] != number:
        raise _elsewhere(store, ledger)


def _elsewhere(store: Store, ledger: str) -> LedgerError:
    return LedgerError(
        f"{HANDED} leads to another database than `{store.name}`, where the ledger `{ledger}` is"
    )
