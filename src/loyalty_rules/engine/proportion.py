"""What an order keeps after a return where the plan that decided it is lost: as large a part of everything
that was recorded as is left of its money. Nothing is judged again, so nothing can grow.

What the plan of today says of the same programs, counters and limits settles how; what it does not know any
more shrinks with the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.order_record import Added, BookedOrder
from loyalty_rules.engine.keeping import Kept, between, reduced
from loyalty_rules.engine.memory import caps_and_meters
from loyalty_rules.engine.model import Basis, Limit, LotAccount
from loyalty_rules.engine.number import Number, total, whole
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.remainder import Remainder


def programs_of(today: Plan, order: BookedOrder) -> Mapping[str, LotAccount]:
    """The programs of which an order has points. One that is no more is taken from as if it said nothing."""
    names = dict.fromkeys(share.program for share in order.shares)
    known = today.index.accounts
    return {name: known.get(name) or LotAccount(name, Basis("included")) for name in names}


def rules_of(order: BookedOrder) -> tuple[str, ...]:
    """The rules that have points booked on an order."""
    return tuple(dict.fromkeys(share.rule for share in order.shares))


def kept_in_part(
    accounts: Mapping[str, LotAccount], order: BookedOrder, rest: Remainder
) -> tuple[Kept, ...]:
    """What is kept of every program: of what was first booked as much as is left of the money, and never
    more than is booked. So it does not matter in how many steps an order comes back."""
    first = dict(order.first)
    found = []
    for name, account in accounts.items():
        booked = tuple(share for share in order.shares if share.program == name)
        if account.claw_back == "none":
            found.append(Kept(name, "not_taken_back", booked))
            continue
        points = 0
        if not rest.is_empty:
            part = round_exact(Fraction(first.get(name, 0) * rest.part), account.mode)
            points = min(sum(share.points for share in booked), part)
        found.append(Kept(name, "plan_unavailable", reduced(booked, points)))
    return tuple(found)


def entries_in_part(
    today: Plan, order: BookedOrder, rest: Remainder, kept: Sequence[Kept]
) -> tuple[Added, ...]:
    """What the order adds to counters from now on."""
    limits = {limit.key: limit for limit in caps_and_meters(today)}
    entries = []
    for one in order.added:
        if one.rule:
            limit = limits.get(one.counter.partition("|")[0])
            value = _use(today, limit, one, order, rest, kept)
        else:
            value = between(_entry(today, one, rest, kept), one.value)
        entries.append(replace(one, value=value))
    return tuple(one for one in entries if one.value)


def _entry(today: Plan, one: Added, rest: Remainder, kept: Sequence[Kept]) -> Number:
    counter = today.index.counters.get(one.counter)
    if counter is not None and counter.fed_by in ("base", "earned"):
        own = [share for part in kept for share in part.shares if part.program == counter.program]
        return sum(share.base if counter.fed_by == "base" else share.points for share in own)
    if rest.is_empty:
        return 0
    if counter is not None and counter.adds is None:  # it counts orders, and this one still is one
        return one.value
    return _in_part(one.value, rest)


def _use(
    today: Plan,
    limit: Limit | None,
    one: Added,
    order: BookedOrder,
    rest: Remainder,
    kept: Sequence[Kept],
) -> Number:
    """What a rule still uses of a limit."""
    paid = {share.program for share in order.shares if share.rule == one.rule}
    stays = any(part.how == "not_taken_back" for part in kept if part.program in paid)
    if stays or (limit is not None and limit.cap_counts == "gross"):
        return one.value
    own = [share for part in kept for share in part.shares if share.rule == one.rule]
    if not own:
        return 0
    if limit is not None and limit.what == "times":
        return one.value
    accounts = today.index.accounts
    if limit is not None and limit.what == "points" and all(s.program in accounts for s in own):
        units = (Fraction(s.points, 10 ** accounts[s.program].scale) for s in own)
        return min(one.value, total(units))
    return _in_part(one.value, rest)


def _in_part(value: Number, rest: Remainder) -> Number:
    """As much of a value as this return leaves of the money; all of it where there was none to come back."""
    return whole(value * Fraction(rest.part) / rest.part_before) if rest.part_before else value
