"""A checked tree as a Python syntax tree for simpleeval: calls, operators and names, no text of a designer.

Truths are counted (0 false, 1 unknown, 2 true), money stands in hundreds of its minor unit, every number is
a `Fraction`; ``~`` is not, ``&`` and ``|`` are and, or.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.effects import Value
from loyalty_rules.expr.tree import (
    Absolute,
    AmountOf,
    AnyItem,
    Arithmetic,
    Compare,
    Constant,
    CountOf,
    DaysSince,
    Default,
    Defined,
    Extreme,
    Fact,
    FunctionCall,
    Has,
    Known,
    Length,
    Logic,
    Negate,
    Not,
    OneOf,
    Round,
    SumOf,
    TableCall,
    Tree,
    Within,
)

FALSE, UNKNOWN, TRUE = 0, 1, 2
MONEY_UNIT: Final = 100

_ARITHMETIC: Final[dict[str, ast.operator]] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "/": ast.Div(),
    "//": ast.FloorDiv(),
    "%": ast.Mod(),
}
_COMPARE: Final[dict[str, ast.cmpop]] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
}
_CALLED: Final[dict[type[Tree], str]] = {
    AnyItem: "any_item",
    AmountOf: "amount_of",
    CountOf: "count_of",
    Absolute: "abs",
    Length: "len",
    DaysSince: "days_since",
}


def enter(value: Value, kind: str) -> object:
    """A value as the witness holds it."""
    if kind == "boolean":
        return UNKNOWN if value is None else TRUE if value else FALSE
    if isinstance(value, (int, Fraction)):
        return Fraction(value) / (MONEY_UNIT if kind == "money" else 1)
    return value


def leave(value: object, kind: str) -> Value:
    """A value as facts hold it: money in minor units, whole numbers whole."""
    if kind == "boolean":
        return None if value == UNKNOWN else value == TRUE
    if isinstance(value, Fraction):
        out = value * (MONEY_UNIT if kind == "money" else 1)
        return int(out) if out.denominator == 1 else out
    assert value is None or isinstance(value, (str, tuple)), "texts and lists pass as they are"
    return value


class Rendered:
    """One tree, rendered: ``body`` for simpleeval, ``names`` for the values that its names stand for."""

    def __init__(self, tree: Tree) -> None:
        self.names: dict[str, object] = {}
        self.body = self._render(tree)

    def _name(self, value: object) -> ast.expr:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return ast.Name(name, ast.Load())

    def _call(self, name: str, *arguments: ast.expr | str | Tree) -> ast.expr:
        rendered = [one if isinstance(one, ast.expr) else self._argument(one) for one in arguments]
        return ast.Call(ast.Name(name, ast.Load()), rendered, [])

    def _argument(self, one: str | Tree) -> ast.expr:
        return self._name(one) if isinstance(one, str) else self._render(one)

    def _render(self, tree: Tree) -> ast.expr:
        match tree:
            case Constant():
                return self._name(enter(tree.value, tree.kind.name))
            case Fact():
                return self._call("field" if tree.row else "fact", tree.key, tree.kind.name)
            case Within():
                return self._call("fact", tree.key, tree.kind.name)
            case Defined():
                return self._render(tree.body)
            case Compare() if tree.left.kind.name == "boolean":
                same = self._call("same_truth", tree.left, tree.right)
                return same if tree.operator == "==" else ast.UnaryOp(ast.Invert(), same)
            case Compare():
                sides = self._render(tree.left), self._render(tree.right)
                return ast.Compare(sides[0], [_COMPARE[tree.operator]], [sides[1]])
            case Arithmetic():
                operator = _ARITHMETIC[tree.operator]
                return ast.BinOp(self._render(tree.left), operator, self._render(tree.right))
            case Logic():
                return self._joined(tree)
            case Not():
                return ast.UnaryOp(ast.Invert(), self._render(tree.operand))
            case Negate():
                return ast.UnaryOp(ast.USub(), self._render(tree.operand))
            case _:
                return self._function(tree)

    def _joined(self, tree: Logic) -> ast.expr:
        operator: ast.operator = ast.BitAnd() if tree.operator == "and" else ast.BitOr()
        joined = self._render(tree.operands[0])
        for operand in tree.operands[1:]:
            joined = ast.BinOp(joined, operator, self._render(operand))
        return joined

    def _function(self, tree: Tree) -> ast.expr:
        match tree:
            case OneOf():
                found = self._call("one_of", tree.operand, *tree.choices)
                return ast.UnaryOp(ast.Invert(), found) if tree.negated else found
            case Has():
                return self._call("has", tree.holder, tree.wanted)
            case Known():
                return self._call("known", tree.operand, tree.operand.kind.name)
            case Default():
                return self._call("default", tree.operand, tree.otherwise, tree.kind.name)
            case Extreme():
                return self._call(tree.which, *tree.operands)
            case Round():
                return self._call("round", tree.operand, tree.mode, tree.step)
            case AnyItem() | AmountOf() | CountOf():
                return self._call(_CALLED[type(tree)], self._name(tree.filter))
            case SumOf():
                return self._call("sum_of", tree.operand.key, tree.kind.name)
            case TableCall():
                return self._asked("table", tree.table, tree.kind.name, tree.arguments)
            case FunctionCall():
                return self._asked("function", tree.function, tree.kind.name, tree.arguments)
            case Absolute() | Length() | DaysSince():
                return self._call(_CALLED[type(tree)], tree.operand)
            case _:
                raise AssertionError("every other node was rendered before")

    def _asked(self, what: str, name: str, kind: str, arguments: tuple[Tree, ...]) -> ast.expr:
        given = [one for argument in arguments for one in (argument, argument.kind.name)]
        return self._call(what, name, kind, *given)
