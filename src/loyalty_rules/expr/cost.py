"""What a tree costs: a number of steps that depends on the tree alone, known before any event."""

from __future__ import annotations

from typing import Final

from loyalty_rules.expr.tree import (
    AmountOf,
    AnyItem,
    CountOf,
    FunctionCall,
    SumOf,
    TableCall,
    Tree,
    Within,
    children,
)

COST_MAX: Final = 5_000
"""Beyond this an expression is refused."""

LINES_ASSUMED: Final = 50
"""How many lines an order is taken to have."""


def cost(tree: Tree) -> int:
    """Steps of one evaluation; counting stops soon above ``COST_MAX``."""
    total, waiting = 0, [(tree, 1)]
    while waiting and total <= COST_MAX:
        node, times = waiting.pop()
        total += times * _own(node)
        if isinstance(node, (AnyItem, AmountOf, CountOf)):
            times *= LINES_ASSUMED
        if not isinstance(node, SumOf):
            waiting.extend((child, times) for child in children(node))
    return total


def depth(tree: Tree) -> int:
    """How deep parts stand within parts."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(node))
    return deepest


def _own(node: Tree) -> int:
    match node:
        case TableCall():
            return 5
        case FunctionCall():
            return 10
        case Within():
            return 2
        case SumOf():
            return LINES_ASSUMED
        case _:
            return 1
