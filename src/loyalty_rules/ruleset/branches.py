"""What tells the alternatives of a schema apart without trying them: JSON type, or a fixed ``type`` key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, cast

Schema = Mapping[str, object]
ALL_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean"})


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative: the JSON types it admits, the ``type`` it demands, the words and form of a text,
    the keys of a map."""

    types: frozenset[str]
    tag: str | None = None
    choices: tuple[str, ...] = ()
    form: str = ""
    keys: frozenset[str] = frozenset()


def branch_of(schema: Schema | bool, resolve: Callable[[Schema], Schema]) -> Branch:
    """What is known of one alternative; ``resolve`` follows a reference."""
    if isinstance(schema, bool):
        return Branch(ALL_TYPES if schema else frozenset())
    schema = resolve(schema)
    inner = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf") or [])
    if inner and "type" not in schema:
        return _joined([branch_of(each, resolve) for each in inner])
    properties = cast(Mapping[str, Schema], schema.get("properties", {}))
    tag = properties.get("type", {}).get("const") if "type" in properties else None
    is_required = "type" in cast(list[str], schema.get("required", []))
    values = cast(list[object], schema.get("enum", [schema["const"]] if "const" in schema else []))
    return Branch(
        _types(schema, values),
        tag if isinstance(tag, str) and is_required else None,
        tuple(value for value in values if isinstance(value, str)),
        str(schema.get("format", "")),
        frozenset(properties),
    )


def is_told_apart(branches: tuple[Branch, ...]) -> bool:
    """Whether at most one of ``branches`` can fit any value."""
    return all(
        not one.types & other.types
        or (one.types == other.types == {"object"} and None not in (one.tag, other.tag)
            and one.tag != other.tag)
        for one, other in combinations(branches, 2)
    )  # fmt: skip


def _types(schema: Schema, values: list[object]) -> frozenset[str]:
    written = schema.get("type")
    if isinstance(written, str):
        types = {written}
    elif isinstance(written, list):
        types = set(cast(list[str], written))
    elif values:
        types = {_type_of(value) for value in values}
    else:
        return ALL_TYPES
    return frozenset(types | {"integer"}) if "number" in types else frozenset(types)


def _type_of(value: object) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Mapping):
        return "object"
    return "array" if isinstance(value, list) else "number"


def _joined(branches: list[Branch]) -> Branch:
    return Branch(
        frozenset(name for branch in branches for name in branch.types),
        None,
        tuple(word for branch in branches for word in branch.choices),
        next((branch.form for branch in branches if branch.form), ""),
        frozenset(name for branch in branches for name in branch.keys),
    )
