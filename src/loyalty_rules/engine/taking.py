"""Where points are taken from that a return takes back: the order's own lots, those that wait first, and what
of them has expired; then the member's other lots in the order in which they would be spent, those that wait
last; then what ``negative`` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.base.records import replace
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import DeficitChanged, LotReduced, PayersShifted
from loyalty_rules.domain.funding import Funding, merged
from loyalty_rules.domain.order_record import BookedOrder
from loyalty_rules.domain.state import Lot, MemberState
from loyalty_rules.engine.lots import grace_lot, in_spend_order
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.paying import leave, recovered, shifted


@dataclass(frozen=True, slots=True)
class Taken:
    """``effects`` take points of lots or make a deficit, and say what is booked between payers; ``refunded``
    points are paid by a refund that is smaller by ``refund_less_minor``; ``unrecovered`` points are paid by
    nobody; ``forgiven`` points, by lot of the order, had expired, which counts as taken."""

    effects: tuple[LotReduced | DeficitChanged | PayersShifted, ...]
    refunded: int = 0
    refund_less_minor: int = 0
    unrecovered: int = 0
    forgiven: tuple[tuple[str, int], ...] = ()


def take(
    account: LotAccount,
    state: MemberState,
    order: BookedOrder,
    points: int,
    refund_minor: Number,
    wanted: Funding = (),
) -> Taken:
    """How ``points`` (in units of the scale, zero or more) of a program are taken from a member, who is
    refunded ``refund_minor`` at the same time. ``wanted`` says whose points they should be."""
    held = state.lots.get(account.id, ())
    own = set(_own_lots(account, order))
    first = [lot for lot in held if lot.id in own]
    reduced, missing = _reduced(account, state, first, points, wanted, waiting_first=True)
    forgiven = _forgiven(account, state, order, missing)
    missing -= sum(part for _, part in forgiven)
    others = [lot for lot in held if lot.id not in own]
    more, missing = _reduced(account, state, others, missing, (), waiting_first=False)
    taken = Taken((*reduced, *more), forgiven=forgiven)
    if missing and account.negative == "allow":
        taken = replace(taken, effects=(*taken.effects, DeficitChanged(account.id, missing)))
    elif missing and account.negative == "clamp":
        taken = replace(taken, unrecovered=missing)
    elif missing:
        taken = _from_refund(account, taken, missing, refund_minor)
    lost = taken.unrecovered + taken.refunded + sum(part for _, part in forgiven)
    shifts = shifted(account.id, recovered(wanted, lost), (*reduced, *more))
    return replace(taken, effects=(*taken.effects, *shifts))


def _reduced(
    account: LotAccount,
    state: MemberState,
    lots: Sequence[Lot],
    points: int,
    wanted: Funding,
    waiting_first: bool,
) -> tuple[list[LotReduced], int]:
    """What is taken of lots, and how many points are missing then. Nothing is taken of a lot whose points
    are only paid for by others from now on."""
    found: list[LotReduced] = []
    in_order = in_spend_order(account, state, lots)
    for lot in sorted(in_order, key=lambda lot: lot.waits != waiting_first):  # a stable sort
        part = min(points, lot.left)
        if part or (wanted and lot.funding):
            one = leave(account.id, lot, part, "taken_back", wanted)
            if part or one.funding:
                found.append(one)
            points -= part
            wanted = merged(wanted, one.funding)
    return found, points


def _forgiven(
    account: LotAccount, state: MemberState, order: BookedOrder, points: int
) -> tuple[tuple[str, int], ...]:
    """What of the order's points has expired, and so need not be taken again."""
    if account.expired == "take":
        return ()
    expired = state.expired.get(account.id, {})
    found: list[tuple[str, int]] = []
    for lot in _own_lots(account, order):
        if part := min(points, expired.get(lot, 0)):
            found.append((lot, part))
            points -= part
    return tuple(found)


def _own_lots(account: LotAccount, order: BookedOrder) -> Iterator[str]:
    """The lots that hold the points of an order: those that it opened, and what came back of them late."""
    for program, lot in order.lots:
        if program == account.id:
            yield from (lot, grace_lot(lot))


def _from_refund(account: LotAccount, taken: Taken, missing: int, refund_minor: Number) -> Taken:
    """The refund pays as many points as it can; a part of a minor unit is the member's. A point without
    a value cannot be paid with money."""
    value = Fraction(account.value or 0) / 10**account.scale
    paid = min(missing, int(refund_minor / value)) if value else 0
    less = round_exact(paid * value, "floor")
    return replace(taken, refunded=paid, refund_less_minor=less, unrecovered=missing - paid)
