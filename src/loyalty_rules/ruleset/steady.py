"""Which rules of the clock come to the same turn after turn, as long as the member does."""

from __future__ import annotations

from typing import cast

from loyalty_rules.base.changes import changed
from loyalty_rules.engine.model import Award, Formula, Model, Rule
from loyalty_rules.expr.tree import DaysSince, FunctionCall, Tree, Within, walk
from loyalty_rules.ruleset.finite import read_by
from loyalty_rules.sdk.types import OpaqueCall

_OF_TIME = (DaysSince, FunctionCall, Within)
"""What a formula may ask that is another thing on another day, or of which nobody can say that it is not."""


_SHORT = ("day", "week")
"""Boxes of which so many pass that nobody reads them one by one; a month stands for itself in a statement."""


def with_steady(model: Model) -> Model:
    """A model whose rules of the clock say whether they are steady."""
    levels = frozenset(f"{table.id}.level" for table in model.level_tables)
    rules = tuple(
        changed(rule, steady=True) if _is_steady(rule, levels) else rule for rule in model.rules
    )
    return changed(model, rules=rules)


def _is_steady(rule: Rule, levels: frozenset[str]) -> bool:
    """A FINITE rate of points, at the end or the start of a short box; nothing that uses itself up, that
    belongs to a day, or in whose way another rule stands."""
    if rule.every is None or rule.every.unit not in _SHORT:
        return False
    if rule.during is not None or rule.caps or rule.group is not None:
        return False
    if any(not _is_finite(award) for award in rule.awards):
        return False
    formulas = [*rule.when, *(award.rate for award in rule.awards)]
    return all(_is_of_member(formula, levels) for formula in formulas)


def _is_finite(award: Award) -> bool:
    return award.role in ("points", "bonus") and award.quantity is None


def _is_of_member(formula: Formula, levels: frozenset[str]) -> bool:
    """Whether a formula reads nothing but the profile and levels."""
    if isinstance(formula.tree, OpaqueCall):
        return False
    if any(isinstance(node, _OF_TIME) for node in walk(cast(Tree, formula.tree))):
        return False
    return all(
        name in levels or (name.startswith("member.") and name != "member.age")
        for name in read_by(formula)
    )
