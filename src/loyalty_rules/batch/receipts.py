"""What became of one event of a history."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_rules.batch.figures import Counted, Status
from loyalty_rules.domain.event import Event
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.service.decision import Decision


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event. ``decision`` is there if it was decided, ``refusal`` if it was refused;
    ``notes`` say what of a return belongs to no order; ``released`` are the returns that waited for this
    purchase."""

    event: Event
    status: Status
    decision: Decision | None = None
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()
    released: tuple[Receipt, ...] = ()

    def counted(self) -> Counted:
        """As the figures take it."""
        return Counted(
            self.event.id,
            self.status,
            self.decision,
            self.refusal,
            self.notes,
            tuple(one.counted() for one in self.released),
        )
