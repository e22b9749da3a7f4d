"""Which table had no row for which keys, for whoever wonders why a rate gave nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.facts import NO_ROW
from loyalty_rules.engine.model import Rule
from loyalty_rules.engine.plan import Facts
from loyalty_rules.expr import Tree, walk
from loyalty_rules.expr.tree import TableCall
from loyalty_rules.planner.witness import evaluate
from loyalty_rules.sdk.types import OpaqueCall
from loyalty_rules.service.wording import Words

Called = Mapping[str, Callable[..., Value]]


def missing_row(
    rule: Rule, seen: Iterable[Facts], tables: Called, functions: Called, words: Words
) -> str:
    """The first look-up of the rates of ``rule`` that finds no row, as a sentence; empty if all find one.

    ``seen`` are the facts of each stretch of the order. Errors: ``PluginError`` of a function that is asked.
    """
    for facts in seen:
        for call in _look_ups(rule):
            keys = [evaluate(one, facts, NO_ROW, tables, functions) for one in call.arguments]
            if None not in keys and tables[call.table](*keys) is None:
                kinds = [one.kind for one in call.arguments]
                shown = ", ".join(
                    f"`{words.value(key, kind)}`" for key, kind in zip(keys, kinds, strict=True)
                )
                return f"the table `{call.table}` has no row for {shown}"
    return ""


def _look_ups(rule: Rule) -> Iterator[TableCall]:
    for award in rule.awards:
        tree = award.rate.tree
        if not isinstance(tree, OpaqueCall) and tree is not None:
            yield from (node for node in walk(cast(Tree, tree)) if isinstance(node, TableCall))
