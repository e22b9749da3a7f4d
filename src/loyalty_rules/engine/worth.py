"""What an award is worth, exact and unrounded: rate x factor x quantity, and where on the order it lies."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from loyalty_rules.engine.facts import eligible
from loyalty_rules.engine.model import Award, Quantity, Term
from loyalty_rules.engine.number import Number, number_of, ratio, total, whole
from loyalty_rules.engine.quantities import (
    Part,
    Stretch,
    UnknownError,
    evaluated,
    has_lines,
    line_parts,
    of_order,
)


class Worth(NamedTuple):
    """``points`` (unrounded) of an award in one segment of the order: ``unit`` for each unit of weight of
    ``parts``.

    ``of_order``: a constant or stepped award. It belongs to the order when points are rounded by line; its
    parts only say on which lines a multiplier finds it.
    """

    award: Award
    segment: int
    unit: Number
    parts: tuple[Part, ...]
    of_order: bool
    points: Number


_NOWHERE: Final = (Part(None, None, 1),)
"""Where points of the order lie that nothing multiplies: bonuses need no place on its lines."""


_WITHOUT_PLACE: Final = ("bonus", "benefit")
"""Roles that no multiplier acts on."""


def _worth(
    award: Award, stretch: Stretch, unit: Number, parts: Sequence[Part], of_order: bool
) -> Worth:
    points = whole(unit * sum([part.weight for part in parts]))
    segment = stretch.facts.segment.number
    return Worth(award, segment, unit, tuple(parts), of_order, points)


class BelowMinimumError(Exception):
    """The quantity of an award is below what it asks for. Never leaves the engine."""


def worths(award: Award, stretches: Sequence[Stretch]) -> list[Worth]:
    """What an award (no multiplier) gives over the segments in which its rule fired.

    Errors: `UnknownError`, `BelowMinimumError`.
    """
    if award.role == "opaque":
        return [_opaque(award, stretches[0])]
    if award.quantity is None:
        return _constant(award, stretches)
    rates = [_rate(award, stretch) for stretch in stretches]
    if award.quantity.whole:
        return _stepped(award, award.quantity, rates, stretches)
    return _linear(award, award.quantity, rates, stretches)


def _opaque(award: Award, stretch: Stretch) -> Worth:
    """A plugin's whole points, which its wrapper has checked; as often as a challenge was reached."""
    case = stretch.facts.case
    times = 1 if award.quantity is None else _rest(award.quantity, stretch)
    units = evaluated(award.rate, stretch.facts) * times
    unit = ratio(units, 10 ** case.plan.index.accounts[award.program].scale)
    return _worth(award, stretch, unit, _NOWHERE, True)


def _rate(award: Award, stretch: Stretch) -> Number:
    return whole(award.factor) * evaluated(award.rate, stretch.facts)


def _constant(award: Award, stretches: Sequence[Stretch]) -> list[Worth]:
    """Given once, at the rate of the first segment in which the rule fires, and laid on the lines of all
    of them by the money that the program's basis leaves of these lines."""
    points = _rate(award, stretches[0])
    if award.role in _WITHOUT_PLACE:
        return [_worth(award, stretches[0], points, _NOWHERE, True)]
    known = eligible(stretches[0].facts, award.program) is not None
    money = Term(Fraction(1), "eligible" if known else "amount", award.program)
    return _laid(award, points, [(stretch, line_parts(money, stretch)) for stretch in stretches])


def _linear(
    award: Award, quantity: Quantity, rates: Sequence[Number], stretches: Sequence[Stretch]
) -> list[Worth]:
    found = []
    counted: Number = 0
    for rate, stretch in zip(rates, stretches, strict=True):
        unit = ratio(rate, whole(quantity.per))
        parts = _line_parts(quantity, stretch)
        rest = _rest(quantity, stretch)
        counted += sum([part.weight for part in parts]) + rest
        if parts:
            found.append(_worth(award, stretch, unit, parts, False))
        if rest:
            found.extend(_laid(award, unit * rest, [(stretch, parts)]))
    _check_minimum(quantity, counted)
    return found


def _stepped(
    award: Award, quantity: Quantity, rates: Sequence[Number], stretches: Sequence[Stretch]
) -> list[Worth]:
    """Whole steps. Over several segments (and earlier orders, if carried) the steps run on: each is paid at
    the rate of the segment in which it becomes full."""
    found = []
    reached: Number = 0
    if quantity.carried is not None:
        reached = number_of(stretches[0].facts[quantity.carried]) or 0
    per = whole(quantity.per)
    begun, steps_before = reached, reached // per
    for rate, stretch in zip(rates, stretches, strict=True):
        parts = _line_parts(quantity, stretch)
        reached += sum([part.weight for part in parts]) + _rest(quantity, stretch)
        steps = reached // per - steps_before
        steps_before += steps
        if steps > 0:
            found.extend(_laid(award, rate * steps, [(stretch, parts)]))
    _check_minimum(quantity, reached - begun)
    return found


def _check_minimum(quantity: Quantity, counted: Number) -> None:
    if quantity.at_least is not None and counted < quantity.at_least * quantity.per:
        raise BelowMinimumError


def _line_parts(quantity: Quantity, stretch: Stretch) -> list[Part]:
    return [part for term in quantity.of if has_lines(term) for part in line_parts(term, stretch)]


def _rest(quantity: Quantity, stretch: Stretch) -> Number:
    """What is counted once, not line by line."""
    return total([of_order(term, stretch) for term in quantity.of if not has_lines(term)])


def _laid(
    award: Award, points: Number, places: Sequence[tuple[Stretch, Sequence[Part]]]
) -> list[Worth]:
    """Points of the order as a whole, laid on its lines by ``parts``: equally if these weigh nothing."""
    if award.role in _WITHOUT_PLACE:
        return [_worth(award, places[0][0], points, _NOWHERE, True)]
    weight = total([part.weight for _, parts in places for part in parts])
    if weight <= 0:
        places = [(stretch, _equal_parts(stretch)) for stretch, _ in places]
        weight = total([part.weight for _, parts in places for part in parts])
    unit = ratio(points, weight)
    return [_worth(award, stretch, unit, parts, True) for stretch, parts in places]


def _equal_parts(stretch: Stretch) -> list[Part]:
    """Every line the same. An event without lines, and lines of which nothing is kept, count as one."""
    tenders, segment = stretch.facts.choice.tenders, stretch.facts.segment
    lines = [Part(line, tenders, segment.fraction(line)) for line in stretch.lines()]
    return lines or [Part(None, tenders, 1)]


__all__ = ["BelowMinimumError", "UnknownError", "Worth", "worths"]
