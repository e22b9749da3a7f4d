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
    Challenge,
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
    Window,
    hookimpl,
)

Rest = Literal["carry", "drop"]
RESTS: Final[tuple[Rest, ...]] = ("carry", "drop")
PAYS: Final = ("reached", "at_end")
OnReturn = Literal["recount", "frozen"]
ON_RETURN: Final[tuple[OnReturn, ...]] = ("recount", "frozen")

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
        "pays": {"enum": list(PAYS)},
        "rest": {"enum": list(RESTS)},
        "on_return": {"enum": list(ON_RETURN)},
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
    """A counter of the money spent and one rule that pays the steps which a purchase fills, or those that
    are full when a window closes."""
    at_end = form.choice("pays", PAYS) == "at_end"
    of = form.linear("of", default="amount")
    kind = _kind(of)
    if of and kind != _declared_kind(form):
        form.not_built("of", "write a sum of money such as `amount`, or pieces: `quantity`")
    step = form.per("per_full", of)
    window = form.window("window")
    if window is None:  # reported by the shape check
        return Lowered()
    _check_window(form, window, at_end)
    items, tenders = form.items(), form.tenders()
    counter = Counter(
        f"{form.name}.spent", kind, events=("purchase",), items=items, tenders=tenders, adds=of
    )
    account = SpendAccount(
        form.name, counter.id, window, step, form.choice("rest", RESTS), form.text("title")
    )
    awards = _awards(form, step, kind)
    rule = Rule(
        form.name,
        ("purchase",),
        tuple(_per_step(award, of, step, form.name) for award in awards),
        items=items,
        tenders=tenders,
        limits=form.limits("limit", form.name),
        title=form.text("title"),
        budgets=form.budgets("budget", form.name),
    )
    found = Lowered(counters=(counter,), spend_accounts=(account,), rules=(rule,))
    if at_end or form.has("on_return"):
        return _counted_apart(form, found, awards, at_end)
    return found


def _check_window(form: Form, window: Window, at_end: bool) -> None:
    if at_end and window.form != "box":
        form.problem(
            "window",
            "window_not_here",
            f"`pays: at_end` pays when a window closes, and `{window}` never does",
            "write a box such as `month`, or `pays: reached`",
        )
    elif window.form not in ("box", "ever", "order"):
        form.problem(
            "window",
            "window_not_here",
            f"steps cannot be counted within `{window}`: a step could be paid twice",
            "write a box such as `month`, `ever` or `order`",
        )
    elif window.form == "order" and form.has("on_return"):
        form.problem(
            "on_return",
            "window_not_here",
            "within one order a return counts the steps of that order alone",
            "leave `on_return` out, or write a window such as `month` or `ever`",
        )


def _counted_apart(form: Form, found: Lowered, awards: tuple[Award, ...], at_end: bool) -> Lowered:
    """The same as a challenge on the money spent, which remembers what each order has filled: paid when a
    box closes, or as soon as a step is full. A rest that is dropped begins anew in each box."""
    [account], [counter], [rule] = found.spend_accounts, found.counters, found.rules
    own_boxes = account.window.form == "box" and account.rest == "drop"
    challenge = Challenge(
        form.name,
        counter.kind,
        form.constant(account.per_full),
        figure=counter.id,
        pays="at_end" if at_end else "reached",
        window=account.window if at_end or own_boxes else None,
        repeat=True,
        rest=account.rest if at_end else "carry",
        on_return=form.choice("on_return", ON_RETURN),
        title=form.text("title"),
    )
    per_step = tuple(_each_time(award) for award in awards)
    rule = replace(rule, events=(), awards=per_step, items=None, tenders=None)
    return replace(found, challenges=(challenge,), rules=(rule,))


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
    quantity = Quantity(of, step, whole=True, carried=f"{program}.carried")
    return replace(award, quantity=quantity, factor=_factor(award))


def _each_time(award: Award) -> Award:
    """The award of one full step, paid so many times. What is no points is handed over so often anyway."""
    if award.benefit is not None:
        return replace(award, quantity=None, factor=_factor(award))
    times = Quantity((Term(Fraction(1), "times"),), Fraction(1))
    return replace(award, quantity=times, factor=_factor(award))


def _factor(award: Award) -> Fraction:
    """How often the rate of an award is paid for one full step."""
    if award.quantity is None:
        return award.factor
    steps = sum((term.factor for term in award.quantity.of), Fraction(0)) / award.quantity.per
    return award.factor * (steps.numerator // steps.denominator if award.quantity.whole else steps)


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``spend``."""
    return [
        ProgramType("spend", "a give for each full step of money spent", SCHEMA, declare, lower)
    ]
