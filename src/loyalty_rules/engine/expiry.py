"""How a rule set says when points end, and how long they wait before they may be spent. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyalty_rules.base.period import Duration, Window


@dataclass(frozen=True, slots=True)
class After:
    """Points are valid for ``lasts`` from the day on which they were earned or could first be spent, or from
    the latest event of one of the kinds ``activity``. ``to_end_of`` lengthens that to the end of the
    calendar's ``month``, ``quarter`` or ``year``, or to the next day of a year, (month, day)."""

    lasts: Duration
    start: Literal["earned", "usable", "activity"] = "earned"
    to_end_of: Literal["", "month", "quarter", "year"] | tuple[int, int] = ""
    activity: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndOf:
    """Points are valid until the box ends in which they were earned."""

    window: Window


@dataclass(frozen=True, slots=True)
class ByLevel:
    """What a member's level in the tiers program ``table`` says; by level, none: they never end. After a step
    down points end by the lower level: ``restart`` counts from that step, ``keep`` leaves points that are
    there as they are."""

    table: str
    levels: tuple[tuple[str, tuple[After | EndOf, ...]], ...]
    on_downgrade: Literal["restart", "keep"] = "restart"


@dataclass(frozen=True, slots=True)
class With:
    """Points are valid as long as a membership is paid for; those of somebody who is no member end with the
    next that he has."""

    membership: str


Expiry = After | EndOf | ByLevel | With


@dataclass(frozen=True, slots=True)
class Waiting:
    """Points wait for ``lasts`` (None: until the event), or until an event of the kind ``until`` (empty:
    none) if that comes earlier."""

    lasts: Duration | None = None
    until: str = ""
