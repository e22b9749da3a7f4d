"""Functions that go over the lines of an order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.kinds import numeric
from loyalty_rules.expr.logic import truth
from loyalty_rules.expr.tree import AmountOf, AnyItem, CountOf, Fact, SumOf, Tree


@contextmanager
def _lines(context: Context) -> Iterator[None]:
    before = context.row, context.iterating
    context.row, context.iterating = "item", True
    try:
        yield
    finally:
        context.row, context.iterating = before


def _may_iterate(context: Context, node: ast.Call, name: str) -> bool:
    place = context.parsed.place(node)
    if context.iterating:
        message = f"`{name}` cannot stand inside a function that goes over the lines itself"
        context.wrong("name_not_here", message, place, "ask of the lines once")
        return False
    if not context.scope.item_names:
        message = f"`{name}` cannot stand here: there are no order lines"
        context.wrong("name_not_here", message, place, "ask of the lines in rules for purchases")
        return False
    return True


def _filter(context: Context, node: ast.Call, name: str) -> Tree | None:
    if not _may_iterate(context, node, name):
        return None
    with _lines(context):
        return truth(context, context.check(node.args[0]))


def any_item(context: Context, node: ast.Call) -> Tree | None:
    """``any_item(FILTER)``: whether some line meets the filter."""
    start, end = context.parsed.place(node)
    inner = _filter(context, node, "any_item")
    return None if inner is None else AnyItem(inner, start=start, end=end)


def amount_of(context: Context, node: ast.Call) -> Tree | None:
    """``amount_of(FILTER)``: money of the lines that meet it."""
    start, end = context.parsed.place(node)
    inner = _filter(context, node, "amount_of")
    return None if inner is None else AmountOf(inner, start=start, end=end)


def count_of(context: Context, node: ast.Call) -> Tree | None:
    """``count_of(FILTER)``: pieces in the lines that meet it."""
    start, end = context.parsed.place(node)
    inner = _filter(context, node, "count_of")
    return None if inner is None else CountOf(inner, start=start, end=end)


def sum_of(context: Context, node: ast.Call) -> Tree | None:
    """``sum_of(item.x)``: a field added up over the chosen lines."""
    where = context.parsed.place(node)
    if context.row:
        message = "`sum_of` cannot stand in a filter: it adds up the lines that were chosen"
        context.wrong("name_not_here", message, where, "ask of all lines with amount_of(...)")
        return None
    if not _may_iterate(context, node, "sum_of"):
        return None
    with _lines(context):
        operand = context.check(node.args[0])
    if operand is None:
        return None
    if not isinstance(operand, Fact) or not operand.row:
        help = "name one field of the lines, as in `sum_of(item.quantity)`"
        message = f"{context.quote(operand)} is not a field of the lines"
        context.wrong("wrong_arguments", message, place(operand), help)
        return None
    if not numeric(context, operand, "cannot be added up"):
        return None
    return SumOf(operand, operand.kind, start=where[0], end=where[1])
