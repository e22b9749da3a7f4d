"""Ledgers taken from one store to another, as lines of an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.drivers.urls import open_store
from loyalty_rules.ledger.exporting import exported
from loyalty_rules.ledger.importing import Imported, imported
from loyalty_rules.service.opening import find


def export_ledger(store: Store, ledger: str) -> Iterator[str]:
    """Everything that a ledger holds, one JSON object a line, as it stood when the first line was asked for.

    Errors: ``LedgerError`` when there is none of that name.
    """
    number, _ = find(store, ledger)
    with store.reading() as execute:
        yield from exported(execute, number)


def import_ledger(
    url_or_store: str | Store, lines: Iterable[str], *, ledger: str | None = None
) -> Imported:
    """Make a ledger of the lines of an export, under its own name or that of ``ledger``, in a store that has
    no such ledger yet, or one with nothing in it. All is checked; it is there as a whole or not at all.

    Errors: ``LedgerError`` when the lines are not what `Ledger.export` gave, the name is taken, or the
    numbers of its accounts are.
    """
    store = open_store(url_or_store) if isinstance(url_or_store, str) else url_or_store
    try:
        with store.writing() as execute:
            return imported(lines, execute, ledger)
    finally:
        if isinstance(url_or_store, str):
            store.close()
