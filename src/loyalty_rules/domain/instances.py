"""What a member has open with a challenge: its instances, what counted in each of them, and what hangs on it.

An instance is a small counter with a beginning and an end of its own. It remembers its entries one by one,
since a return changes one of them and the others must then be counted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from loyalty_rules.base.records import Record, replace
from loyalty_rules.domain.effects import GrantKind, InstanceStatus, Value


class Entry(Record, frozen=True):
    """What one event counts in an instance. ``event`` names it (``purchase:source/order``), ``facts`` is
    what the award would have asked of the member then, ``used`` the part of ``amount`` that an earlier award,
    which is never touched again, has used up."""

    event: str
    at: datetime
    amount: int | Fraction
    facts: tuple[tuple[str, Value], ...] = ()
    used: int | Fraction = 0


class Reach(Record, frozen=True):
    """The target was reached ``times`` over by the entry of ``event``: ``given`` are points by program in
    units of its scale, in these ``lots`` (program, lot); ``grants`` are what it gave beside points: id, kind,
    pieces, minor units; ``added`` is what it added to counters and uses of limits, by counter."""

    event: str
    at: datetime
    times: int
    given: tuple[tuple[str, int], ...] = ()
    lots: tuple[tuple[str, str], ...] = ()
    grants: tuple[tuple[str, GrantKind, int, int], ...] = ()
    added: tuple[tuple[str, int | Fraction], ...] = ()


class Instance(Record, frozen=True):
    """One instance of a challenge. It counts from ``opened_at`` until ``ends_at`` (excluded; ``None``: for
    ever). ``counted`` is how far it has come on its way to ``target``, in what the challenge counts;
    ``opened`` are fields of the event that opened it.

    ``box`` is the first day of a calendar box: of a streak the one that counted last, of a window that is
    paid at its end the one that is not paid yet.
    """

    id: str
    opened_at: datetime
    target: int | Fraction
    ends_at: datetime | None = None
    opened: tuple[tuple[str, Value], ...] = ()
    counted: int | Fraction = 0
    box: int | None = None
    status: InstanceStatus = "open"
    entries: tuple[Entry, ...] = ()
    reaches: tuple[Reach, ...] = ()


def unused(entries: Sequence[Entry], counted: int | Fraction) -> tuple[Entry, ...]:
    """The latest entries, those that make up ``counted``; of the first of them a part may be used up."""
    kept: list[Entry] = []
    for entry in reversed(entries):
        if counted <= 0:
            break
        left = entry.amount - entry.used
        kept.append(replace(entry, used=entry.amount - counted) if left > counted else entry)
        counted -= left
    return tuple(reversed(kept))
