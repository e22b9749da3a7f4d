"""Booking a history into a ledger: what a run with a store does, and what it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import tee
from typing import Literal

from loyalty_rules.base.zones import start_of_day
from loyalty_rules.batch.figures import Counted, Figures
from loyalty_rules.batch.held import HeldEvents
from loyalty_rules.batch.history import readable
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Outcome
from loyalty_rules.engine.sharing import lent
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.service.pooling import with_household
from loyalty_rules.service.receipt import Receipt as Answer
from loyalty_rules.service.rule_set import RuleSet


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
    for event, answer in _booked(ledger, held.in_business_order(), figures):
        on_receipt(_receipt(event, answer))
    figures.read_levels(ledger.states(), day)
    return figures


def _booked(
    ledger: Ledger, events: Iterable[Event], figures: Figures
) -> Iterator[tuple[Event, Answer]]:
    """Each event with the ledger's answer to it, counted in ``figures``."""
    to_book, told = tee(events)
    for event, answer in zip(told, ledger.record_in_order(to_book), strict=True):
        figures.count(event.type, _counted(answer))
        yield event, answer


def state_together(
    rules: RuleSet, lines: Iterable[ReadEvent], event: Event, figures: Figures
) -> MemberState:
    """Where the member of ``event`` stands just before it, under rules by which what one member does concerns
    others: after all events of ``lines`` before it, whosever they are. He is lent what all members have used
    of budgets, and what his household shares with him.

    Errors: ``PluginError``; what reading ``lines`` raises (``OSError``).
    """
    held = HeldEvents()
    for one in readable(lines, figures):
        held.add(one)
    with open_ledger("memory:", rules, now=lambda: event.occurred_at) as ledger:
        for _ in _booked(ledger, held.before(event), figures):
            pass
        states = {one.member: one for one in ledger.states()}
        shared = ledger.shared() if rules.has_budgets else None
    own = states.get(event.member, MemberState(event.member))
    state = with_household(rules, own, states.values(), event.occurred_at)
    return state if shared is None else lent(state, shared)


def decisions_after(
    rules: RuleSet, lines: Iterable[ReadEvent], event: Event, figures: Figures
) -> tuple[Decision, ...]:
    """What ``event`` comes to after everything in ``lines`` that lies before it, whosever it was, and what
    follows from it for others: under rules by which what one member does concerns them.

    The event itself may stand there. Errors: ``PluginError``; what reading ``lines`` raises (``OSError``).
    """
    held, state = HeldEvents(), MemberState(event.member)
    for one in readable(lines, figures):
        held.add(one)
    with open_ledger("memory:", rules, now=lambda: event.occurred_at) as ledger:
        for _ in _booked(ledger, held.before(event), figures):
            pass
        answer = ledger.quote(event)
    if answer.decision is None:  # it was not even asked of the rules, or waits for its order
        status: Literal["refused", "not_yet_decided"] = (
            "refused" if answer.refusal else "not_yet_decided"
        )
        return (Decision(rules, event, state, Outcome(status, state, refusal=answer.refusal)),)
    also = (one.decision for one in answer.released)
    return (answer.decision, *(one for one in also if one is not None))


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
