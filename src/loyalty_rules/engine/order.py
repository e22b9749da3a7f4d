"""An order as the rules see it: every amount in minor units of the rule set's currency, discounts spread
over the lines, tax inside.

Discounts of the whole order are spread in the order in which they were sent, each by what the ones before
it left of the lines, so that no line ever falls below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.base.shares import split
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Basket, Discount, Line, Tender
from loyalty_rules.domain.vocabulary import Field
from loyalty_rules.engine.fields import Fields
from loyalty_rules.engine.money import Money
from loyalty_rules.engine.number import Number, exact, ratio, total, whole
from loyalty_rules.engine.refused import Refused

Row = Mapping[str, Value]


@dataclass(slots=True, eq=False)
class OrderLine:
    """One line. ``amount`` and ``tax`` (inside it) are what is owed after all discounts,
    ``undiscounted`` and ``undiscounted_tax`` what would be owed without any; money in minor units.
    ``own`` are the fields that the rule set adds to items.

    A tax that nobody sent is None, as is the tax before a discount that left nothing to tell its rate by.
    ``part`` is how much of the line returns have left (``whole`` is then the line before any return).
    """

    amount: Number
    tax: Number | None
    undiscounted: Number
    undiscounted_tax: Number | None
    quantity: Number
    discount: Number
    sent: Line
    money: Money
    own: Mapping[str, Value]
    part: Number = 1
    whole: OrderLine | None = None
    _row: Row | None = None

    @property
    def row(self) -> Row:
        """The line as filters see it; put together when the first of them asks."""
        if self._row is None:
            self._row = self._as_row()
        return self._row

    def _as_row(self) -> Row:
        sent = self.sent
        return {
            **self.own,
            "sku": sent.sku,
            "category": sent.category,
            "kind": sent.kind,
            "tags": sent.tags,
            "quantity": self.quantity,
            "price": None if sent.unit_price is None else self.money.price(sent.unit_price),
            "amount": self.amount,
            "tax": self.tax,
            "discount": self.discount,
        }


@dataclass(frozen=True, slots=True)
class OrderTender:
    """One means of payment, in minor units."""

    type: str
    amount: int
    row: Row


@dataclass(frozen=True, slots=True)
class Order:
    """``tenders`` is None where the event does not say how it was paid."""

    lines: tuple[OrderLine, ...]
    tenders: tuple[OrderTender, ...] | None
    total: Number


def prepare(event: Basket, money: Money, item_fields: tuple[Field, ...], fields: Fields) -> Order:
    """The order of a purchase, or the cart of a redemption.

    Errors: refused as ``finer_than_currency``, ``discount_too_large``, ``missing_field`` (net prices
    without a tax) or as `Fields.read` does.
    """
    amounts = [money.minor(line.amount, f"lines[{i}].amount") for i, line in enumerate(event.lines)]
    left = _spread(event.discounts, event.lines, amounts, money) if event.discounts else amounts
    lines = []
    for i, line in enumerate(event.lines):
        own = fields.read(item_fields, line.fields, f"lines[{i}].", money) if item_fields else {}
        lines.append(_line(line, i, amounts[i], left[i], money, event.prices, own))
    tenders = None
    if event.tenders:
        tenders = tuple(_tender(one, i, money) for i, one in enumerate(event.tenders))
    return Order(tuple(lines), tenders, total(line.amount for line in lines))


def _spread(
    discounts: tuple[Discount, ...], lines: tuple[Line, ...], amounts: Sequence[int], money: Money
) -> list[int]:
    """What the discounts of the whole order leave of each line's amount."""
    left = list(amounts)
    for number, discount in enumerate(discounts):
        path = f"discounts[{number}].amount"
        amount = money.minor(discount.amount, path)
        chosen = [
            i for i, line in enumerate(lines) if discount.lines is None or line.id in discount.lines
        ]
        if amount > sum(left[i] for i in chosen):
            raise Refused(
                "discount_too_large", path, "the discount is more than what is left of its lines"
            )
        weights = [max(0, left[i]) for i in chosen]
        for i, share in zip(chosen, split(amount, weights), strict=True):
            left[i] -= share
    return left


def _line(
    line: Line,
    number: int,
    sent: int,
    left: int,
    money: Money,
    prices: str,
    own: Mapping[str, Value],
) -> OrderLine:
    """One line of which order discounts leave ``left`` of the ``sent`` amount."""
    net = prices == "net"
    if net and line.tax is None:
        reason = "prices are net, so each line needs its tax"
        raise Refused("missing_field", f"lines[{number}].tax", reason)
    discount = money.minor(line.discount, f"lines[{number}].discount") if line.discount else 0
    tax_sent = None if line.tax is None else money.minor(line.tax, f"lines[{number}].tax")
    before = sent + discount
    tax, tax_before = _in_proportion(tax_sent, sent, left), _in_proportion(tax_sent, sent, before)
    amount, undiscounted = _owed(left, tax, net), _owed(before, tax_before, net)
    quantity = exact(line.quantity)
    return OrderLine(
        amount, tax, undiscounted, tax_before, quantity, before - left, line, money, own
    )


def _owed(amount: int, tax: Number | None, net: bool) -> Number:
    """An amount with its tax: on top of a net price, inside any other."""
    return whole(amount + (tax or 0)) if net else amount


def _in_proportion(tax: int | None, amount: int, changed: int) -> Number | None:
    """The tax of an amount that has changed, at the same rate; exact."""
    if tax is None or changed == amount:
        return tax
    return ratio(tax * changed, amount) if amount else None


def _tender(tender: Tender, number: int, money: Money) -> OrderTender:
    amount = money.minor(tender.amount, f"tenders[{number}].amount")
    row: dict[str, Value] = {
        "type": tender.type,
        "amount": amount,
        "fingerprint": tender.fingerprint,
        "redemption": tender.redemption,
    }
    return OrderTender(tender.type, amount, row)
