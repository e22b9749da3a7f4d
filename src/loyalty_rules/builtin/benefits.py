"""The reward types that give something beside points: ``discount``, ``voucher``, ``product``, ``perk`` and
``donation``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from loyalty_rules.sdk import Award, Benefit, Form, Formula, Quantity, RewardType, Term, hookimpl

Kind = Literal["discount", "voucher", "product", "perk", "donation"]
Unit = Literal["money", "share", "pieces"]
Rounding = Literal["floor", "ceil", "half_up", "half_even"]
ROUNDINGS: Final[tuple[Rounding, ...]] = ("floor", "ceil", "half_up", "half_even")

_POSITIVE: Final = {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"}
_RATE: Final = {"per": _POSITIVE, "per_full": _POSITIVE, "of": {"format": "lr-linear"}}
_WORD: Final = {"type": "string", "minLength": 1}
_FINITE: Final = {"format": "lr-finite"}
_DURATION: Final = {"format": "lr-duration"}


def _schema(properties: dict[str, object], *required: str) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


DISCOUNT: Final = _schema(
    {
        "amount": _FINITE,
        "percent": {"format": "lr-share"},
        "at_most": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
        "cheapest": {"type": "integer", "minimum": 1},
        "rounding": {"enum": list(ROUNDINGS)},
        **_RATE,
    }
)
VOUCHER: Final = _schema(
    {
        "amount": _FINITE,
        "percent": {"format": "lr-share"},
        "product": _WORD,
        "at": _WORD,
        "valid": _DURATION,
    },
    "valid",
)
PRODUCT: Final = _schema({"sku": _WORD, "quantity": _FINITE, "worth": _POSITIVE}, "sku")
PERK: Final = _schema({"name": _WORD, "valid": _DURATION, "worth": _POSITIVE}, "name")
DONATION: Final = _schema(
    {
        "to": _WORD,
        "amount": _FINITE,
        "product": _WORD,
        "quantity": _FINITE,
        "fixed_after": _WORD,
        **_RATE,
    },
    "to",
)


def _discount(form: Form) -> tuple[Award, ...]:
    """Money off the present order: an amount, once or for a quantity, or a share of the lines."""
    written = _one_of(form, "amount", "percent")
    if not written:
        return ()
    count = form.number("cheapest")
    benefit = Benefit(
        "discount",
        "share" if written == "percent" else "money",
        at_most_minor=form.money("at_most"),
        cheapest=None if count is None else int(count),
        rounding=form.choice("rounding", ROUNDINGS),
    )
    if written == "amount":
        return (_money(form, benefit, _quantity(form, "amount")),)
    _without_quantity(form, "`percent` counts the lines by itself")
    return (_share(form, benefit),)


def _voucher(form: Form) -> tuple[Award, ...]:
    """Money off a later order, a share of it, or a product then."""
    written = _one_of(form, "amount", "percent", "product")
    unit: dict[str, Unit] = {"amount": "money", "percent": "share", "product": "pieces"}
    if not written:
        return ()
    benefit = Benefit(
        "voucher",
        unit[written],
        sku=form.text("product"),
        at=form.text("at"),
        valid=form.duration("valid"),
    )
    if written == "amount":
        return (_money(form, benefit, None),)
    if written == "percent":
        return (_share(form, benefit),)
    return (_pieces(benefit, form.constant(Fraction(1))),)


def _product(form: Form) -> tuple[Award, ...]:
    """So many pieces of something."""
    benefit = Benefit("product", "pieces", sku=form.text("sku"), worth_minor=form.money("worth"))
    return (_pieces(benefit, _count(form)),)


def _perk(form: Form) -> tuple[Award, ...]:
    """A favour that has a name."""
    benefit = Benefit(
        "perk",
        "pieces",
        name=form.text("name"),
        valid=form.duration("valid"),
        worth_minor=form.money("worth"),
    )
    return (_pieces(benefit, form.constant(Fraction(1))),)


def _donation(form: Form) -> tuple[Award, ...]:
    """Money or pieces of a product for somebody else."""
    written = _one_of(form, "amount", "product")
    if not written:
        return ()
    benefit = Benefit(
        "donation",
        "money" if written == "amount" else "pieces",
        sku=form.text("product"),
        to=form.text("to"),
        fixed_after=form.event_kind("fixed_after") if form.has("fixed_after") else "",
    )
    if written == "amount":
        return (_money(form, benefit, _quantity(form, "amount")),)
    return (_pieces(benefit, _count(form), _quantity(form, "quantity")),)


def _money(form: Form, benefit: Benefit, quantity: Quantity | None) -> Award:
    return Award(
        "benefit",
        "",
        form.finite("amount"),
        quantity,
        factor=Fraction(form.minor_units()),
        benefit=benefit,
    )


def _share(form: Form, benefit: Benefit) -> Award:
    rate = form.constant(form.share("percent") or Fraction(0))
    return Award("benefit", "", rate, benefit=benefit)


def _pieces(benefit: Benefit, rate: Formula, quantity: Quantity | None = None) -> Award:
    return Award("benefit", "", rate, quantity, benefit=benefit)


def _count(form: Form) -> Formula:
    return form.finite("quantity") if form.has("quantity") else form.constant(Fraction(1))


def _quantity(form: Form, default: str) -> Quantity | None:
    """What is counted, by default money or pieces of the lines that the rule chose."""
    key = "per" if form.has("per") else "per_full"
    if form.has("per") and form.has("per_full"):
        form.problem(
            "per_full",
            "per_and_per_full",
            "`per` and `per_full` stand side by side",
            "keep `per` (every part of it counts) or `per_full` (whole steps only)",
        )
        return None
    if not form.has(key):
        _without_quantity(form, "it does not say for how much of it the amount is")
        return None
    of: tuple[Term, ...] = form.linear("of", default=default)
    return Quantity(of, form.per(key, of), whole=key == "per_full")


def _without_quantity(form: Form, why: str) -> None:
    for key in ("of", "per", "per_full"):
        if form.has(key):
            form.problem(
                key,
                "of_without_per",
                f"`{key}` counts nothing here: {why}",
                "write `amount` with `per: 1.00` (every part counts) or `per_full: 1.00`",
            )
            return


def _one_of(form: Form, *keys: str) -> str:
    """The one key of several that is written; nothing if it is not exactly one."""
    written = [key for key in keys if form.has(key)]
    if len(written) == 1:
        return written[0]
    listed = " or ".join(f"`{key}`" for key in keys)
    form.problem(
        written[1] if written else "",
        "benefit_worth",
        f"it says {'nothing of' if not written else 'more than one of'} {listed}",
        f"write one of them: {listed}",
    )
    return ""


ENTRY: Final = _schema({"raffle": _WORD, "entries": _FINITE, **_RATE}, "raffle", "entries")


def _entry(form: Form) -> tuple[Award, ...]:
    """So many entries in a raffle, once or for a quantity. The draw fixes them."""
    raffle = form.raffle("raffle")
    benefit = Benefit("entry", "pieces", to=raffle, fixed_after=f"draw {raffle}")
    return (_pieces(benefit, form.finite("entries"), _quantity(form, "amount")),)


@hookimpl
def loyalty_reward_types() -> Iterable[RewardType]:
    """What can be given beside points."""
    return [
        RewardType("discount", "money off the present order", DISCOUNT, _discount),
        RewardType("voucher", "money off, or a product, on a later order", VOUCHER, _voucher),
        RewardType("product", "something free", PRODUCT, _product),
        RewardType("perk", "a favour that has a name", PERK, _perk),
        RewardType("entry", "entries in a raffle", ENTRY, _entry),
        RewardType("donation", "a gift to somebody else", DONATION, _donation),
    ]
