"""Amounts of an event as minor units of the rule set's currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.event import Basket
from loyalty_rules.engine.model import Currency
from loyalty_rules.engine.number import Number, ratio, whole
from loyalty_rules.engine.refused import Refused


@dataclass(frozen=True, slots=True)
class Money:
    """How the amounts of one event are read. ``rate`` turns one unit of another currency into units of
    the rule set's; None for its own currency."""

    currency: Currency
    rate: Fraction | None = None
    unit: int = field(init=False)
    """The minor units of one unit of the rule set's currency."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", int(10**self.currency.scale))  # frozen to everybody else

    def minor(self, amount: Decimal, path: str) -> int:
        """An amount in minor units. Of another currency: converted and rounded half to even.

        Errors: refused as ``finer_than_currency`` where the rule set's currency has no such coin.
        """
        top, bottom = amount.as_integer_ratio()
        top *= self.unit
        if self.rate is not None:
            return round_exact(Fraction(top, bottom) * self.rate, "half_even")
        units, rest = divmod(top, bottom)
        if rest:
            raise Refused(
                "finer_than_currency",
                path,
                f"`{amount:f}` is finer than `{self.currency.code}`,"
                f" which has {self.currency.scale} decimals",
            )
        return units

    def price(self, price: Decimal) -> Number:
        """The price of one piece in minor units, exact: a litre may cost a tenth of a cent more."""
        top, bottom = price.as_integer_ratio()
        units = ratio(top * self.unit, bottom)
        return units if self.rate is None else whole(units * self.rate)


def money_of(event: Basket, currency: Currency) -> Money:
    """How the amounts of ``event`` are read: by its own exchange rate, else by one that the rule set accepts.

    Errors: refused as ``other_currency`` if there is no rate.
    """
    if event.currency == currency.code:
        return Money(currency)
    if event.exchange is not None and event.exchange.to == currency.code:
        return Money(currency, Fraction(event.exchange.rate))
    for code, rate in currency.accepts:
        if event.currency == code:
            return Money(currency, rate)
    written = f"`{event.currency}`" if event.currency else "no currency"
    raise Refused(
        "other_currency",
        "currency",
        f"the event says {written} and the rules count in `{currency.code}`:"
        f" it needs an `exchange` to `{currency.code}`",
    )
