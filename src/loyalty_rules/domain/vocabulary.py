"""Kinds of values and kinds of events: the words that a checked expression may use and their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KindName = Literal[
    "number", "money", "points", "text", "boolean", "day", "duration", "list", "level"
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is. ``choices`` closes a text (``one_of``) or ranks a level (lowest first);
    ``program`` names the tiers program of a level. Whole numbers are ``number`` with ``whole``.

    Values at run time: number, points ``int | Fraction`` (points in points, not in units of the scale);
    money ``int | Fraction`` in MINOR units of the rule set's currency; text and duration ``str``; boolean
    ``bool``; day ``int`` (proleptic ordinal); list ``tuple[str, ...]``; level ``int`` (rank, lowest 0);
    unknown, of every kind, ``None``.
    """

    name: KindName
    choices: tuple[str, ...] = ()
    program: str = ""
    whole: bool = False


NUMBER = Kind("number")
MONEY = Kind("money")
POINTS = Kind("points")
TEXT = Kind("text")
BOOLEAN = Kind("boolean")
DAY = Kind("day")
DURATION = Kind("duration")
LIST = Kind("list")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event, of its items or of the member."""

    name: str
    kind: Kind
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event. ``rank`` orders kinds at one instant; ``decided`` is false for kinds that this
    version accepts at the door but does not decide yet."""

    name: str
    about: Literal["member", "order"]
    rank: int
    fields: tuple[Field, ...] = ()
    item_fields: tuple[Field, ...] = ()
    decided: bool = True
