"""``programs``: each is declared by its type before expressions are checked, and lowered afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.ruleset.form import NodeForm
from loyalty_rules.ruleset.gives import Gives
from loyalty_rules.ruleset.later import PROGRAM_TYPES, refuse
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar
from loyalty_rules.sdk import Declared, Lowered, ProgramType

Answer = TypeVar("Answer")

PURCHASES = ("purchase",)


class ProgramReader:
    """Reads the programs of one rule set, in the order of their names."""

    def __init__(self, gives: Gives, node: Node | None) -> None:
        self._gives = gives
        self._context = gives.context
        entries = node.entries if isinstance(node, MappingNode) else ()
        self._nodes: dict[str, tuple[Scalar, MappingNode]] = {
            key.text: (key, value) for key, value in entries if isinstance(value, MappingNode)
        }

    def declare(self) -> dict[str, Declared]:
        """The words of every program; notes the types of programs in the context."""
        declared = {}
        for name, kind, form in self._forms():
            self._context.program_types = {**self._context.program_types, name: kind.name}
            declared[name] = _call(
                kind, "declare", name, lambda k=kind, f=form: k.declare(f), Declared
            )
        return declared

    def lower(self) -> dict[str, Lowered]:
        """The parts of the model that every program makes, by program."""
        return {
            name: _call(kind, "lower", name, lambda k=kind, f=form: k.lower(f), Lowered)
            for name, kind, form in self._forms()
        }

    def place_of(self, name: str) -> Span:
        """Where the id of a program stands."""
        return self._nodes[name][0].span

    def _forms(self) -> Iterator[tuple[str, ProgramType, NodeForm]]:
        for name in sorted(self._nodes):
            _, node = self._nodes[name]
            written = node.get("type")
            if not isinstance(written, Scalar):
                continue
            if written.text in PROGRAM_TYPES:
                help = "programs that are decided so far: `points`, `tiers`, `spend`"
                refuse(self._context.findings, written, f"type: {written.text}", help)
                continue
            kind = self._context.registry.program_types.get(written.text)
            if kind is not None:
                yield name, kind, NodeForm(name, node, self._gives, PURCHASES)


def _call(
    kind: ProgramType, what: str, name: str, act: Callable[[], object], wanted: type[Answer]
) -> Answer:
    """The answer of a program type; whatever goes wrong in it is its author's and carries his name."""
    plugin = kind.name.split(".")[0]
    try:
        answer = act()
    except PluginError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        reason = f"it failed: {type(error).__name__}: {error}"
        raise PluginError(plugin, f"{what} of `{kind.name}`", name, reason) from error
    if not isinstance(answer, wanted):
        reason = f"it must return `{wanted.__name__}`"
        raise PluginError(plugin, f"{what} of `{kind.name}`", name, reason)
    return answer
