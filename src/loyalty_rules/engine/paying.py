"""Who pays for points: those whom a rule names, the partner with whom an event was, or the operator; and what
a partner is paid for points that are spent with it. Where no partner is declared nobody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from loyalty_rules.base.shares import split
from loyalty_rules.domain.effects import (
    DeficitChanged,
    LeavingCause,
    LotOpened,
    LotReduced,
    PartnerPaid,
    PayersShifted,
)
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.funding import (
    OPERATOR,
    Funding,
    Part,
    Payer,
    funded,
    leaving,
    merged,
    points_of,
)
from loyalty_rules.domain.kinds import OWN_KINDS
from loyalty_rules.domain.order_record import Share
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.domain.values import shown
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.refused import Refused

_NOT_AN_ORDER = (*OWN_KINDS, "redemption")
"""What is given with these is paid by the operator if nothing else is said."""


def partner_at(plan: Plan, event: Event) -> str:
    """The partner with whom an event was: the one that it names, else the one whose source sent it; empty for
    none.

    Errors: refused as ``unknown_partner`` or ``other_partner``.
    """
    if not plan.model.partners or event.type in OWN_KINDS:
        return ""
    said = event.partner if isinstance(event, Purchase) else event.fields.get("partner")
    named = said if isinstance(said, str) else ""
    if named and named not in plan.index.partners:
        reason = f"the rule set has no partner {shown(named)}"
        raise Refused("unknown_partner", "partner", reason)
    bound = plan.index.sources.get(event.source, "")
    if named and bound and named != bound:
        reason = (
            f"the source {shown(event.source)} sends the events of `{bound}`, not of {shown(named)}"
        )
        raise Refused("other_partner", "partner", reason)
    return named or bound


def payers_of(plan: Plan, rule: str, event: Event, program: str) -> tuple[Payer, ...]:
    """Who pays for points of a program that a rule or a reward gives because of an event; nobody where no
    partner is declared.

    Errors: refused as ``partner_without_rate``; as `partner_at`.
    """
    if not plan.model.partners:
        return ()
    cost = _cost(plan, program)
    return tuple(
        Payer(name, share, _rate(plan, name, program), cost)
        for name, share in who_pays(plan, rule, event)
    )


def money_funding(
    plan: Plan, rule: str, event: Event, amount_minor: int
) -> tuple[tuple[str, int], ...]:
    """Who pays which part of money that a rule gives beside points, in minor units. A reward is paid for with
    the points that it costs.

    Errors: as `partner_at`.
    """
    if not plan.model.partners or not amount_minor or rule in plan.index.rewards:
        return ()
    shares = who_pays(plan, rule, event)
    parts = split(amount_minor, [share for _, share in shares])
    return tuple((name, part) for (name, _), part in zip(shares, parts, strict=True) if part)


def operators(plan: Plan, program: str, points: int) -> Funding:
    """Points that the operator pays for."""
    if not plan.model.partners:
        return ()
    return funded(points, (Payer(OPERATOR, Fraction(1), 0, _cost(plan, program)),))


def funding_of(plan: Plan, event: Event, program: str, shares: Mapping[str, int]) -> Funding:
    """Who pays for the points of a program that each of several rules gives because of an event.

    Errors: as `payers_of`.
    """
    return merged(
        part
        for rule, points in shares.items()
        for part in funded(points, payers_of(plan, rule, event, program))
    )


def booked_funding(shares: Iterable[Share], program: str) -> Funding:
    """Who pays for the points of a program that an order has booked."""
    return merged(part for one in shares if one.program == program for part in one.funding)


def pay_deficit(state: MemberState, lot: LotOpened) -> Iterator[LotReduced | DeficitChanged]:
    """What a member owes is paid out of a lot at once, as far as it goes."""
    owed = min(lot.points, state.deficits.get(lot.program, 0))
    if owed:
        parts = leaving(lot.funding, owed)
        yield LotReduced(lot.program, lot.lot, owed, "pays_deficit", parts)
        yield DeficitChanged(lot.program, -owed)


def paid_to(plan: Plan, event: Event, points: Mapping[str, int]) -> tuple[PartnerPaid, ...]:
    """What the partner with whom a redemption is will be paid for points, by program.

    Errors: refused as ``partner_without_rate``; as `partner_at`.
    """
    name = partner_at(plan, event)
    if not name:
        return ()
    partner = plan.index.partners[name]
    found = []
    for program, units in sorted(points.items()):
        rate = _price(plan, partner.redeems, program)
        if rate is None:
            reason = f"`{name}` takes no points of `{program}` in payment"
            raise Refused("partner_without_rate", "partner", reason)
        found.append(PartnerPaid(name, program, units, rate))
    return tuple(found)


def less_paid(paid: Iterable[PartnerPaid], back: Mapping[str, int]) -> Iterator[PartnerPaid]:
    """What a partner is not paid for points, by program, that came back to the member."""
    for one in paid:
        if points := back.get(one.program):
            yield PartnerPaid(one.partner, one.program, -points, one.rate)


def leave(
    program: str, lot: Lot, points: int, cause: LeavingCause, wanted: Sequence[Part] = ()
) -> LotReduced:
    """Points leave a lot as it stands, and those of its payers with them; ``wanted`` as in `leaving`."""
    return LotReduced(program, lot.id, points, cause, leaving(lot.funding, points, wanted))


def shifted(
    program: str, wanted: Sequence[Part], taken: Iterable[LotReduced]
) -> tuple[PayersShifted, ...]:
    """What is booked between payers when other lots had to give points than those whose points they are."""
    found = merged(wanted, (part for one in taken for part in one.funding))
    return (PayersShifted(program, found),) if found else ()


def recovered(wanted: Funding, points: int) -> Funding:
    """The same with so many points fewer, for nobody gives them: those who are to be given back lose them."""
    losing = [one for one in wanted if one.points > 0]
    fewer = min(points, points_of(tuple(losing)))
    if not fewer:
        return wanted
    return merged(wanted, leaving(tuple(losing), fewer))


def who_pays(plan: Plan, rule: str, event: Event) -> tuple[tuple[str, Fraction], ...]:
    """Who pays which share of what a rule gives because of an event."""
    said = plan.index.funding.get(rule, ())
    if said:
        return said
    default = "" if event.type in _NOT_AN_ORDER else partner_at(plan, event)
    return ((default or OPERATOR, Fraction(1)),)


def _rate(plan: Plan, payer: str, program: str) -> Number:
    if payer == OPERATOR:
        return 0
    rate = _price(plan, plan.index.partners[payer].issues, program)
    if rate is None:
        reason = f"`{payer}` does not pay for points of `{program}`"
        raise Refused("partner_without_rate", "partner", reason)
    return rate


def _price(plan: Plan, prices: Sequence[tuple[str, Fraction]], program: str) -> Number | None:
    """Minor units for one unit of a program's scale."""
    known = dict(prices)
    price = known.get(program, known.get(""))
    if price is None:
        return None
    return whole(price / 10 ** plan.index.accounts[program].scale)


def _cost(plan: Plan, program: str) -> Number:
    """What a unit of a program is expected to cost: its value, else the most that any partner is paid."""
    account = plan.index.accounts[program]
    if account.value is not None:
        return whole(Fraction(account.value) / 10**account.scale)
    prices = [_price(plan, one.redeems, program) for one in plan.model.partners]
    return max((one for one in prices if one is not None), default=0)
