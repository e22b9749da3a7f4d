"""The JSON Schema of a scenario file: what editors complete by and the shape check runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_rules.ruleset.schema import SCHEMA_ID
from loyalty_rules.ruleset.schema_parts import DEFINITIONS, Schema, entry, named, obj, ref

_ANY_MAP: Final[Schema] = {"type": "object"}
_POINTS: Final[Schema] = {"anyOf": [{"type": "number"}, named("id", {"type": "number"})]}
_LOT: Final[Schema] = obj(
    {
        "program": ref("word"),
        "granted": {"type": "number"},
        "left": {"type": "number"},
        "opened": ref("moment"),
        "usable": ref("moment"),
        "expires": {"anyOf": [{"const": "never"}, ref("moment")]},
    }
)
_EXPECTED: Final[Mapping[str, Schema]] = {
    "balance": named("id", {"type": "number"}),
    "pending": named("id", {"type": "number"}),
    "household": named("id", {"type": "number"}),
    "level": named("id", ref("word")),
    "gave": named("rule-id", _POINTS),
    "not_gave": named("rule-id", ref("word")),
    "refused": ref("word"),
    "refund": {"type": "number"},
    "fee": {"type": "number"},
    "lots": {"type": "array", "items": _LOT},
    "effects": {"type": "array", "items": _ANY_MAP, "minItems": 1},
    "quote": obj(
        {
            "lines": {"type": "array", "items": _ANY_MAP, "minItems": 1},
            "take": named("rule-id", {"type": "integer", "minimum": 1}),
            "points": named("id", {"type": "number"}),
            "worth": {"type": "number"},
            "cash": {"type": "number"},
            "binding": named("rule-id", {"type": "array", "items": ref("word")}),
        }
    ),
}


def scenario_schema() -> dict[str, object]:
    """The schema of a whole scenario file. What an event may hold is left to the door of events."""
    expected = obj(_EXPECTED)
    step = entry(
        {
            "at": ref("moment"),
            "after": ref("duration"),
            "do": {
                "anyOf": [_ANY_MAP, {"type": "array", "items": _ANY_MAP, "minItems": 1}],
            },
            "expect": obj({**_EXPECTED, "member": _by_member(expected)}),
        }
    )
    return {
        "$schema": SCHEMA_ID,
        **entry(
            {
                "rules": ref("word"),
                "change": {"type": "object", "minProperties": 1},
                "members": _by_member(_ANY_MAP),
                "steps": {
                    "type": "array",
                    "items": step,
                    "minItems": 1,
                    "examples": ["[{at: 2026-03-01, do: {purchase: 45.00}}]"],
                },
            },
            required=("steps",),
        ),
        "title": "a scenario of loyalty-rules",
        "$defs": dict(DEFINITIONS),
    }


def _by_member(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema, "minProperties": 1}
