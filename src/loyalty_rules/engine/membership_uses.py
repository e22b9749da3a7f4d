"""What members use of a membership: every time that a rule gives something which asks for it, and what that
is worth. It is counted like uses of limits, so that a return gives it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from loyalty_rules.base.period import Window
from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.granting import Gift
from loyalty_rules.engine.limits import Cap, Uses
from loyalty_rules.engine.membership import Membership
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.number import Number, whole
from loyalty_rules.engine.plan import Plan
from loyalty_rules.engine.shares import Piece


def note_uses(
    case: Case,
    candidate: Candidate,
    pieces: Sequence[Piece],
    gifts: Sequence[Gift],
    uses: Uses,
) -> None:
    """Count what a rule gave as a use of the memberships that it asks for, and that the member is in."""
    for name in candidate.rule.asks:
        facts = candidate.stretches[0].facts
        if facts[f"{name}.active"] is not True:
            continue
        membership = case.plan.index.memberships[name]
        used, saved = _used(membership), _saved(membership)
        uses.use(Cap(used, used.key), candidate.rule.id, 1)
        worth = _worth(case, pieces, gifts)
        if worth:
            uses.use(Cap(saved, saved.key), candidate.rule.id, worth)


def meters_of(plan: Plan) -> Iterator[Limit]:
    """What counts the uses of memberships, in the form of limits."""
    for membership in plan.model.memberships:
        yield _used(membership)
        yield _saved(membership)


def _used(membership: Membership) -> Limit:
    return Limit(membership.uses, "times", Fraction(0), Window("ever"))


def _saved(membership: Membership) -> Limit:
    return Limit(membership.saved, "amount", Fraction(0), Window("ever"))


def _worth(case: Case, pieces: Sequence[Piece], gifts: Sequence[Gift]) -> Number:
    """Money that the member would have paid, in minor units: of points that have a value, of discounts and
    vouchers of an amount, of what says what it is worth."""
    found = Fraction(0)
    for piece in pieces:
        account = case.plan.index.accounts[piece.program]
        found += Fraction(piece.points, 10**account.scale) * (account.value or 0)
    for gift in gifts:
        benefit = gift.benefit
        if benefit.kind == "discount":
            found += gift.amount_minor or 0
        elif benefit.kind == "voucher":
            found += (gift.amount_minor or 0) * gift.quantity
        elif benefit.worth_minor is not None:
            found += benefit.worth_minor * gift.quantity
    return whole(found)
