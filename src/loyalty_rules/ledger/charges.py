"""Effects as money between those who pay for points and those who honour them. What one effect moves sums to
zero, exactly: amounts are fractions of a minor unit, and nobody rounds here.

Books: ``account`` (of a partner: above zero he owes the operator, below zero he is owed), ``fund`` (below
zero: what was paid for points that members still hold), ``margin`` and ``breakage`` (below zero: a gain of
the operator). ``party`` is whose account it is, or whose points they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from loyalty_rules.domain.effects import (
    Effect,
    Granted,
    GrantWithdrawn,
    HistoryRetold,
    LotOpened,
    LotReduced,
    LotRestored,
    PartnerPaid,
    PayersShifted,
)
from loyalty_rules.domain.funding import OPERATOR, Part

ACCOUNT: Final = "account"
FUND: Final = "fund"
MARGIN: Final = "margin"
BREAKAGE: Final = "breakage"


class Charge(NamedTuple):
    """One side of a booking between partners. ``cause`` is why, ``points`` how many are meant (below zero:
    they go), ``amount`` minor units, ``cost`` what points of a fund are expected to cost."""

    book: str
    party: str
    program: str
    cause: str
    points: int
    amount: Fraction
    cost: Fraction = Fraction(0)


_GAIN: Final = {
    **dict.fromkeys(("spent", "pays_deficit", "transferred"), MARGIN),
    **dict.fromkeys(("expired", "forfeited"), BREAKAGE),
}
"""Whose gain it is what was paid for points that leave a lot, by cause."""


def charges(effects: Iterable[Effect]) -> Iterator[Charge]:
    """What the effects of one entry move between partners and the operator, in their order."""
    for effect in effects:
        if isinstance(effect, LotOpened):
            for part in effect.funding:
                yield from _both(effect.program, "issued", part, ACCOUNT)
        elif isinstance(effect, LotReduced):
            book = _GAIN.get(effect.cause, ACCOUNT)
            for part in effect.funding:
                yield from _both(effect.program, effect.cause, _opposite(part), book)
        elif isinstance(effect, LotRestored):
            cause = "restored" if effect.how == "restored" else "received"
            for part in effect.funding:
                yield from _both(effect.program, cause, part, MARGIN)
        elif isinstance(effect, PartnerPaid):
            yield from _paid(effect)
        elif isinstance(effect, PayersShifted):
            for part in effect.parts:
                yield _charge(ACCOUNT, effect.program, "shifted", _opposite(part))
                yield _charge(MARGIN, effect.program, "shifted", part)
        elif isinstance(effect, Granted | GrantWithdrawn):
            yield from _given(effect)
        elif isinstance(effect, HistoryRetold):
            for one in effect.charges:
                yield Charge(*one[:5], Fraction(one[5]), Fraction(one[6]))


def difference(then: Iterable[Effect], now: Iterable[Effect]) -> tuple[Charge, ...]:
    """What other effects move that were booked instead of some, summed up and sorted. What is given beside
    points is left out: its difference is made of effects of its own."""
    points: Counter[tuple[str, str, str, str]] = Counter()
    amounts: dict[tuple[str, str, str, str], list[Fraction]] = {}
    for sign, effects in ((-1, then), (1, now)):
        of_points = (one for one in effects if not isinstance(one, Granted | GrantWithdrawn))
        for one in charges(of_points):
            key = one[:4]
            points[key] += sign * one.points
            sums = amounts.setdefault(key, [Fraction(0), Fraction(0)])
            sums[0] += sign * one.amount
            sums[1] += sign * one.cost
    return tuple(
        Charge(*key, points[key], *sums)
        for key, sums in sorted(amounts.items())
        if points[key] or any(sums)
    )


def _both(program: str, cause: str, part: Part, book: str) -> Iterator[Charge]:
    """Points that come into a fund or leave it (below zero), and the other side."""
    yield _charge(book, program, cause, part)
    cost = Fraction(part.points * part.cost)
    yield Charge(FUND, part.payer, program, cause, part.points, -part.amount, cost)


def _charge(book: str, program: str, cause: str, part: Part) -> Charge:
    return Charge(book, part.payer, program, cause, part.points, part.amount)


def _paid(effect: PartnerPaid) -> Iterator[Charge]:
    amount = Fraction(effect.points * effect.rate)
    cause = "redeemed" if effect.points > 0 else "redeemed_cancelled"
    place = (effect.partner, effect.program, cause, effect.points)
    yield Charge(ACCOUNT, *place, -amount)
    yield Charge(MARGIN, *place, amount)


def _given(effect: Granted | GrantWithdrawn) -> Iterator[Charge]:
    """Money that a rule gave beside points, from those who pay to the one who gave it: a discount at the till
    of a partner, a donation by the operator. Nobody knows here whether a voucher is ever used."""
    if effect.kind not in ("discount", "donation"):
        return
    sign = 1 if isinstance(effect, Granted) else -1
    giver = effect.partner if effect.kind == "discount" else ""
    for name, minor in effect.funding:
        amount = Fraction(sign * minor)
        yield Charge(*_pocket(name), "", "campaign", 0, amount)
        yield Charge(*_pocket(giver), "", "campaign_given", 0, -amount)


def _pocket(party: str) -> tuple[str, str]:
    """The book and the party that money of somebody is booked with: the operator's is his margin."""
    return (MARGIN, OPERATOR) if party in ("", OPERATOR) else (ACCOUNT, party)


def _opposite(part: Part) -> Part:
    return Part(part.payer, -part.points, part.rate, part.cost)
