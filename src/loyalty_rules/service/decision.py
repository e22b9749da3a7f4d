"""A decision as its reader sees it: what an event gave, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from loyalty_rules.domain.effects import Effect, Value
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Outcome, Refusal, Trace
from loyalty_rules.engine.sharing import Shared, given_back

if TYPE_CHECKING:
    from loyalty_rules.service.explanation import Explanation
    from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Decision:
    """What deciding one event came to. Equal when rule set, event, state before and outcome are.

    It holds its rule set: what a caller keeps of it are ``state`` and ``effects``. A return is judged by
    the ``rules`` of its order; ``today`` are then those in force, by which levels are read (None: the same).
    """

    rules: RuleSet = field(repr=False)
    event: Event
    before: MemberState = field(repr=False)
    outcome: Outcome
    today: RuleSet | None = field(default=None, repr=False, compare=False)

    @property
    def status(self) -> Literal["decided", "refused", "not_yet_decided"]:
        """``decided``; ``refused`` (see ``refusal``; nothing changes); ``not_yet_decided`` for a kind of
        event that this version accepts without deciding it."""
        return self.outcome.status

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Everything that changes, in order: first what fell due before the event. ``apply`` folds them into
        a state."""
        return self.outcome.all_effects

    @property
    def judged(self) -> MemberState:
        """The member's state when the event was judged: after everything that fell due before it."""
        passed = self.outcome.passed
        return passed[-1].state if passed else self.before

    @property
    def state(self) -> MemberState:
        """The member's state afterwards, without what all members share."""
        state = self.outcome.state
        return state if state.shared is None else given_back(state)[0]

    @property
    def shared(self) -> Shared | None:
        """What all members have used of budgets, afterwards; None where nobody said what they had used."""
        return self.outcome.state.shared

    @property
    def points(self) -> Mapping[str, int | Decimal]:
        """Points given, by program: whole numbers, or exact decimals for a program with a ``scale``."""
        given, scales = self.outcome.points or {}, self.rules.plan.index.scales
        units = {**dict.fromkeys(scales, 0), **given}
        if self.today is not None:
            scales = {**self.today.plan.index.scales, **scales}
        return points_by_program(scales, units.items())

    @property
    def facts(self) -> Mapping[str, Value]:
        """Every value of the member's state that was read, by name."""
        return self.outcome.facts or MappingProxyType({})

    @property
    def trace(self) -> tuple[Trace, ...]:
        """What became of each rule, in canonical order."""
        return self.outcome.trace

    @property
    def refusal(self) -> Refusal | None:
        """Why the event was refused: a stable code, a path into the event, a sentence."""
        return self.outcome.refusal

    def explain(self) -> Explanation:
        """Why each rule gave what it gave; ``print`` shows it as text."""
        from loyalty_rules.service.explain import explain

        return explain(self)


def points_by_program(
    scales: Mapping[str, int], units: Iterable[tuple[str, int]]
) -> Mapping[str, int | Decimal]:
    """Points by program from units of their scales; programs of which nobody knows the scale are left out."""
    return MappingProxyType(dict(told_points(scales, tuple(units))))


def told_points(
    scales: Mapping[str, int], units: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int | Decimal], ...]:
    """The same as pairs. Most programs have no scale: then they are what they were."""
    for name, _ in units:
        if scales.get(name) != 0:
            known = [one for one in units if one[0] in scales]
            return tuple([(name, in_points(own, scales[name])) for name, own in known])
    return units


def in_points(units: int, scale: int) -> int | Decimal:
    """Points of a program from units of its scale: 894 at scale 2 is 8.94."""
    return units if scale == 0 else Decimal(units).scaleb(-scale)
