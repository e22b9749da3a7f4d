"""What a ledger tells of its work while it runs: a log by the standard library, and a callback for figures.

Both speak of ledgers, members and entries by the numbers that the ledger itself gave them. Nothing that came
with an event, and no name of a member, order or event, is ever told: a log is read by people who may not
know these. What is told is told after the commit, and cannot disturb it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from loyalty_rules.domain.errors import CorruptLedger, LedgerError, LoyaltyError, PluginError
from loyalty_rules.ledger.findings import Report
from loyalty_rules.service.receipt import Receipt

LOG: Final = logging.getLogger("loyalty_rules.ledger")

SLOW_SECONDS: Final = 1.0
"""A booking or a look that takes so long is a warning in the log."""

Numbers = dict[str, int]
"""The numbers by which a ledger knows members, by what a shop calls them."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Observed:
    """Something that a ledger did: ``count`` of ``name``, in ``seconds`` all together.

    ``name`` is ``record`` (``count``: events), ``erase``, ``quote``, ``balance``, ``statement``, ``advance``,
    ``seal``, ``verify`` or ``rebuild``, with the labels ``connection`` (``own`` or ``handed``) and
    ``outcome`` (``done``, or the name of the error). Beside them, without ``seconds`` of their own:
    ``receipt`` with the label ``status``; ``retry`` with the label ``reason``; ``finding`` of a ``verify``;
    ``entry`` of an ``advance``. All have the label ``ledger``, its number. Labels take few values each.
    """

    name: str
    count: int
    seconds: float
    labels: Mapping[str, str]


Observe = Callable[[Observed], object]
"""Is called in the thread that did the work, when it is done. What it raises is logged once and ignored."""


class Watch:
    """Looks on while one ledger works, and tells of it. Without ``observe`` there is a log alone."""

    def __init__(
        self,
        ledger: int,
        observe: Observe | None,
        slow_seconds: float | None,
        ticks: Callable[[], float],
    ) -> None:
        """``ticks``: seconds of a clock that is never set, from any beginning."""
        self._ledger = ledger
        self._observe = observe
        self._slow_seconds = slow_seconds
        self._ticks = ticks
        self._has_failed = False

    def timed(
        self, name: str, act: Callable[[], _Result], *, count: int = 1, is_own: bool = True
    ) -> _Result:
        """Do something, and tell how long it took and what stood against it."""
        start = self._ticks()
        try:
            result = act()
        except Exception as problem:
            self._failed(name, problem)
            self._took(name, count, self._ticks() - start, is_own, type(problem).__name__)
            raise
        self._took(name, count, self._ticks() - start, is_own, "done")
        return result

    def received(self, receipts: Sequence[Receipt], numbers: Mapping[str, int]) -> None:
        """Tell what became of events."""
        if LOG.isEnabledFor(logging.DEBUG):
            for receipt in _with_released(receipts):
                self._log_receipt(receipt, numbers.get(receipt.member))
        if self._observe is not None:
            for status, count in Counter(one.status for one in _with_released(receipts)).items():
                self._tell("receipt", count, status=status)

    def retried(self, problem: LedgerError) -> None:
        """Tell that a transaction of ours is done again."""
        log_retry(problem, self._ledger)
        self._tell("retry", 1, reason=type(problem).__name__)

    def advanced(self, entries: int, damaged: Sequence[int]) -> None:
        """Tell what fell due, and which accounts were passed by because they are damaged."""
        self._tell("entry", entries)
        if damaged:
            accounts = ", ".join(map(str, damaged))
            LOG.error("corrupt: ledger %d, found by advance: members %s", self._ledger, accounts)

    def verified(self, report: Report) -> None:
        """Tell how much is wrong. What it is stands in the report, which may name orders."""
        self._tell("finding", len(report.findings))
        if report.findings:
            LOG.error(
                "corrupt: ledger %d, found by verify: %d findings",
                self._ledger,
                len(report.findings),
            )

    def _log_receipt(self, receipt: Receipt, number: int | None) -> None:
        where = f"ledger {self._ledger}, member {'-' if number is None else number}"
        if receipt.sequence is not None:
            where += f", entry {receipt.sequence}"
        why = f", {receipt.refusal.code}" if receipt.refusal is not None else ""
        yet = ", provisional" if receipt.provisional else ""
        LOG.debug("%s: %s%s%s", receipt.status, where, why, yet)

    def _took(self, name: str, count: int, seconds: float, is_own: bool, outcome: str) -> None:
        connection = "own" if is_own else "handed"
        if self._slow_seconds is not None and seconds >= self._slow_seconds and name in _QUICK:
            LOG.warning(
                "slow: ledger %d, %s of %d took %.3f s, %s connection, %s",
                *(self._ledger, name, count, seconds, connection, outcome),
            )
        self._tell(name, count, seconds, connection=connection, outcome=outcome)

    def _failed(self, name: str, problem: Exception) -> None:
        kind = type(problem).__name__
        if isinstance(problem, CorruptLedger):
            LOG.error("corrupt: ledger %d, found by %s", self._ledger, name)
        elif isinstance(problem, PluginError):
            LOG.error("failed: ledger %d, %s: a plugin failed", self._ledger, name)
        elif isinstance(problem, LedgerError):
            LOG.warning("failed: ledger %d, %s: %s", self._ledger, name, kind)
        elif isinstance(problem, LoyaltyError):
            LOG.debug("failed: ledger %d, %s: %s", self._ledger, name, kind)
        else:
            LOG.error("failed: ledger %d, %s: %s", self._ledger, name, kind)

    def _tell(self, name: str, count: int, seconds: float = 0.0, **labels: str) -> None:
        if self._observe is None:
            return
        told = MappingProxyType({"ledger": str(self._ledger), **labels})
        try:
            self._observe(Observed(name, count, seconds, told))
        except Exception as problem:
            if not self._has_failed:
                self._has_failed = True
                kind = type(problem).__name__
                LOG.warning("the observer of ledger %d failed: %s", self._ledger, kind)


_QUICK: Final = frozenset({"record", "quote", "balance", "statement"})
"""What somebody waits for. All else looks at a whole ledger."""


def log_retry(problem: LedgerError, ledger: int | None = None) -> None:
    """A line for a transaction that is done again."""
    number = "-" if ledger is None else ledger
    LOG.warning("retry: ledger %s, after %s", number, type(problem).__name__)


def _with_released(receipts: Sequence[Receipt]) -> Iterator[Receipt]:
    """Receipts, and those of returns that waited for them."""
    for receipt in receipts:
        yield receipt
        yield from receipt.released
