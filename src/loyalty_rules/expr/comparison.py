"""Comparisons, chains of them, and membership in a list of constants."""

from __future__ import annotations

import ast
from typing import Final

from loyalty_rules.base.suggest import choice
from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.kinds import NUMERIC, ORDERED, called, fit, fits, is_number, meet, meets
from loyalty_rules.expr.names import known
from loyalty_rules.expr.tree import Compare, CompareOperator, Constant, Logic, OneOf, Tree

_COMPARE: Final[dict[type[ast.cmpop], CompareOperator]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def compare(context: Context, node: ast.Compare) -> Tree | None:
    """Comparisons, chains of them, ``in`` and ``not in``."""
    if any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
        return _membership(context, node)
    sides = [node.left, *node.comparators]
    trees = [context.check(side) for side in sides]
    pairs: list[Tree] = []
    for number, op in enumerate(node.ops):
        left, right = trees[number], trees[number + 1]
        if left is None or right is None:
            _perhaps_a_text(context, (sides[number], left), (sides[number + 1], right))
            continue
        if (pair := _pair(context, _COMPARE[type(op)], left, right)) is not None:
            pairs.append(pair)
    if len(pairs) < len(node.ops):
        return None
    if len(pairs) == 1:
        return pairs[0]
    start, end = context.parsed.place(node)
    return Logic("and", tuple(pairs), start=start, end=end)


def _pair(context: Context, operator: CompareOperator, left: Tree, right: Tree) -> Tree | None:
    where = (left.start, right.end)
    if not meets(left, right) or "list" in (left.kind.name, right.kind.name):
        _cannot_compare(context, left, right)
        return None
    met = meet(context, left, right)
    if met is None:
        return None
    left, right = met
    if operator not in ("==", "!=") and left.kind.name not in ORDERED:
        message = f"{context.quote(left)} is {called(left.kind)}, which has no order"
        context.wrong("wrong_kind", message, where, "compare with `==` or `!=`")
        return None
    return Compare(operator, left, right, start=where[0], end=where[1])


def _cannot_compare(context: Context, left: Tree, right: Tree) -> None:
    message = (
        f"{context.quote(left)} is {called(left.kind)} and cannot be compared with "
        f"{context.quote(right)}, {called(right.kind)}"
    )
    context.wrong(
        "wrong_kind", message, (left.start, right.end), _compare_help(context, left, right)
    )


def _compare_help(context: Context, left: Tree, right: Tree) -> str | None:
    for one, other in ((left, right), (right, left)):
        written = context.quote(one).strip("`")
        if one.kind.name == "list":
            return f"ask with has({written}, ...)"
        if is_number(one) and other.kind.choices:
            return choice(other.kind.choices)
        if is_number(one) and other.kind.name in ("text", "duration"):
            return f'a text stands in quotes: "{written}"'
        if isinstance(one, Constant) and isinstance(one.value, str) and other.kind.name in NUMERIC:
            return "a number stands without quotes"
        if one.kind.name == "money" and other.kind.name in NUMERIC:
            return "an amount compares with an amount or a written number"
        if one.kind.name == "points" and other.kind.name in NUMERIC:
            return "points compare with points or a written number"
    return None


def _perhaps_a_text(
    context: Context, one: tuple[ast.expr, Tree | None], other: tuple[ast.expr, Tree | None]
) -> None:
    """Name the missing quotes where an unknown word is compared with a text."""
    for (node, tree), (_, beside) in ((one, other), (other, one)):
        token = context.token(node)
        if tree is not None or beside is None or token is None or token.sort != "name":
            continue
        if beside.kind.name not in ("text", "level") or "." in token.text:
            continue
        if any(name.startswith(f"{token.text}.") for name in context.scope.names):
            continue  # a program or the like, of which one word is meant
        last = context.problems[-1] if context.problems else None
        if last is None or last.name != "unknown_name" or known(context, token.text):
            continue
        if (last.start, last.end) == (token.start, token.end):
            context.problems.pop()
            help = f'a text stands in quotes: "{token.text}"'
            context.wrong(last.name, last.message, (last.start, last.end), help)


def _membership(context: Context, node: ast.Compare) -> Tree | None:
    start, end = context.parsed.place(node)
    if len(node.ops) > 1:
        message = "`in` cannot stand in a chain of comparisons"
        context.wrong("bad_syntax", message, (start, end), "join two conditions with `and`")
        return None
    operand, holder = context.check(node.left), node.comparators[0]
    if not isinstance(holder, ast.List):
        _not_a_list(context, node.left, holder)
        return None
    if not holder.elts:
        where = context.parsed.place(holder)
        context.wrong("wrong_arguments", "a list after `in` is empty", where, "write its values")
        return None
    elements = [_element(context, operand, element) for element in holder.elts]
    choices = tuple(element for element in elements if element is not None)
    if operand is None or len(choices) < len(elements):
        return None
    negated = isinstance(node.ops[0], ast.NotIn)
    return OneOf(operand, choices, negated, start=start, end=end)


def _not_a_list(context: Context, left: ast.expr, holder: ast.expr) -> None:
    tree = context.check(holder)
    if tree is None:
        return
    written = context.quote_place(context.parsed.place(left)).strip("`")
    help = 'after `in` stands a list, as in `["a", "b"]`'
    if tree.kind.name == "list":
        help = f"write has({context.quote(tree).strip('`')}, {written})"
    message = f"{context.quote(tree)} cannot stand after `in`"
    context.wrong("wrong_kind", message, place(tree), help)


def _element(context: Context, operand: Tree | None, node: ast.expr) -> Constant | None:
    tree = context.check(node)
    if tree is None or operand is None:
        return None
    if not isinstance(tree, Constant):
        help = "compare with `==` and join with `or`"
        context.wrong("wrong_kind", "a list after `in` holds constants only", place(tree), help)
        return None
    if not fits(tree, operand.kind) or operand.kind.name in ("list", "boolean"):
        _cannot_compare(context, operand, tree)
        return None
    met = fit(context, tree, operand.kind)
    return met if isinstance(met, Constant) else None
