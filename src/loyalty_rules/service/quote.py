"""A quote as its reader sees it: what is proposed, what it costs and saves, and what bounds each reward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from loyalty_rules.base.screen import printable
from loyalty_rules.domain.event import Event
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.engine.quoting import Option, Quoted
from loyalty_rules.service.decision import points_by_program
from loyalty_rules.service.wording import Words

if TYPE_CHECKING:
    from loyalty_rules.service.rule_set import RuleSet

_WHY: Final[Mapping[str, str]] = {
    "condition_false": "its condition is not met",
    "outside_during": "it is not open at this time",
    "no_items": "nothing in the cart is what it is for",
    "no_cart": "it depends on the cart, and none was sent",
    "no_table_row": "a table has no row for it",
    "zero": "it gives nothing here",
    "below_minimum_points": "too few points can be used here for `at_least`",
    "insufficient_points": "the member has too few points",
}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a member could take at one instant: of the sets worth most the one that costs fewest points.

    ``is_exact`` is false if there were too many sets to look at all; the best one found is proposed then.
    """

    rules: RuleSet = field(repr=False)
    cart: Event
    quoted: Quoted

    @property
    def take(self) -> Mapping[str, int]:
        """The units that are proposed, by reward: what a redemption says under ``take``."""
        return MappingProxyType({one.reward: one.units for one in self.quoted.options if one.units})

    @property
    def points(self) -> Mapping[str, int | Decimal]:
        """The points that it costs, by program."""
        units: dict[str, int] = {}
        for one in self.quoted.options:
            if one.points:
                units[one.program] = units.get(one.program, 0) + one.points
        return points_by_program(self.rules.plan.index.scales, units.items())

    @property
    def worth_minor(self) -> int:
        """What it is worth, in minor units."""
        return self.quoted.worth_minor

    @property
    def options(self) -> tuple[Option, ...]:
        """Every reward, by id."""
        return self.quoted.options

    @property
    def is_exact(self) -> bool:
        """Whether every set was looked at that could be better."""
        return self.quoted.is_exact

    @property
    def refusal(self) -> Refusal | None:
        """Why nothing could be quoted for this cart: a stable code, a path into it, a sentence."""
        return self.quoted.refusal

    def __str__(self) -> str:
        return "\n".join(printable(line) for line in self._text())

    def as_json(self) -> dict[str, object]:
        """The quote as plain data, for ``json.dumps``; money in minor units, points exact."""
        refusal, cash = self.refusal, self.quoted.cash_minor
        return {
            "member": self.cart.member,
            "refusal": None
            if refusal is None
            else {"code": refusal.code, "path": refusal.path, "reason": refusal.reason},
            "take": dict(self.take),
            "points": {name: _plain(points) for name, points in self.points.items()},
            "worth_minor": self.worth_minor,
            "cash_minor": None if cash is None else int(cash),
            "exact": self.is_exact,
            "rewards": [self._option(one) for one in self.options],
        }

    def _option(self, one: Option) -> dict[str, object]:
        return {
            "reward": one.reward,
            "units": one.units,
            "units_most": one.units_most,
            "worth_minor": one.worth_minor,
            "binding": list(one.binding),
            "reason": one.reason,
            "detail": one.detail,
        }

    def _text(self) -> Iterator[str]:
        words = Words(self.rules.plan)
        if self.refusal is not None:
            yield f"refused, {self.refusal.code} at `{self.refusal.path}`: {self.refusal.reason}"
            return
        taken = [f"{units} x {name}" for name, units in self.take.items()]
        costs = [f"{points} {name}" for name, points in self.points.items()]
        if taken:
            worth = words.amount(self.worth_minor)
            yield f"take {', '.join(taken)} for {' and '.join(costs)}, worth {worth}"
        else:
            yield "nothing that is worth money can be taken"
        if self.quoted.cash_minor is not None:
            yield f"left to pay: {words.amount(self.quoted.cash_minor)}"
        if not self.is_exact:
            yield "there are too many sets to look at all: a better one may exist"
        for one in self.options:
            yield from self._option_text(one)

    def _option_text(self, one: Option) -> Iterator[str]:
        yield ""
        yield one.reward
        if one.reason:
            yield f"    not now: {_WHY.get(one.reason, _other(one))}"
        else:
            yield f"    {one.units} proposed, at most {one.units_most}"
        if one.binding:
            yield f"    bound by {', then '.join(f'`{word}`' for word in one.binding)}"


def _other(one: Option) -> str:
    return (
        f"`{one.detail}` leaves too little"
        if one.reason == "not_enough"
        else f"missing: {one.detail}"
    )


def _plain(points: int | Decimal) -> int | str:
    return points if isinstance(points, int) else str(points)
