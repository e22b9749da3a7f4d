"""The reward types ``points`` (multiplied), ``bonus`` (never multiplied) and ``multiplier``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from loyalty_rules.sdk import Award, Form, Quantity, RewardType, hookimpl

_PROGRAM: Final = {"type": "string", "format": "lr-id"}
_EARN: Final = {
    "type": "object",
    "required": ["program", "points"],
    "additionalProperties": False,
    "properties": {
        "program": _PROGRAM,
        "points": {"format": "lr-finite"},
        "per": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
        "per_full": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
        "of": {"format": "lr-linear"},
    },
}
_MULTIPLIER: Final = {
    "type": "object",
    "required": ["program", "times"],
    "additionalProperties": False,
    "properties": {"program": _PROGRAM, "times": {"format": "lr-finite"}},
}


def _points(form: Form) -> tuple[Award, ...]:
    return _earn(form, "points")


def _bonus(form: Form) -> tuple[Award, ...]:
    return _earn(form, "bonus")


def _earn(form: Form, role: Literal["points", "bonus"]) -> tuple[Award, ...]:
    """A rate, once or for a quantity: ``per`` is linear, ``per_full`` counts whole steps."""
    program = form.program()
    quantity = _quantity(form, program)
    return (Award(role, program, form.finite("points"), quantity, type=role),)


def _quantity(form: Form, program: str) -> Quantity | None:
    if form.has("per") and form.has("per_full"):
        form.problem(
            "per_full",
            "per_and_per_full",
            "`per` and `per_full` stand side by side",
            "keep `per` (every part of it counts) or `per_full` (whole steps only)",
        )
        return None
    key = "per" if form.has("per") else "per_full"
    if not form.has(key):
        if form.has("of"):
            form.problem(
                "of",
                "of_without_per",
                "`of` says what is counted, but not for how much of it the points are",
                "write `per: 1.00` (every part counts) or `per_full: 1.00` (whole steps only)",
            )
        return None
    of = form.linear("of", default=f"{program}.eligible")
    return Quantity(of, form.per(key, of), whole=key == "per_full")


def _multiplier(form: Form) -> tuple[Award, ...]:
    return (Award("multiplier", form.program(), form.finite("times"), type="multiplier"),)


@hookimpl
def loyalty_reward_types() -> Iterable[RewardType]:
    """The three ways to give points."""
    return [
        RewardType("points", "points, which multipliers act on", _EARN, _points),
        RewardType("bonus", "points that no multiplier acts on", _EARN, _bonus),
        RewardType(
            "multiplier", "a factor on the points of the same event", _MULTIPLIER, _multiplier
        ),
    ]
