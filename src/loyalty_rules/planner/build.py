"""A checked model to a plan: formulas become one generated module, plugins get their guards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.model import Model
from loyalty_rules.engine.plan import Code, Plan
from loyalty_rules.expr import Cast, Tree, to_python
from loyalty_rules.planner.digest import digest_of
from loyalty_rules.planner.guard import guarded_award, guarded_function
from loyalty_rules.planner.tables import make_lookup
from loyalty_rules.ruleset.zone_data import database_version, load_zone
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.sdk.types import OpaqueCall


def make_plan(model: Model, registry: Registry) -> Plan:
    """Everything about a rule set that can be decided without an event."""
    zone = load_zone(model.zone)
    assert zone is not None, "a checked model names a zone of the database"
    return Plan(
        model,
        _code(model, registry),
        registry.calendars[model.calendar],
        zone,
        digest_of(model, registry.plugins, database_version()),
    )


def lookups(model: Model) -> Mapping[str, Callable[..., Value]]:
    """The tables of a model as functions, by name."""
    return {table.id: make_lookup(table) for table in model.tables}


def functions(registry: Registry) -> Mapping[str, Callable[..., Value]]:
    """The guarded functions of plugins, by name."""
    return {
        name: guarded_function(one, registry.owner("loyalty_functions", name))
        for name, one in registry.functions.items()
    }


def _code(model: Model, registry: Registry) -> tuple[Code, ...]:
    """Runnable forms by slot: generated Python, and guards around opaque awards."""
    code: dict[int, Code] = {}
    trees: dict[int, Tree | Cast] = {}
    for formula in model.formulas:
        if isinstance(formula.tree, OpaqueCall):
            code[formula.slot] = guarded_award(formula.tree)
        else:
            moulded = formula.cast
            trees[formula.slot] = moulded if isinstance(moulded, Cast) else cast(Tree, formula.tree)
    generated = to_python(list(trees.values()), lookups(model), functions(registry))
    code.update(zip(trees, generated, strict=True))
    return tuple(code[slot] for slot in range(len(model.formulas)))
