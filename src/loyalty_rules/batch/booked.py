"""Booking a history into a ledger: what a run with a store does, and what it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import tee

from loyalty_rules.base.zones import start_of_day
from loyalty_rules.batch.figures import Counted, Figures
from loyalty_rules.batch.held import HeldEvents
from loyalty_rules.batch.history import readable
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.domain.event import Event
from loyalty_rules.service.ledger import Ledger
from loyalty_rules.service.receipt import Receipt as Answer


def book_history(
    ledger: Ledger,
    lines: Iterable[ReadEvent],
    day: int,
    on_receipt: Callable[[Receipt], None],
    on_total: Callable[[int], None],
) -> Figures:
    """Book everything in ``lines`` that is not booked yet, in business order, and count what it came to.

    ``on_receipt`` is told of each event when it is on disk; ``on_total`` how many will come. Levels are those
    of every member of the ledger on ``day``.
    Errors: what reading ``lines`` raises (``OSError``); ``LedgerError``.
    """
    rules, end_of_day = ledger.rules, start_of_day(day + 1, ledger.rules.plan.zone)
    in_force = rules.in_force(end_of_day - timedelta(microseconds=1))
    figures, held = Figures(in_force.plan, rules.accounts, is_ledger=True), HeldEvents()
    for event in readable(lines, figures):
        held.add(event)
    on_total(len(held))
    return book_held(ledger, held, figures, day, on_receipt)


def book_held(
    ledger: Ledger,
    held: HeldEvents,
    figures: Figures,
    day: int,
    on_receipt: Callable[[Receipt], None],
) -> Figures:
    """Book events that are held, as `book_history` does."""
    for event, answer in booked_one_by_one(ledger, held.in_business_order(), figures):
        on_receipt(_receipt(event, answer))
    figures.read_levels(ledger.states(), day)
    return figures


def booked_one_by_one(
    ledger: Ledger, events: Iterable[Event], figures: Figures
) -> Iterator[tuple[Event, Answer]]:
    """Book events that come in business order: each with the ledger's answer, counted in ``figures``."""
    to_book, told = tee(events)
    for event, answer in zip(told, ledger.record_in_order(to_book), strict=True):
        figures.count(event.type, _counted(answer))
        yield event, answer


def _counted(answer: Answer) -> Counted:
    return Counted(
        answer.event,
        answer.status,
        answer.decision,
        answer.refusal,
        answer.notes,
        tuple(
            _counted(one)
            for one in answer.released
            if one.decision is not None or not one.source.startswith("~")
        ),
        answer.moved,
    )


def _receipt(event: Event, answer: Answer) -> Receipt:
    """With the returns that were decided because this purchase came; of one that had waited too long, only
    the id is left."""
    released = tuple(
        _receipt(one.decision.event, one) for one in answer.released if one.decision is not None
    )
    return Receipt(event, answer.status, answer.decision, answer.refusal, answer.notes, released)
