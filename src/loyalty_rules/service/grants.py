"""What was given beside points, in words and as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from loyalty_rules.domain.effects import Effect, Granted
from loyalty_rules.domain.spelling import write_instant
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
    if grant.kind == "offer":
        return f"the offer {grant.name}"
    return f"{count}{grant.sku or grant.name}{until}"


def _worth(words: Words, grant: Granted) -> str:
    if grant.share is not None:
        return f"{number_text(Fraction(grant.share) * 100)} %"
    return words.amount(grant.amount_minor or 0)


def grant_json(grant: Granted) -> dict[str, object]:
    """A grant as plain data, for ``json.dumps``: what is not said of its kind is left out."""
    parts: dict[str, object] = {"grant": grant.grant, "type": grant.kind, "by": grant.rule}
    if grant.kind != "discount":
        parts["quantity"] = grant.quantity
    if grant.amount_minor is not None:
        parts["amount_minor"] = grant.amount_minor
    if grant.share is not None:
        parts["percent"] = number_text(Fraction(grant.share) * 100)
    for name in ("sku", "name", "to", "at"):
        if value := getattr(grant, name):
            parts[name] = value
    if grant.valid_until is not None:
        parts["valid_until"] = write_instant(grant.valid_until)
    if grant.lines:
        parts["lines"] = dict(grant.lines)
    return parts
