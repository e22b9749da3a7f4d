"""What is kept of a redemption, so that it can be undone exactly: which points came from which lot, and what
was granted for them.

A record lies beside the member's state, not in it: whoever books a redemption keeps the record and hands it
in again with its cancellation, and with the return of an order that its points paid.
"""

from __future__ import annotations

from datetime import datetime

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Granted, PartnerPaid
from loyalty_rules.domain.funding import Funding
from loyalty_rules.domain.order_record import Added
from loyalty_rules.domain.state import Lot


class SpentLot(Record, frozen=True):
    """``points`` that a redemption took from a lot of a program, in units of its scale; ``restored`` of them
    came back since. ``lot`` is the lot as it stood just before, ``funding`` says whose points are gone."""

    program: str
    points: int
    lot: Lot
    restored: int = 0
    funding: Funding = ()

    @property
    def gone(self) -> int:
        """Points that are still spent."""
        return self.points - self.restored


class BookedRedemption(Record, frozen=True):
    """A redemption as it was decided and as its undoing has left it.

    ``units`` are the rewards taken; ``spent`` the lots, in the order in which points were taken from them;
    ``granted`` what was given beside points; ``opened`` the lots of points that it gave (program, lot,
    points); ``added`` what it still adds to counters, uses of limits among them; ``paid`` what the partner
    at whom it was is due for it.
    """

    source: str
    redemption: str
    member: str
    occurred_at: datetime
    units: tuple[tuple[str, int], ...]
    spent: tuple[SpentLot, ...] = ()
    granted: tuple[Granted, ...] = ()
    opened: tuple[tuple[str, str, int], ...] = ()
    added: tuple[Added, ...] = ()
    cancelled: bool = False
    paid: tuple[PartnerPaid, ...] = ()

    def points(self, program: str) -> int:
        """Points of a program that it took, in units of its scale, whether they came back since or not."""
        return sum(one.points for one in self.spent if one.program == program)

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that paid, in the order in which they did."""
        return tuple(dict.fromkeys(one.program for one in self.spent))
