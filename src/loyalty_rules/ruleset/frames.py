"""Maps and lists that are still open while a file is read, and what may be a key in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from loyalty_rules.ruleset.decode import Found
from loyalty_rules.ruleset.nodes import Node, Scalar


@dataclass(slots=True, eq=False)
class Frame:
    """A map or list that is still open. ``has_empty``: some key of it has no value."""

    is_map: bool
    is_flow: bool
    start: int
    key: Scalar | None = None
    expects_value: bool = False
    incomplete: bool = False
    has_empty: bool = False
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


def as_key(node: Node, found: Found) -> Scalar | None:
    """``node`` as a key, or None, reported, when it cannot be one: then its value is left out too."""
    if not isinstance(node, Scalar):
        found.drop_within(node.start, node.end)
        found.add(
            "key_not_text", "a list or a map stands where a key must stand",
            node.start, node.start + 1, "a key is one word; put an expression in quotes",
        )  # fmt: skip
        return None
    if node.broken:
        return None
    if node.start == node.end:
        found.add(
            "key_not_text", "a key is missing in front of the colon", node.start, node.start + 1,
            "write `key: value`",
        )  # fmt: skip
        return None
    if node.text == "<<" and node.style == "plain":
        found.add(
            "merge_key", "YAML merge keys are not used here", node.start, node.end,
            "write the keys out; what is used often stands once under `define` or `tables`",
        )  # fmt: skip
        return None
    return node
