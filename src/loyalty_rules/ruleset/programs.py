"""``programs``: each is declared by its type before expressions are checked, and lowered afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.engine.model import NOWHERE, Rule
from loyalty_rules.ruleset.answers import Known, declared_fault, lowered_fault, lowered_type_fault
from loyalty_rules.ruleset.form import NodeForm
from loyalty_rules.ruleset.gives import Gives
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.sdk import Declared, Lowered, ProgramType
from loyalty_rules.sdk.containment import Fault, contained
from loyalty_rules.sdk.registry import BUILT_IN

PURCHASES = ("purchase",)


class ProgramReader:
    """Reads the programs of one rule set, in the order of their names."""

    def __init__(self, gives: Gives, node: Node | None) -> None:
        self._gives = gives
        self._context = gives.context
        entries = node.entries if isinstance(node, MappingNode) else ()
        self._context.broken |= {key.text for key, _ in entries}  # until it is declared
        self._nodes: dict[str, tuple[Scalar, MappingNode]] = {
            key.text: (key, value) for key, value in entries if isinstance(value, MappingNode)
        }

    def declare(self) -> dict[str, Declared]:
        """The words of every program; notes the types of programs in the context."""
        declared = {}
        for name, kind, form in self._forms():
            self._context.program_types = {**self._context.program_types, name: kind.name}
            fault = self._fault(kind, "declare", name)
            words = contained(partial(kind.declare, form), fault)
            _raise(declared_fault(words), fault)
            declared[name] = words
            levels = [word.choices for word in words.words.values() if word.name == "level"]
            if all(choices and all(choices) for choices in levels):
                self._context.broken.discard(name)
        return declared

    def lower(self) -> dict[str, Lowered]:
        """The parts of the model that every program makes, by program."""
        lowered = {}
        for name, kind, form in self._forms():
            fault = self._fault(kind, "lower", name)
            parts = contained(partial(kind.lower, form), fault)
            if self._owner(kind) != BUILT_IN:
                _raise(lowered_type_fault(parts), fault)
                _raise(self._wrong(name, parts), fault)
            placed = tuple(self._placed(rule, name) for rule in parts.rules)
            lowered[name] = replace(parts, rules=placed)
        return lowered

    def _wrong(self, name: str, parts: Lowered) -> str | None:
        """What is wrong with the parts of a plugin's program. What they say is judged only if the designer
        made no mistake, for else there are stand-ins in them."""
        if self._context.findings.has_errors:
            return None
        known = Known(self._gives.points_programs, self._context.kinds)
        return lowered_fault(name, self._context.declared[name], parts, known)

    def _placed(self, rule: Rule, program: str) -> Rule:
        """A rule that a program makes stands where the id of the program does."""
        return replace(rule, span=self.place_of(program)) if rule.span == NOWHERE else rule

    def place_of(self, name: str) -> Span:
        """Where the id of a program stands."""
        return self._nodes[name][0].span

    def _owner(self, kind: ProgramType) -> str:
        return self._context.registry.owner("loyalty_program_types", kind.name)

    def _fault(self, kind: ProgramType, what: str, program: str) -> Fault:
        return partial(PluginError, self._owner(kind), f"{what} of `{kind.name}`", program)

    def _forms(self) -> Iterator[tuple[str, ProgramType, NodeForm]]:
        for name in sorted(self._nodes):
            _, node = self._nodes[name]
            written = node.get("type")
            if not isinstance(written, Scalar):
                continue
            kind = self._context.registry.program_types.get(written.text)
            if kind is not None:
                yield name, kind, NodeForm(name, node, self._gives, PURCHASES)


def _raise(reason: str | None, fault: Fault) -> None:
    if reason is not None:
        raise fault(reason)
