"""What a store is to the ledger, and the loop that runs work on one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from loyalty_rules.domain.errors import CorruptLedger, LedgerError, Retry
from loyalty_rules.ledger.statements import Result, Row, Rows, Statement, Work

Execute = Callable[[Statement, Sequence[Row]], Rows]
"""Runs one statement with rows of parameters; gives the rows of a read, and new ids."""


class RefusedByStore(LedgerError):  # noqa: N818 (says what happened, as its siblings do)
    """A constraint of the store stood against what was to be written; nothing of it was."""


class DamagedStore(CorruptLedger):
    """The place itself is damaged, not one account in it: nobody can book there."""


class Passing(Retry):
    """What stood in the way passes by itself: whoever owns the transaction does it again."""


class Store(Protocol):
    """A place where ledgers are kept. May be shared between threads."""

    @property
    def name(self) -> str:
        """How a message calls the store."""
        ...

    def writing(self) -> AbstractContextManager[Execute]:
        """All of it or nothing: one at a time, on disk when the block is left without an error."""
        ...

    def reading(self) -> AbstractContextManager[Execute]:
        """One consistent look at what was written before."""
        ...

    def close(self) -> None:
        """Let go of everything that is held; the store can then no longer be used."""
        ...


def run(work: Work[Result], execute: Execute) -> Result:
    """Drive ``work`` to its end: what it yields is executed, what that gives is sent back."""
    try:
        step = next(work)
        while True:
            try:
                rows = execute(*step)
            except LedgerError as problem:  # who looks at a damaged store goes on
                step = work.throw(problem)
            else:
                step = work.send(rows)
    except StopIteration as done:
        result: Result = done.value
        return result
    finally:
        work.close()
