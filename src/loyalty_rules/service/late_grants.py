"""What a late event changes of that which was given beside points: messages of their own, from what is out by
now to what would be. Nothing is ever taken back that is not out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loyalty_rules.base.records import replace
from loyalty_rules.domain.effects import Effect, Granted, GrantKept, GrantWithdrawn

Funding = tuple[tuple[str, int], ...]


def handed(
    before: Sequence[Effect], then: Sequence[Effect], now: Sequence[Effect]
) -> Iterator[Effect]:
    """What leads from the grants that ``before`` and ``then`` have handed out to those of ``before`` and
    ``now``: what is less is withdrawn, what is more is granted, and what is another thing is withdrawn and
    granted anew."""
    of_stretch = [one for one in (*then, *now) if isinstance(one, Granted | GrantWithdrawn)]
    touched = dict.fromkeys(one.grant for one in of_stretch)
    were, are = standing_grants([*before, *then]), standing_grants([*before, *now])
    for grant in touched:
        had, has = were.get(grant), are.get(grant)
        if had is not None and has is not None and _is_alike(had, has):
            yield from _difference(had, has)
        elif had != has:
            yield from () if had is None else [_withdrawn(had, had.quantity, had.amount_minor or 0)]
            yield from () if has is None else [has]
    yield from _kept(then, now)


def standing_grants(effects: Iterable[Effect]) -> dict[str, Granted]:
    """What is out of each grant after some effects."""
    found: dict[str, Granted] = {}
    for one in effects:
        if isinstance(one, Granted):
            had = found.get(one.grant)
            found[one.grant] = one if had is None else _more(had, one)
        elif isinstance(one, GrantWithdrawn) and one.grant in found:
            left = _less(found.pop(one.grant), one)
            if left.quantity > 0 and left.amount_minor != 0:
                found[one.grant] = left
    return found


def _more(had: Granted, one: Granted) -> Granted:
    funding = _sum(had.funding, one.funding)
    if _is_money(had):
        amount = (had.amount_minor or 0) + (one.amount_minor or 0)
        return replace(had, amount_minor=amount, lines=(), funding=funding)
    return replace(had, quantity=had.quantity + one.quantity, funding=funding)


def _less(had: Granted, one: GrantWithdrawn) -> Granted:
    amount = None if had.amount_minor is None else had.amount_minor - one.amount_minor
    quantity, funding = had.quantity - one.quantity, _sum(had.funding, one.funding, -1)
    return replace(had, quantity=quantity, amount_minor=amount, lines=(), funding=funding)


def _is_money(one: Granted) -> bool:
    """Whether ``amount_minor`` is the whole of a grant, and not the worth of each of its pieces."""
    return one.amount_minor is not None and one.kind != "voucher"


def _is_alike(had: Granted, has: Granted) -> bool:
    """Whether one grant is more or less of the other; a voucher of another worth is another thing."""
    amount = None if _is_money(had) else had.amount_minor
    same = replace(had, quantity=1, amount_minor=amount, lines=(), funding=())
    amount = None if _is_money(has) else has.amount_minor
    return same == replace(has, quantity=1, amount_minor=amount, lines=(), funding=())


def _difference(had: Granted, has: Granted) -> Iterator[Effect]:
    """What is more or less of a grant."""
    funding = _sum(has.funding, had.funding, -1)
    more, pieces = (has.amount_minor or 0) - (had.amount_minor or 0), has.quantity - had.quantity
    if more > 0:
        yield replace(has, amount_minor=more, lines=(), funding=funding)
    elif pieces > 0:
        yield replace(has, quantity=pieces, funding=funding)
    elif more or pieces or funding:
        yield replace(_withdrawn(had, -pieces, -more), funding=_sum((), funding, -1))


def _withdrawn(had: Granted, quantity: int, amount_minor: int) -> GrantWithdrawn:
    return GrantWithdrawn(had.grant, had.kind, quantity, amount_minor, had.funding, had.partner)


def _kept(then: Iterable[Effect], now: Iterable[Effect]) -> Iterator[GrantKept]:
    """What stays as a cost because it was fixed: no more what was, and what is new."""
    costs = [one for one in now if isinstance(one, GrantKept)]
    for one in then:
        if one in costs:
            costs.remove(one)
        elif isinstance(one, GrantKept):
            yield replace(one, quantity=-one.quantity, amount_minor=-one.amount_minor)
    yield from costs


def _sum(one: Funding, other: Funding, sign: int = 1) -> Funding:
    """Who pays what altogether; whoever pays nothing is left out."""
    found = dict(one)
    for name, minor in other:
        found[name] = found.get(name, 0) + sign * minor
    return tuple((name, minor) for name, minor in found.items() if minor)
