"""What is kept of a receipt beside its event, so that whoever sends the event again is told the same."""

from __future__ import annotations

import json
from typing import NamedTuple

from loyalty_rules.ledger.spelling import plain_text


class Gave(NamedTuple):
    """Points of a program, in units of its scale, that a rule gave (below zero: lost), and what became of
    the rest (a word of the trace)."""

    rule: str
    program: str
    points: int
    reason: str = ""


class Changed(NamedTuple):
    """Points of a program, in units of its scale, that another event comes to, because this one came late."""

    source: str
    event: str
    program: str
    points: int


class Kept(NamedTuple):
    """A receipt as the log keeps it. ``order``: the order that the event speaks of; ``late``: it came
    after later events were booked; ``notes``: what else a person should know, one sentence each;
    ``changed``: what it made of other events, which ``points`` holds, too."""

    points: tuple[tuple[str, int], ...] = ()
    gave: tuple[Gave, ...] = ()
    order: str = ""
    late: bool = False
    notes: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()


def receipt_text(kept: Kept) -> str:
    """The text that stands in the log."""
    said: dict[str, object] = {}
    if kept.points:
        said["points"] = dict(kept.points)
    if kept.gave:
        said["gave"] = kept.gave
    if kept.order:
        said["order"] = kept.order
    if kept.late:
        said["late"] = True
    if kept.notes:
        said["notes"] = kept.notes
    if kept.changed:
        said["changed"] = kept.changed
    return plain_text(said)


def receipt_of(text: str) -> Kept:
    """The receipt that `receipt_text` wrote. Errors: ``ValueError`` when it did not."""
    said = json.loads(text)
    return Kept(
        tuple(said.get("points", {}).items()),
        tuple(Gave(*one) for one in said.get("gave", ())),
        said.get("order", ""),
        said.get("late", False),
        tuple(said.get("notes", ())),
        tuple(Changed(*one) for one in said.get("changed", ())),
    )
