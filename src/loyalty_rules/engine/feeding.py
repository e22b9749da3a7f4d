"""What an event adds to the counters that events feed.

The conditions of a counter see the member as he was before the event, levels too: a counter feeds levels
and must not hang on the level that it leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.basis import Choice, chosen_lines, chosen_tenders
from loyalty_rules.engine.facts import NO_ROW, Case, CaseFacts
from loyalty_rules.engine.model import Counter, Term
from loyalty_rules.engine.number import Number, total, whole
from loyalty_rules.engine.quantities import (
    Stretch,
    UnknownError,
    has_lines,
    line_parts,
    of_order,
)


@dataclass(frozen=True, slots=True)
class Addition:
    """What goes into a counter: ``value`` as the counter holds it, and how much of it comes from which line
    (of a sum over lines)."""

    counter: Counter
    value: Value
    by_line: Mapping[int, Number]


def additions(case: Case, facts: CaseFacts) -> list[Addition]:
    """What the event adds, in the order of the model's counters. An unknown adds nothing."""
    found = []
    for counter in case.plan.model.counters:
        if counter.fed_by == "events" and case.event.type in counter.events:
            addition = added_by(case, counter, facts)
            if addition is not None:
                found.append(addition)
    return found


def added_by(case: Case, counter: Counter, facts: CaseFacts) -> Addition | None:
    """What an event of its kinds adds to one counter, None if that is nothing."""
    chosen = _chosen(case, counter, facts)
    if chosen is None:
        return None
    code = case.plan.code
    if any(code[formula.slot](chosen, NO_ROW) is not True for formula in counter.when):
        return None
    if counter.of is not None:
        value = code[counter.of.slot](chosen, NO_ROW)
        if value is None:
            return None
        return Addition(counter, (value,) if counter.measure == "distinct" else value, {})
    if counter.adds is None:
        return Addition(counter, 1, {})
    return _summed(counter, counter.adds, Stretch(chosen))


def _chosen(case: Case, counter: Counter, facts: CaseFacts) -> CaseFacts | None:
    """The facts of what the counter counts, None if that is nothing."""
    if counter.items is None and counter.tenders is None:
        return facts.whole
    order = case.lines_order
    lines = chosen_lines(case.plan, counter.items, order, facts)
    tenders = None
    if counter.tenders is not None:
        if order.tenders is None:
            return None
        tenders = chosen_tenders(case.plan, counter.tenders, order, facts)
    nothing = (counter.items is not None and not lines) or tenders == frozenset()
    return None if nothing else facts.chosen(Choice(lines, tenders))


def _summed(counter: Counter, terms: Sequence[Term], stretch: Stretch) -> Addition | None:
    by_line: dict[int, Number] = {}
    value: Number = 0
    try:
        for term in terms:
            value += _term(term, stretch, by_line)
    except UnknownError:
        return None
    if value == 0 and counter.measure == "sum":
        return None
    return Addition(counter, whole(value), by_line)


def _term(term: Term, stretch: Stretch, by_line: dict[int, Number]) -> Number:
    """What a term adds; what of it lies on a line goes into ``by_line``, too."""
    if has_lines(term):
        weights = [(part.line, part.weight) for part in line_parts(term, stretch)]
        value = total([weight for _, weight in weights])
    else:
        value = of_order(term, stretch)
        lines = stretch.facts.case.lines_order.lines if term.source == "order_total" else ()
        factor = whole(term.factor)
        weights = [(i, factor * line.amount) for i, line in enumerate(lines)]
    for i, weight in weights:
        if i is not None:
            by_line[i] = by_line.get(i, 0) + weight
    return value
