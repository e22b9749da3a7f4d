"""What of a refund goes back as points: of an order that was paid with points in part, as ``returns.spent``
of their program says. The points come back to the lots from which the redemption took them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from loyalty_rules.base.records import replace
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import CounterAdded, Effect
from loyalty_rules.domain.event import Event, Tender
from loyalty_rules.domain.order_record import Added, BookedOrder
from loyalty_rules.domain.redemption_record import BookedRedemption, SpentLot
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Outcome, Plan, Trace
from loyalty_rules.engine.remainder import weigh_remainder
from loyalty_rules.engine.restoring import restore
from loyalty_rules.engine.return_lines import left_after

How = Literal["proportional", "points_first", "cash_first"]


@dataclass(frozen=True, slots=True)
class PointsBack:
    """``minor`` is the money of a refund that goes back as points; ``state`` is the member's after they came
    back, ``redemptions`` are the records that changed."""

    state: MemberState
    minor: Number = 0
    effects: tuple[Effect, ...] = ()
    points: Mapping[str, int] = field(default_factory=dict)
    traces: tuple[Trace, ...] = ()
    redemptions: tuple[BookedRedemption, ...] = ()

    def joined(self, outcome: Outcome) -> Outcome:
        """The outcome of a return, made on top of this, as one."""
        if not self.minor:
            return outcome
        points = dict(outcome.points or {})
        for program, units in self.points.items():
            points[program] = points.get(program, 0) + units
        return replace(
            outcome,
            effects=(*self.effects, *outcome.effects),
            points=MappingProxyType(points),
            facts=MappingProxyType({**(outcome.facts or {}), "~refund_points_minor": self.minor}),
            trace=(*outcome.trace, *self.traces),
            redemptions=self.redemptions,
        )


def paid_with(order: BookedOrder) -> tuple[str, ...]:
    """The redemptions by whose points an order was paid."""
    tenders = order.purchase.tenders or ()
    return tuple(dict.fromkeys(one.redemption for one in tenders if one.redemption))


def points_back(
    plan: Plan,
    state: MemberState,
    event: Event,
    order: BookedOrder,
    redemptions: Sequence[BookedRedemption],
) -> PointsBack:
    """What of the refund of a return goes back as points, under ``plan``. Of a redemption whose record is not
    there, the money is told and nothing comes back.

    Errors: refused as `left_after` does.
    """
    tenders = order.purchase.tenders
    if tenders is None or not any(_is_points(one) for one in tenders):
        return PointsBack(state)
    rest = weigh_remainder(plan, order, left_after(event, order))
    parts = _Parts(plan, order, redemptions)
    before, after = parts.back(1 - rest.part_before), parts.back(1 - rest.part)
    part = sum(now - then for then, now in zip(before, after, strict=True))
    came = Fraction(rest.part_before) - Fraction(rest.part)
    if not part or not came:
        return PointsBack(state)
    found = PointsBack(state, whole(rest.refund_minor * part / came))
    number = 1
    for one in redemptions:
        if one.member != order.purchase.member or one.cancelled:
            continue
        was, is_now = parts.of(one, before), parts.of(one, after)
        found = _restored(plan, event, found, one, was, is_now, number)
        number += len(one.spent)
    return found


def _is_points(tender: Tender) -> bool:
    return tender.type == "points" or tender.redemption is not None


@dataclass(frozen=True, slots=True)
class _Parts:
    """The means of payment of an order, as parts of its money that sum to 1."""

    plan: Plan
    order: BookedOrder
    redemptions: Sequence[BookedRedemption]

    @property
    def tenders(self) -> tuple[Tender, ...]:
        return self.order.purchase.tenders or ()

    def parts(self) -> list[Fraction]:
        """How much of the order each paid."""
        paid = sum(Fraction(one.amount) for one in self.tenders)
        return [Fraction(one.amount) / paid if paid else Fraction(0) for one in self.tenders]

    def back(self, returned: Number) -> list[Fraction]:
        """How much of the order went back by each means that is points, when so much of it was returned:
        ``points_first`` before all others, ``cash_first`` after them, the rest in proportion."""
        parts = self.parts()
        hows = [self._how(one) for one in self.tenders]
        found = [Fraction(0)] * len(parts)
        left = Fraction(returned)
        for how in ("points_first", "proportional", "cash_first"):
            own = [i for i, one in enumerate(hows) if one == how]
            size = sum((parts[i] for i in own), Fraction(0))
            now = min(left, size)
            for i in own:
                found[i] = now * parts[i] / size if size else Fraction(0)
            left -= now
        return [
            part if _is_points(one) else Fraction(0)
            for part, one in zip(found, self.tenders, strict=True)
        ]

    def _how(self, tender: Tender) -> How:
        record = next(
            (one for one in self.redemptions if one.redemption == tender.redemption), None
        )
        if not _is_points(tender) or record is None or not record.programs:
            return "proportional"
        account = self.plan.index.accounts.get(record.programs[0])
        return "proportional" if account is None else account.paid_back

    def of(self, redemption: BookedRedemption, back: Sequence[Fraction]) -> Fraction:
        """How much of what a redemption paid went back, 0 to 1."""
        own = [i for i, one in enumerate(self.tenders) if one.redemption == redemption.redemption]
        parts = self.parts()
        paid = sum((parts[i] for i in own), Fraction(0))
        return sum((back[i] for i in own), Fraction(0)) / paid if paid else Fraction(0)


def _restored(
    plan: Plan,
    event: Event,
    found: PointsBack,
    redemption: BookedRedemption,
    before: Fraction,
    after: Fraction,
    number: int,
) -> PointsBack:
    """The points that come back to one redemption: what was taken last comes back first."""
    back = [0] * len(redemption.spent)
    for program in redemption.programs:
        points = redemption.points(program)
        wanted = round_exact(points * after, "floor") - round_exact(points * before, "floor")
        for i in reversed(range(len(back))):
            one = redemption.spent[i]
            if one.program == program:
                back[i] = min(wanted, one.gone)
                wanted -= back[i]
    restored = restore(plan, found.state, event, redemption, back, number)
    entries, changes = _less_spent(redemption.added, redemption.spent, restored.spent)
    effects = (*restored.effects, *changes)
    gained = dict(found.points)
    for program, units in restored.points.items():
        gained[program] = gained.get(program, 0) + units
    return PointsBack(
        fold(restored.state, changes),
        found.minor,
        (*found.effects, *effects),
        gained,
        (*found.traces, *restored.traces),
        (*found.redemptions, replace(redemption, spent=restored.spent, added=entries)),
    )


def _less_spent(
    added: Sequence[Added], before: Sequence[SpentLot], after: Sequence[SpentLot]
) -> tuple[tuple[Added, ...], tuple[CounterAdded, ...]]:
    """What a redemption adds to counters of spent points from now on, and the corrections."""
    less: dict[str, int] = {}
    for then, now in zip(before, after, strict=True):
        key = f"{now.program}.spent"
        less[key] = less.get(key, 0) + now.restored - then.restored
    entries = tuple(
        replace(one, value=whole(one.value - less.get(one.counter, 0))) for one in added
    )
    return tuple(one for one in entries if one.value), tuple(_corrections(added, less))


def _corrections(added: Sequence[Added], less: Mapping[str, int]) -> Iterator[CounterAdded]:
    for one in added:
        if less.get(one.counter):
            yield CounterAdded(one.counter, "sum", one.day, -less[one.counter])
