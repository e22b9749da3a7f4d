"""What is left of an order, judged as it would have been judged on the day of the purchase: by that day's
rules and by what was known of the member then. Or, where those rules are lost, by its money alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.zones import local_day
from loyalty_rules.domain.effects import Granted, Value
from loyalty_rules.domain.order_record import BookedOrder, Share
from loyalty_rules.domain.state import MemberState
from loyalty_rules.domain.values import DECIMALS_MAX
from loyalty_rules.engine.booking import grants
from loyalty_rules.engine.counters import room_left
from loyalty_rules.engine.crossing import segments
from loyalty_rules.engine.facts import Case, Segment, whole_facts
from loyalty_rules.engine.feeding import additions
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.memory import shares_of
from loyalty_rules.engine.model import Currency
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.number import Number, exact, number_of, ratio, total, whole
from loyalty_rules.engine.opening import open_case
from loyalty_rules.engine.order import Order, OrderLine, prepare
from loyalty_rules.engine.phases import settle
from loyalty_rules.engine.plan import Plan, Trace
from loyalty_rules.engine.referrals import still_qualify
from loyalty_rules.engine.refused import Refused
from loyalty_rules.engine.return_lines import Quantities
from loyalty_rules.engine.tracing import traces


@dataclass(frozen=True, slots=True)
class Remainder:
    """What the rest of an order is worth. ``part`` is the rest of its money (of its pieces, if it was free),
    0 to 1, ``part_before`` what it was before this return; ``refund_minor`` the money of what goes back now.
    ``shares`` are the points that the rules give, ``granted`` what they give beside points, ``counted`` what
    the rest adds to counters that events feed and that sum, ``uses`` what it uses of limits by counter and
    rule; nothing of it where nothing is left."""

    day: int
    is_empty: bool
    part: Number
    part_before: Number
    refund_minor: Number
    shares: tuple[Share, ...] = ()
    counted: Mapping[str, Number] = field(default_factory=dict)
    uses: Mapping[tuple[str, str], Number] = field(default_factory=dict)
    granted: tuple[Granted, ...] = ()
    traces: tuple[Trace, ...] = ()
    record: Mapping[str, Value] = field(default_factory=dict)


def judge_remainder(
    plan: Plan, order: BookedOrder, left: Quantities, state: MemberState
) -> Remainder:
    """The worth of what is ``left`` of an order, under the plan that decided it and by what was known then.
    Of today only the budgets are asked that ``state`` was lent.

    Errors: refused as `settle` does; what a plugin's function raises.
    """
    case, sent = _opened_again(plan, order)
    case.memory.update(_in_budgets(plan, order, state, case.day))
    before = _parts(order, order.left)
    parts = _parts(order, left)
    refund = whole(_money(sent, before) - _money(sent, parts))
    part, part_before = _part(sent, parts), _part(sent, before)
    if not any(parts):
        return Remainder(case.day, True, part, part_before, refund)
    case.order = _rest(sent, parts)
    facts = whole_facts(case, Segment())
    added = additions(case, facts)
    settled = settle(case, segments(case, facts, added))
    return Remainder(
        case.day,
        False,
        part,
        part_before,
        refund,
        shares_of(case, settled),
        {one.counter.id: number_of(one.value) or 0 for one in added if one.counter.measure == "sum"}
        | still_qualify(case, facts, order.added),
        settled.uses.lasting,
        tuple(grants(case, settled)),
        traces(settled),
        case.record,
    )


def case_of_rest(plan: Plan, order: BookedOrder, left: Quantities) -> Case | None:
    """What is ``left`` of an order as a case of its own, to be judged by what was known then; None if
    nothing is left."""
    parts = _parts(order, left)
    if not any(parts):
        return None
    case, sent = _opened_again(plan, order)
    case.order = _rest(sent, parts)
    return case


def _opened_again(plan: Plan, order: BookedOrder) -> tuple[Case, Order]:
    """The purchase as a case that asks nothing of today, and its order as it was sent."""
    purchase = order.purchase
    case = open_case(plan, MemberState(purchase.member), purchase, plan.index.kinds[purchase.type])
    case.memory = dict(order.facts)
    case.sealed = True
    return case, case.lines_order


def _in_budgets(plan: Plan, order: BookedOrder, state: MemberState, day: int) -> dict[str, Number]:
    """The room under budgets that was known then, where it is gone: others may have had it since. An order
    may use what it has used, and what is left now."""
    if state.shared is None:
        return {}
    found: dict[str, Number] = {}
    for limit in plan.index.order_limits:
        start, end = f"~room({limit.key}", f", {limit.per})"
        if limit.word != "budget":
            continue
        for name, then in order.facts.items():
            key = name.removeprefix("~room(").removesuffix(end)
            if name.startswith(start) and (key == limit.key or key.startswith(f"{limit.key}|")):
                own = total(one.value for one in order.added if one.counter == key)
                now = own + room_left(plan, state, limit, key, day)
                found[name] = whole(min(number_of(then) or 0, now))
    return found


def weigh_remainder(today: Plan, order: BookedOrder, left: Quantities) -> Remainder:
    """What is ``left`` of an order by its money alone, for whoever cannot judge it: nothing is asked of the
    plan of ``today`` but how money is counted, and of the record the rate of exchange of then."""
    sent, is_refund_known = _sent_then(today, order)
    before = _parts(order, order.left)
    parts = _parts(order, left)
    refund = whole(_money(sent, before) - _money(sent, parts)) if is_refund_known else 0
    day = local_day(order.purchase.occurred_at, today.zone)
    return Remainder(day, not any(parts), _part(sent, parts), _part(sent, before), refund)


def _sent_then(today: Plan, order: BookedOrder) -> tuple[Order, bool]:
    """The order in minor units of today's currency; if it was never counted in that one, in units so small
    that every amount has them, which are good for proportions and for nothing else."""
    purchase, fields = order.purchase, Fields(today.calendar)
    currency, rate = today.model.currency, order.facts.get("~exchange")
    known = Money(currency, Fraction(rate)) if isinstance(rate, int | Fraction) else Money(currency)
    if known.rate is not None or purchase.currency == currency.code:
        try:
            return prepare(purchase, known, (), fields), True
        except Refused:  # today's coins are larger than those of then
            pass
    return prepare(purchase, Money(Currency("", DECIMALS_MAX)), (), fields), False


def _parts(order: BookedOrder, left: Quantities) -> list[Number]:
    """How much of each line is left, 0 to 1."""
    return [ratio(exact(left[one.id]), exact(one.quantity)) for one in order.purchase.lines]


def _money(order: Order, parts: Sequence[Number]) -> Number:
    return total(line.amount * part for line, part in zip(order.lines, parts, strict=True))


def _part(order: Order, parts: Sequence[Number]) -> Number:
    if order.total:
        return ratio(_money(order, parts), order.total)
    pieces = total(line.quantity for line in order.lines)
    left = total(line.quantity * part for line, part in zip(order.lines, parts, strict=True))
    return ratio(left, pieces)


def _rest(order: Order, parts: Sequence[Number]) -> Order:
    """The order with what is left of its lines; discounts stay where they were spread, and the means of
    payment keep their proportions."""
    lines = tuple(
        _smaller(line, part) for line, part in zip(order.lines, parts, strict=True) if part
    )
    return Order(lines, order.tenders, total(line.amount for line in lines))


def _smaller(line: OrderLine, part: Number) -> OrderLine:
    if part == 1:
        return line

    def less(number: Number) -> Number:
        return whole(number * part)

    return replace(
        line,
        amount=less(line.amount),
        tax=None if line.tax is None else less(line.tax),
        undiscounted=less(line.undiscounted),
        undiscounted_tax=None if line.undiscounted_tax is None else less(line.undiscounted_tax),
        quantity=less(line.quantity),
        discount=less(line.discount),
        part=part,
        whole=line,
        _row=None,
    )
