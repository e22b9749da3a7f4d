"""What lies before an event in a history: the past of its member, under all names that he has by then; of all
members, where what one does concerns others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from loyalty_rules.batch.booked import booked_one_by_one
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.held import HeldEvents
from loyalty_rules.batch.history import AsOf, History, readable
from loyalty_rules.batch.read_events import ReadEvent
from loyalty_rules.batch.returns import Returns
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.kinds import business_key
from loyalty_rules.domain.merges import MERGE
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.plan import Outcome
from loyalty_rules.engine.sharing import lent
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.service.pooling import with_household
from loyalty_rules.service.rule_set import RuleSet

Read = Callable[[], Iterable[ReadEvent]]
"""Reads a history from its beginning. It is read once more where accounts were merged: only at the end is it
known whose events count."""


def decisions_after(
    rules: RuleSet, read: Read, event: Event, figures: Figures
) -> tuple[Decision, ...]:
    """What ``event`` comes to after everything that lies before it, and what follows from it for others. A
    return is decided with its orders.

    The event itself may stand there; it and all that comes after it are passed over. ``figures`` takes what
    became of the others. Errors: ``PluginError``; what reading raises (``OSError``).
    """
    past = _past(rules, read, event, figures)
    if not past.is_together:
        return (_alone(past, rules, event, figures).decision_of(event),)
    with _together(past, rules, event, figures) as ledger:
        answer, state = ledger.quote(event), MemberState(event.member)
    if answer.decision is None:  # it was not even asked of the rules, or waits for its order
        status: Literal["refused", "not_yet_decided"] = (
            "refused" if answer.refusal else "not_yet_decided"
        )
        return (Decision(rules, event, state, Outcome(status, state, refusal=answer.refusal)),)
    also = (one.decision for one in answer.released)
    return (answer.decision, *(one for one in also if one is not None))


def state_before(rules: RuleSet, read: Read, event: Event, figures: Figures) -> MemberState:
    """Where the member of ``event`` stands just before it. He is lent what all members have used of budgets,
    and what his household shares with him.

    Errors: as of `decisions_after`.
    """
    past = _past(rules, read, event, figures)
    if not past.is_together:
        history = _alone(past, rules, event, figures)
        return lent(history.state_of(event.member), history.shared)
    with _together(past, rules, event, figures) as ledger:
        states = {one.member: one for one in ledger.states()}
        shared = ledger.shared() if rules.has_budgets else None
        name = ledger.statement(event.member).member
    own = states.get(name, MemberState(name))
    state = with_household(rules, own, states.values(), event.occurred_at)
    return state if shared is None else lent(state, shared)


class _Past(NamedTuple):
    """Events that count. ``is_together``: a ledger has to decide them, since members became one, or what one
    does concerns others."""

    held: HeldEvents
    is_together: bool


def _past(rules: RuleSet, read: Read, event: Event, figures: Figures) -> _Past:
    is_of_all, held, merges = (
        rules.concerns_others or rules.has_budgets,
        HeldEvents(),
        list[Event](),
    )
    held.asked.add(event)
    for one in readable(read(), figures):
        if one.type == MERGE and business_key(one) < business_key(event):
            merges.append(one)
        if is_of_all or one.member == event.member:
            held.add(one)
    names = _names(event.member, merges)
    if len(names) > 1 and not is_of_all:
        held = HeldEvents()
        for one in readable(read(), Figures(rules.plan)):
            if one.member in names:
                held.add(one)
    are_merged = len(names) > 1 or bool(merges and rules.has_budgets)
    return _Past(held, rules.concerns_others or are_merged)


def _names(member: str, merges: Iterable[Event]) -> set[str]:
    """All names of a member, if these merges are accepted."""
    pairs, names = [{one.member, str(one.fields["into"])} for one in merges], {member}
    while more := set().union(*(pair for pair in pairs if pair & names)) - names:
        names |= more
    return names


def _alone(past: _Past, rules: RuleSet, event: Event, figures: Figures) -> History:
    as_of, held = AsOf.instant(rules, event.occurred_at), past.held
    history = History(rules, as_of, held.repeated, Returns(rules, held.asked))
    for one in held.before(event):
        figures.count(one.type, history.decide(one).counted())
    return history


@contextmanager
def _together(past: _Past, rules: RuleSet, event: Event, figures: Figures) -> Iterator[Ledger]:
    with open_ledger("memory:", rules, now=lambda: event.occurred_at) as ledger:
        for _ in booked_one_by_one(ledger, past.held.before(event), figures):
            pass
        yield ledger
