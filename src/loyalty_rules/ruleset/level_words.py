"""Which words about levels a rule set uses beside the level itself, whose values an order must remember; and
which about a friend, which those are told who are rewarded for him."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from loyalty_rules.engine.friends import FRIEND
from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.expr import Cast, Tree
from loyalty_rules.expr.tree import Fact, walk
from loyalty_rules.sdk.types import OpaqueCall


def with_level_words(model: Model) -> Model:
    """The model with the facts such as ``status.since`` that one of its formulas reads, and those of a friend
    (``friend.joined``)."""
    heads = tuple(f"{table.id}." for table in model.level_tables)
    if not heads and not model.referrals:
        return model
    trees = {id(tree): tree for tree in map(_tree, model.formulas)}
    words = {key for tree in trees.values() for key in _read(tree)}
    levels = {key for key in words if key.startswith(heads)} if heads else set[str]()
    friends = {key for key in words if key.startswith(f"{FRIEND}.")} if model.referrals else set()
    return replace(
        model,
        level_words=tuple(sorted(levels - {f"{head}level" for head in heads})),
        friend_words=tuple(sorted(friends)),
    )


def _tree(formula: Formula) -> object:
    """The tree of a formula; formulas of one make read the same, so one stands for all of them."""
    made = formula.cast
    return made.mould.pattern if isinstance(made, Cast) else formula.tree


def _read(tree: object) -> set[str]:
    if isinstance(tree, OpaqueCall):
        return set(tree.keys)
    if tree is None:
        return set()
    return {node.key for node in walk(cast(Tree, tree)) if isinstance(node, Fact) and not node.row}
