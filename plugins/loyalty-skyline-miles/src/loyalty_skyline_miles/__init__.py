"""``give: {type: skyline.miles}``: partner miles for each full step of an order, from a minimum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loyalty_rules.sdk import Award, Form, Quantity, RewardType, hookimpl

__version__ = "1.0.0"

SCHEMA: Final = {
    "type": "object",
    "required": ["program", "miles", "per_full"],
    "additionalProperties": False,
    "properties": {
        "program": {"type": "string", "format": "lr-id"},
        "miles": {"format": "lr-finite"},
        "per_full": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
        "minimum": {"type": "number", "minimum": 0, "format": "lr-number"},
    },
}


def lower_miles(form: Form) -> tuple[Award, ...]:
    """``miles`` for each full ``per_full`` of the money that the program's basis leaves.

    Below ``minimum`` (money of the same kind) the order gives nothing; without it every full step counts.
    Miles are ``points`` of their program: its multipliers act on them.
    """
    program = form.program()
    of = form.linear("of", default=f"{program}.eligible")
    per = form.per("per_full", of)
    minimum = form.money("minimum")
    steps = Quantity(of, per, whole=True, at_least=None if minimum is None else minimum / per)
    return (Award("points", program, form.finite("miles"), steps),)


@hookimpl
def loyalty_reward_types() -> Iterable[RewardType]:
    """The one type of this plugin."""
    return [RewardType("skyline.miles", "partner miles for each full step", SCHEMA, lower_miles)]
