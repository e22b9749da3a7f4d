"""Multipliers: the extra that they give on the points of the same event, on the lines and tenders that
their rules chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from loyalty_rules.engine.basis import Tenders
from loyalty_rules.engine.candidates import Candidate, Times
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number, positive, ratio
from loyalty_rules.engine.order import Order
from loyalty_rules.engine.shares import Portion
from loyalty_rules.engine.worth import Worth


@dataclass(frozen=True, slots=True)
class Base:
    """An award that is multiplied, and the place of its rule."""

    place: int
    worth: Worth


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A multiplier, the place of its rule in canonical order, and what it adds as a multiple of the base."""

    place: int
    times: Times
    lines: frozenset[int]
    extra: Number

    def reaches(self, line: int | None) -> bool:
        """Whether it acts on a line. What lies on no line is the event itself."""
        return line is None or line in self.lines

    def added(self, line: int | None) -> Number:
        """What it adds on a line, as a multiple of the base. A cap on what it counts leaves it a part of the
        line, and so a part of its extra."""
        kept = self.times.stretch.kept
        return self.extra if kept is None or line is None else self.extra * kept.get(line, 0)


def multipliers(candidates: Iterable[Candidate], program: str) -> list[Multiplier]:
    """The multipliers on a program, in canonical order."""
    return [
        Multiplier(
            candidate.place,
            times,
            frozenset(times.stretch.facts.choice.lines),
            times.times - 1,
        )
        for candidate in candidates
        for times in candidate.times
        if times.award.program == program
    ]


def bases(candidates: Iterable[Candidate], program: str) -> list[Base]:
    """The awards of a program that multipliers act on."""
    return [
        Base(candidate.place, worth)
        for candidate in candidates
        for worth in candidate.worths
        if worth.award.program == program and worth.award.role == "points"
    ]


def finds_something(multiplier: Multiplier, on: Iterable[Base]) -> bool:
    """Whether any award lies on lines and means of payment that the multiplier reaches."""
    tenders = multiplier.times.stretch.facts.choice.tenders
    return any(
        multiplier.reaches(part.line)
        and (tenders is None or part.tenders is None or tenders & part.tenders)
        for base in on
        if base.worth.segment == _segment(multiplier)
        for part in base.worth.parts
    )


def extras(
    case: Case, account: LotAccount, on: Sequence[Base], by: Sequence[Multiplier]
) -> Iterator[Portion]:
    """What multipliers add to awards, by line."""
    for base in on:
        acting = [one for one in by if _segment(one) == base.worth.segment]
        if not acting:
            continue
        for reach, weight in _reached(case, account, base.worth, acting).items():
            points = base.worth.unit * weight
            for place, added in _joined(account, reach.acting):
                yield Portion(place, base.place, reach.line, points * added, extra=True)


class _Reach(NamedTuple):
    """What has one bucket and the same multipliers, with their places and what they add, lies together."""

    line: int | None
    acting: tuple[tuple[int, Number], ...]


def _reached(
    case: Case, account: LotAccount, worth: Worth, acting: Sequence[Multiplier]
) -> dict[_Reach, Number]:
    """The weight of an award's parts by what acts on them."""
    by_line = account.at == "line" and not worth.of_order
    found: dict[_Reach, Number] = {}
    cuts: dict[object, list[_Cut]] = {}  # lines that the same multipliers reach are cut alike
    for part in worth.parts:
        reaching = [one for one in acting if one.reaches(part.line)]
        alike = (part.tenders, tuple(one.place for one in reaching))
        if alike not in cuts:
            cuts[alike] = _cut_by_tenders(case.lines_order, part.tenders, reaching)
        for share, together in cuts[alike]:
            adding = [(one.place, one.added(part.line)) for one in together]
            above = tuple(one for one in adding if positive(one[1]))
            reach = _Reach(part.line if by_line else None, above)
            found[reach] = found.get(reach, 0) + part.weight * share
    return found


def _segment(multiplier: Multiplier) -> int:
    return multiplier.times.stretch.facts.segment.number


class _Cut(NamedTuple):
    """The share of a part that was paid with means on which the same multipliers act."""

    share: Number
    together: Sequence[Multiplier]


def _cut_by_tenders(order: Order, own: Tenders, reaching: Sequence[Multiplier]) -> list[_Cut]:
    """What was paid with ``own`` cut by which multipliers act on it. Of a free order every one acts that
    chose any of its means of payment."""
    chosen = [one.times.stretch.facts.choice.tenders for one in reaching]
    if order.tenders is None or all(_includes(one, own) for one in chosen):
        return [_Cut(1, reaching)]
    paid: dict[tuple[int, ...], int] = {}
    for i in range(len(order.tenders)) if own is None else sorted(own):
        acting = tuple(k for k, one in enumerate(chosen) if one is None or i in one)
        paid[acting] = paid.get(acting, 0) + order.tenders[i].amount
    everything = sum(paid.values())
    if everything == 0:
        any_of_them = sorted({k for acting in paid for k in acting})
        return [_Cut(1, [reaching[k] for k in any_of_them])]
    return [
        _Cut(ratio(amount, everything), [reaching[k] for k in acting])
        for acting, amount in paid.items()
    ]


def _includes(tenders: Tenders, own: Tenders) -> bool:
    return tenders is None or (own is not None and own <= tenders)


def _joined(
    account: LotAccount, acting: Sequence[tuple[int, Number]]
) -> Iterator[tuple[int, Number]]:
    """What each of several multipliers adds, by its place, where they act together."""
    if not acting:
        return
    if account.multipliers == "best":
        acting = [max(acting, key=lambda one: one[1])]  # of equals the first: canonical order
    elif account.multipliers == "highest_priority":
        acting = acting[:1]
    apart = together = sum([added for _, added in acting])
    if account.multipliers == "multiply":
        together = prod([1 + added for _, added in acting]) - 1
    if account.multiplier_at_most is not None:
        together = min(together, account.multiplier_at_most - 1)
    share = ratio(together, apart)
    for place, added in acting:
        yield place, added * share
