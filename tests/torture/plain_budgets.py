"""What all members share in the plain model: points that a campaign may give, and mugs in stock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from tests.torture.policies import Budget, Policy

POINTS = "points"
STOCK = "stock"
Box = tuple[int, int]


@dataclass
class Shared:
    """How much of each budget is used up, by the boxes in which it counts."""

    policy: Policy
    used: Counter[tuple[str, Box]] = field(default_factory=Counter)

    def room(self, name: str, day: date) -> int | None:
        """What a budget has left on a day; None if there is none."""
        budget = self._budget(name)
        return None if budget is None else max(0, budget.cap - self.used[name, _box(budget, day)])

    def use(self, name: str, day: date, amount: int) -> None:
        """Use so much up."""
        if (budget := self._budget(name)) is not None:
            self.used[name, _box(budget, day)] += amount

    def give_back(self, name: str, day: date, amount: int) -> None:
        """So much of what was used on a day comes back."""
        budget = self._budget(name)
        if budget is not None and budget.counts == "net":
            self.used[name, _box(budget, day)] -= amount

    def total(self) -> dict[str, int]:
        """All that is used up, by budget."""
        found: Counter[str] = Counter()
        for (name, _), amount in self.used.items():
            found[name] += amount
        return {name: amount for name, amount in found.items() if amount}

    def _budget(self, name: str) -> Budget | None:
        return self.policy.budget if name == POINTS else self.policy.stock


def trimmed(budget: Budget | None, points: int, room: int | None) -> int:
    """What a budget with so much room leaves of points."""
    if budget is None or room is None or points <= room:
        return points
    return 0 if budget.over == "skip" else room


def _box(budget: Budget, day: date) -> Box:
    return (day.year, day.month) if budget.per == "month" else (0, 0)
