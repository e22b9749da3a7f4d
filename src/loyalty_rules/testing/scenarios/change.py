"""``change:`` of a scenario: other values in the text of a rule set, for a variant of a policy.

The text itself is changed, not what was read of it, so that a variant goes the whole way that a file goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import NamedTuple

from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.ruleset.nodes import Mapping, Node, Scalar, Sequence
from loyalty_rules.ruleset.tree import read_tree
from loyalty_rules.testing.scenarios.changed_lines import UNCHANGED, LineMap


class NoPlace(Exception):  # noqa: N818 (it says what is the matter)
    """A path that leads nowhere in the rule set: what is wrong, and the cure."""

    def __init__(self, message: str, help: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Changed:
    """A text after changes, and where its lines come from."""

    text: str
    lines: LineMap = UNCHANGED


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def change(before: Changed, path: str, value: Node) -> Changed:
    """``before`` with ``value`` at ``path``: keys with points between them, entries of a list by their id.

    What is not there yet is added. Errors: `NoPlace`.
    """
    root, _ = read_tree(before.text.encode(), "")
    assert root is not None, "only a text without mistakes is changed"
    text = root.source.text
    start, end, new = _edit(text, root, path.split("."), value)
    lines = before.lines.replaced(text, start, end, new)
    return Changed(text[:start] + new + text[end:], lines)


def flow(node: Node) -> str:
    """A node on one line."""
    if isinstance(node, Scalar):
        is_text = isinstance(node.value, str)
        return json.dumps(node.text, ensure_ascii=False) if is_text else node.text
    if isinstance(node, Sequence):
        return "[" + ", ".join(flow(item) for item in node) + "]"
    return "{" + ", ".join(f"{flow_key(key)}: {flow(value)}" for key, value in node) + "}"


def flow_key(key: Scalar) -> str:
    """A key as it may stand in a map on one line."""
    return json.dumps(key.text, ensure_ascii=False) if key.is_quoted else key.text


def _edit(text: str, node: Node, parts: Many[str], value: Node) -> _Edit:
    if not parts:
        return _Edit(node.start, _end(text, node), _lead(text, node) + flow(value))
    if isinstance(node, Scalar):
        message = f"`{'.'.join(parts)}` leads below `{node.text}`, which is a value"
        raise NoPlace(message, "end the path at the key above")
    if isinstance(node, Sequence):
        return _edit(text, _item(node, parts[0]), parts[1:], value)
    for count in range(len(parts), 0, -1):  # a key may have points of its own, as `beans.base` has
        inner = node.get(".".join(parts[:count]))
        if inner is not None:
            return _edit(text, inner, parts[count:], value)
    return _insertion(text, node, parts, value)


def _item(node: Sequence, name: str) -> Node:
    names = list[str]()
    for item in node:
        own = item.get("id") if isinstance(item, Mapping) else None
        if isinstance(own, Scalar):
            if own.text == name:
                return item
            names.append(own.text)
    help = did_you_mean(name, names) if names else "replace the whole list"
    raise NoPlace(f"no entry of the list has the id `{name}`", help)


def _insertion(text: str, node: Mapping, parts: Many[str], value: Node) -> _Edit:
    """``parts`` as a new key of a map, maps in it made as needed."""
    written = flow(value)
    for part in reversed(parts[1:]):
        written = f"{{{part}: {written}}}"
    written = f"{parts[0]}: {written}"
    if text[node.start] == "{":
        at = node.start + 1
        return _Edit(at, at, written + (", " if node.entries else ""))
    at = node.entries[0][0].start
    indent = at - node.source.line_start(at)
    return _Edit(at, at, written + "\n" + " " * indent)


def _lead(text: str, node: Node) -> str:
    """What keeps a value on one line apart from its key where a block stood: a block list may begin in the
    column of its key, a value may not."""
    return "  " if not isinstance(node, Scalar) and text[node.start] not in "{[" else ""


def _end(text: str, node: Node) -> int:
    """Where a node ends, without the blank lines and comments behind a block."""
    if isinstance(node, Scalar):
        end = node.end
        if node.style in ("literal", "folded"):
            while text[end - 1].isspace():
                end -= 1
        return end
    if text[node.start] in "{[":
        return node.end
    last = node.items[-1] if isinstance(node, Sequence) else node.entries[-1][1]
    return _end(text, last)
