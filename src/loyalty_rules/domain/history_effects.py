"""Effects on a member's history as a whole: told again, or erased."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from loyalty_rules.base.records import Record, Told


class LotStands(Record, frozen=True):
    """A lot as it is now, whatever was said of it before; ``granted`` 0: it was never given."""

    program: str
    lot: str
    granted: int
    left: int
    opened_at: datetime
    expires_at: datetime | None = None


class HistoryRetold(Told, frozen=True):
    """A late event took its place in the member's history, and what came after it was decided again.

    ``patch`` is the difference that this makes to his state (see ``domain.state_patch``), ``moved`` the
    points that it moves by book and program, ``lots`` are all lots that are not as they were, ``charges``
    what it moves between those who pay (see ``ledger.charges``). ``served`` says where events use more or
    less than they did of what all members share: source and id of the event (of what falls due by itself:
    empty, and that of its instant), counter, day, difference.
    """

    patch: str
    moved: tuple[tuple[str, str, int], ...] = ()
    lots: tuple[LotStands, ...] = ()
    charges: tuple[tuple[str, str, str, str, int, Fraction, Fraction], ...] = ()
    served: tuple[tuple[str, str, str, int, int | Fraction], ...] = ()


class MemberErased(Told, frozen=True):
    """The member is forgotten: his state is that of somebody of whom nothing is known. ``left`` is a digest
    over what is left of his log before this entry."""

    left: str
