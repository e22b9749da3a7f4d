"""Ids that expressions can name: none may be a word of the language, none may mean two things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.elsewhere import plain_letters
from loyalty_rules.base.suggest import nearest
from loyalty_rules.expr import RESERVED
from loyalty_rules.ruleset.context import SHIPPED_COUNTERS, Context
from loyalty_rules.ruleset.forms import ID
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

_SECTIONS: Final = ("programs", "counters", "tables", "define")
_OTHERS: Final = ("events", "rules", "groups", "rewards", "ruleset", "currency", "title", "note")
_KEY: Final = re.compile(r"^\s*(?:- *)?([a-z][a-z0-9_]*):(?:\s|$)")


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


def unread_names(root: MappingNode, found: Iterable[Diagnostic]) -> set[str]:
    """Names that the file declares where they cannot be read: under a key that is misspelt, in a list in
    place of a map, as an id that is none, or on lines that are indented wrongly.

    Each was reported; whoever asks for such a name makes no second mistake.
    """
    names = set[str]()
    for key, node in root.entries:
        section = key.text if key.text in _SECTIONS else nearest(key.text, (*_SECTIONS, *_OTHERS))
        if section not in _SECTIONS:
            continue
        if isinstance(node, Sequence):
            names |= {name for item in node.items for name in _named(item)}
        elif isinstance(node, MappingNode):
            ids = {one.text for one, _ in node.entries}
            names |= {_meant_id(one) for one in ids if not ID.fullmatch(one)} - ids
            names |= ids if section != key.text else set()
    for one in found:
        if one.name in ("wrong_indentation", "empty_value") and one.span is not None:
            names |= set(_KEY.findall(root.source.line(one.span.line)))
    return names


def _named(item: Node) -> Iterator[str]:
    """What an entry of a list is called that should be a map: by its ``id``, or by its only key."""
    if isinstance(item, MappingNode):
        written = item.get("id")
        if isinstance(written, Scalar):
            yield written.text
        elif len(item.entries) == 1:
            yield item.entries[0][0].text


def _meant_id(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", plain_letters(text)).strip("_")


def _ids(root: MappingNode) -> Iterator[tuple[str, Scalar]]:
    for section in _SECTIONS:
        node = root.get(section)
        if isinstance(node, MappingNode):
            for key, _ in node.entries:
                yield section, key
