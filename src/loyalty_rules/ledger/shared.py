"""What all members share in a store: one row for each counter, which holds its entries by day and how often
it was changed. Everything in it follows from the log.

Who books in a ledger whose rules have budgets takes the lane first, and so sees what everybody before him has
used. Whoever missed the lane finds the row changed more often than he read it, and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.effects import Effect
from loyalty_rules.domain.errors import CorruptLedger, Retry
from loyalty_rules.domain.record_reading import read_value
from loyalty_rules.domain.shared import NO_DAYS, Shared, added
from loyalty_rules.engine.sharing import shared_effects
from loyalty_rules.ledger.accounts import raw, whole, words
from loyalty_rules.ledger.chain import row_checksum
from loyalty_rules.ledger.spelling import plain_text
from loyalty_rules.ledger.statements import (
    ADD_SHARED,
    FIND_SHARED,
    LIST_SHARED,
    SWAP_SHARED,
    Row,
    Work,
    among,
)


class Counted(NamedTuple):
    """One counter: how often it was changed, and its entries. One that nobody has used has no row."""

    changes: int = 0
    days: Days = NO_DAYS

    def after(self, day: int, value: int | Fraction) -> Counted:
        """The same after one more use."""
        return Counted(self.changes + 1, added(self.days, day, value))

    def row(self, ledger: int, counter: str) -> Row:
        """The row that keeps it."""
        text = plain_text({str(day): value for day, value in self.days.items()})
        cells = (ledger, counter, self.changes, text)
        return (*cells, row_checksum(b"", *cells))


UNUSED = Counted()


def counted_of(ledger: int, row: Row) -> tuple[str, Counted]:
    """A counter from its row (counter, changes, days, checksum).

    Errors: ``CorruptLedger`` when it is not what was written.
    """
    counter, changes, text = words(row[0]), whole(row[1]), words(row[2])
    if row_checksum(b"", ledger, counter, changes, text) != raw(row[3]):
        raise CorruptLedger(
            f"the row of the shared counter `{counter}` was changed: its checksum is wrong"
            " (`loyalty-rules ledger rebuild` makes it again from the log)"
        )
    days = {int(day): read_value(value) for day, value in json.loads(text).items()}
    return counter, Counted(changes, Days(days))


def find_counted(ledger: int, counters: Iterable[str]) -> Work[dict[str, Counted]]:
    """Counters as they stand in the store, by name; `UNUSED` for those that are not there.

    Errors: ``CorruptLedger``.
    """
    found = dict.fromkeys(counters, UNUSED)
    for row in (yield from among(FIND_SHARED, (ledger,), sorted(found))):
        counter, one = counted_of(ledger, row)
        found[counter] = one
    return found


def read_shared(ledger: int) -> Work[Shared]:
    """Everything that all members share. Errors: ``CorruptLedger``."""
    counters = {}
    for row in (yield LIST_SHARED, [(ledger,)]):
        counter, one = counted_of(ledger, row)
        if one.days:  # else everything came back
            counters[counter] = one.days
    return Shared(MappingProxyType(counters))


def write_counted(
    ledger: int, before: Mapping[str, Counted], now: Mapping[str, Counted]
) -> Work[None]:
    """Write what counters have come to, if they still stand as they did ``before``.

    Errors: ``Retry`` when somebody else has used one of them meanwhile.
    """
    for counter in sorted(now):
        row = now[counter].row(ledger, counter)
        if not before[counter].changes:
            yield ADD_SHARED, [row]
            continue
        there = yield SWAP_SHARED, [(*row[2:], *row[:2], before[counter].changes)]
        if not there:
            raise Retry(f"somebody else has used `{counter}` at the same time: try again")


def uses_of(effects: Iterable[Effect]) -> Iterator[tuple[str, int, int | Fraction]]:
    """What effects change of what all members share: counter, day, value."""
    for one in shared_effects(effects):
        assert isinstance(one.value, int | Fraction), "what all members share are sums"
        yield one.counter, one.day, one.value


class Summed:
    """The counters that the entries of all accounts come to, in whatever order they are added."""

    def __init__(self) -> None:
        self._changes: dict[str, int] = {}
        self._days: dict[str, dict[int, int | Fraction]] = {}

    def add(self, effects: Iterable[Effect]) -> None:
        """Add what the entries of one account say."""
        for counter, day, value in uses_of(effects):
            self._changes[counter] = self._changes.get(counter, 0) + 1
            days = self._days.setdefault(counter, {})
            days[day] = days.get(day, 0) + value

    def rows(self, ledger: int) -> list[Row]:
        """The rows that a store should hold, by counter."""
        return [
            Counted(self._changes[counter], _days(self._days[counter])).row(ledger, counter)
            for counter in sorted(self._days)
        ]


def _days(sums: Mapping[int, int | Fraction]) -> Days:
    days = NO_DAYS
    for day, value in sums.items():
        days = added(days, day, value)
    return days
