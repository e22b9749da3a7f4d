"""``type: spend``: a give for each full step of money spent within a window."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import (
    MONEY,
    NUMBER,
    Award,
    Counter,
    Declared,
    Form,
    Kind,
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
    "required": ["window", "per_full", "rest", "give"],
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
    kind = _declared_kind(form)
    return Declared({"spent": kind, "missing": kind}, {"spent": kind})


def _declared_kind(form: Form) -> Kind:
    """What is counted, told before any expression can be checked: money, or pieces by their word."""
    return NUMBER if re.search(r"\bquantity\b", form.text("of")) else MONEY


def _kind(of: tuple[Term, ...]) -> Kind:
    """What is counted, by the checked terms, which are all of one kind."""
    for term in of:
        if term.source == "quantity" or (term.formula and term.formula.kind != MONEY):
            return NUMBER
    return MONEY


def lower(form: Form) -> Lowered:
    """A counter of the money spent and one rule that pays the steps which a purchase fills."""
    for key in ("on_return", "budget"):
        if form.has(key):
            form.not_built(key, f"leave `{key}` out for now")
    if form.text("pays", "reached") != "reached":
        form.not_built("pays", "leave `pays` out: a step is paid as soon as it is full")
    of = form.linear("of", default="amount")
    kind = _kind(of)
    if of and kind != _declared_kind(form):
        form.not_built("of", "write a sum of money such as `amount`, or pieces: `quantity`")
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
        f"{form.name}.spent", kind, events=("purchase",), items=items, tenders=tenders, adds=of
    )
    account = SpendAccount(
        form.name, counter.id, window, step, form.choice("rest", RESTS), form.text("title")
    )
    rule = Rule(
        form.name,
        ("purchase",),
        tuple(_per_step(award, of, step, form.name) for award in _awards(form, step, kind)),
        items=items,
        tenders=tenders,
        limits=form.limits("limit", form.name),
        title=form.text("title"),
    )
    return Lowered(counters=(counter,), spend_accounts=(account,), rules=(rule,))


def _awards(form: Form, step: Fraction, kind: Kind) -> tuple[Award, ...]:
    """What one full step gives, in which ``spent`` is the step."""
    # a term without formula is money; of pieces it has one, which marks it and is never read
    spent = Term(step, "fact", formula=None if kind == MONEY else form.constant(step))
    awards = form.awards("give", {"spent": spent})
    if any(award.role == "multiplier" for award in awards):
        form.problem(
            "give",
            "multiplier_per_step",
            "a step of a spend program gives once, and a multiplier acts on what an order gives",
            "give `points` or `bonus`; write a rule of its own for the multiplier",
        )
    if not all(_is_of_the_step(award, spent) for award in awards):
        form.problem(
            "give",
            "mixed_spent",
            "the give of a spend program is for each full step, and counts something else",
            "write `of: spent`, or leave `per`, `per_full` and `of` out",
        )
    return awards


def _is_of_the_step(award: Award, spent: Term) -> bool:
    """Whether an award is a constant of one step: nothing is counted, or a share of what was spent."""
    if award.quantity is None:
        return True
    return all(
        term.source == "fact" and term.formula is spent.formula for term in award.quantity.of
    )


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
