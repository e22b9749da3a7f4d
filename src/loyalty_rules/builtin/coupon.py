"""``type: coupon``: codes that an order presents, given by rules or imported; and ``give: {type: coupon}``,
a code of one."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    NUMBER,
    Award,
    Benefit,
    Coupon,
    Declared,
    Form,
    Lowered,
    ProgramType,
    RewardType,
    hookimpl,
)

OnReturn = Literal["used", "give_back"]
ON_RETURN: Final[tuple[OnReturn, ...]] = ("used", "give_back")

_WHOLE: Final = {"type": "integer", "minimum": 1}
_WORD: Final = {"type": "string", "minLength": 1}
SCHEMA: Final = {
    "type": "object",
    "required": ["prefix", "valid"],
    "additionalProperties": False,
    "properties": {
        "prefix": {"type": "string", "minLength": 1},
        "valid": {"anyOf": [{"const": "never"}, {"format": "lr-duration"}]},
        "uses": _WHOLE,
        "per_order": _WHOLE,
        "stacks": {"type": "boolean"},
        "on_return": {"enum": list(ON_RETURN)},
    },
}
GIVE: Final = {
    "type": "object",
    "required": ["coupon"],
    "additionalProperties": False,
    "properties": {"coupon": _WORD},
}


def declare(form: Form) -> Declared:
    """How many of its codes come with the event."""
    return Declared({"presented": NUMBER})


def lower(form: Form) -> Lowered:
    """The coupon; what its codes are worth is said by rules that ask for it."""
    uses, per_order = form.number("uses"), form.number("per_order")
    coupon = Coupon(
        form.name,
        form.text("prefix"),
        form.duration("valid"),
        1 if uses is None else int(uses),
        1 if per_order is None else int(per_order),
        form.flag("stacks", False),
        form.choice("on_return", ON_RETURN),
        form.text("title"),
    )
    return Lowered(coupons=(coupon,))


def _code(form: Form) -> tuple[Award, ...]:
    """A code of a coupon. Once it was used no return takes it back."""
    benefit = Benefit("coupon", "pieces", to=form.coupon("coupon"))
    return (Award("benefit", "", form.constant(Fraction(1)), benefit=benefit),)


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``coupon``."""
    return [ProgramType("coupon", "codes that an order presents", SCHEMA, declare, lower)]


@hookimpl
def loyalty_reward_types() -> Iterable[RewardType]:
    """A code of a coupon."""
    return [RewardType("coupon", "a code for a later order", GIVE, _code)]
