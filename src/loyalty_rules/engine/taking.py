"""Where points are taken from that a return takes back: the order's own lots, then the member's other lots in
the order in which they would be spent, then what ``negative`` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import DeficitChanged, LotReduced
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number


@dataclass(frozen=True, slots=True)
class Taken:
    """``effects`` take points of lots or make a deficit; ``refunded`` points are paid by a refund that is
    smaller by ``refund_less_minor``; ``unrecovered`` points are paid by nobody."""

    effects: tuple[LotReduced | DeficitChanged, ...]
    refunded: int = 0
    refund_less_minor: int = 0
    unrecovered: int = 0


def take(
    account: LotAccount, state: MemberState, order: BookedOrder, points: int, refund_minor: Number
) -> Taken:
    """How ``points`` (in units of the scale, zero or more) of a program are taken from a member, who is
    refunded ``refund_minor`` at the same time."""
    reduced: list[LotReduced] = []
    missing = points
    for lot in _in_order(account, state, order):
        part = min(missing, lot.left)
        if part:
            reduced.append(LotReduced(account.id, lot.id, part, "taken_back"))
            missing -= part
    if not missing:
        return Taken(tuple(reduced))
    if account.negative == "allow":
        return Taken((*reduced, DeficitChanged(account.id, missing)))
    if account.negative == "clamp":
        return Taken(tuple(reduced), unrecovered=missing)
    return _from_refund(account, reduced, missing, refund_minor)


def _in_order(account: LotAccount, state: MemberState, order: BookedOrder) -> list[Lot]:
    own = {lot for program, lot in order.lots if program == account.id}

    def place(lot: Lot) -> tuple[object, ...]:
        ends = lot.expires_at or lot.opened_at
        return (lot.id not in own, lot.expires_at is None, ends, lot.opened_at, lot.id)

    return sorted(state.lots.get(account.id, ()), key=place)


def _from_refund(
    account: LotAccount, reduced: Sequence[LotReduced], missing: int, refund_minor: Number
) -> Taken:
    """The refund pays as many points as it can; a part of a minor unit is the member's. A point without
    a value cannot be paid with money."""
    value = Fraction(account.value or 0) / 10**account.scale
    paid = min(missing, int(refund_minor / value)) if value else 0
    less = round_exact(paid * value, "floor")
    return Taken(tuple(reduced), paid, less, missing - paid)
