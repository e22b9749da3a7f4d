"""What an order keeps after a return: points of its rules, entries of counters, uses of limits.

Points follow ``claw_back``; all else follows the points and the lines that are left. Nothing grows by a
return but what one rule gains where another loses more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.records import replace
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.shares import split
from loyalty_rules.domain.order_record import Added, BookedOrder, Share
from loyalty_rules.domain.referrals import STEP
from loyalty_rules.engine.memory import caps_and_meters
from loyalty_rules.engine.model import Limit, LotAccount
from loyalty_rules.engine.number import Number, total, whole
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.remainder import Remainder

How = Literal[
    "nothing_left", "remainder", "proportional", "not_taken_back", "worth_more", "plan_unavailable"
]
"""By what an order keeps points of a program; the words are those of `Trace.reason`."""

_AS_IT_WAS = ("not_taken_back", "worth_more")


@dataclass(frozen=True, slots=True)
class Kept:
    """What an order keeps of one program, and how that was found."""

    program: str
    how: How
    shares: tuple[Share, ...]

    @property
    def points(self) -> int:
        """All of it, in units of the program's scale."""
        return sum(share.points for share in self.shares)


def kept_points(plan: Plan, order: BookedOrder, rest: Remainder) -> tuple[Kept, ...]:
    """What is kept of every program; never more points than are booked."""
    return tuple(_kept(account, order, rest) for account in plan.model.accounts)


def _kept(account: LotAccount, order: BookedOrder, rest: Remainder) -> Kept:
    booked = tuple(share for share in order.shares if share.program == account.id)
    if account.claw_back == "none":
        return Kept(account.id, "not_taken_back", booked)
    if rest.is_empty:
        return Kept(account.id, "nothing_left", ())
    points = sum(share.points for share in booked)
    if account.claw_back == "proportional":
        first = dict(order.first).get(account.id, 0)
        left = min(points, round_exact(Fraction(first * rest.part), account.mode))
        return Kept(account.id, "proportional", reduced(booked, left))
    worth = tuple(share for share in rest.shares if share.program == account.id)
    if sum(share.points for share in worth) > points:
        return Kept(account.id, "worth_more", booked)
    return Kept(account.id, "remainder", worth)


def reduced(shares: Sequence[Share], points: int) -> tuple[Share, ...]:
    """Shares that sum to ``points``, in proportion; none of them grows."""
    weights = [one for share in shares for one in (share.base, share.bonus, share.extra)]
    parts = iter(split(points, weights))
    smaller = (
        replace(share, base=next(parts), bonus=next(parts), extra=next(parts)) for share in shares
    )
    return tuple(share for share in smaller if share.points)


def kept_entries(
    plan: Plan, order: BookedOrder, rest: Remainder, kept: Sequence[Kept]
) -> tuple[Added, ...]:
    """What the order adds to counters from now on, in the order in which it did before."""
    uses = {} if rest.is_empty else dict(rest.uses)
    entries: list[Added] = []
    limits = tuple(caps_and_meters(plan))
    for one in order.added:
        if one.rule:
            value = _use(plan, one, _limit(limits, one.counter), order, rest, kept)
            uses.pop((one.counter, one.rule), None)
        else:
            value = between(_entry(plan, one, rest, kept), one.value)
        entries.append(replace(one, value=value))
    for (key, rule), amount in uses.items():  # a rule that gave nothing before takes over
        if _hows(kept, order, rule) == {"remainder"}:
            entries.append(Added(key, rest.day, amount, rule))
    return tuple(one for one in entries if one.value)


def _entry(plan: Plan, one: Added, rest: Remainder, kept: Sequence[Kept]) -> Number:
    if one.counter.startswith(STEP):
        return rest.counted.get(one.counter, 0)
    counter = plan.index.counters[one.counter]
    if counter.fed_by == "events":
        return rest.counted.get(counter.id, 0)
    shares = [
        share for program in kept for share in program.shares if share.program == counter.program
    ]
    if counter.fed_by == "base":
        return sum(share.base for share in shares)
    return sum(share.points for share in shares)


def between(value: Number, before: Number) -> Number:
    """``value``, no further from zero than ``before`` and on its side: a return never adds."""
    return min(max(value, min(before, 0)), max(before, 0))


def _limit(limits: Sequence[Limit], counter: str) -> Limit:
    """The limit whose uses a counter holds, by itself or for one value of a field."""
    return next(one for one in limits if counter == one.key or counter.startswith(f"{one.key}|"))


def _use(
    plan: Plan,
    one: Added,
    limit: Limit,
    order: BookedOrder,
    rest: Remainder,
    kept: Sequence[Kept],
) -> Number:
    """What a rule still uses of a limit. A use is given back when the rest no longer earns the award, and
    stays with the points that stay; a gross limit gives nothing back."""
    hows = _hows(kept, order, one.rule)
    if hows & {*_AS_IT_WAS}:
        return one.value
    if hows <= {"remainder", "nothing_left"}:
        value = rest.uses.get((one.counter, one.rule), 0)
    else:
        value = _proportional_use(plan, one, limit, rest, kept)
    return max(value, one.value) if limit.cap_counts == "gross" else value


def _proportional_use(
    plan: Plan, one: Added, limit: Limit, rest: Remainder, kept: Sequence[Kept]
) -> Number:
    own = [share for program in kept for share in program.shares if share.rule == one.rule]
    if limit.what == "times":
        return 1 if own else 0
    if limit.what == "points":
        accounts = plan.index.accounts
        points = (Fraction(one.points, 10 ** accounts[one.program].scale) for one in own)
        return min(one.value, total(points))
    return whole(one.value * Fraction(rest.part) / rest.part_before) if rest.part_before else 0


def _hows(kept: Sequence[Kept], order: BookedOrder, rule: str) -> set[How]:
    """By what the programs are kept that a rule pays, or paid."""
    paid = {share.program for share in order.shares if share.rule == rule}
    return {
        program.how
        for program in kept
        if program.program in paid or any(share.rule == rule for share in program.shares)
    }


def differences(before: Sequence[Added], after: Sequence[Added]) -> Iterator[Added]:
    """What changes in counters, by counter, day and rule."""
    held = {(one.counter, one.day, one.rule): one.value for one in after}
    for one in before:
        change = whole(held.pop((one.counter, one.day, one.rule), 0) - one.value)
        if change:
            yield replace(one, value=change)
    for (counter, day, rule), value in held.items():
        yield Added(counter, day, value, rule)
