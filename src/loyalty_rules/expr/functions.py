"""The functions of the language: their arguments and what comes out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Final, Literal, NamedTuple

from loyalty_rules.base.rounding import ROUNDINGS, Mode, round_exact
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.vocabulary import DAY, Kind
from loyalty_rules.expr.arithmetic import constant
from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.kinds import (
    NUMERIC,
    called,
    fit,
    fits,
    is_number,
    numeric,
)
from loyalty_rules.expr.lines import amount_of, any_item, count_of, sum_of
from loyalty_rules.expr.tree import (
    Absolute,
    Constant,
    DaysSince,
    Default,
    Extreme,
    Has,
    Known,
    Length,
    Round,
    Tree,
    Within,
)


class Function(NamedTuple):
    """How a function is called. ``most`` is None where there may be any number of arguments."""

    usage: str
    least: int
    most: int | None
    check: Callable[[Context, ast.Call], Tree | None]


def _within(context: Context, node: ast.Call) -> Tree | None:
    scope, (start, end) = context.scope, context.parsed.place(node)
    figure, window = context.token(node.args[0]), context.token(node.args[1])
    kind, good = None, True
    if figure is None or figure.sort != "name" or figure.text not in scope.figures:
        where = context.parsed.place(node.args[0])
        written = context.quote_place(where)
        message = f"{written} is not a figure that `within` can read"
        if not scope.figures:
            help = "a figure is a counter of the rule set or a word such as PROGRAM.earned"
        else:
            help = did_you_mean(written.strip("`"), scope.figures)
        context.wrong("unknown_name", message, where, help)
    else:
        kind = scope.figures[figure.text]
    if window is None or window.sort != "text":
        where = context.parsed.place(node.args[1])
        message = f"{context.quote_place(where)} is not a window in quotes"
        context.wrong("bad_window", message, where, 'write it as "month" or "last 90 days"')
        good = False
    if window is None or not isinstance(window.value, str) or not good:
        return None
    parsed = scope.parse_window(window.value)
    if isinstance(parsed, str):
        message = f"`{window.value}` is not a window"
        context.wrong("bad_window", message, (window.start, window.end), parsed)
        return None
    if kind is None or figure is None:
        return None
    return Within(figure.text, parsed, kind, start=start, end=end)


def _has(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    holder, wanted = context.check(node.args[0]), context.check(node.args[1])
    if holder is not None and holder.kind.name != "list":
        message = f"{context.quote(holder)} is {called(holder.kind)}, not a list"
        help = "compare a text with `==`, or with `in` and a list"
        context.wrong("wrong_kind", message, place(holder), help)
        return None
    if holder is None or wanted is None:
        return None
    kind = Kind("text", holder.kind.choices)
    if not fits(wanted, kind):
        message = f"{context.quote(wanted)} is {called(wanted.kind)}, and a list holds texts"
        context.wrong("wrong_kind", message, place(wanted), 'write a text, as in "vip"')
        return None
    met = fit(context, wanted, kind)
    return None if met is None else Has(holder, met, start=start, end=end)


def _known(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand = context.check(node.args[0])
    if isinstance(operand, Constant):
        message = f"{context.quote(operand)} is always known"
        context.wrong("wrong_arguments", message, place(operand), "ask of a name")
        return None
    return None if operand is None else Known(operand, start=start, end=end)


def _default(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand, otherwise = context.check(node.args[0]), context.check(node.args[1])
    if isinstance(operand, Constant):
        message = f"{context.quote(operand)} is always known"
        context.wrong("wrong_arguments", message, place(operand), "put a name first")
        return None
    if operand is None or otherwise is None:
        return None
    if not fits(otherwise, operand.kind):
        _of_one_kind(context, operand, otherwise)
        return None
    met = fit(context, otherwise, operand.kind)
    if met is None:
        return None
    return Default(operand, met, operand.kind, start=start, end=end)


def _of_one_kind(context: Context, one: Tree, other: Tree) -> None:
    message = (
        f"{context.quote(one)} is {called(one.kind)} and {context.quote(other)} is "
        f"{called(other.kind)}: both must be of one kind"
    )
    context.wrong("wrong_kind", message, place(other))


def _extreme(which: Literal["min", "max"], context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    checked = [context.check(argument) for argument in node.args]
    trees = [tree for tree in checked if tree is not None]
    if len(trees) < len(checked):
        return None
    lead = next((tree for tree in trees if not isinstance(tree, Constant)), trees[0])
    if lead.kind.name not in (*NUMERIC, "day"):
        message = f"{context.quote(lead)} is {called(lead.kind)}, which has no order"
        context.wrong("wrong_kind", message, place(lead))
        return None
    if all(is_number(tree) for tree in trees):
        values = [number(tree) for tree in trees]
        return constant(context, min(values) if which == "min" else max(values), (start, end))
    strangers = [tree for tree in trees if not fits(tree, lead.kind)]
    for stranger in strangers:
        _of_one_kind(context, lead, stranger)
    met = [fit(context, tree, lead.kind) for tree in trees if tree not in strangers]
    operands = tuple(tree for tree in met if tree is not None)
    if len(operands) < len(trees):
        return None
    return Extreme(which, operands, lead.kind, start=start, end=end)


def number(tree: Tree) -> Fraction:
    """The value of a written number."""
    assert isinstance(tree, Constant) and isinstance(tree.value, (int, Fraction)), "a number"
    return Fraction(tree.value)


def _abs(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand = context.check(node.args[0])
    if operand is None or not numeric(context, operand, "has no sign"):
        return None
    if is_number(operand):
        return constant(context, abs(number(operand)), (start, end))
    return Absolute(operand, operand.kind, start=start, end=end)


def _len(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand = context.check(node.args[0])
    if operand is None:
        return None
    if operand.kind.name not in ("list", "text"):
        message = f"{context.quote(operand)} is {called(operand.kind)} and has no length"
        context.wrong("wrong_kind", message, place(operand), "count a list or a text")
        return None
    return Length(operand, start=start, end=end)


def _round(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand, step = context.check(node.args[0]), context.check(node.args[2])
    mode = _mode(context, node.args[1])
    if operand is not None and not numeric(context, operand, "cannot be rounded"):
        return None
    if step is not None and not (is_number(step) and number(step) > 0):
        message = f"{context.quote(step)} is not a step to round to"
        context.wrong("wrong_arguments", message, place(step), "write a number above zero")
        return None
    if operand is None or step is None or mode is None:
        return None
    if is_number(operand):
        times = round_exact(number(operand) / number(step), mode)
        return constant(context, times * number(step), (start, end))
    met = fit(context, step, operand.kind)
    assert isinstance(met, Constant), "a written number fits whatever can be rounded"
    return Round(operand, mode, met, operand.kind, start=start, end=end)


def _mode(context: Context, node: ast.expr) -> Mode | None:
    token = context.token(node)
    if token is not None and token.sort == "text":
        for mode in ROUNDINGS:
            if token.value == mode:
                return mode
        if token.value is None:
            return None
    place = context.parsed.place(node)
    written = context.quote_place(place)
    message = f"{written} is not a way to round"
    help = did_you_mean(written.strip("`\"'"), ROUNDINGS)
    context.wrong("not_a_choice", message, place, help)
    return None


def _days_since(context: Context, node: ast.Call) -> Tree | None:
    start, end = context.parsed.place(node)
    operand = context.check(node.args[0])
    if operand is None:
        return None
    if not fits(operand, DAY):
        message = f"{context.quote(operand)} is {called(operand.kind)}, not a day"
        context.wrong("wrong_kind", message, place(operand), "name a day, as in `member.joined`")
        return None
    met = fit(context, operand, DAY)
    return None if met is None else DaysSince(met, start=start, end=end)


BUILT_IN: Final[Mapping[str, Function]] = {
    "abs": Function("abs(x)", 1, 1, _abs),
    "amount_of": Function("amount_of(FILTER)", 1, 1, amount_of),
    "any_item": Function("any_item(FILTER)", 1, 1, any_item),
    "count_of": Function("count_of(FILTER)", 1, 1, count_of),
    "days_since": Function("days_since(date)", 1, 1, _days_since),
    "default": Function("default(x, y)", 2, 2, _default),
    "has": Function('has(list, "x")', 2, 2, _has),
    "known": Function("known(x)", 1, 1, _known),
    "len": Function("len(x)", 1, 1, _len),
    "max": Function("max(x, y)", 2, None, partial(_extreme, "max")),
    "min": Function("min(x, y)", 2, None, partial(_extreme, "min")),
    "round": Function('round(x, "floor", step)', 3, 3, _round),
    "sum_of": Function("sum_of(item.x)", 1, 1, sum_of),
    "within": Function('within(figure, "last 90 days")', 2, 2, _within),
}
