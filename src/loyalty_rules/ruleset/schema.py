"""The JSON Schema (draft 2020-12) of a rule set file: what editors complete by and the shape check runs.

It holds every word of the language. Forms that JSON Schema cannot say stand as ``format: lr-...``; each
is also a definition, so ``{"format": "lr-give"}`` and ``{"$ref": "#/$defs/give"}`` mean the same, in the
fragments of plugins too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from loyalty_rules.ruleset.schema_gives import GIVES
from loyalty_rules.ruleset.schema_parts import (
    DEFINITIONS,
    FIELD_KINDS,
    NONE,
    Schema,
    entry,
    named,
    obj,
    ref,
)
from loyalty_rules.ruleset.schema_programs import PROGRAMS

SCHEMA_ID: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(
    program_schemas: Mapping[str, Mapping[str, object]] | None = None,
    reward_schemas: Mapping[str, Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """The schema of a whole rule set file.

    The arguments are the own keys of program types and give types by name, each a JSON Schema of a map
    (``type``, and for programs ``title`` and ``note``, are added). They stand beside the types of the
    language and take the place of one with the same name.
    """
    programs = {**PROGRAMS, **(program_schemas or {})}
    gives = {**GIVES, **(reward_schemas or {})}
    definitions: dict[str, object] = dict(DEFINITIONS)
    for kind, parts in (("program", programs), ("give", gives)):
        branches: list[Schema] = []
        for name in sorted(parts):
            definitions[f"{kind}_{name}"] = _typed(name, parts[name])
            branches.append(ref(f"{kind}_{name}"))
        definitions[f"one_{kind}"] = {"oneOf": branches}
    definitions["give"] = {
        "anyOf": [
            ref("one_give"),
            {"type": "array", "items": ref("one_give"), "minItems": 1},
        ]
    }
    return {
        "$schema": SCHEMA_ID,
        "title": "a rule set of loyalty-rules",
        **_top(),
        "$defs": definitions,
    }


def _typed(name: str, fragment: Mapping[str, object]) -> Schema:
    """A fragment as a branch that is told from the others by its ``type``."""
    own = cast(Schema, resolve_formats(fragment))
    properties = cast(Mapping[str, object], own.get("properties", {}))
    required = cast(list[str], own.get("required", []))
    return {
        "additionalProperties": False,
        **own,
        "type": "object",
        "properties": {
            "type": {"const": name},
            "title": ref("text"),
            "note": ref("text"),
            **properties,
        },
        "required": ["type", *(key for key in required if key != "type")],
    }


def resolve_formats(schema: object) -> object:
    """``schema`` with each ``format: lr-NAME`` that is a definition of ours turned into a ``$ref`` to it."""
    if isinstance(schema, Mapping):
        written = cast(Mapping[str, object], schema)
        format_name = written.get("format")
        keep = {key: resolve_formats(value) for key, value in written.items()}
        if isinstance(format_name, str) and format_name in REFERABLE:
            del keep["format"]
            keep["$ref"] = f"#/$defs/{format_name.removeprefix('lr-')}"
        return keep
    if isinstance(schema, list | tuple):
        return [resolve_formats(each) for each in cast(list[object], schema)]
    return schema


REFERABLE: Final = frozenset(f"lr-{name}" for name in (*DEFINITIONS, "give"))
"""The formats that stand for a definition, in the schemas of plugins too."""


def _top() -> Schema:
    """Section by section, in the order in which a rule set is written."""
    return obj(
        {
            "ruleset": ref("rule-id"),
            "version": {"type": "string", "minLength": 1, "examples": ['"1.0"']},
            "title": ref("text"),
            "note": ref("text"),
            "effective": ref("effective"),
            "currency": _currency(),
            "timezone": {"type": "string", "minLength": 1, "examples": ["Europe/Berlin"]},
            "calendar": {"type": "string", "examples": ["gregorian", "jalali"]},
            "week_starts": {"enum": ["mon", "sat", "sun"]},
            "leap_day": {"enum": ["feb_28", "mar_1"]},
            "late": obj(
                {"replay": {"anyOf": [NONE, ref("duration")]}, "then": {"enum": ["book_alone"]}}
            ),
            "events": named("id", _event_kind()),
            "define": named("id", ref("condition")),
            "tables": named("id", _table()),
            "counters": named("id", ref("counter")),
            "programs": named("id", ref("one_program")),
            "rules": {"type": "array", "items": _rule()},
            "groups": named("rule-id", _group()),
            "rewards": named("rule-id", _reward()),
        },
        required=("ruleset", "version", "currency", "timezone"),
    )


def _currency() -> Schema:
    code: Schema = {
        "type": "string",
        "pattern": "^[A-Z]{3}$",
        "examples": ["EUR"],
        "title": "a code of three capital letters",
    }
    full = obj(
        {
            "code": code,
            "scale": {"type": "integer", "minimum": 0, "maximum": 12},
            "accepts": {
                "type": "object",
                "propertyNames": {"pattern": "^[A-Z]{3}$", "examples": ["USD"]},
                "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
            },
        },
        required=("code",),
    )
    return {"anyOf": [code, full], "examples": ["EUR"]}


def _event_kind() -> Schema:
    field: Schema = {
        "anyOf": [
            {"enum": list(FIELD_KINDS)},
            obj(
                {
                    "type": {"enum": list(FIELD_KINDS)},
                    "one_of": {"type": "array", "items": ref("word"), "minItems": 1},
                    "optional": {"type": "boolean"},
                    "title": ref("text"),
                    "note": ref("text"),
                }
            ),
        ]
    }
    return entry(
        {
            "about": {"enum": ["member", "order"]},
            "fields": named("id", field),
            "item_fields": named("id", field),
        }
    )


def _table() -> Schema:
    return entry(
        {
            "keys": {
                "type": "object",
                "propertyNames": {"format": "lr-id"},
                "additionalProperties": {"enum": ["exact", "at_least"]},
                "minProperties": 1,
            },
            "rows": {"type": "object", "minProperties": 1},
            "otherwise": ref("leaf"),
        },
        required=("keys", "rows"),
    )


def _rule() -> Schema:
    return entry(
        {
            "id": ref("rule-id"),
            "event": {
                "anyOf": [ref("word"), {"type": "array", "items": ref("word"), "minItems": 1}]
            },
            "every": ref("every"),
            "at": {"enum": ["end", "start"]},
            "when": ref("condition"),
            "items": ref("filter"),
            "tenders": ref("filter"),
            "during": ref("during"),
            "give": ref("give"),
            "group": ref("word"),
            "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
            "limit": ref("limit"),
            "budget": ref("limit"),
            "holdout": {
                "anyOf": [
                    ref("share"),
                    obj({"share": ref("share"), "name": ref("rule-id")}, required=("share",)),
                ]
            },
            "funded_by": {
                "type": "object",
                "additionalProperties": ref("share"),
                "minProperties": 1,
            },
        },
        required=("id", "event", "give"),
    )


def _group() -> Schema:
    return entry(
        {
            "choose": {"enum": ["all", "highest_priority", "best", "worst"]},
            "limit": ref("limit"),
            "budget": ref("limit"),
        }
    )


def _reward() -> Schema:
    cost = obj(
        {"program": ref("word"), "points": {"type": "number", "exclusiveMinimum": 0}},
        required=("program", "points"),
    )
    automatic = obj(
        {"every": ref("box"), "rest": {"enum": ["carry", "drop"]}}, required=("every", "rest")
    )
    return entry(
        {
            "cost": cost,
            "give": ref("give"),
            "when": ref("condition"),
            "items": ref("filter"),
            "during": ref("during"),
            "at_least": ref("number"),
            "at_most": ref("number"),
            "share_at_most": ref("share"),
            "share_at_least": ref("share"),
            "automatic": automatic,
            "group": ref("word"),
            "limit": ref("limit"),
            "budget": ref("limit"),
        },
        required=("cost", "give"),
    )
