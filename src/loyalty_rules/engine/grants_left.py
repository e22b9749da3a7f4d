"""What a return takes back of that which rules gave beside points: what the rest of the order would not have
been given. It never gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.shares import split
from loyalty_rules.domain.effects import Granted, GrantWithdrawn
from loyalty_rules.engine.number import Number


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """``effects`` take back; ``kept`` is what the order still has of what was granted."""

    effects: tuple[GrantWithdrawn, ...]
    kept: tuple[Granted, ...]


def withdrawn(booked: Sequence[Granted], rest: Sequence[Granted]) -> Withdrawn:
    """What of ``booked`` the ``rest`` of the order would not be given."""
    left: dict[tuple[object, ...], list[Granted]] = {}
    for one in rest:
        left.setdefault(_likeness(one), []).append(one)
    kept = []
    for one in booked:
        alike = left.get(_likeness(one), [])
        kept.append(_no_more_than(one, alike.pop(0) if alike else None))
    return _difference(booked, kept)


def granted_in_part(booked: Sequence[Granted], part: Number, before: Number) -> tuple[Granted, ...]:
    """What the rest of an order would be given where nobody can say: as large a part of everything as is left
    of the money, of which so much was left ``before``."""
    share = Fraction(part) / Fraction(before) if before else Fraction(part)
    kept = []
    for one in booked:
        if one.amount_minor is not None and one.kind != "voucher":
            amount = round_exact(one.amount_minor * share, "floor")
            kept.append(_paid_for(replace(one, amount_minor=amount, lines=())))
        else:
            pieces = round_exact(one.quantity * share, "floor")
            kept.append(_paid_for(replace(one, quantity=pieces)))
    return tuple(kept)


def _paid_for(one: Granted) -> Granted:
    """The same, with its payers paying for what it is now in the proportions of before."""
    total = (one.amount_minor or 0) * one.quantity
    if not one.funding or sum(part for _, part in one.funding) == total:
        return one
    parts = split(total, [part for _, part in one.funding])
    names = [name for name, _ in one.funding]
    return replace(one, funding=tuple(zip(names, parts, strict=True)))


def _likeness(one: Granted) -> tuple[object, ...]:
    """What is the same of a grant however much of it is given: the award of a rule, and its share, which may
    be worked out."""
    return (one.grant, one.share)


def _no_more_than(one: Granted, rest: Granted | None) -> Granted:
    if rest is None:
        gone = replace(one, quantity=0, amount_minor=None if one.amount_minor is None else 0)
        return _paid_for(gone)
    amount = one.amount_minor
    if amount is not None and rest.amount_minor is not None and rest.amount_minor < amount:
        one = replace(one, amount_minor=rest.amount_minor, lines=rest.lines)
    return _paid_for(replace(one, quantity=min(one.quantity, rest.quantity)))


def _difference(booked: Sequence[Granted], kept: Sequence[Granted]) -> Withdrawn:
    effects = []
    for was, now in zip(booked, kept, strict=True):
        pieces = was.quantity - now.quantity
        money = (was.amount_minor or 0) - (now.amount_minor or 0)
        if pieces or money:
            pay = dict(now.funding)
            less = tuple((name, part - pay.get(name, 0)) for name, part in was.funding)
            effects.append(GrantWithdrawn(was.grant, was.kind, pieces, money, less, was.partner))
    still = tuple(one for one in kept if one.quantity and one.amount_minor != 0)
    return Withdrawn(tuple(effects), still)
