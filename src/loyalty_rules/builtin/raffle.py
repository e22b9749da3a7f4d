"""``type: raffle``: entries that rules give, and prizes that are drawn among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Final

from loyalty_rules.sdk import (
    Award,
    Declared,
    Form,
    Lowered,
    ProgramType,
    Quantity,
    Raffle,
    Rule,
    Term,
    hookimpl,
)

_WHOLE: Final = {"type": "integer", "minimum": 1}
SCHEMA: Final = {
    "type": "object",
    "required": ["closes", "give"],
    "additionalProperties": False,
    "properties": {
        "closes": {"format": "lr-moment"},
        "winners": _WHOLE,
        "per_member": _WHOLE,
        "give": {"format": "lr-give"},
    },
}


def declare(form: Form) -> Declared:
    """A raffle adds no words."""
    return Declared()


def lower(form: Form) -> Lowered:
    """The raffle, and the rule that gives its prizes."""
    closes = form.moment("closes")
    own = form.about(())
    awards = tuple(_each_time(form, award) for award in own.awards("give", {}))
    rule = Rule(form.name, (), awards, title=form.text("title"))
    if closes is None:  # reported by the form
        return Lowered(rules=(rule,))
    winners, per_member = form.number("winners"), form.number("per_member")
    raffle = Raffle(
        form.name,
        closes,
        1 if winners is None else int(winners),
        1 if per_member is None else int(per_member),
        form.text("title"),
    )
    return Lowered(raffles=(raffle,), rules=(rule,))


def _each_time(form: Form, award: Award) -> Award:
    """An award that is given for each prize; what is given beside points is handed over so often by
    itself."""
    if award.role == "multiplier" or award.quantity is not None:
        form.problem(
            "give",
            "multiplier_per_step" if award.role == "multiplier" else "mixed_spent",
            "the give of a raffle is a prize, and there is no order that it could count",
            "give `bonus`, `product` or `voucher`, without `per` and `of`",
        )
        return award
    if award.benefit is not None:
        return award
    return replace(award, quantity=Quantity((Term(Fraction(1), "times"),), Fraction(1)))


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``raffle``."""
    return [ProgramType("raffle", "prizes drawn among entries", SCHEMA, declare, lower)]
