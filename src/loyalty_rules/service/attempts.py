"""Work in a transaction of a store, done again where another writer came between or something passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from random import uniform
from typing import Final

from loyalty_rules.domain.errors import LedgerError, Retry
from loyalty_rules.ledger.drivers.store import Execute, Passing, RefusedByStore, run
from loyalty_rules.ledger.statements import LOCK_MEMBER, LOCK_MEMBERS, Result, Work, among
from loyalty_rules.service.observing import log_retry

PAUSES_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4)
"""How long to wait before each further attempt, half of it by chance: two who met do not meet again."""

ROUNDS_MAX: Final = 8
"""So often the accounts that have to be locked may turn out to be others than was thought."""

Enter = Callable[[], AbstractContextManager[Execute]]
Retried = Callable[[LedgerError], object]


class Unlocked(Exception):  # noqa: N818 (no error: says how to begin again)
    """An account came to light that had to be locked before the others: ``accounts`` are all of them."""

    def __init__(self, accounts: frozenset[int]) -> None:
        super().__init__(accounts)
        self.accounts = accounts


class Locks:
    """The accounts that a piece of work has locked: once, at its beginning, in the order of their numbers, so
    that two never wait for each other. A store with one writer at a time has none."""

    def __init__(self, known: Collection[int] = (), *, looks_on: bool = False) -> None:
        """``known``: accounts that came to light in an attempt before. With ``looks_on`` the work goes on
        where one comes to light, to find the others with it; it must end with `check`, before it writes."""
        self._known = frozenset(known)
        self._looks_on = looks_on
        self._asked: set[int] = set()
        self._has_begun = False
        self._are_taken = False
        self._is_short = False

    @property
    def is_short(self) -> bool:
        """Whether something was read that was not locked: nothing of this attempt is to be believed."""
        return self._is_short

    def check(self) -> None:
        """That everything was locked that was read. Errors: ``Unlocked``."""
        if self._is_short:
            raise Unlocked(frozenset(self._asked))

    def take(self, accounts: Iterable[int]) -> Work[None]:
        """Lock accounts, and those that are known, before anything of them is read.

        Errors: ``Unlocked`` when others were locked before and these were not among them.
        """
        wanted = sorted({*accounts, *self._known} - self._asked)
        self._asked.update(wanted)
        if self._looks_on and self._are_taken and wanted:
            self._is_short = True  # and is not waited for: others hold theirs in order
            return
        if len(wanted) == 1:
            rows = yield LOCK_MEMBER, [(wanted[0],)]
        else:
            rows = yield from among(LOCK_MEMBERS, (), wanted)
        if self._has_begun and rows:
            raise Unlocked(frozenset(self._asked))
        self._has_begun = True
        self._are_taken = self._are_taken or bool(rows)

    def come_to_light(self, account: int) -> Unlocked:
        """What to raise when an account is there that had to be locked with the others."""
        return Unlocked(frozenset({*self._asked, account}))


def written(
    enter: Enter,
    work: Callable[[frozenset[int]], Work[Result]],
    *,
    is_ours: bool = True,
    retried: Retried = log_retry,
) -> Result:
    """Do work that writes, in a transaction that ``enter`` opens: all of it, once.

    ``work`` is given the accounts that came to light in an attempt before. What another writer had done
    meanwhile shows when it is done again. With ``is_ours`` false the transaction is a caller's: what passes
    by itself is his to wait for. ``retried`` is told before it is done again. Errors: what the store raises,
    ``Retry`` when it did not pass in time.
    """
    known: frozenset[int] = frozenset()
    pauses = list(PAUSES_SECONDS if is_ours else ())
    rounds, refused = 0, False
    while True:
        try:
            with enter() as execute:
                return run(work(known), execute)
        except Unlocked as found:
            known, rounds = known | found.accounts, rounds + 1
            if rounds > ROUNDS_MAX:
                raise Retry("the accounts that belong together change all the time") from None
        except RefusedByStore as problem:
            if refused:
                raise
            refused = True
            retried(problem)
        except Passing as problem:
            if not pauses:
                raise
            retried(problem)
            pause = pauses.pop(0)
            time.sleep(uniform(pause / 2, pause))


def seen(
    enter: Enter,
    work: Callable[[], Work[Result]],
    *,
    is_ours: bool = True,
    retried: Retried = log_retry,
) -> Result:
    """Do work that only reads, over one snapshot that ``enter`` opens; the rest as in `written`.

    Errors: what the store raises, ``Retry`` when what stood in the way did not pass in time.
    """
    return written(enter, lambda _: work(), is_ours=is_ours, retried=retried)
