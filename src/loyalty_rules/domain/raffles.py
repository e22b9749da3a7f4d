"""Entries in raffles, as they stand in a member's state, and the draw: a function of a seed and of the ids of
all entries, which anybody can repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from loyalty_rules.domain.state import MemberState

ENTRY: Final = "entry"
"""The kind of grant that is entries in a raffle."""

DRAW: Final = "draw"
"""The kind of event with which a raffle is drawn."""

DRAWN_BY: Final = "~raffle"
"""The source of the events that a draw makes for each who takes part."""

_ENTRY: Final = "~entry."


def counter_of(raffle: str, grant: str) -> str:
    """The counter that holds how many entries one grant is worth."""
    return f"{_ENTRY}{raffle}|{grant}"


def is_of_grant(counter: str, grant: str) -> bool:
    """Whether a counter holds the entries of a grant, in whichever raffle."""
    return counter.startswith(_ENTRY) and counter.partition("|")[2] == grant


def drawn(raffle: str) -> str:
    """The word under which it is remembered that a member took part in a draw: nothing changes his entries
    afterwards."""
    return f"{DRAW} {raffle}"


def entries_of(states: Iterable[MemberState], raffle: str) -> list[tuple[str, ...]]:
    """The ids of the entries that each of these members has in a raffle, sorted: the id of what gave them,
    and a number from 1. What the clock gave to several at one instant has one id, and is numbered through; so
    there are the same ids when two of them turn out to be one."""
    told: Counter[str] = Counter()
    found: list[tuple[str, ...]] = []
    for state in states:
        own: list[str] = []
        for grant, number in numbers_of(state, raffle).items():
            first = told[grant] + 1
            own += (f"{grant}/{one}" for one in range(first, first + number))
            told[grant] += number
        found.append(tuple(sorted(own)))
    return found


def numbers_of(state: MemberState, raffle: str) -> dict[str, int]:
    """How many entries a member has in a raffle, by what gave them."""
    start = counter_of(raffle, "")
    return {
        counter.removeprefix(start): sum(one for one in days.values() if isinstance(one, int))
        for counter, days in state.counters.items()
        if counter.startswith(start)
    }


def place_of(seed: str, entry: str) -> str:
    """What entries are ordered by: SHA-256, as hexadecimal digits, over the seed, a line end and the id.

    >>> place_of("4711", "/p-1/tickets/g1/1")[:16]
    '75b72bdf2a3c4498'
    """
    return sha256(f"{seed}\n{entry}".encode()).hexdigest()


def in_order(seed: str, entries: Iterable[str]) -> list[str]:
    """Entries in the order in which they are drawn."""
    return sorted(entries, key=lambda entry: (place_of(seed, entry), entry))


def winners(
    seed: str, entries: Iterable[tuple[str, str]], count: int, per_member: int
) -> list[tuple[str, str]]:
    """Who wins, first prize first: (entry, member) for each. ``entries`` are pairs of an entry and whoever
    has it; nobody wins more than ``per_member`` times, and his further entries are passed over."""
    owner = dict(entries)
    won: dict[str, int] = {}
    found: list[tuple[str, str]] = []
    for entry in in_order(seed, owner):
        if len(found) == count:
            break
        member = owner[entry]
        if won.get(member, 0) < per_member:
            won[member] = won.get(member, 0) + 1
            found.append((entry, member))
    return found


def digest_of(entries: Iterable[str]) -> str:
    """What a list of entries is known by: SHA-256 over the sorted ids, each with a line end."""
    return sha256("".join(f"{one}\n" for one in sorted(entries)).encode()).hexdigest()
