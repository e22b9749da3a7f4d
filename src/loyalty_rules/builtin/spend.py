"""``type: spend``: a give for each full step of money spent within a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    MONEY,
    Award,
    Counter,
    Declared,
    Form,
    Lowered,
    ProgramType,
    Quantity,
    Rule,
    SpendAccount,
    Term,
    hookimpl,
)

Rest = Literal["carry", "drop"]
RESTS: Final[tuple[Rest, ...]] = ("carry", "drop")

SCHEMA: Final = {
    "type": "object",
    "required": ["window", "per_full", "give"],
    "additionalProperties": False,
    "properties": {
        "of": {"format": "lr-linear"},
        "window": {"format": "lr-window"},
        "items": {"format": "lr-filter"},
        "tenders": {"format": "lr-filter"},
        "per_full": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
        "give": {"format": "lr-give"},
        "pays": {"enum": ["reached", "at_end"]},
        "rest": {"enum": list(RESTS)},
        "on_return": {"enum": ["recount", "frozen"]},
        "limit": {"format": "lr-limit"},
        "budget": {"format": "lr-limit"},
    },
}


def declare(form: Form) -> Declared:
    """``.spent`` in the present window (with what was carried into it) and ``.missing`` to the next step."""
    return Declared({"spent": MONEY, "missing": MONEY}, {"spent": MONEY})


def lower(form: Form) -> Lowered:
    """A counter of the money spent and one rule that pays the steps which a purchase fills."""
    for key in ("on_return", "budget"):
        if form.has(key):
            form.not_built(key, f"leave `{key}` out for now")
    if form.text("pays", "reached") != "reached":
        form.not_built("pays", "leave `pays` out: a step is paid as soon as it is full")
    of = form.linear("of", default="amount")
    step = form.per("per_full", of)
    window = form.window("window")
    if window is None:  # reported by the shape check
        return Lowered()
    if window.form not in ("box", "ever", "order"):
        form.problem(
            "window",
            "window_not_here",
            f"steps cannot be counted within `{window}`: a step could be paid twice",
            "write a box such as `month`, `ever` or `order`",
        )
    items, tenders = form.items(), form.tenders()
    counter = Counter(
        f"{form.name}.spent", MONEY, events=("purchase",), items=items, tenders=tenders, adds=of
    )
    account = SpendAccount(
        form.name, counter.id, window, step, form.choice("rest", RESTS), form.text("title")
    )
    words = {"spent": Term(step, "fact")}
    rule = Rule(
        form.name,
        ("purchase",),
        tuple(_per_step(award, of, step, form.name) for award in form.awards("give", words)),
        items=items,
        tenders=tenders,
        limits=form.limits("limit", form.name),
        title=form.text("title"),
    )
    return Lowered(counters=(counter,), spend_accounts=(account,), rules=(rule,))


def _per_step(award: Award, of: tuple[Term, ...], step: Fraction, program: str) -> Award:
    """The award of one full step, paid for every step that the order fills.

    Within one step ``spent`` is exactly the step, so an award that names it is a constant of the step.
    """
    factor = award.factor
    if award.quantity is not None:
        steps = sum((term.factor for term in award.quantity.of), Fraction(0)) / award.quantity.per
        factor *= steps.numerator // steps.denominator if award.quantity.whole else steps
    quantity = Quantity(of, step, whole=True, carried=f"{program}.carried")
    return replace(award, quantity=quantity, factor=factor)


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``spend``."""
    return [
        ProgramType("spend", "a give for each full step of money spent", SCHEMA, declare, lower)
    ]
