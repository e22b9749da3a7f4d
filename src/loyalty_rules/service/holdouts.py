"""What members do whom rules leave out, beside what all others do: the measure of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.domain.days import Days
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.holdout import Holdout, is_held_out
from loyalty_rules.engine.model import Model
from loyalty_rules.engine.number import Number, whole


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group of a comparison: its ``members`` (everybody for whom anything was ever booked), how many of
    them bought anything within the days that were asked for, their ``orders`` and what they spent in minor
    units, net of returns."""

    members: int = 0
    buyers: int = 0
    orders: Number = 0
    spend_minor: Number = 0

    @property
    def per_member_minor(self) -> Fraction:
        """What a member of it spent on average."""
        return Fraction(self.spend_minor) / self.members if self.members else Fraction(0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whom a name holds out beside whom it does not. Where rules of one name leave out several shares there
    is one for each."""

    name: str
    share: Fraction
    rules: tuple[str, ...]
    held_out: GroupFigures
    others: GroupFigures


def holdouts_of(model: Model) -> dict[Holdout, tuple[str, ...]]:
    """The groups that rules leave out, by name and share, each with these rules."""
    found: dict[Holdout, tuple[str, ...]] = {}
    for rule in sorted(model.rules, key=lambda rule: rule.id):
        if rule.holdout is not None:
            found[rule.holdout] = (*found.get(rule.holdout, ()), rule.id)
    return dict(sorted(found.items(), key=lambda one: (one[0].name, one[0].share)))


def compared(
    model: Model, states: Iterable[MemberState], first: int, after: int
) -> Iterator[Comparison]:
    """What the groups did on the local days from ``first`` up to ``after`` (excluded)."""
    holdouts = holdouts_of(model)
    figures = {(one, out): GroupFigures() for one in holdouts for out in (False, True)}
    for state in states:
        orders = _within(state, "orders", first, after)
        spend = _within(state, "spend", first, after)
        for one in holdouts:
            place = one, is_held_out(one, state.member)
            had = figures[place]
            figures[place] = GroupFigures(
                had.members + 1,
                had.buyers + (orders > 0),
                whole(had.orders + orders),
                whole(had.spend_minor + spend),
            )
    for one, rules in holdouts.items():
        yield Comparison(one.name, one.share, rules, figures[one, True], figures[one, False])


def _within(state: MemberState, counter: str, first: int, after: int) -> Number:
    return whole(Days.of(state.counters.get(counter)).total_between(first, after))
