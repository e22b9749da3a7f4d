"""A raffle as a rule set says it. Data only; how it is decided stands in ``engine/raffles.py``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Raffle:
    """``winners`` prizes are drawn among the entries that were given before ``closes``, no more than
    ``per_member`` for one; the rule of the same id gives each."""

    id: str
    closes: datetime
    winners: int = 1
    per_member: int = 1
    title: str = ""
