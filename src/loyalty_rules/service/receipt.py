"""What the ledger answers to an event."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from loyalty_rules.base.records import Record, replace, shown
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.service.decision import Decision


class Receipt(Record, frozen=True):
    """What became of one event.

    status ``booked``: its effects are an entry, the account's number ``sequence``; ``duplicate``: it was
    received before, and ``first`` says what became of it then (``sequence`` and ``given`` are those of
    then); ``held``: a return whose purchase is not there yet; ``refused``: see ``refusal``; it claims no id
    and changed nothing. ``given`` are its points, by program; ``late``: events after it were booked already;
    ``provisional``: it stands in a transaction of the caller's that is not committed yet; ``released``: what
    became of returns that waited for this purchase; ``notes``: sentences for a person. ``moved``: what one
    that took its place in the past, or made one of two members, moved altogether (book, program, units of its
    scale); None: it is none of these.
    """

    status: Literal["booked", "duplicate", "held", "refused"]
    event: str
    member: str
    source: str = ""
    sequence: int | None = None
    decision: Decision | None = None
    refusal: Refusal | None = None
    given: tuple[tuple[str, int | Decimal], ...] = ()
    first: Literal["booked", "held"] | None = None
    late: bool = False
    provisional: bool = False
    released: tuple[Receipt, ...] = ()
    notes: tuple[str, ...] = ()
    moved: tuple[tuple[str, str, int], ...] | None = None

    @property
    def points(self) -> Mapping[str, int | Decimal]:
        """What it came to, by program."""
        return MappingProxyType(dict(self.given))

    def __repr__(self) -> str:
        return shown(self, "decision")

    def as_provisional(self) -> Receipt:
        """The same, as long as the caller has not committed."""
        return replace(
            self,
            provisional=True,
            released=tuple(one.as_provisional() for one in self.released),
        )
