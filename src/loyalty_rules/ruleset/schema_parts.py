"""The pieces that a rule set's schema is made of: how each small form looks, and what many maps share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Schema = dict[str, object]

FIELD_KINDS: Final = (
    "text", "money", "number", "integer", "boolean", "date", "duration", "list",
)  # fmt: skip
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NONE: Final[Schema] = {"const": "none"}
_BOXES: Final = ("day", "week", "month", "quarter", "year", "member_year")
_PERIOD: Final[Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}[.]period$"}
_SPOKEN: Final = ["string", "number", "boolean"]


def ref(name: str) -> Schema:
    """A reference to a definition of the schema."""
    return {"$ref": f"#/$defs/{name}"}


def obj(properties: Mapping[str, object], required: tuple[str, ...] = ()) -> Schema:
    """A map with these keys and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def entry(properties: Mapping[str, object], required: tuple[str, ...] = ()) -> Schema:
    """A named thing: a map that may also have ``title`` and ``note``."""
    return obj({**properties, "title": ref("text"), "note": ref("text")}, required)


def named(form: str, schema: Schema) -> Schema:
    """A map from ids (``id`` or ``rule-id``) to things that look like ``schema``."""
    return {
        "type": "object",
        "propertyNames": {"format": f"lr-{form}"},
        "additionalProperties": schema,
    }


def one_or_list(schema: Schema) -> Schema:
    """One of it, or a list of them."""
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _text_form(name: str, example: str) -> Schema:
    return {"type": "string", "format": f"lr-{name}", "examples": [example]}


def _spoken(name: str) -> Schema:
    """An expression: a text, or a bare number, true or false."""
    return {"type": list(_SPOKEN), "format": f"lr-{name}"}


def _limit() -> Schema:
    cap: Schema = {"type": "number", "exclusiveMinimum": 0}
    per: Schema = {
        "anyOf": [
            ref("window"),
            {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        ]
    }
    one = obj(
        {
            "times": {"type": "integer", "minimum": 1},
            "points": cap,
            "amount": cap,
            "quantity": cap,
            "per": per,
            "over": {"enum": ["trim", "skip"]},
            "cap_counts": {"enum": ["net", "gross"]},
            "note": ref("text"),
        }
    )
    return {"anyOf": [NONE, one, {"type": "array", "items": one, "minItems": 1}]}


def _during() -> Schema:
    instant_or_day: Schema = {"type": "string", "format": "lr-moment"}
    return obj(
        {
            "from": instant_or_day,
            "through": ref("day"),
            "before": ref("instant"),
            "weekdays": {"type": "array", "items": {"enum": list(WEEKDAYS)}, "minItems": 1},
            "hours": ref("hours"),
            "days_of_month": {
                "type": "array",
                "items": {"type": "integer", "minimum": -31, "maximum": 31},
                "minItems": 1,
            },
            "birthday": {"anyOf": [{"enum": ["day", "week", "month"]}, ref("duration")]},
        }
    )


def _effective() -> Schema:
    moment: Schema = {"type": "string", "format": "lr-moment"}
    return obj({"from": moment, "through": ref("day"), "before": ref("instant")})


COUNT: Final[dict[str, object]] = {
    "event": one_or_list(ref("word")),
    "when": ref("condition"),
    "items": ref("filter"),
    "tenders": ref("filter"),
    "adds": ref("linear"),
}

DEFINITIONS: Final[dict[str, Schema]] = {
    "id": _text_form("id", "beans"),
    "rule-id": _text_form("rule-id", "base-points"),
    "word": {"type": "string", "minLength": 1},
    "number": {"type": "number", "format": "lr-number"},
    "share": _text_form("share", "50 %"),
    "day": _text_form("day", "2026-03-31"),
    "instant": _text_form("instant", "2026-03-31T18:00"),
    "moment": _text_form("moment", "2026-03-31"),
    "hours": _text_form("hours", '"17:00-19:00"'),
    "duration": _text_form("duration", "30 days"),
    "window": _text_form("window", "month"),
    "filter": _spoken("filter"),
    "finite": _spoken("finite"),
    "linear": _spoken("linear"),
    "expression": _spoken("expression"),
    "condition": {
        "type": [*_SPOKEN, "array"],
        "items": _spoken("condition"),
        "minItems": 1,
        "format": "lr-condition",
    },
    "figure": {"type": "string", "minLength": 1, "format": "lr-figure"},
    "leaf": {"type": ["string", "number"]},
    "text": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "propertyNames": {
                    "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
                    "examples": ["en"],
                },
                "additionalProperties": {"type": "string"},
                "minProperties": 1,
            },
        ],
    },
    "limit": _limit(),
    "during": _during(),
    "effective": _effective(),
    "every": {
        "anyOf": [
            {"enum": [*_BOXES, "birthday"]},
            _PERIOD,
            obj(
                {
                    "inactive": ref("duration"),
                    "activity": {"type": "array", "items": ref("word"), "minItems": 1},
                },
                required=("inactive",),
            ),
        ]
    },
    "box": {"anyOf": [{"enum": list(_BOXES)}, _PERIOD]},
    "count": {"anyOf": [ref("figure"), obj(COUNT, required=("event",))]},
    "counter": {
        "anyOf": [
            ref("figure"),
            entry(
                {
                    **COUNT,
                    "measure": {"enum": ["sum", "average", "distinct", "highest", "latest"]},
                    "of": ref("expression"),
                },
                required=("event",),
            ),
        ]
    },
    "duration_or_finite": _spoken("finite"),
}
