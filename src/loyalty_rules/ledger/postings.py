"""Effects in double entry: where points come from and where they go. Each entry sums to zero.

Books of a member: ``lots`` (what he holds) and ``deficit`` (below zero: what he owes); the other side of
each is ``issued`` (below zero), ``reversed``, ``expired`` or ``spent``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

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
    "transferred": "spent",  # and comes out of there for who receives them
}
"""Where points go that leave a lot, by cause; those that pay a deficit go there."""


class Posting(NamedTuple):
    """So many points of a program, in units of its scale, into a book (below zero: out of it)."""

    book: str
    program: str
    points: int


Moved = tuple[tuple[str, str, int], ...]
"""Postings that are made for rows: book, program, points."""


def postings(effects: Iterable[Effect]) -> list[Posting]:
    """What the effects of one entry move, in their order.

    >>> from datetime import UTC, datetime
    >>> postings([LotOpened("beans", "lot", 54, datetime(2026, 3, 7, tzinfo=UTC), ())])
    [Posting(book='issued', program='beans', points=-54), Posting(book='lots', program='beans', points=54)]
    """
    found: list[Posting] = []
    for effect in effects:
        move = MOVES.get(type(effect))
        if move is not None:
            found += map(Posting._make, move(effect))
    return found


def _opened(effect: LotOpened) -> Moved:
    program, points = effect.program, effect.points
    return (("issued", program, -points), ("lots", program, points))


def _reduced(effect: LotReduced) -> Moved:
    left = ("lots", effect.program, -effect.points)
    book = _WHERE_TO.get(effect.cause)
    return (left,) if book is None else (left, (book, effect.program, effect.points))


def _restored(effect: LotRestored) -> Moved:
    program, points = effect.program, effect.points
    return (("spent", program, -points), ("lots", program, points))


def _owed(effect: DeficitChanged) -> Moved:
    owes = ("deficit", effect.program, -effect.points)
    if effect.cause == "forgiven":  # nobody pays it: so much less has ended
        return (owes, ("expired", effect.program, effect.points))
    if effect.points <= 0:
        return (owes,)
    return (owes, (_WHERE_TO[effect.cause], effect.program, effect.points))


def _retold(effect: HistoryRetold) -> Moved:
    return effect.moved


MOVES: Final[dict[type, Callable[[Any], Moved]]] = {
    LotOpened: _opened,
    LotReduced: _reduced,
    LotRestored: _restored,
    DeficitChanged: _owed,
    HistoryRetold: _retold,
}
"""Effects that move points; all others move none."""


def imbalance(found: Iterable[Posting]) -> Mapping[str, int]:
    """By program, what postings do not sum to zero by; empty if they do."""
    sums: Counter[str] = Counter()
    for posting in found:
        sums[posting.program] += posting.points
    return {program: points for program, points in sums.items() if points}
