"""A scenario as it was read: members, steps in time, and what is expected after each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.domain.event import Event
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.testing.scenarios.changed_lines import LineMap

Word = Literal[
    "balance",
    "pending",
    "household",
    "level",
    "gave",
    "not_gave",
    "refused",
    "refund",
    "fee",
    "lots",
    "effects",
    "quote",
]
Scalar = int | Decimal | str | bool | datetime | None


@dataclass(frozen=True, slots=True)
class WantedQuote:
    """What a quote for a cart must say under one of its words: rewards by units, points by program, money,
    or what binds each reward."""

    cart: Event
    says: Scalar | Mapping[str, Scalar] | Mapping[str, tuple[str, ...]]


Wanted = Scalar | Mapping[str, Scalar] | tuple[Mapping[str, Scalar], ...] | WantedQuote

ALONE: Final = "m-1"
"""Who a scenario is about that names nobody."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event, and where the scenario tells of it."""

    event: Event
    span: Span


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must be true after a step. ``subject`` is the program or the rule that it is about
    (empty: the word has none); ``member`` is empty where a step has no events and a word speaks of them."""

    word: Word
    member: str
    subject: str
    wanted: Wanted
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """An instant, what happens then, and what must be true afterwards."""

    at: datetime
    events: tuple[PlacedEvent, ...]
    expected: tuple[Expected, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file that was read without a mistake.

    ``rules`` is the rule set that it is about, with its ``change``; ``lines`` leads from the lines of the
    changed text back to those of the file. ``profiles`` come before the first step.
    """

    file: str
    title: str
    text: str
    rules: RuleSet
    lines: LineMap
    members: tuple[str, ...]
    profiles: tuple[PlacedEvent, ...]
    steps: tuple[Step, ...]
