"""Booking a history into a ledger: what a run with a store does, and what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import tee
from typing import Final

from loyalty_rules.base.zones import start_of_day
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.held import HeldEvents
from loyalty_rules.batch.history import Receipt, readable
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.domain.event import Event
from loyalty_rules.engine.return_lines import RETURNS
from loyalty_rules.service.ledger import Ledger
from loyalty_rules.service.receipt import Receipt as Answer
from loyalty_rules.service.settling import LOST_PLAN

MATCHED: Final = "matched"
PARTLY: Final = "partly_matched"
LISTED: Final = "listed"
WAITING: Final = "waiting"


@dataclass(slots=True)
class BookedFigures(Figures):
    """The figures of a run into a ledger. ``points`` were given and ``taken`` taken back by this run, in
    units of the scale by program; ``returns`` counts returns that were matched with their purchases,
    matched in part, listed with a reason why not, or wait."""

    taken: Counter[str] = field(default_factory=Counter)
    returns: Counter[str] = field(default_factory=Counter)

    def count(self, event: Event, answer: Answer) -> None:
        """Count what became of one event, and of the returns that waited for it."""
        self.types[event.type] += 1
        if answer.refusal is not None:
            self.refuse(answer.refusal, f"event {event.id}")
        else:
            self.statuses[answer.status] += 1
        if event.type in RETURNS and answer.status != "duplicate":
            self.returns[_match(answer)] += 1
        self._book(event.type in RETURNS, answer)
        for released in answer.released:
            self._released(released)

    def _released(self, answer: Answer) -> None:
        """A return of an earlier run or of this one that is decided now."""
        if self.statuses["held"]:
            self.statuses["held"] -= 1
            self.returns[WAITING] -= 1
            if answer.refusal is not None:
                self.refuse(answer.refusal, f"event {answer.event}")
            else:
                self.statuses["booked"] += 1
            self.returns[_match(answer)] += 1
        self._book(True, answer)

    def _book(self, is_return: bool, answer: Answer) -> None:
        if answer.status != "booked" or answer.decision is None:
            return
        points = answer.decision.outcome.points or {}
        self.give({} if is_return else points, answer.decision.trace)
        if is_return:
            self.taken.update({name: -units for name, units in points.items()})

    def as_json(self) -> dict[str, object]:
        """The figures of any run, and those of a ledger."""
        returns = {name: self.returns[name] for name in (MATCHED, PARTLY, LISTED, WAITING)}
        taken = self.written(self.taken, every=True)
        return {**Figures.as_json(self), "taken_back": taken, "returns": returns}


def book_history(
    ledger: Ledger,
    lines: Iterable[ReadEvent],
    day: int,
    on_receipt: Callable[[Receipt], None],
    on_total: Callable[[int], None],
) -> BookedFigures:
    """Book everything in ``lines`` that is not booked yet, in business order, and count what it came to.

    ``on_receipt`` is told of each event when it is on disk; ``on_total`` how many will come. Levels are those
    of every member of the ledger on ``day``.
    Errors: what reading ``lines`` raises (``OSError``); ``LedgerError``.
    """
    rules, end_of_day = ledger.rules, start_of_day(day + 1, ledger.rules.plan.zone)
    in_force = rules.in_force(end_of_day - timedelta(microseconds=1))
    figures, held = BookedFigures(in_force.plan, rules.accounts), HeldEvents()
    for event in readable(lines, figures):
        held.add(event)
    on_total(len(held))
    to_book, told = tee(held.in_business_order())
    for event, answer in zip(told, ledger.record_in_order(to_book), strict=True):
        figures.count(event, answer)
        on_receipt(Receipt(event, answer.status, answer.decision, answer.refusal))
    figures.read_levels(ledger.states(), day)
    return figures


def _match(answer: Answer) -> str:
    if answer.status == "refused":
        return LISTED
    if answer.status == "held":
        return WAITING
    listed = [note for note in answer.notes if not note.startswith(LOST_PLAN)]
    return PARTLY if listed else MATCHED
