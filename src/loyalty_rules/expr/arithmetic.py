"""Exact arithmetic: which kinds an operator joins, and what comes out."""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.vocabulary import NUMBER, Kind
from loyalty_rules.expr.context import Context
from loyalty_rules.expr.kinds import NUMERIC, called, is_number, is_row, meet, meets, same
from loyalty_rules.expr.numbers import DIGITS_MAX
from loyalty_rules.expr.tree import Arithmetic, ArithmeticOperator, Constant, Negate, Tree, exact

_ARITHMETIC: Final[dict[type[ast.operator], ArithmeticOperator]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


def negative(context: Context, node: ast.UnaryOp) -> Tree | None:
    """The sign ``-``."""
    operand = context.check(node.operand)
    if operand is None:
        return None
    if operand.kind.name not in NUMERIC:
        message = f"{context.quote(operand)} is {called(operand.kind)} and has no sign"
        context.wrong("wrong_kind", message, context.parsed.place(node))
        return None
    start, end = context.parsed.place(node)
    if isinstance(operand, Constant) and isinstance(operand.value, (int, Fraction)):
        return Constant(-operand.value, operand.kind, start=start, end=end)
    return Negate(operand, operand.kind, start=start, end=end)


def arithmetic(context: Context, node: ast.BinOp) -> Tree | None:
    """``+ - * / // %``; two constants become one."""
    left, right = context.check(node.left), context.check(node.right)
    if left is None or right is None:
        return None
    where, operator = context.parsed.place(node), _ARITHMETIC[type(node.op)]
    if _is_zero(right) and operator in ("/", "//", "%"):
        message = f"{context.quote_place(where)} divides by zero, so it is always unknown"
        context.wrong("always_unknown", message, where, "divide by something else")
        return None
    if is_number(left) and is_number(right):
        return _folded(context, operator, left, right, where)
    kind = _joined_kind(operator, left, right)
    if kind is None:
        _cannot_join(context, operator, left, right, where)
        return None
    if operator not in ("*", "/"):
        met = meet(context, left, right)
        if met is None:
            return None
        left, right = met
    return Arithmetic(operator, left, right, kind, start=where[0], end=where[1])


def _is_zero(tree: Tree) -> bool:
    return is_number(tree) and isinstance(tree, Constant) and tree.value == 0


def _joined_kind(operator: ArithmeticOperator, left: Tree, right: Tree) -> Kind | None:
    """The kind of the result. Beside ``*`` and under ``/`` a written number is a plain factor; elsewhere
    it takes the kind of what it meets."""
    if left.kind.name not in NUMERIC or right.kind.name not in NUMERIC:
        return None
    if operator == "*":
        if left.kind.name == "number":
            return _plain(right.kind)
        return _plain(left.kind) if right.kind.name == "number" else None
    if operator == "/":
        if right.kind.name == "number":
            return _plain(left.kind)
        return NUMBER if same(left.kind, right.kind) else None
    if not meets(left, right):
        return None
    met = _plain(right.kind if is_number(left) or is_row(left) else left.kind)
    return NUMBER if operator == "//" else met


def _plain(kind: Kind) -> Kind:
    return NUMBER if kind.name == "number" else kind


def _folded(
    context: Context, operator: ArithmeticOperator, left: Tree, right: Tree, where: tuple[int, int]
) -> Tree | None:
    assert isinstance(left, Constant) and isinstance(right, Constant), "folds constants only"
    assert isinstance(left.value, (int, Fraction)) and isinstance(right.value, (int, Fraction))
    value = calculate(operator, Fraction(left.value), Fraction(right.value))
    return constant(context, value, where)


def constant(context: Context, value: int | Fraction, where: tuple[int, int]) -> Tree | None:
    """A number that was worked out from written ones; one beyond all measure is reported."""
    value = exact(value)
    if abs(value.numerator) >= 10**DIGITS_MAX or value.denominator >= 10**DIGITS_MAX:
        message = f"{context.quote_place(where)} needs more than {DIGITS_MAX} digits"
        context.wrong("bad_number", message, where, "write a shorter number")
        return None
    return Constant(value, NUMBER, start=where[0], end=where[1])


def calculate(operator: ArithmeticOperator, left: Fraction, right: Fraction) -> int | Fraction:
    """The exact result of one operation on written numbers; the divisor is not zero."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "//":
            return left // right
        case "%":
            return left % right


def _cannot_join(
    context: Context,
    operator: ArithmeticOperator,
    left: Tree,
    right: Tree,
    where: tuple[int, int],
) -> None:
    names = {left.kind.name, right.kind.name}
    if context.expect == "linear" and operator == "*" and names <= set(NUMERIC):
        message = f"{context.quote_place(where)} multiplies two event amounts"
        context.wrong("not_linear", message, where, "multiply with a constant")
        return
    help = None
    if names == {"day"} and operator == "-":
        help = "days up to the event are days_since(...)"
    elif operator in ("+", "-") and "number" in names and len(names) == 2:
        help = "both sides must be of one kind; a written number takes the kind of the other side"
    elif operator == "*" and names <= set(NUMERIC):
        help = "multiply with a number"
    message = (
        f"{context.quote(left)} is {called(left.kind)} and {context.quote(right)} is "
        f"{called(right.kind)}: `{operator}` cannot join them"
    )
    context.wrong("wrong_kind", message, where, help)
