"""A counter as the model holds it. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.awards import Formula, Term


@dataclass(frozen=True, slots=True)
class Counter:
    """A sum (or average, highest, latest, distinct) over dated entries of one member.

    fed_by ``events``: an event of ``events`` that meets ``when`` adds ``adds`` (None: 1; for ``distinct``
    and text ``latest`` the value of ``of``). fed_by ``earned`` / ``base`` / ``spent``: what ``program``
    booked: all awards / awards without multipliers and bonuses / redeemed.
    """

    id: str
    kind: Kind
    measure: Literal["sum", "average", "highest", "latest", "distinct"] = "sum"
    fed_by: Literal["events", "earned", "base", "spent"] = "events"
    program: str = ""
    events: tuple[str, ...] = ()
    when: tuple[Formula, ...] = ()
    items: Formula | None = None
    tenders: Formula | None = None
    adds: tuple[Term, ...] | None = None
    of: Formula | None = None
