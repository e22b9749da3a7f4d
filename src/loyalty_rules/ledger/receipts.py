"""What is kept of a receipt beside its event, so that whoever sends the event again is told the same."""

from __future__ import annotations

from loyalty_rules.base.records import Named, Record, reader_of
from loyalty_rules.ledger.spelling import plain_text


class Gave(Record, frozen=True):
    """Points of a program, in units of its scale, that a rule gave (below zero: lost), and what became of
    the rest (a word of the trace)."""

    rule: str
    program: str
    points: int
    reason: str = ""


class Changed(Record, frozen=True):
    """Points of a program, in units of its scale, that another event comes to, because this one came late."""

    source: str
    event: str
    program: str
    points: int


class Kept(Named, frozen=True, kw_only=True):
    """A receipt as the log keeps it. ``order``: the order that the event speaks of; ``late``: it came
    after later events were booked; ``notes``: what else a person should know, one sentence each;
    ``changed``: what it made of other events, which ``points`` holds, too."""

    changed: tuple[Changed, ...] = ()
    gave: tuple[Gave, ...] = ()
    late: bool = False
    notes: tuple[str, ...] = ()
    order: str = ""
    points: tuple[tuple[str, int], ...] = ()


receipt_text = plain_text
"""The text of a `Kept` that stands in the log."""

_read = reader_of(Kept)


def receipt_of(text: str) -> Kept:
    """The receipt that `receipt_text` wrote. Errors: ``ValueError`` when it did not."""
    return _read(text)
