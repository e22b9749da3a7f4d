"""Numbers the formulas of a finished model, so that equal expressions share one slot of the plan."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from loyalty_rules.base.changes import changed
from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.expr import Cast, Tree, unparse
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
    written = formula.cast.meaning if isinstance(formula.cast, Cast) else None
    return f"{formula.kind.name} {written or unparse(cast(Tree, formula.tree))}"


class _Numbering:
    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self.formulas: list[Formula] = []

    def visit(self, part: Part) -> Part:
        """A copy of a part of the model in which every formula has its slot."""
        if isinstance(part, Formula):
            return cast(Part, self._formula(part))
        if isinstance(part, tuple):
            return cast(Part, tuple([self.visit(one) for one in part]))
        kind: Any = type(part)
        found: dict[str, object] = {}
        for name in _holders(kind):
            value = getattr(part, name)
            if value and (visited := self.visit(value)) is not value:
                found[name] = visited
        return changed(part, **found) if found else part

    def _formula(self, formula: Formula) -> Formula:
        meaning = meaning_of(formula)
        slot = self._slots.setdefault(meaning, len(self._slots))
        numbered = Formula(
            slot,
            formula.tree,
            formula.kind,
            formula.text,
            formula.span,
            formula.uses_tables,
            formula.cast,
        )
        if slot == len(self.formulas):
            self.formulas.append(numbered)
        return numbered


@lru_cache(maxsize=64)
def _holders(kind: Any) -> tuple[str, ...]:
    """The fields of a part of the model in which a formula may stand, by their annotations."""
    if not is_dataclass(kind):
        return ()
    hints = get_type_hints(kind)
    return tuple(one.name for one in fields(kind) if _may_hold(hints[one.name]))


def _may_hold(hint: Any) -> bool:
    if hint is Formula or (isinstance(hint, type) and _holders(hint)):
        return True
    return not isinstance(hint, type) and any(_may_hold(one) for one in get_args(hint))
