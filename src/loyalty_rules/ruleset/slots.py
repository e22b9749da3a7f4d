"""Numbers the formulas of a finished model, so that equal expressions share one slot of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.expr import Tree, unparse
from loyalty_rules.sdk.types import OpaqueCall

Part = TypeVar("Part")


def number_formulas(model: Model) -> Model:
    """The model with slots given in canonical order and ``formulas`` listing one formula for each slot."""
    numbering = _Numbering()
    numbered = numbering.visit(model)
    return replace(numbered, formulas=tuple(numbering.formulas))


def meaning_of(formula: Formula) -> str:
    """What a formula computes, as canonical text; where it stands and how it is spelled do not count."""
    if isinstance(formula.tree, OpaqueCall):
        call, opaque = formula.tree, formula.tree.opaque
        parameters = sorted(opaque.parameters.items())
        bounds = f"{opaque.program} {opaque.at_most} {opaque.reads!r}"
        return f"{call.type} {call.rule} {bounds} {parameters!r}"
    return f"{formula.kind.name} {unparse(cast(Tree, formula.tree))}"


class _Numbering:
    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self.formulas: list[Formula] = []

    def visit(self, part: Part) -> Part:
        """A copy of a part of the model in which every formula has its slot."""
        if isinstance(part, Formula):
            return cast(Part, self._formula(part))
        if isinstance(part, tuple):
            return cast(Part, tuple(self.visit(one) for one in part))
        if is_dataclass(part) and not isinstance(part, type):
            changed = {}
            for one in fields(part):
                value = getattr(part, one.name)
                if isinstance(value, Mapping):
                    continue
                visited = self.visit(value)
                if visited is not value:
                    changed[one.name] = visited
            return cast(Part, replace(part, **changed)) if changed else part
        return part

    def _formula(self, formula: Formula) -> Formula:
        meaning = meaning_of(formula)
        slot = self._slots.setdefault(meaning, len(self._slots))
        numbered = replace(formula, slot=slot)
        if slot == len(self.formulas):
            self.formulas.append(numbered)
        return numbered
