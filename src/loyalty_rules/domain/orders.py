"""The order inside a purchase event: lines, discounts, tenders, the caller's exchange rate.

What must hold within one event is checked here; what needs a rule set (is the currency ours, is the
amount finer than it) is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Discount, Exchange, Line, Tender
from loyalty_rules.domain.records import missing, read_closed, read_list, read_record
from loyalty_rules.domain.values import (
    EXACT,
    read_currency,
    read_day,
    read_decimal,
    read_fields,
    read_id,
    read_name,
    read_names,
    read_not_negative,
    read_positive,
    shown,
    what_it_is,
)

LINES_MAX: Final = 10_000
TENDERS_MAX: Final = 100
DISCOUNTS_MAX: Final = 100
ITEM_KINDS: Final = ("goods", "shipping", "deposit", "gift_card", "fee", "donation", "service")

_ZERO: Final = Decimal(0)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """An exact sum."""
    whole = _ZERO
    for amount in amounts:
        whole = EXACT.add(whole, amount)
    return whole


def read_item_kind(value: object) -> str:
    """What sort of thing a line sells."""
    if type(value) is not str or value not in ITEM_KINDS:
        choice = ", ".join(f"`{kind}`" for kind in ITEM_KINDS)
        reason = f"expected one of {choice}, found {what_it_is(value)}"
        raise EventError("not_one_of", "", reason)
    return value


_LINE: Final = {
    "id": read_id,
    "sku": read_name,
    "category": read_name,
    "kind": read_item_kind,
    "tags": read_names,
    "quantity": read_positive,
    "unit_price": read_not_negative,
    "amount": read_not_negative,
    "discount": read_not_negative,
    "tax": read_not_negative,
}


KNOWN_LINE_KEYS: Final = frozenset(_LINE) | {"line"}
"""Keys of a line that mean something."""


def _line(raw: object, number: int) -> Line:
    known, extra = read_record(raw, _LINE, ("quantity",))
    if "id" not in known:
        known["id"] = str(number)
    if "amount" not in known:
        if "unit_price" not in known:
            raise missing("amount", extra)
        known["amount"] = _worked_out(known["quantity"], known["unit_price"], known.get("discount"))
    if extra:
        known["fields"] = read_fields(extra)
    return Line(**known)


def _worked_out(quantity: Decimal, unit_price: Decimal, discount: Decimal | None) -> Decimal:
    """quantity x unit price - discount, for a line that does not say its amount."""
    amount = EXACT.subtract(EXACT.multiply(quantity, unit_price), discount or _ZERO)
    if amount < 0:
        reason = "`discount` is more than `quantity` times `unit_price`"
        raise EventError("discount_too_large", "discount", reason)
    try:
        return read_decimal(EXACT.normalize(amount))
    except EventError:
        reason = "`quantity` times `unit_price` is too large or too fine: write the `amount`"
        raise EventError("bad_number", "amount", reason) from None


def read_lines(raw: object) -> tuple[Line, ...]:
    """The lines of an order: at least one; ids default to the line's number, from 1."""
    lines: tuple[Line, ...] = read_list(raw, _line, LINES_MAX)
    if not lines:
        raise EventError("no_lines", "", "an order has at least one line")
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.id in seen:
            reason = f"another line of this order has the id {shown(line.id)} already"
            raise EventError("duplicate_line", f"[{index}].id", reason)
        seen.add(line.id)
    return lines


def _line_ids(raw: object) -> tuple[str, ...]:
    return read_list(raw, lambda entry, _: read_id(entry), LINES_MAX)


_DISCOUNT: Final = {"id": read_id, "amount": read_not_negative, "lines": _line_ids}


def _discount(raw: object, number: int) -> Discount:
    known = read_closed(raw, _DISCOUNT, ("amount",))
    known.setdefault("id", str(number))
    return Discount(**known)


def read_discounts(raw: object) -> tuple[Discount, ...]:
    """Reductions of the order; ids default to their number, from 1."""
    discounts: tuple[Discount, ...] = read_list(raw, _discount, DISCOUNTS_MAX)
    if len({discount.id for discount in discounts}) < len(discounts):
        raise EventError("duplicate_discount", "", "two discounts of this order have one id")
    return discounts


_TENDER: Final = {
    "type": read_name,
    "amount": read_not_negative,
    "fingerprint": read_name,
    "redemption": read_id,
}


def _tender(raw: object, number: int) -> Tender:
    known = read_closed(raw, _TENDER, ("type", "amount"))
    return Tender(**known)


def read_tenders(raw: object) -> tuple[Tender, ...]:
    """The means of payment."""
    return read_list(raw, _tender, TENDERS_MAX)


_EXCHANGE: Final = {"to": read_currency, "rate": read_positive, "date": read_day}


def read_exchange(raw: object) -> Exchange:
    """The caller's rate into another currency."""
    known = read_closed(raw, _EXCHANGE, ("to", "rate"))
    return Exchange(**known)


def check_order(
    lines: tuple[Line, ...],
    discounts: tuple[Discount, ...],
    tenders: tuple[Tender, ...] | None,
    prices: str,
) -> None:
    """What must hold between the parts of one order; `EventError` says what does not."""
    if prices == "gross":
        for index, line in enumerate(lines):
            if line.tax is not None and line.tax > line.amount:
                reason = "the tax inside an amount is not more than the amount"
                raise EventError("tax_too_large", f"lines[{index}].tax", reason)
    reductions = _reductions(lines, discounts) if discounts else []
    if tenders is not None:
        _check_tenders(lines, reductions, tenders, prices)


@dataclass(slots=True)
class _Reduction:
    """Neighbouring discounts of the same lines, taken together. ``lines`` are places in the order."""

    lines: frozenset[int]
    amount: Decimal


def _reductions(lines: tuple[Line, ...], discounts: tuple[Discount, ...]) -> list[_Reduction]:
    """The discounts in the order in which they apply. All that reduce the same lines together take no
    more than these lines are worth, and all together no more than the order is."""
    places = {line.id: index for index, line in enumerate(lines)}
    everything = frozenset(places.values())
    left: dict[frozenset[int], Decimal] = {everything: total(line.amount for line in lines)}
    off = _ZERO
    reductions: list[_Reduction] = []
    for index, discount in enumerate(discounts):
        chosen = everything
        if discount.lines is not None:
            chosen = _named(discount.lines, places, index)
        if chosen not in left:
            left[chosen] = total(lines[place].amount for place in chosen)
        if discount.amount > left[chosen]:
            reason = "discounts take more than the lines that they reduce are worth"
            raise EventError("discount_too_large", f"discounts[{index}].amount", reason)
        left[chosen] = EXACT.subtract(left[chosen], discount.amount)
        off = EXACT.add(off, discount.amount)
        if reductions and reductions[-1].lines == chosen:
            reductions[-1].amount = EXACT.add(reductions[-1].amount, discount.amount)
        else:
            reductions.append(_Reduction(chosen, discount.amount))
    if off > total(line.amount for line in lines):
        reason = "the discounts together take more than the order is worth"
        raise EventError("discount_too_large", "discounts", reason)
    return reductions


def _named(names: tuple[str, ...], places: dict[str, int], index: int) -> frozenset[int]:
    for at, name in enumerate(names):
        if name not in places:
            reason = f"no line of this order has the id {shown(name)}"
            raise EventError("unknown_line", f"discounts[{index}].lines[{at}]", reason)
    if not names or len(set(names)) < len(names):
        reason = "a discount names at least one line, and each once"
        raise EventError("bad_shape", f"discounts[{index}].lines", reason)
    return frozenset(places[name] for name in names)


def _check_tenders(
    lines: tuple[Line, ...],
    reductions: list[_Reduction],
    tenders: tuple[Tender, ...],
    prices: str,
) -> None:
    paid = total(tender.amount for tender in tenders)
    owed = EXACT.subtract(
        total(line.amount for line in lines), total(part.amount for part in reductions)
    )
    slack = _ZERO
    if prices == "net":
        tax = total(line.tax for line in lines if line.tax is not None)
        if tax and reductions:
            tax = _reduced_tax(lines, reductions)
            slack = _slack(lines, tenders)
        owed = EXACT.add(owed, tax)
    if EXACT.abs(EXACT.subtract(paid, owed)) > slack:
        reason = f"the tenders sum to `{paid:f}`, but `{owed:f}` is owed"
        raise EventError("tenders_do_not_sum", "tenders", reason)


_FINE: Final = Context(prec=50)
_TAX_DECIMALS: Final = Decimal("1e-16")


def _reduced_tax(lines: tuple[Line, ...], reductions: list[_Reduction]) -> Decimal:
    """The tax on top of net prices once discounts have shrunk it: each discount takes the same share
    of everything that the ones before it left of its lines. Rounded far below any currency."""
    # What is left of a line is own[place] x whole: so a discount of the whole order is one step.
    own = [line.amount for line in lines]
    whole, worth_whole = Decimal(1), total(own)
    for part in reductions:
        is_whole = len(part.lines) == len(lines)
        worth = worth_whole
        if not is_whole:
            worth = _FINE.multiply(whole, _fine_total(own[place] for place in part.lines))
        if worth <= 0:
            continue
        kept = _FINE.subtract(1, _FINE.divide(part.amount, worth))
        worth_whole = _FINE.subtract(worth_whole, part.amount)
        if is_whole:
            whole = _FINE.multiply(whole, kept)
            continue
        for place in part.lines:
            own[place] = _FINE.multiply(own[place], kept)
    shares = (
        _FINE.divide(_FINE.multiply(line.tax, rest), line.amount)
        for line, rest in zip(lines, own, strict=True)
        if line.tax and line.amount
    )
    tax = _FINE.multiply(whole, _fine_total(shares))
    return _FINE.normalize(_FINE.quantize(tax, _TAX_DECIMALS))


def _fine_total(amounts: Iterable[Decimal]) -> Decimal:
    whole = _ZERO
    for amount in amounts:
        whole = _FINE.add(whole, amount)
    return whole


def _slack(lines: tuple[Line, ...], tenders: tuple[Tender, ...]) -> Decimal:
    """How far a till's own rounding of reduced taxes may lie off: one of the finest units that the
    tenders are written in, for each line that has a tax."""
    decimals = 0
    for tender in tenders:
        exponent = tender.amount.as_tuple().exponent
        decimals = max(decimals, -exponent if isinstance(exponent, int) else 0)
    return Decimal(sum(1 for line in lines if line.tax)).scaleb(-decimals, EXACT)
