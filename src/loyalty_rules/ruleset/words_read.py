"""Which facts the formulas of a rule set read: an order must remember what they say of the member, and those
who are rewarded for a friend are told the ones about him."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from loyalty_rules.engine.friends import FRIEND
from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.expr import Cast, Tree
from loyalty_rules.expr.tree import Fact, Within, walk
from loyalty_rules.sdk.types import OpaqueCall


def with_words_read(model: Model) -> Model:
    """The model with the facts that any of its formulas reads, apart those about levels such as
    ``status.since`` and those about a friend (``friend.joined``)."""
    heads = tuple(f"{table.id}." for table in model.level_tables)
    trees = {id(tree): tree for tree in map(_tree, model.formulas)}
    words = {key for tree in trees.values() for key in _read(tree)}
    levels = {key for key in words if key.startswith(heads)} if heads else set[str]()
    friends = {key for key in words if key.startswith(f"{FRIEND}.")} if model.referrals else set()
    return replace(
        model,
        words_read=frozenset(words),
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
    nodes = walk(cast(Tree, tree))
    return {
        node.key
        for node in nodes
        if isinstance(node, Within) or (isinstance(node, Fact) and not node.row)
    }
