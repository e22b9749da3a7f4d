"""Effects in double entry: where points come from and where they go. Each entry sums to zero.

Books of a member: ``lots`` (what he holds) and ``deficit`` (below zero: what he owes); the other side of
each is ``issued`` (below zero), ``reversed``, ``expired`` or ``spent``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from loyalty_rules.domain.effects import (
    DeficitChanged,
    Effect,
    HistoryRetold,
    LotOpened,
    LotReduced,
    LotRestored,
)

_WHERE_TO: Final = {
    "taken_back": "reversed",
    "expired": "expired",
    "forfeited": "expired",
    "spent": "spent",
}
"""Where points go that leave a lot, by cause; those that pay a deficit go there."""


class Posting(NamedTuple):
    """So many points of a program, in units of its scale, into a book (below zero: out of it)."""

    book: str
    program: str
    points: int


def postings(effects: Iterable[Effect]) -> list[Posting]:
    """What the effects of one entry move, in their order.

    >>> from datetime import UTC, datetime
    >>> postings([LotOpened("beans", "lot", 54, datetime(2026, 3, 7, tzinfo=UTC), ())])
    [Posting(book='issued', program='beans', points=-54), Posting(book='lots', program='beans', points=54)]
    """
    found: list[Posting] = []
    for effect in effects:
        if isinstance(effect, LotOpened):
            found.append(Posting("issued", effect.program, -effect.points))
            found.append(Posting("lots", effect.program, effect.points))
        elif isinstance(effect, LotReduced):
            found.append(Posting("lots", effect.program, -effect.points))
            if effect.cause in _WHERE_TO:
                found.append(Posting(_WHERE_TO[effect.cause], effect.program, effect.points))
        elif isinstance(effect, LotRestored):
            found.append(Posting("spent", effect.program, -effect.points))
            found.append(Posting("lots", effect.program, effect.points))
        elif isinstance(effect, DeficitChanged):
            found.append(Posting("deficit", effect.program, -effect.points))
            if effect.cause == "forgiven":  # nobody pays it: so much less has ended
                found.append(Posting("expired", effect.program, effect.points))
            elif effect.points > 0:
                book = _WHERE_TO[effect.cause]
                found.append(Posting(book, effect.program, effect.points))
        elif isinstance(effect, HistoryRetold):
            found += [Posting(*moved) for moved in effect.moved]
    return found


def imbalance(found: Iterable[Posting]) -> Mapping[str, int]:
    """By program, what postings do not sum to zero by; empty if they do."""
    sums: Counter[str] = Counter()
    for posting in found:
        sums[posting.program] += posting.points
    return {program: points for program, points in sums.items() if points}
