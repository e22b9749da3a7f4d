"""Levels in the plain model: figures by day, and for how long a level lasts that they no longer meet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from tests.torture.plain_days import ONE_DAY, box_of
from tests.torture.policies import Policy

Figures = defaultdict[date, Fraction]


def _figures() -> Figures:
    return defaultdict(Fraction)


@dataclass
class Levels:
    """A member's figures and where he stands (0 is the lowest level).

    ``spent`` and ``orders`` are net of what came back; ``back`` and ``orders_back`` are that, on the days of
    the purchases. ``lasts`` is the last day of each level that is kept for a time; ``fell`` the last day of
    levels that a fall gave.
    """

    policy: Policy
    spent: Figures = field(default_factory=_figures)
    orders: Figures = field(default_factory=_figures)
    back: Figures = field(default_factory=_figures)
    orders_back: Figures = field(default_factory=_figures)
    lasts: dict[int, date] = field(default_factory=dict)
    fell: dict[int, date] = field(default_factory=dict)
    stands: int = 0
    day: date | None = None

    @property
    def is_kept(self) -> bool:
        """Whether a level is kept for a time; else it is what the figures say on the day."""
        return (self.policy.through, self.policy.then) not in (
            ("window", ""),
            ("window", "requalify"),
        )

    def bought(self, day: date, amount_minor: int) -> None:
        """An order of a day counts."""
        self.spent[day] += amount_minor
        self.orders[day] += 1
        self._settle(day)

    def came_back(self, of: date, amount_minor: Fraction, whole: bool, day: date) -> None:
        """A part of an order of the day ``of`` came back on ``day``; ``whole``: nothing of it is left."""
        for net, back, less in (
            (self.spent, self.back, amount_minor),
            (self.orders, self.orders_back, Fraction(whole)),
        ):
            net[of] -= less
            back[of] += less
        if self.policy.on_return == "immediate":
            self.back.clear()
            self.orders_back.clear()
            self.stands = 0
            if self.is_kept:
                self._measure_again(day)
        self._settle(day)

    def pass_to(self, day: date) -> None:
        """Every day that begins until then."""
        at = self.day or day
        while at < day:
            at += ONE_DAY
            if self.stands:
                self._begin(at)
        self.day = day

    def _begin(self, day: date) -> None:
        """A day begins: time lowers a level, and never raises it."""
        if not self.is_kept:
            self.stands = min(self.stands, max(self._met(day), self._met_with_back(day)))
            return
        running = self._running(day)
        if running >= self.stands:
            return
        below = self.stands - 1
        if self.policy.then == "one_down" and below > running:
            self.fell[below] = box_of(day, self.policy.window)[1]
            running = below
        elif self.policy.then == "bottom":
            self.lasts.clear()
            self.fell.clear()
            running = self._met(day)
            self._note(running, day)
        self.stands = running

    def _settle(self, day: date) -> None:
        """Something happened on a day."""
        self.day = day
        if not self.is_kept:
            self.stands = max(self._met(day), min(self._met_with_back(day), self.stands))
            return
        self._note(self._met(day), day)
        self.stands = self._running(day)

    def _note(self, level: int, day: date) -> None:
        """A level is met on a day, and with it all below."""
        for one in range(1, level + 1):
            self.lasts[one] = max(self.lasts.get(one, day), self._end(day))

    def _measure_again(self, day: date) -> None:
        """Each level lasts as long as the boxes say in which the figures that are left meet it."""
        for level, known in list(self.lasts.items()):
            del self.lasts[level]
            for bought in list(self.spent):
                box_end = box_of(bought, self.policy.window)[1]
                if self._met(box_end) >= level and self._end(bought) >= day:
                    self.lasts[level] = min(
                        known, max(self.lasts.get(level, day), self._end(bought))
                    )

    def _running(self, day: date) -> int:
        """The highest level whose time runs on a day."""
        kept = (*self.lasts.items(), *self.fell.items())
        return max((level for level, last in kept if last >= day), default=0)

    def _end(self, day: date) -> date:
        """The last day of a level that is met on ``day``."""
        end = box_of(day, self.policy.window)[1]
        return (
            end if self.policy.through == "window" else box_of(end + ONE_DAY, self.policy.window)[1]
        )

    def _met(self, day: date) -> int:
        return self._meets(self._sum(self.spent, day), self._sum(self.orders, day))

    def _met_with_back(self, day: date) -> int:
        return self._meets(
            self._sum(self.spent, day) + self._sum(self.back, day),
            self._sum(self.orders, day) + self._sum(self.orders_back, day),
        )

    def _meets(self, spent: Fraction, orders: Fraction) -> int:
        """The highest level that figures meet."""
        if spent >= self.policy.gold_minor and orders >= self.policy.gold_orders:
            return 2
        return 1 if spent >= self.policy.silver_minor else 0

    def _sum(self, figures: Figures, day: date) -> Fraction:
        """What counts on a day."""
        policy = self.policy
        if policy.window == "ever":
            return sum(figures.values(), Fraction(0))
        first, last = day - timedelta(days=policy.window_days) + ONE_DAY, day
        if policy.window != "rolling":
            first, last = box_of(day, policy.window)
        return sum((one for at, one in figures.items() if first <= at <= last), Fraction(0))
