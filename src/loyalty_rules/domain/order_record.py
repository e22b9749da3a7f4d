"""What is kept of a decided order, so that returns can take back exactly what it gave and nothing more.

A record lies beside the member's state, not in it: whoever books a decision keeps the record and hands it in
again with the return.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Granted, Value
from loyalty_rules.domain.event import Purchase
from loyalty_rules.domain.funding import Funding, Payer, funded
from loyalty_rules.domain.values import EXACT


class Share(Record, frozen=True):
    """Points of one program, in units of its scale, that one rule still has booked on an order: from awards
    that are multiplied (``base``), from bonuses, from multipliers (``extra``). ``payers`` pay for them."""

    program: str
    rule: str
    base: int
    bonus: int = 0
    extra: int = 0
    payers: tuple[Payer, ...] = ()

    @property
    def points(self) -> int:
        """All of it."""
        return self.base + self.bonus + self.extra

    @property
    def funding(self) -> Funding:
        """Who pays for how much of it."""
        return funded(self.points, self.payers)


class Added(Record, frozen=True):
    """What an order still adds to a counter that sums, on a local day. ``rule``: whose use of a limit it
    is; empty for counters that count events or bookings. Only sums can be taken back."""

    counter: str
    day: int
    value: int | Fraction
    rule: str = ""


class BookedOrder(Record, frozen=True):
    """An order as it was decided and as returns have left it.

    ``plan`` is the digest of the plan that decided it; ``facts`` is what was known of the member just before
    it, as far as its rules may ask; ``first`` are the points first booked, by program; ``lots`` are the lots
    that it opened (program, lot); ``returned`` what was taken back of each line so far; ``unrecovered`` the
    points, by program, that returns should have taken and nobody paid; ``granted`` what it still has beside
    points.
    """

    purchase: Purchase
    plan: str
    facts: Mapping[str, Value]
    shares: tuple[Share, ...] = ()
    first: tuple[tuple[str, int], ...] = ()
    added: tuple[Added, ...] = ()
    lots: tuple[tuple[str, str], ...] = ()
    returned: tuple[tuple[str, Decimal], ...] = ()
    unrecovered: tuple[tuple[str, int], ...] = ()
    granted: tuple[Granted, ...] = ()

    @property
    def order(self) -> str:
        """The order's id at the shop."""
        return self.purchase.order or self.purchase.id

    @property
    def left(self) -> Mapping[str, Decimal]:
        """The quantity of each line that was not returned, by the line's id, in the order of the lines."""
        back = dict(self.returned)
        return {
            line.id: EXACT.subtract(line.quantity, back.get(line.id, Decimal(0)))
            for line in self.purchase.lines
        }

    def booked(self, program: str) -> int:
        """Points of a program that are still booked, in units of its scale."""
        return sum(share.points for share in self.shares if share.program == program)
