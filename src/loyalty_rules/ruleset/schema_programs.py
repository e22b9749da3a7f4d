"""The own keys of each program type of the language, those that are not decided yet among them."""

from __future__ import annotations

from typing import Final

from loyalty_rules.ruleset.schema_parts import (
    COUNT,
    NONE,
    Schema,
    entry,
    named,
    obj,
    one_or_list,
    ref,
)

_ON_RETURN: Final[Schema] = {"enum": ["recount", "frozen"]}
_POSITIVE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"}
_WHOLE: Final[Schema] = {"type": "integer", "minimum": 1}
_NONE_OR_DURATION: Final[Schema] = {"anyOf": [NONE, ref("duration")]}


def _rounding() -> Schema:
    return obj(
        {
            "mode": {"enum": ["floor", "ceil", "half_up", "half_even"]},
            "at": {"enum": ["order", "rule", "line"]},
        }
    )


def _basis() -> Schema:
    words: Schema = {"type": "array", "items": ref("word")}
    basis = obj(
        {
            "tax": {"enum": ["included", "excluded"]},
            "exclude": words,
            "items": ref("filter"),
            "tenders": ref("filter"),
            "net_of": {"type": "array", "items": {"enum": ["discounts"]}},
        },
        required=("tax",),
    )
    return {**basis, "examples": [{"tax": "included"}]}


def _expiry() -> Schema:
    plain = {
        "after": ref("duration"),
        "to_end_of": {"type": "string", "minLength": 1},
        "from": {"enum": ["earned", "usable", "activity"]},
        "activity": {"type": "array", "items": ref("word"), "minItems": 1},
        "end_of": ref("window"),
    }
    never: Schema = {
        "const": "never",
        "description": "write `never`, or a map such as `{after: 12 months}`",
    }
    of_level: Schema = {"anyOf": [never, obj(plain)]}
    one = obj(
        {
            **plain,
            "with": ref("word"),
            "by": ref("word"),
            "is": {"type": "object", "minProperties": 1, "additionalProperties": of_level},
            "on_downgrade": {"enum": ["restart", "keep"]},
        }
    )
    return {
        "anyOf": [
            never,
            one,
            {"type": "array", "items": {"anyOf": [never, one]}, "minItems": 1},
        ],
        "examples": [{"after": "12 months"}, "never"],
    }


def _points() -> Schema:
    returns = obj(
        {
            "claw_back": {"enum": ["recompute", "proportional", "none"]},
            "negative": {"enum": ["allow", "clamp", "recover_from_refund"]},
            "spent": {"enum": ["proportional", "points_first", "cash_first"]},
            "expired": {"enum": ["forgive", "take"]},
        }
    )
    multipliers = obj(
        {
            "mode": {"enum": ["add", "multiply", "best", "highest_priority"]},
            "at_most": {"type": "number", "minimum": 1},
        }
    )
    pending = obj({"until": ref("word"), "at_most": ref("duration")}, required=("until",))
    return obj(
        {
            "scale": {"type": "integer", "minimum": 0, "maximum": 6},
            "rounding": _rounding(),
            "multipliers": multipliers,
            "basis": _basis(),
            "expiry": _expiry(),
            "pending": {"anyOf": [NONE, ref("duration"), pending]},
            "spendable": {"type": "boolean"},
            "value": {"type": "number", "minimum": 0, "format": "lr-number"},
            "returns": returns,
            "restore": obj({"expiry": {"enum": ["original", "new"]}, "grace": _NONE_OR_DURATION}),
            "spend_order": {"enum": ["first_expiring", "oldest"]},
            "shared_by": {"enum": ["member", "household"]},
            "transfers": obj({"limit": ref("limit"), "at_least": _POSITIVE}, required=("limit",)),
        },
        required=("basis", "expiry"),
    )


def _tiers() -> Schema:
    at: Schema = {"type": "object", "additionalProperties": ref("number"), "minProperties": 1}
    level = entry({"id": ref("id"), "at": one_or_list(at), "also_when": ref("condition")}, ("id",))
    keep = obj(
        {
            "through": {"anyOf": [{"enum": ["next_window", "window"]}, ref("duration")]},
            "then": {"enum": ["one_down", "requalify", "bottom"]},
            "grace": _NONE_OR_DURATION,
        }
    )
    return obj(
        {
            "window": ref("window"),
            "levels": {"type": "array", "items": level, "minItems": 2},
            "keep": keep,
            "tier_at": {"enum": ["before", "after", "split"]},
            "on_return": {"enum": ["keep_until_review", "immediate"]},
        },
        required=("window", "levels"),
    )


def _membership() -> Schema:
    plan = entry(
        {
            "price": ref("finite"),
            "period": ref("duration"),
            "trial": ref("duration"),
            "level": ref("word"),
        },
        required=("price", "period"),
    )
    return obj(
        {
            "plans": named("id", plan),
            "refund": {"enum": ["pro_rata", "full_if_unused", "none"]},
            "change": {"enum": ["pro_rata", "next_period"]},
        },
        required=("plans",),
    )


def _referral() -> Schema:
    levels = obj({"from": _WHOLE, "through": _WHOLE}, required=("from", "through"))
    reward = obj(
        {
            "to": {"enum": ["friend", "referrer"]},
            "level": {"anyOf": [_WHOLE, levels]},
            "give": ref("give"),
            "limit": ref("limit"),
            "ignore_below": ref("number"),
            "title": ref("text"),
            "note": ref("text"),
        },
        required=("to", "give"),
    )
    qualifies = obj({key: COUNT[key] for key in COUNT if key != "adds"}, required=("event",))
    return obj(
        {
            "qualifies": qualifies,
            "within": _NONE_OR_DURATION,
            "levels_at_most": {"type": "integer", "minimum": 1, "maximum": 10},
            "repeat": {"type": "boolean"},
            "rewards": {"type": "array", "items": reward, "minItems": 1},
        },
        required=("qualifies", "rewards"),
    )


def _spend() -> Schema:
    return obj(
        {
            "of": ref("linear"),
            "window": ref("window"),
            "items": ref("filter"),
            "tenders": ref("filter"),
            "per_full": _POSITIVE,
            "give": ref("give"),
            "pays": {"enum": ["reached", "at_end"]},
            "rest": {"enum": ["carry", "drop"]},
            "on_return": _ON_RETURN,
            "limit": ref("limit"),
            "budget": ref("limit"),
        },
        required=("window", "per_full", "give", "rest"),
    )


def _partner() -> Schema:
    prices: Schema = {
        "anyOf": [
            ref("number"),
            {"type": "object", "additionalProperties": ref("number"), "minProperties": 1},
        ]
    }
    sources: Schema = {"type": "array", "items": ref("word"), "minItems": 1}
    return obj(
        {"pays_per_point_issued": prices, "is_paid_per_point_redeemed": prices, "sources": sources}
    )


def _challenge() -> Schema:
    return obj(
        {
            "opens": obj({"event": ref("word"), "when": ref("condition")}, required=("event",)),
            "lasts": ref("duration_or_finite"),
            "window": ref("window"),
            "overlap": {"enum": ["separate", "restart", "ignore"]},
            "counts": ref("count"),
            "target": ref("finite"),
            "streak": {"enum": ["day", "week", "month"]},
            "repeat": {"type": "boolean"},
            "rest": {"enum": ["carry", "drop"]},
            "on_return": _ON_RETURN,
            "give": ref("give"),
            "limit": ref("limit"),
            "budget": ref("limit"),
        },
        required=("counts", "target", "give"),
    )


def _raffle() -> Schema:
    return obj(
        {"closes": ref("moment"), "winners": _WHOLE, "per_member": _WHOLE, "give": ref("give")},
        required=("closes", "give"),
    )


def _coupon() -> Schema:
    never: Schema = {"const": "never"}
    return obj(
        {
            "prefix": ref("word"),
            "valid": {"anyOf": [never, ref("duration")]},
            "uses": _WHOLE,
            "per_order": _WHOLE,
            "stacks": {"type": "boolean"},
            "on_return": {"enum": ["used", "give_back"]},
        },
        required=("prefix", "valid"),
    )


PROGRAMS: Final[dict[str, Schema]] = {
    "points": _points(),
    "tiers": _tiers(),
    "membership": _membership(),
    "referral": _referral(),
    "spend": _spend(),
    "partner": _partner(),
    "challenge": _challenge(),
    "raffle": _raffle(),
    "coupon": _coupon(),
}
