"""A referral program as the model holds it. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_rules.base.period import Duration
from loyalty_rules.engine.counter import Counter


@dataclass(frozen=True, slots=True)
class Referral:
    """Members who bring members. An event of a friend that ``qualifies`` counts (1 for each) tells so many
    levels of those who brought him, and each other, of it; ``within`` so long after he signed up (None: for
    ever). With ``repeat`` every one does, else the first."""

    id: str
    qualifies: Counter
    within: Duration | None = None
    levels_at_most: int = 1
    repeat: bool = False
    title: str = ""
