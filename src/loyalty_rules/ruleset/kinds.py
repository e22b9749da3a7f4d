"""``events``: kinds of a rule set's own, and fields that it adds to shipped ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from loyalty_rules.domain.vocabulary import (
    BOOLEAN,
    DAY,
    DURATION,
    LIST,
    MONEY,
    NUMBER,
    TEXT,
    EventKind,
    Field,
    Kind,
)
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence

_KINDS: Final[Mapping[str, Kind]] = {
    "text": TEXT,
    "money": MONEY,
    "number": NUMBER,
    "integer": Kind("number", whole=True),
    "boolean": BOOLEAN,
    "date": DAY,
    "duration": DURATION,
    "list": LIST,
}
_BESIDE_THE_TYPE: Final = frozenset({"optional", "title", "note"})

EARNING_RANK: Final = 40


def read_kinds(
    node: Node | None, shipped: Mapping[str, EventKind], findings: Findings, broken: set[str]
) -> dict[str, EventKind]:
    """Every kind of event that the rule set knows, by name; ``broken`` is told which names of fields
    nobody can read."""
    kinds = dict(shipped)
    if not isinstance(node, MappingNode):
        return kinds
    for key, value in node.entries:
        if isinstance(value, MappingNode):
            kinds[key.text] = _kind(key, value, kinds.get(key.text), findings)
            for section, prefix in (("fields", "event"), ("item_fields", "item")):
                broken |= {f"{prefix}.{name}" for name in _unread(value.get(section), findings)}
    return kinds


def _unread(node: Node | None, findings: Findings) -> Iterator[str]:
    """Fields whose kind the shape check has refused."""
    for key, value in node.entries if isinstance(node, MappingNode) else ():
        if _field(key.text, value, findings) is None:
            yield key.text


def _kind(key: Scalar, node: MappingNode, known: EventKind | None, findings: Findings) -> EventKind:
    about = node.get("about")
    fields = _fields(node.get("fields"), findings)
    item_fields = _fields(node.get("item_fields"), findings)
    wants_order = isinstance(about, Scalar) and about.text == "order"
    if known is None and wants_order:
        findings.add(
            "not_built_yet",
            about or key,
            "`about: order` for an event of your own is not decided by this version yet",
            "write `about: member`; orders come as `purchase`",
        )
    if known is None:
        return EventKind(key.text, "member", EARNING_RANK, fields, item_fields)
    if about is not None and wants_order != (known.about == "order"):
        findings.add(
            "shipped_event_about",
            about,
            f"`{key.text}` ships with us and is about the {known.about}",
            "leave `about` out: a shipped event can only get more fields",
        )
    taken = {one.name for one in known.fields}
    for one in fields:
        if one.name in taken:
            fields_node = node.get("fields")
            place = fields_node.key(one.name) if isinstance(fields_node, MappingNode) else None
            findings.add(
                "field_taken",
                place or key,
                f"`{key.text}` has a field `{one.name}` already",
                "give the new field another name",
            )
    added = tuple(one for one in fields if one.name not in taken)
    return replace(known, fields=known.fields + added, item_fields=known.item_fields + item_fields)


def _fields(node: Node | None, findings: Findings) -> tuple[Field, ...]:
    if not isinstance(node, MappingNode):
        return ()
    return tuple(
        field
        for key, value in node.entries
        if (field := _field(key.text, value, findings)) is not None
    )


def _field(name: str, node: Node, findings: Findings) -> Field | None:
    """``text``, or ``{type: text, optional: true}``, or ``{one_of: [a, b]}``."""
    if isinstance(node, Scalar):
        return Field(name, _KINDS[node.text]) if node.text in _KINDS else None
    if not isinstance(node, MappingNode):
        return None
    optional = node.get("optional")
    is_optional = isinstance(optional, Scalar) and optional.value is True
    choices = node.get("one_of")
    if isinstance(choices, Sequence):
        items = [item for item in choices.items if isinstance(item, Scalar)]
        words = tuple(item.text for item in items)
        for number, item in enumerate(items):
            if item.text in words[:number]:
                message = f"the choice `{item.text}` of `{name}` stands twice"
                findings.add("duplicate_id", item, message, "name it once")
        _check_type_beside(name, node, findings)
        return Field(name, Kind("text", choices=words), is_optional)
    kind = node.get("type")
    if isinstance(kind, Scalar) and kind.text in _KINDS:
        return Field(name, _KINDS[kind.text], is_optional)
    if not node.incomplete and {key.text for key, _ in node.entries} <= _BESIDE_THE_TYPE:
        help = "write `type: text` or another kind, or `one_of: [a, b]`"
        findings.add("missing_key", node, f"`type` is missing in `{name}`", help)
    return None


def _check_type_beside(name: str, node: MappingNode, findings: Findings) -> None:
    """``one_of`` lists texts: a ``type`` beside it may say so, and nothing else."""
    kind = node.get("type")
    if isinstance(kind, Scalar) and kind.text in _KINDS and _KINDS[kind.text] != TEXT:
        message = f"the choices of `{name}` are texts, and `type: {kind.text}` says otherwise"
        help = f"leave `type` out, or write `type: {kind.text}` without `one_of`"
        findings.add("wrong_choice", kind, message, help)
