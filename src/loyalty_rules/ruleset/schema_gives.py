"""The own keys of each give type of the language, those that are not decided yet among them."""

from __future__ import annotations

from typing import Final

from loyalty_rules.ruleset.schema_parts import Schema, obj, ref

_POSITIVE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"}
_RATE: Final[dict[str, object]] = {"per": _POSITIVE, "per_full": _POSITIVE, "of": ref("linear")}


def _points() -> Schema:
    return obj(
        {"program": ref("word"), "points": ref("finite"), **_RATE}, required=("program", "points")
    )


GIVES: Final[dict[str, Schema]] = {
    "points": _points(),
    "bonus": _points(),
    "multiplier": obj(
        {"program": ref("word"), "times": ref("finite")}, required=("program", "times")
    ),
    "discount": obj(
        {
            "amount": ref("finite"),
            "percent": ref("share"),
            "at_most": ref("number"),
            "cheapest": {"type": "integer", "minimum": 1},
            "rounding": {"enum": ["floor", "ceil", "half_up", "half_even"]},
            **_RATE,
        }
    ),
    "voucher": obj(
        {
            "amount": ref("finite"),
            "percent": ref("share"),
            "product": ref("word"),
            "at": ref("word"),
            "valid": ref("duration"),
        },
        required=("valid",),
    ),
    "product": obj(
        {"sku": ref("word"), "quantity": ref("finite"), "worth": _POSITIVE}, required=("sku",)
    ),
    "perk": obj(
        {"name": ref("word"), "valid": ref("duration"), "worth": _POSITIVE}, required=("name",)
    ),
    "donation": obj(
        {
            "to": ref("word"),
            "amount": ref("finite"),
            "product": ref("word"),
            "quantity": ref("finite"),
            "fixed_after": ref("word"),
            **_RATE,
        },
        required=("to",),
    ),
    "entry": obj(
        {"raffle": ref("word"), "entries": ref("finite"), **_RATE}, required=("raffle", "entries")
    ),
    "coupon": obj({"coupon": ref("word")}, required=("coupon",)),
    "grant": obj({"challenge": ref("word"), "offer": ref("word")}, required=("challenge",)),
}
