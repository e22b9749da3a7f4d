"""What was given beside points, in words and as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from loyalty_rules.domain.effects import Effect, Granted
from loyalty_rules.service.wording import Words, number_text


def grants_of(effects: Iterable[Effect], rule: str) -> tuple[Granted, ...]:
    """What a rule or a reward gave beside points, in order."""
    return tuple(one for one in effects if isinstance(one, Granted) and one.rule == rule)


def grant_text(words: Words, grant: Granted) -> str:
    """A grant as its receiver reads it: ``18.00 EUR off this order``."""
    count = f"{grant.quantity} x " if grant.quantity != 1 else ""
    until = f", valid until {words.instant(grant.valid_until)}" if grant.valid_until else ""
    if grant.kind == "discount":
        return f"{_worth(words, grant)} off this order"
    if grant.kind == "voucher":
        where = f" at {grant.at}" if grant.at else ""
        return f"{count}a voucher for {grant.sku or _worth(words, grant)}{where}{until}"
    if grant.kind == "donation":
        what = _worth(words, grant) if grant.amount_minor is not None else f"{count}{grant.sku}"
        return f"{what} to {grant.to}"
    if grant.kind == "fee":
        return f"{_worth(words, grant)} to pay for {grant.name}"
    if grant.kind == "refund":
        return f"{_worth(words, grant)} to pay back for {grant.name}"
    if grant.kind == "entry":
        entries = "entry" if grant.quantity == 1 else "entries"
        return f"{grant.quantity} {entries} in the raffle {grant.to}"
    if grant.kind == "coupon":
        uses = f" for {grant.quantity} orders" if grant.quantity != 1 else ""
        return f"the code {grant.name}{uses}{until}"
    if grant.kind == "offer":
        return f"the offer {grant.name}"
    return f"{count}{grant.sku or grant.name}{until}"


def _worth(words: Words, grant: Granted) -> str:
    if grant.share is not None:
        return f"{number_text(Fraction(grant.share) * 100)} %"
    return words.amount(grant.amount_minor or 0)
