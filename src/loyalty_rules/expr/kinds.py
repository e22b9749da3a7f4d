"""Kinds: what they are called, which go together, and how a constant takes the kind of what it meets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

from loyalty_rules.base.suggest import choice, nearest
from loyalty_rules.domain.vocabulary import NUMBER, TEXT, Kind, KindName
from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.tree import Arithmetic, Constant, TableCall, Tree, exact

NUMERIC: Final = ("number", "money", "points")
ORDERED: Final = ("number", "money", "points", "day", "level")

_CALLED: Final[dict[KindName, str]] = {
    "number": "a number",
    "money": "an amount of money",
    "points": "points",
    "text": "a text",
    "boolean": "true or false",
    "day": "a day",
    "duration": "a duration",
    "list": "a list",
    "level": "a level",
}


def called(kind: Kind) -> str:
    """The kind in a designer's words, with its article."""
    return _CALLED[kind.name]


def same(one: Kind, other: Kind) -> bool:
    """Whether values of the two kinds can be compared or exchanged."""
    if one.name != other.name:
        return False
    return one.name != "level" or (one.program, one.choices) == (other.program, other.choices)


def is_number(tree: Tree) -> bool:
    """Whether the node is a written number that has not met anything yet."""
    return isinstance(tree, Constant) and tree.kind == NUMBER


def is_row(tree: Tree) -> bool:
    """Whether the node is a number of a table, which stands for what a designer would write there."""
    return isinstance(tree, TableCall) and tree.kind.name == "number"


def _bends(tree: Tree) -> bool:
    return isinstance(tree, Constant) or is_row(tree)


def fits(tree: Tree, kind: Kind) -> bool:
    """Whether the node is of the kind, or a constant that can become it."""
    if isinstance(tree, Constant) and tree.kind == NUMBER:
        return kind.name in NUMERIC
    if isinstance(tree, Constant) and tree.kind == TEXT:
        return kind.name in ("text", "level", "day", "duration")
    if is_row(tree):
        return kind.name in NUMERIC
    return same(tree.kind, kind)


def fit(context: Context, tree: Tree, kind: Kind) -> Tree | None:
    """The node as a value of a kind that it `fits`; reports a text that is not among its choices."""
    if is_row(tree) and kind.name != "number":
        return _of_unit(context, tree, kind)
    if not isinstance(tree, Constant):
        return tree
    value = tree.value
    if tree.kind == NUMBER and isinstance(value, (int, Fraction)):
        return _number(context, tree, value, kind)
    if tree.kind == TEXT and isinstance(value, str):
        if kind.name == "day":
            return _day(context, tree, value, kind)
        if (kind.choices or kind.name == "level") and value not in kind.choices:
            _not_a_choice(context, tree, value, kind)
            return None
        rank: int | str = kind.choices.index(value) if kind.name == "level" else value
        return replace(tree, value=rank, kind=kind)
    return tree


def plain(context: Context, tree: Tree) -> Tree:
    """Money or points as the number that a designer writes for it: what rows of a table stand for."""
    if tree.kind.name not in ("money", "points"):
        return tree
    unit = _number(context, Constant(1, NUMBER), 1, tree.kind)
    return Arithmetic("/", tree, unit, NUMBER, start=tree.start, end=tree.end)


def _of_unit(context: Context, tree: Tree, kind: Kind) -> Tree:
    """A number of a table as money or points: rows are written like constants."""
    unit = _number(context, Constant(1, NUMBER), 1, kind)
    return Arithmetic("*", tree, unit, kind, start=tree.start, end=tree.end)


def meet(context: Context, left: Tree, right: Tree) -> tuple[Tree, Tree] | None:
    """Both nodes as values of one kind; None (and a report, unless they simply do not fit) otherwise."""
    if _bends(left) and not isinstance(right, Constant):
        met = fit(context, left, right.kind)
        return None if met is None else (met, right)
    met = fit(context, right, left.kind)
    return None if met is None else (left, met)


def meets(left: Tree, right: Tree) -> bool:
    """Whether two nodes can become values of one kind."""
    return fits(left, right.kind) or fits(right, left.kind)


def _number(context: Context, tree: Constant, value: int | Fraction, kind: Kind) -> Constant:
    if kind.name != "money":
        return replace(tree, kind=kind)
    scale = context.scope.money_scale
    return replace(tree, value=exact(Fraction(value) * 10**scale), kind=kind, scale=scale)


def _day(context: Context, tree: Constant, value: str, kind: Kind) -> Constant | None:
    day = context.scope.parse_day(value)
    if isinstance(day, str):
        context.wrong("bad_day", f"`{value}` is not a day", place(tree), day)
        return None
    return replace(tree, value=day, kind=kind, written=value)


def _not_a_choice(context: Context, tree: Constant, value: str, kind: Kind) -> None:
    near = nearest(value, kind.choices)
    help = f"did you mean `{near}`?" if near is not None else choice(kind.choices)
    what = f"a level of `{kind.program}`" if kind.name == "level" else "one of the values here"
    context.wrong("not_a_choice", f"`{value}` is not {what}", place(tree), help)


def numeric(context: Context, tree: Tree, otherwise: str) -> bool:
    """Whether the node is a number, money or points; reports what it is if not."""
    if tree.kind.name in NUMERIC:
        return True
    message = f"{context.quote(tree)} is {called(tree.kind)} and {otherwise}"
    context.wrong("wrong_kind", message, place(tree))
    return False
