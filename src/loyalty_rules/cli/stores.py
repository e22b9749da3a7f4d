"""What the commands about ledgers share: the options that name one, and opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.drivers.urls import open_store

Command = TypeVar("Command", bound=Callable[..., object])


def store_option(*, required: bool) -> Callable[[Command], Command]:
    """``--store URL``."""
    return click.option(
        "--store",
        metavar="URL",
        required=required,
        help="Where the ledger is kept: sqlite:///FILE (four slashes before an absolute path) or"
        " postgresql://USER@HOST/DATABASE.",
    )


def ledger_option(command: Command) -> Command:
    """``--ledger NAME``."""
    return click.option(
        "--ledger",
        default="main",
        show_default=True,
        metavar="NAME",
        help="Which ledger of the store.",
    )(command)


@contextmanager
def existing_store(url: str) -> Iterator[Store]:
    """A store that is there already, closed when the block is left.

    Errors: wrong use, when it is not there or is no store.
    """
    try:
        store = open_store(url, create=False)
    except LedgerError as problem:
        raise click.UsageError(printable(str(problem))) from None
    try:
        yield store
    finally:
        store.close()
