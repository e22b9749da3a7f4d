"""What can be said of a FINITE without an event: every value that it may take, and what a tree reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import cast

from loyalty_rules.engine.model import Formula, Table
from loyalty_rules.expr import Cast, Tree
from loyalty_rules.expr.tree import Arithmetic, Constant, Defined, Fact, Negate, TableCall, walk


def facts_of(tree: object) -> frozenset[str]:
    """The names that a checked tree reads, through its defines."""
    if tree is None:
        return frozenset()
    return frozenset(node.name for node in walk(cast(Tree, tree)) if isinstance(node, Fact))


def read_by(formula: Formula) -> frozenset[str]:
    """The same of a formula. Those of one make read the same, so they are looked through once."""
    made = formula.cast
    return made.mould.facts if isinstance(made, Cast) else facts_of(formula.tree)


def least_value(tree: object, tables: Mapping[str, Table]) -> Fraction:
    """The least value that a FINITE can take."""
    return _range(cast(Tree, tree), tables)[0]


def _range(tree: Tree, tables: Mapping[str, Table]) -> tuple[Fraction, Fraction]:
    match tree:
        case Constant(value=int() | Fraction() as value):
            return Fraction(value), Fraction(value)
        case Negate(operand=operand):
            low, high = _range(operand, tables)
            return -high, -low
        case Defined(body=body):
            return _range(body, tables)
        case TableCall(table=name):
            leaves = [Fraction(leaf) for leaf in _leaves(tables[name])]
            return min(leaves, default=Fraction(1)), max(leaves, default=Fraction(1))
        case Arithmetic(operator="*", left=left, right=right):
            ends = [a * b for a in _range(left, tables) for b in _range(right, tables)]
            return min(ends), max(ends)
        case _:
            return Fraction(1), Fraction(1)


def _leaves(table: Table) -> Iterator[int | Fraction]:
    if isinstance(table.otherwise, int | Fraction):
        yield table.otherwise
    waiting: list[object] = [table.rows]
    while waiting:
        rows = waiting.pop()
        if isinstance(rows, Mapping):
            waiting.extend(rows.values())
        elif isinstance(rows, int | Fraction):
            yield rows
