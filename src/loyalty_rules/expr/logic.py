"""``and``, ``or``, ``not``: what may stand there is a truth, nothing else."""

from __future__ import annotations

import ast

from loyalty_rules.expr.context import Context, place
from loyalty_rules.expr.kinds import called
from loyalty_rules.expr.tree import Constant, Logic, Not, Tree


def truth(context: Context, tree: Tree | None) -> Tree | None:
    """The node if it is a truth; anything else is reported with what it is."""
    if tree is None or tree.kind.name == "boolean":
        return tree
    message = f"{context.quote(tree)} is {called(tree.kind)}, not a condition"
    example = {
        "text": '== "..."',
        "list": "",
        "level": '>= "..."',
        "day": '>= "2026-01-31"',
        "duration": '== "..."',
    }
    sign = example.get(tree.kind.name, ">= 50")
    help = f"compare it, as in `{context.quote(tree).strip('`')} {sign}`"
    if tree.kind.name == "list":
        help = f'ask what it holds, as in `has({context.quote(tree).strip("`")}, "...")`'
    if isinstance(tree, Constant):
        help = "a condition compares something with it"
    context.wrong("not_a_truth", message, place(tree), help)
    return None


def logic(context: Context, node: ast.BoolOp) -> Tree | None:
    """``and`` and ``or``."""
    operands = [truth(context, context.check(value)) for value in node.values]
    good = tuple(operand for operand in operands if operand is not None)
    if len(good) < len(operands):
        return None
    start, end = context.parsed.place(node)
    word = "and" if isinstance(node.op, ast.And) else "or"
    return Logic("and" if word == "and" else "or", good, start=start, end=end)


def opposite(context: Context, node: ast.UnaryOp) -> Tree | None:
    """``not``."""
    operand = truth(context, context.check(node.operand))
    if operand is None:
        return None
    start, end = context.parsed.place(node)
    return Not(operand, start=start, end=end)
