"""What an award is worth, exact and unrounded: rate x factor x quantity, and where on the order it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

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


@dataclass(frozen=True, slots=True)
class Worth:
    """``unit`` points for each unit of weight of ``parts``, in one segment of the order.

    ``of_order``: a constant or stepped award. It belongs to the order when points are rounded by line; its
    parts only say on which lines a multiplier finds it.
    """

    award: Award
    segment: int
    unit: Number
    parts: tuple[Part, ...]
    of_order: bool

    @property
    def points(self) -> Number:
        """Unrounded points, in points."""
        return whole(self.unit * total(part.weight for part in self.parts))


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
    rates = [award.factor * evaluated(award.rate, stretch.facts) for stretch in stretches]
    if award.quantity.whole:
        return _stepped(award, award.quantity, rates, stretches)
    return _linear(award, award.quantity, rates, stretches)


def _opaque(award: Award, stretch: Stretch) -> Worth:
    """A plugin's whole points, which its wrapper has checked."""
    case = stretch.facts.case
    units = evaluated(award.rate, stretch.facts)
    unit = ratio(Fraction(units), 10 ** case.plan.index.accounts[award.program].scale)
    return Worth(award, stretch.facts.segment.number, unit, (Part(None, None, 1),), True)


def _constant(award: Award, stretches: Sequence[Stretch]) -> list[Worth]:
    """Given once, at the rate of the first segment in which the rule fires, and laid on the lines of all
    of them by the money that the program's basis leaves of these lines."""
    first = stretches[0].facts
    points = award.factor * evaluated(award.rate, first)
    if award.role == "bonus":  # nothing multiplies it, so it need not lie anywhere
        return [Worth(award, first.segment.number, points, (Part(None, None, 1),), True)]
    known = eligible(first, award.program) is not None
    money = Term(Fraction(1), "eligible" if known else "amount", award.program)
    return _laid(award, points, [(stretch, line_parts(money, stretch)) for stretch in stretches])


def _linear(
    award: Award, quantity: Quantity, rates: Sequence[Number], stretches: Sequence[Stretch]
) -> list[Worth]:
    found = []
    counted: Number = 0
    for rate, stretch in zip(rates, stretches, strict=True):
        unit = whole(Fraction(rate) / quantity.per)
        parts = _line_parts(quantity, stretch)
        rest = total(of_order(term, stretch) for term in quantity.of if not has_lines(term))
        counted += total(part.weight for part in parts) + rest
        if parts:
            found.append(Worth(award, stretch.facts.segment.number, unit, tuple(parts), False))
        if rest:
            found.extend(_laid(award, unit * rest, [(stretch, parts)]))
    _check_minimum(quantity, Fraction(counted) / quantity.per)
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
    begun = steps_before = reached // quantity.per
    for rate, stretch in zip(rates, stretches, strict=True):
        parts = _line_parts(quantity, stretch)
        reached += total(part.weight for part in parts)
        reached += total(of_order(term, stretch) for term in quantity.of if not has_lines(term))
        steps = reached // quantity.per - steps_before
        steps_before += steps
        if steps > 0:
            found.extend(_laid(award, rate * steps, [(stretch, parts)]))
    _check_minimum(quantity, steps_before - begun)
    return found


def _check_minimum(quantity: Quantity, counted: Number) -> None:
    if quantity.at_least is not None and counted < quantity.at_least:
        raise BelowMinimumError


def _line_parts(quantity: Quantity, stretch: Stretch) -> list[Part]:
    return [part for term in quantity.of if has_lines(term) for part in line_parts(term, stretch)]


def _laid(
    award: Award, points: Number, places: Sequence[tuple[Stretch, Sequence[Part]]]
) -> list[Worth]:
    """Points of the order as a whole, laid on its lines by ``parts``: equally if these weigh nothing."""
    weight = total(part.weight for _, parts in places for part in parts)
    if weight <= 0:
        places = [(stretch, _equal_parts(stretch)) for stretch, _ in places]
        weight = total(part.weight for _, parts in places for part in parts)
    unit = ratio(Fraction(points), weight)
    return [
        Worth(award, stretch.facts.segment.number, unit, tuple(parts), True)
        for stretch, parts in places
    ]


def _equal_parts(stretch: Stretch) -> list[Part]:
    """Every line the same. An event without lines, and lines of which nothing is kept, count as one."""
    tenders, segment = stretch.facts.choice.tenders, stretch.facts.segment
    lines = [Part(line, tenders, segment.fraction(line)) for line in stretch.lines()]
    return lines or [Part(None, tenders, 1)]


__all__ = ["BelowMinimumError", "UnknownError", "Worth", "worths"]
