"""What a household has together: the usable lots of its members, less what any of them owes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from loyalty_rules.base.records import replace
from loyalty_rules.base.shares import split
from loyalty_rules.domain.lots import Lots
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.lots import balance, ends_at, in_spend_order, usable
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.plan import Outcome

_OF: Final = "~of/"


class Move(NamedTuple):
    """Points (units of the scale) that go from one member of a household to another, by their places."""

    giver: int
    taker: int
    points: int


def shared_balance(states: Sequence[MemberState], program: str) -> int:
    """The points that any of them may spend (units of the scale); below zero: they owe more than that."""
    return sum(balance(state, program) for state in states)


def together(
    state: MemberState, others: Sequence[MemberState], accounts: Sequence[LotAccount]
) -> MemberState:
    """How a member would stand if all that the household shares were his. It is for looking only."""
    lots, deficits = dict(state.lots), dict(state.deficits)
    for account in accounts:
        found: list[Lot] = [*lots.get(account.id, ())]
        for number, other in enumerate(others):
            found += (replace(lot, id=f"{_OF}{number}/{lot.id}") for lot in _lent(other, account))
            owed = other.deficits.get(account.id, 0)
            deficits[account.id] = deficits.get(account.id, 0) + owed
        lots[account.id] = Lots(found)
    return replace(state, lots=MappingProxyType(lots), deficits=MappingProxyType(deficits))


def spent_in(outcome: Outcome, redemption: str, program: str) -> int:
    """The points of a program that a redemption takes."""
    return sum(
        one.points
        for taken in outcome.redemptions
        if taken.redemption == redemption
        for one in taken.spent
        if one.program == program
    )


def parts_of_others(
    account: LotAccount, state: MemberState, others: Sequence[MemberState], points: int
) -> tuple[int, ...]:
    """What each of the others gives, so that a member can spend ``points`` that the household has: of all
    lots together those are spent that come first, whosever they are. What he owes is paid by what comes."""
    own = usable(state, account.id)
    owed = state.deficits.get(account.id, 0)
    named = [(lot, number) for number, other in enumerate(others) for lot in _lent(other, account)]
    every = {f"{_OF}{number}/{lot.id}": number for lot, number in named}
    lent = [replace(lot, id=f"{_OF}{number}/{lot.id}") for lot, number in named]
    first = 0
    left = points
    for lot in in_spend_order(account, state, (*own, *lent)):
        part = min(left, lot.left)
        left -= part
        first += part if lot.id in every else 0
    needed = max(first, points + owed - sum(lot.left for lot in own)) if points else 0
    given = [0] * len(others)
    for lot in in_spend_order(account, state, lent):
        part = min(needed, lot.left)
        given[every[lot.id]] += part
        needed -= part
    assert not needed, f"the household has {needed} points of `{account.id}` too few"
    return tuple(given)


def moves_of_leaving(
    account: LotAccount, states: Sequence[MemberState], brought: Sequence[int], leaver: int
) -> Iterator[Move]:
    """What goes from one to another when the member in the place ``leaver`` leaves with his part: all that
    they have is split by what each has ``brought``, by largest remainder.

    Where they owe more than they have there is nothing to be split, and each keeps what is his.
    """
    have = [balance(state, account.id) for state in states]
    whole = sum(have)
    if whole <= 0 or not any(brought):
        return
    parts = split(whole, brought)
    more = parts[leaver] - have[leaver]
    others = [number for number in range(len(states)) if number != leaver]
    if more > 0:
        given = _first(account, [states[number] for number in others], more)
        for number, points in zip(others, given, strict=True):
            if points:
                yield Move(number, leaver, points)
    elif more < 0:
        lacking = [max(0, parts[number] - have[number]) for number in others]
        for number, points in zip(others, split(-more, lacking), strict=True):
            if points:
                yield Move(leaver, number, points)


def _first(account: LotAccount, states: Sequence[MemberState], points: int) -> tuple[int, ...]:
    """What each gives of so many points, of the lots of all of them that come first."""
    nobody = replace(states[0], lots=MappingProxyType({}), deficits=MappingProxyType({}))
    return parts_of_others(account, nobody, states, points)


def _lent(state: MemberState, account: LotAccount) -> Iterator[Lot]:
    """The lots of one member as others find them: each ends when it would have."""
    for lot in usable(state, account.id):
        yield replace(lot, expires_at=ends_at(state, lot), ends_with="", order="")
