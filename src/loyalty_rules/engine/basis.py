"""Which lines and means of payment count: for a rule (its choice) and for a points program (its basis)."""

from __future__ import annotations

from collections.abc import Mapping

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.model import Basis, Formula
from loyalty_rules.engine.number import Number, ratio, whole
from loyalty_rules.engine.order import Order, OrderLine
from loyalty_rules.engine.plan import Plan

Tenders = frozenset[int] | None
"""Means of payment by their place in the event; None: all of them, or none was named."""


class Choice(Record, frozen=True):
    """The lines (by their place, in order) and means of payment that a rule is about."""

    lines: tuple[int, ...]
    tenders: Tenders


class BasisPart(Record, frozen=True):
    """What a basis leaves of an order: money of each line in minor units (0: left out; None: unknown,
    because the tax is), and the means of payment that count."""

    amounts: tuple[Number | None, ...]
    tenders: Tenders


def meet(one: Tenders, other: Tenders) -> Tenders:
    """The means of payment in both."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def tender_share(order: Order, tenders: Tenders) -> Number:
    """How much of the order was paid with ``tenders``, 0 to 1. Of a free order: all, if there are any."""
    if tenders is None or order.tenders is None:
        return 1
    paid = sum(tender.amount for tender in order.tenders)
    if paid == 0:
        return 1 if tenders else 0
    return ratio(sum(order.tenders[i].amount for i in tenders), paid)


def chosen_lines(
    plan: Plan, items: Formula | None, order: Order, facts: Mapping[str, Value]
) -> tuple[int, ...]:
    """The lines for which ``items`` is true; unknown is not true."""
    if items is None:
        return tuple(range(len(order.lines)))
    code = plan.code[items.slot]
    return tuple(i for i, line in enumerate(order.lines) if code(facts, line.row) is True)


def chosen_tenders(
    plan: Plan, tenders: Formula, order: Order, facts: Mapping[str, Value]
) -> Tenders:
    """The means of payment for which the filter is true; None if these are all."""
    if order.tenders is None:
        return None
    code = plan.code[tenders.slot]
    return _unless_all(
        order, frozenset(i for i, one in enumerate(order.tenders) if code(facts, one.row) is True)
    )


def basis_part(plan: Plan, basis: Basis, order: Order, facts: Mapping[str, Value]) -> BasisPart:
    """What ``basis`` leaves of an order."""
    counting = set(chosen_lines(plan, basis.items, order, facts))
    amounts = tuple(
        _amount(basis, line) if i in counting and line.sent.kind not in basis.exclude else 0
        for i, line in enumerate(order.lines)
    )
    return BasisPart(amounts, _basis_tenders(plan, basis, order, facts))


def _amount(basis: Basis, line: OrderLine) -> Number | None:
    if "discounts" in basis.net_of:
        amount, tax = line.amount, line.tax
    else:
        amount, tax = line.undiscounted, line.undiscounted_tax
    if basis.tax == "included":
        return amount
    return None if tax is None else whole(amount - tax)


def _basis_tenders(plan: Plan, basis: Basis, order: Order, facts: Mapping[str, Value]) -> Tenders:
    if order.tenders is None or basis.all_tenders:
        return None
    if basis.tenders is not None:
        return chosen_tenders(plan, basis.tenders, order, facts)
    cash = frozenset(i for i, one in enumerate(order.tenders) if one.type != "points")
    return _unless_all(order, cash)


def _unless_all(order: Order, tenders: frozenset[int]) -> Tenders:
    assert order.tenders is not None
    return None if len(tenders) == len(order.tenders) else tenders
