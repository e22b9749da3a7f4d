"""Spending points: which lots pay, and what is left of them."""

from __future__ import annotations

from loyalty_rules.domain.effects import LotReduced
from loyalty_rules.domain.funding import leaving
from loyalty_rules.domain.redemption_record import SpentLot
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.lots import in_spend_order, usable
from loyalty_rules.engine.model import LotAccount


def spend(account: LotAccount, state: MemberState, points: int) -> tuple[SpentLot, ...]:
    """The lots that pay ``points`` (units of the scale) of a program, which the member must have."""
    spent: list[SpentLot] = []
    missing = points
    for lot in in_spend_order(account, state, usable(state, account.id)):
        part = min(missing, lot.left)
        if part:
            spent.append(SpentLot(account.id, part, lot, funding=leaving(lot.funding, part)))
            missing -= part
    assert not missing, f"the member has {missing} points of `{account.id}` too few"
    return tuple(spent)


def reduced(spent: tuple[SpentLot, ...]) -> tuple[LotReduced, ...]:
    """What spending does to the lots."""
    return tuple(
        LotReduced(one.program, one.lot.id, one.points, "spent", one.funding) for one in spent
    )
