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
    levels that a fall gave. ``given`` was said by hand: a level, its last day, whether it is only the least.
    """

    policy: Policy
    spent: Figures = field(default_factory=_figures)
    orders: Figures = field(default_factory=_figures)
    back: Figures = field(default_factory=_figures)
    orders_back: Figures = field(default_factory=_figures)
    lasts: dict[int, date] = field(default_factory=dict)
    fell: dict[int, date] = field(default_factory=dict)
    given: tuple[int, date, bool] | None = None
    stands: int = 0
    day: date | None = None

    @property
    def is_kept(self) -> bool:
        """Whether a level is kept for a time; else it is what the figures say on the day."""
        policy = self.policy
        if policy.through != "window" or policy.level_grace_days:
            return True
        return policy.then not in ("", "requalify")

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

    def give(self, level: int, last: date | None, floor: bool, day: date) -> None:
        """Somebody puts the member on a level, or on no less than it."""
        self.given = (level, last or date.max, floor)
        self._settle(day)

    def pass_to(self, day: date) -> None:
        """Every day that begins until then."""
        at = self.day or day
        while at < day:
            at += ONE_DAY
            if self.stands or self.given is not None:
                self._begin(at)
        self.day = day

    def _by_hand(self, day: date, *, floor: bool) -> int | None:
        """The level that was said by hand, if it still holds: as the least one, or as the only one."""
        if self.given is None or self.given[1] < day or self.given[2] != floor:
            return None
        return self.given[0]

    def _begin(self, day: date) -> None:
        """A day begins: time lowers a level, and never raises it, but where one ends that was fixed."""
        if self._by_hand(day, floor=False) is not None:
            return
        was_given = self.given is not None and self.given[1] == day - ONE_DAY
        was_fixed = was_given and self.given is not None and not self.given[2]
        if not self.is_kept:
            had = self.stands
            met = max(self._met(day), min(self._met_with_back(day), had))
            self.stands = max(met if was_fixed else min(met, had), self._floor(day))
            return
        if not was_fixed and self._running(day) >= self.stands:
            return
        ends = [kept.get(self.stands) for kept in (self.lasts, self.fell)]
        if not was_fixed and day - ONE_DAY - self._grace in ends:
            self._fall(day)
        self._note(self._met(day), day)
        self.stands = self._running(day)

    def _fall(self, day: date) -> None:
        """A level that was earned is over."""
        below = self.stands - 1
        if self.policy.then == "one_down" and below > 0:
            end = box_of(day, self.policy.window)[1]
            if self.policy.through == "days":
                end = day + timedelta(days=self.policy.level_days)
            self.fell[below] = max(end, self.fell.get(below, end))
        elif self.policy.then == "bottom":
            self.lasts.clear()
            self.fell.clear()

    def _settle(self, day: date) -> None:
        """Something happened on a day."""
        self.day = day
        fixed = self._by_hand(day, floor=False)
        if self.is_kept:
            self._note(self._met(day), day)
            stands = self._running(day)
        else:
            stands = max(self._met(day), min(self._met_with_back(day), self.stands))
            stands = max(stands, self._floor(day))
        self.stands = stands if fixed is None else fixed

    def _floor(self, day: date) -> int:
        return self._by_hand(day, floor=True) or 0

    @property
    def _grace(self) -> timedelta:
        return timedelta(days=self.policy.level_grace_days)

    def _note(self, level: int, day: date) -> None:
        """A level is met on a day, and with it all below."""
        for one in range(1, level + 1):
            self.lasts[one] = max(self.lasts.get(one, day), self._end(day))

    def _measure_again(self, day: date) -> None:
        """Each level lasts as long as the boxes say in which the figures that are left meet it."""
        for level, known in list(self.lasts.items()):
            del self.lasts[level]
            ends = [
                self._end(bought)
                for bought in list(self.spent)
                if self._met(box_of(bought, self.policy.window)[1]) >= level
            ]
            if ends and max(ends) + self._grace >= day:
                self.lasts[level] = min(known, max(ends))

    def _running(self, day: date) -> int:
        """The highest level whose time runs on a day."""
        kept = (*self.lasts.items(), *self.fell.items())
        running = [level for level, last in kept if last + self._grace >= day]
        return max([0, self._floor(day), *running])

    def _end(self, day: date) -> date:
        """The last day of a level that is met on ``day``."""
        end = box_of(day, self.policy.window)[1]
        if self.policy.through == "days":
            return end + timedelta(days=self.policy.level_days)
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
