"""``type: partner``: another business of the program, what it pays for points and is paid for them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from loyalty_rules.sdk import Declared, Form, Lowered, Partner, ProgramType, hookimpl

_PRICE: Final = {"type": "number", "minimum": 0, "format": "lr-number"}
_PRICES: Final = {
    "anyOf": [_PRICE, {"type": "object", "minProperties": 1, "additionalProperties": _PRICE}]
}
SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "pays_per_point_issued": _PRICES,
        "is_paid_per_point_redeemed": _PRICES,
        "sources": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "minLength": 1, "maxLength": 200},
        },
    },
}


def declare(form: Form) -> Declared:
    """A partner has no words of its own: conditions ask ``event.partner``."""
    return Declared()


def lower(form: Form) -> Lowered:
    """The partner itself."""
    partner = Partner(
        form.name,
        _prices(form, "pays_per_point_issued"),
        _prices(form, "is_paid_per_point_redeemed"),
        tuple(sorted(set(form.words("sources")))),
        form.text("title"),
    )
    return Lowered(partners=(partner,))


def _prices(form: Form, key: str) -> tuple[tuple[str, Fraction], ...]:
    """Minor units for a point, by program; one price alone is that of every program."""
    by_program = form.form(key)
    if by_program is None:
        price = form.money(key)
        return () if price is None else (("", price),)
    found = ((name, by_program.money(name)) for name in sorted(by_program.written()))
    return tuple((name, price) for name, price in found if price is not None)


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``partner``."""
    summary = "another business that pays for points, and is paid for those spent with it"
    return [ProgramType("partner", summary, SCHEMA, declare, lower)]
