"""Ids that expressions can name: none may be a word of the language, none may mean two things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_rules.expr import RESERVED
from loyalty_rules.ruleset.context import SHIPPED_COUNTERS, Context
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Scalar

_SECTIONS: Final = ("programs", "counters", "tables", "define")


def check_names(root: MappingNode, context: Context) -> None:
    """Report ids that are words of the language or stand for something else already."""
    meanings = {counter.id: "a counter that ships with us" for counter in SHIPPED_COUNTERS}
    meanings.update(dict.fromkeys(context.registry.functions, "a plugin's function"))
    for section, key in _ids(root):
        if key.text in RESERVED:
            context.findings.add(
                "reserved_name",
                key,
                f"`{key.text}` is a word of the language",
                f"choose another id, such as `my_{key.text}`",
            )
        elif key.text in meanings:
            context.findings.add(
                "duplicate_id",
                key,
                f"`{key.text}` is {meanings[key.text]} already",
                "programs, counters, tables and defines share one set of names: choose another",
            )
        meanings.setdefault(key.text, f"declared under `{section}`")


def _ids(root: MappingNode) -> Iterator[tuple[str, Scalar]]:
    for section in _SECTIONS:
        node = root.get(section)
        if isinstance(node, MappingNode):
            for key, _ in node.entries:
                yield section, key
