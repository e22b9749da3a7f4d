"""What a tree costs: a number of steps that depends on the tree alone, known before any event."""

from __future__ import annotations

from typing import Final, NamedTuple

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


class Measure(NamedTuple):
    """``cost``: steps of one evaluation; ``depth``: how deep parts stand within parts."""

    cost: int
    depth: int


def measure(tree: Tree) -> Measure:
    """Cost and depth of a tree; it is not looked at much further than ``COST_MAX``."""
    total, deepest, waiting = 0, 0, [(tree, 1, 1)]
    while waiting and total <= COST_MAX:
        node, times, depth = waiting.pop()
        total += times * _OWN.get(type(node), 1)
        deepest = max(deepest, depth)
        if isinstance(node, (AnyItem, AmountOf, CountOf)):
            times *= LINES_ASSUMED
        elif isinstance(node, SumOf):
            times = 0
        for child in children(node):
            waiting.append((child, times, depth + 1))
    return Measure(total, deepest)


_OWN: Final[dict[type[Tree], int]] = {
    TableCall: 5,
    FunctionCall: 10,
    Within: 2,
    SumOf: LINES_ASSUMED,
}
"""Steps of a node itself where they are more than one."""
