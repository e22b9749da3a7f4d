"""The entries of a raffle as a ledger has them, for whoever wants to repeat its draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loyalty_rules.domain.raffles import digest_of, drawn, entries_of, numbers_of, winners
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.fixing import fixing_timer
from loyalty_rules.engine.raffle import Raffle


@dataclass(frozen=True, slots=True)
class Entries:
    """All entries with the number of whoever has each, and ``members`` by number (from 1). ``is_drawn``: the
    draw has been, and these took part in it."""

    entries: tuple[tuple[str, int], ...]
    members: tuple[str, ...]
    is_drawn: bool

    @property
    def digest(self) -> str:
        """What the list is known by; the record of the draw has the same."""
        return digest_of(entry for entry, _ in self.entries)

    def drawn_with(self, raffle: Raffle, seed: str) -> list[tuple[str, int]]:
        """Who wins with a seed, first prize first: entries with the numbers of those who have them."""
        pairs = [(entry, str(number)) for entry, number in self.entries]
        found = winners(seed, pairs, raffle.winners, raffle.per_member)
        return [(entry, int(number)) for entry, number in found]


def entries_among(states: Iterable[MemberState], raffle: str) -> Entries:
    """The entries of members in a raffle, who come in the order of their accounts. After a draw those count
    that took part in it."""
    mark = fixing_timer(drawn(raffle))
    held = [state for state in states if numbers_of(state, raffle)]
    is_drawn = any(mark in state.timers for state in held)
    there = [state for state in held if mark in state.timers or not is_drawn]
    return Entries(
        tuple(
            (entry, number)
            for number, own in enumerate(entries_of(there, raffle), 1)
            for entry in own
        ),
        tuple(state.member for state in there),
        is_drawn,
    )
