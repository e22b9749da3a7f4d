"""FINITE and LINEAR: the two shapes that a rate and a quantity may have."""

from __future__ import annotations

from fractions import Fraction

from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.kinds import NUMERIC, called
from loyalty_rules.expr.scope import LinearTerm, Scope
from loyalty_rules.expr.tree import (
    Arithmetic,
    Constant,
    Fact,
    Negate,
    SumOf,
    TableCall,
    Tree,
    Within,
)
from loyalty_rules.expr.unparse import unparse


def check_finite(context: Context, tree: Tree) -> bool:
    """Whether the node is a constant, a table, or a product of these; reports what else it holds."""
    waiting, fine = [tree], True
    while waiting:
        node = waiting.pop()
        if isinstance(node, Arithmetic) and node.operator == "*":
            waiting += [node.right, node.left]
        elif not isinstance(node, (Constant, TableCall)):
            message = f"{context.quote(node)} is not a constant or a table"
            help = "a rate is a constant, a table, or a product of these"
            context.wrong("not_finite", message, place(node), help)
            fine = False
    if fine and tree.kind.name != "number":
        message = f"{context.quote(tree)} is {called(tree.kind)}, not a rate"
        context.wrong("not_finite", message, place(tree), "a rate is a number, such as 1.5")
        fine = False
    return fine


def linear(context: Context, tree: Tree) -> tuple[LinearTerm, ...] | None:
    """The summands of the node; None when it is not a sum of constants times sources (reported)."""
    if tree.kind.name not in NUMERIC:
        message = f"{context.quote(tree)} is {called(tree.kind)}, not a quantity"
        context.wrong("not_linear", message, place(tree), _possible(context.scope))
        return None
    before = len(context.problems)
    terms = _terms(context, tree, Fraction(1))
    return None if len(context.problems) > before else terms


def _terms(context: Context, tree: Tree, factor: Fraction) -> tuple[LinearTerm, ...]:
    match tree:
        case Constant(value=int() | Fraction() as value):
            one = Constant(1, tree.kind, start=tree.start, end=tree.end)
            return (LinearTerm(factor * value, "fact", tree=one, text="1"),)
        case Negate():
            return _terms(context, tree.operand, -factor)
        case Arithmetic(operator="+"):
            return _terms(context, tree.left, factor) + _terms(context, tree.right, factor)
        case Arithmetic(operator="-"):
            return _terms(context, tree.left, factor) + _terms(context, tree.right, -factor)
        case Arithmetic(operator="*", left=Constant(value=int() | Fraction() as value)):
            return _terms(context, tree.right, factor * value)
        case Arithmetic(operator="*", right=Constant(value=int() | Fraction() as value)):
            return _terms(context, tree.left, factor * value)
        case Arithmetic(operator="/", right=Constant(value=int() | Fraction() as value)):
            return _terms(context, tree.left, factor / value)
        case SumOf():
            return (LinearTerm(factor, "sum_of", tree=tree.operand, text=unparse(tree.operand)),)
        case Within():
            return (LinearTerm(factor, "fact", tree=tree, text=unparse(tree)),)
        case Fact() if (term := _source(context.scope, tree, factor)) is not None:
            return (term,)
        case _:
            _not_linear(context, tree)
            return ()


def _source(scope: Scope, fact: Fact, factor: Fraction) -> LinearTerm | None:
    name = scope.names.get(fact.name)
    if name is None or not (name.source or name.linear):
        return None
    if name.source:
        return LinearTerm(factor, name.source, name.program)
    return LinearTerm(factor, "fact", tree=fact, text=fact.name)


def _not_linear(context: Context, tree: Tree) -> None:
    message = f"{context.quote(tree)} is not a constant times a sum over lines"
    if isinstance(tree, Arithmetic) and tree.operator == "*":
        message = f"{context.quote(tree)} multiplies two event amounts"
    context.wrong("not_linear", message, place(tree), _possible(context.scope))


def _possible(scope: Scope) -> str:
    names = sorted(
        f"`{spelling}`" for spelling, name in scope.names.items() if name.source or name.linear
    )
    if scope.item_names:
        names.append("`sum_of(item.x)`")
    if scope.figures:
        names.append("`within(figure, WINDOW)`")
    return "possible here: constants times " + ", ".join(names) if names else "write a constant"
