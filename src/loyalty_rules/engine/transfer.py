"""How members may give points to each other, as the model holds it. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.engine.caps import Limit


@dataclass(frozen=True, slots=True)
class Transfers:
    """Points of a program may be given to other members: ``at_least`` so many (points) at a time, within
    ``limits`` of points and times for who gives."""

    limits: tuple[Limit, ...] = ()
    at_least: Fraction | None = None
