"""A membership as a shopkeeper would keep it in a note book: a plain model beside which the engine runs."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

ONE_DAY = timedelta(days=1)
MONTHS = {"year": 12, "half": 6, "month": 1}
PRICES = {"year": 60_00, "half": 33_33, "month": 6_90}
TRIAL_DAYS = 10


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass
class Paid:
    """A period: its plan, its last day, the day from which its months are counted, which of these months are
    its own (from, through), and what was paid."""

    plan: str
    last: date
    counted_from: date
    months: tuple[int, int]
    minor: int
    is_trial: bool = False

    def left(self, day: date) -> Fraction:
        """The money of the months that have not begun on a day."""
        first, through = self.months
        begun = first + 1
        while months_later(self.counted_from, begun) < day:
            begun += 1
        return Fraction(self.minor * (through - begun), through - first)


@dataclass
class Club:
    """The note book of one member under one policy."""

    refund: str
    change: str
    now: Paid | None = None
    next: Paid | None = None
    wished: str = ""
    cancelled: bool = False
    tried: bool = False
    used: bool = False
    fees: int = 0
    refunds: int = 0
    log: list[str] = field(default_factory=list)

    def pass_to(self, day: date) -> None:
        """Time passes; periods follow on each other or end."""
        while self.now is not None and self.now.last < day:
            self.now, self.next, self.used = self.next, None, False
            self.wished = ""
            if self.now is None:
                self.cancelled = False

    def settle(self, minor: int) -> None:
        if minor > 0:
            self.fees += minor
        else:
            self.refunds -= minor

    def join(self, day: date, plan: str) -> str:
        if self.now is not None:
            return "already_member"
        if not self.tried and plan == "year":
            self.tried = True
            last = day + TRIAL_DAYS * ONE_DAY
            self.now = Paid(plan, last, day, (0, 1), 0, True)
        else:
            self._begin(day, plan)
            self.settle(PRICES[plan])
        return ""

    def _begin(self, day: date, plan: str) -> None:
        months = MONTHS[plan]
        self.now = Paid(plan, months_later(day, months), day, (0, months), PRICES[plan])
        self.wished = ""

    def _following(self, plan: str) -> Paid:
        assert self.now is not None
        now, months = self.now, MONTHS[plan]
        if plan == now.plan and not now.is_trial:
            first = now.months[1]
            last = months_later(now.counted_from, first + months)
            return Paid(plan, last, now.counted_from, (first, first + months), PRICES[plan])
        last = months_later(now.last, months)
        return Paid(plan, last, now.last, (0, months), PRICES[plan])

    def renew(self, plan: str) -> str:
        if self.now is None:
            return "not_a_member"
        if self.next is not None:
            return "already_renewed"
        self.next = self._following(plan or self.wished or self.now.plan)
        self.cancelled = False
        self.settle(self.next.minor)
        return ""

    def change_to(self, day: date, plan: str) -> str:
        if self.now is None:
            return "not_a_member"
        if self.cancelled:
            return "already_cancelled"
        if plan == (self.next.plan if self.next else self.wished or self.now.plan):
            return "same_plan"
        paid_ahead = self.next.minor if self.next else 0
        if self.now.is_trial:
            self.now.plan, self.next, self.wished = plan, None, ""
            self.settle(-paid_ahead)
        elif self.change == "pro_rata":
            back = round(self.now.left(day)) + paid_ahead
            self.next = None
            self._begin(day, plan)
            self.settle(PRICES[plan] - back)
        elif self.next is None:
            self.wished = plan
        else:
            last = months_later(self.now.last, MONTHS[plan])
            self.next = Paid(plan, last, self.now.last, (0, MONTHS[plan]), PRICES[plan])
            self.settle(PRICES[plan] - paid_ahead)
        return ""

    def cancel(self, day: date) -> str:
        if self.now is None:
            return "not_a_member"
        if self.cancelled:
            return "already_cancelled"
        back = 0
        if self.refund == "pro_rata" and not self.now.is_trial:
            back = round(self.now.left(day))
        elif self.refund == "full_if_unused" and not self.used:
            back = self.now.minor
        if self.refund != "none" and self.next is not None:
            self.settle(-self.next.minor)
            self.next = None
        if self.refund != "none" or self.next is None:
            self.wished = ""
        self.settle(-back)
        if back:
            self.now, self.cancelled, self.used = None, False, False
        else:
            self.cancelled = True
        return ""
