"""What rules and rewards give beside points: how much of it, and on which lines a discount lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.base.shares import split
from loyalty_rules.base.windows import end_of
from loyalty_rules.domain.codes import COUPON
from loyalty_rules.domain.effects import Granted
from loyalty_rules.engine.basis import tender_share
from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.codes import as_code
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.model import Award, Benefit
from loyalty_rules.engine.number import Number, total
from loyalty_rules.engine.paying import money_funding, partner_at


@dataclass(frozen=True, slots=True)
class Gift:
    """What one award of a rule (at ``place`` in canonical order) gives beside points; the figures are those
    of `Granted`. ``number`` counts what the rule can give beside points, from 1, whether it does or not.
    ``lines`` holds minor units of a discount by the place of the line."""

    place: int
    number: int
    benefit: Benefit
    quantity: int = 1
    amount_minor: int | None = None
    share: Fraction | None = None
    lines: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Owed:
    """What discounts have left of each line of an order so far, in minor units."""

    case: Case
    left: dict[int, int] = field(default_factory=dict)

    def of(self, line: int) -> int:
        """What is left of a line; a part of a minor unit is left out."""
        if line not in self.left:
            amount = self.case.lines_order.lines[line].amount
            self.left[line] = round_exact(Fraction(amount), "floor")
        return self.left[line]

    def room(self, acted_on: Mapping[int, int]) -> dict[int, int]:
        """What a discount may take of each line that it acts on."""
        return {line: min(self.of(line), amount) for line, amount in acted_on.items()}

    def take(self, amount_minor: int, room: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
        """Spread an amount over lines by the ``room`` in them, which must be enough."""
        taken = tuple(zip(room, split(amount_minor, tuple(room.values())), strict=True))
        for line, part in taken:
            self.left[line] -= part
        return tuple((line, part) for line, part in taken if part)


def gifts(case: Case, candidate: Candidate, owed: Owed) -> Iterator[Gift]:
    """What a rule that fires gives beside points, for all the units that are taken of it. A discount is never
    more than what is left of its lines."""
    beside = [award for award in candidate.rule.awards if award.benefit is not None]
    for number, award in enumerate(beside, 1):
        if not (counted := counted_by(candidate, award)):
            continue
        assert award.benefit is not None, "it gives something beside points"
        if award.benefit.kind == "discount":
            gift = _discount(case, candidate, number, award, owed)
        else:
            gift = _gift(candidate, number, award.benefit, counted)
        if gift.quantity and gift.amount_minor != 0:
            yield gift


def counted_by(candidate: Candidate, award: Award) -> Number:
    """Rate x quantity of an award of a rule that fires; 0 if it gives nothing."""
    return total([one.points for one in candidate.worths if one.award is award])


def discount_minor(case: Case, candidate: Candidate, award: Award) -> int:
    """What a discount comes to, before anybody asks what there is to take it from. A part of a minor unit is
    not given, unless it says otherwise."""
    benefit = award.benefit
    assert benefit is not None, "a discount is a benefit"
    amount = Fraction(counted_by(candidate, award))
    if benefit.unit == "share":
        amount *= sum(acted_on(case, candidate, benefit).values())
    if benefit.at_most_minor is not None:
        amount = min(amount, benefit.at_most_minor)
    return round_exact(amount, benefit.rounding)


def acted_on(case: Case, candidate: Candidate, benefit: Benefit) -> Mapping[int, int]:
    """The money of the lines that a discount acts on, in minor units by the place of the line."""
    order = case.lines_order
    found: dict[int, Fraction] = {}
    for stretch in candidate.stretches:
        share = tender_share(order, stretch.facts.choice.tenders)
        for line in stretch.lines():
            part = Fraction(order.lines[line].amount * stretch.part(line) * share)
            found[line] = found.get(line, Fraction(0)) + part
    if benefit.cheapest is not None:
        found = _cheapest(case, found, benefit.cheapest)
    return {line: round_exact(amount, "floor") for line, amount in sorted(found.items())}


def _cheapest(case: Case, amounts: Mapping[int, Fraction], count: int) -> dict[int, Fraction]:
    """The money of the cheapest pieces; of equals those of the first line."""
    lines = case.lines_order.lines
    priced = sorted((amounts[i] / Fraction(lines[i].quantity), i) for i in amounts)
    found: dict[int, Fraction] = {}
    for price, line in priced:
        pieces = min(Fraction(count), Fraction(lines[line].quantity))
        if pieces <= 0:
            break
        found[line] = price * pieces
        count -= int(pieces)
    return found


def _discount(case: Case, candidate: Candidate, number: int, award: Award, owed: Owed) -> Gift:
    benefit = award.benefit
    assert benefit is not None, "a discount is a benefit"
    amount = discount_minor(case, candidate, award) * candidate.units
    if case.order is None:
        return Gift(candidate.place, number, benefit, 1, amount)
    room = owed.room(acted_on(case, candidate, benefit))
    amount = min(amount, sum(room.values()))
    lines = owed.take(amount, room) if amount else ()
    return Gift(candidate.place, number, benefit, 1, amount, None, lines)


def _gift(candidate: Candidate, number: int, benefit: Benefit, counted: Number) -> Gift:
    place, units = candidate.place, candidate.units
    if benefit.unit == "share":
        return Gift(place, number, benefit, units, None, Fraction(counted))
    if benefit.kind == "voucher" and benefit.unit == "money":
        return Gift(place, number, benefit, units, round_exact(Fraction(counted), "floor"))
    count = round_exact(Fraction(counted * units), "floor")
    if benefit.unit == "money":
        return Gift(place, number, benefit, 1, count)
    return Gift(place, number, benefit, count)


def granted(case: Case, rule: str, gift: Gift) -> Granted:
    """A gift as an effect. Its id is that of its event, the rule and its number there: one id is always the
    same award of the same rule, whatever else fires, for whomever, and when it is decided again."""
    event, benefit, plan = case.event, gift.benefit, case.plan
    until = None
    if benefit.valid is not None:
        until = end_of(
            event.occurred_at, benefit.valid, plan.calendar, plan.zone, plan.model.leap_day
        )
    lines = case.lines_order.lines
    given = Granted(
        f"{event.source}/{event.id}/{rule}/g{gift.number}",
        rule,
        benefit.kind,
        event.occurred_at,
        gift.quantity,
        gift.amount_minor,
        gift.share,
        benefit.sku,
        benefit.name,
        benefit.to,
        benefit.at,
        until,
        tuple((lines[line].sent.id, amount) for line, amount in gift.lines),
        money_funding(plan, rule, event, (gift.amount_minor or 0) * gift.quantity),
        fixed_after=benefit.fixed_after,
        partner=partner_at(plan, event),
    )
    coupon = plan.index.coupons.get(benefit.to) if benefit.kind == COUPON else None
    return given if coupon is None else as_code(plan, coupon, given)
