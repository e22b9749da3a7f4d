"""The entries of a raffle as a ledger has them, for whoever wants to repeat its draw."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from loyalty_rules.domain.raffles import (
    DRAWN_BY,
    digest_of,
    drawn,
    entries_of,
    numbers_of,
    winners,
)
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.fixing import fixing_timer
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.ledger.accounts import words
from loyalty_rules.ledger.drivers.store import Store
from loyalty_rules.ledger.statements import EVENT_BODY, Work
from loyalty_rules.service.attempts import seen
from loyalty_rules.service.drawing import ENTRIES
from loyalty_rules.service.opening import find


class Draw(NamedTuple):
    """The record of a draw: with which seed, among how many ``entries``, and what their list is known by. Of
    one whose member was erased nothing is known but that it has been (no seed, no digest)."""

    seed: str
    entries: int
    digest: str


def draw_of(store: Store, ledger: str, raffle: str) -> Draw | None:
    """The record of a raffle's draw, in a ledger that need not be open; None if it was not drawn."""
    body = _body_of(store, ledger, raffle)
    if body is None:
        return None
    said = json.loads(body) if body else {}
    return Draw(said.get("seed", ""), said.get(ENTRIES, 0), said.get("digest", ""))


def took_part(store: Store, ledger: str, raffle: str, members: int) -> bool:
    """Whether so many members at least took part in a draw: each has an event of his own, by number."""
    return _body_of(store, ledger, f"{raffle}/{members}") is not None


def _body_of(store: Store, ledger: str, name: str) -> str | None:
    """What an event says that a draw has made; None if there is none."""
    number, _ = find(store, ledger)
    return seen(store.reading, lambda: _read(number, name))


def _read(ledger: int, name: str) -> Work[str | None]:
    rows = yield EVENT_BODY, [(ledger, DRAWN_BY, name)]
    return words(rows[0][1]) if rows else None


@dataclass(frozen=True, slots=True)
class Entries:
    """All entries with the number of whoever has each, and ``members`` by number (from 1). ``is_drawn``: the
    draw has been, and these took part in it; ``draw`` is its record, as far as somebody asked for it."""

    entries: tuple[tuple[str, int], ...]
    members: tuple[str, ...]
    is_drawn: bool
    draw: Draw | None = None

    @property
    def digest(self) -> str:
        """What the list is known by; the record of the draw has the same."""
        return digest_of(entry for entry, _ in self.entries)

    def drawn_with(self, raffle: Raffle, seed: str) -> list[tuple[str, int]]:
        """Who wins with a seed, first prize first: entries with the numbers of those who have them."""
        pairs = [(entry, str(number)) for entry, number in self.entries]
        found = winners(seed, pairs, raffle.winners, raffle.per_member)
        return [(entry, int(number)) for entry, number in found]


def entries_among(states: Iterable[MemberState], raffle: str, draw: Draw | None = None) -> Entries:
    """The entries of members in a raffle, who come in the order of their accounts. After a draw those count
    that took part in it; of a ``draw`` among nobody its record alone tells."""
    mark = fixing_timer(drawn(raffle))
    held = [state for state in states if numbers_of(state, raffle)]
    is_drawn = draw is not None or any(mark in state.timers for state in held)
    there = [state for state in held if mark in state.timers or not is_drawn]
    return Entries(
        tuple(
            (entry, number)
            for number, own in enumerate(entries_of(there, raffle), 1)
            for entry in own
        ),
        tuple(state.member for state in there),
        is_drawn,
        draw,
    )
