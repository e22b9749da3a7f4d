"""What an award counts: the terms of a LINEAR, for each line where they have lines, once where not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loyalty_rules.base.records import Record
from loyalty_rules.engine.basis import Tenders, meet, tender_share
from loyalty_rules.engine.facts import NO_ROW, CaseFacts
from loyalty_rules.engine.model import Formula, Term
from loyalty_rules.engine.number import Number, number_of, ratio, total, whole
from loyalty_rules.engine.unknown import first_unknown


class Stretch(Record, frozen=True):
    """A segment in which a rule fired, with the facts of the lines and tenders that it chose.

    ``kept`` is how much of each line a limit on amounts or pieces leaves to count (None: all of it).
    """

    facts: CaseFacts
    kept: Mapping[int, Number] | None = None

    def part(self, line: int) -> Number:
        """How much of a line counts here, 0 to 1."""
        fraction = self.facts.segment.fraction(line)
        return fraction if self.kept is None else fraction * self.kept[line]

    @property
    def is_whole(self) -> bool:
        """Whether all of every line counts here."""
        return self.kept is None and self.facts.segment.fractions is None

    def lines(self) -> Sequence[int]:
        """The chosen lines that lie in this segment, in order."""
        fractions, chosen = self.facts.segment.fractions, self.facts.choice.lines
        return chosen if fractions is None else [i for i in chosen if i in fractions]

    def share(self) -> Number:
        """How much of what belongs to the order as a whole counts here, 0 to 1."""
        order = self.facts.case.lines_order
        share = self.facts.segment.share(order)
        if self.kept is None:
            return share
        money = total(order.lines[i].amount for i in self.kept)
        kept = total(order.lines[i].amount * one for i, one in self.kept.items())
        return share * ratio(kept, money) if money else share


class Part(NamedTuple):
    """What one line (None: the event, if it has no lines) adds to a quantity, and by which tenders."""

    line: int | None
    tenders: Tenders
    weight: Number


class UnknownError(Exception):
    """A fact that an award needs is unknown; the text names it. Never leaves the engine."""


def line_parts(term: Term, stretch: Stretch) -> list[Part]:
    """What a term over lines counts of each; its tenders are prorated exactly.

    Errors: `UnknownError`.
    """
    facts = stretch.facts
    order, tenders = facts.case.lines_order, facts.choice.tenders
    if term.source == "eligible":
        basis = facts.basis(term.program)
        tenders = meet(tenders, basis.tenders)
    share = whole(term.factor) * tender_share(order, tenders)
    lines = stretch.lines()
    values = _of_lines(term, lines, facts)
    if not stretch.is_whole:
        values = [value * stretch.part(i) for i, value in zip(lines, values, strict=True)]
    if share != 1:
        values = [value * share for value in values]
    return [Part(i, tenders, whole(value)) for i, value in zip(lines, values, strict=True)]


def of_order(term: Term, stretch: Stretch) -> Number:
    """What a term that has no lines counts, for the share of the order that is counted here.

    Errors: `UnknownError`.
    """
    facts = stretch.facts
    if term.source == "order_total":
        value = number_of(facts["order.total"])
        if value is None:
            raise UnknownError("order.total")
    elif term.source == "times":
        value = number_of(facts["~times"]) or 0
    else:
        assert term.formula is not None, "a fact is read by its formula"
        value = evaluated(term.formula, facts)
    return whole(whole(term.factor) * value * stretch.share())


def evaluated(formula: Formula, facts: CaseFacts) -> Number:
    """The number that a formula gives.

    Errors: `UnknownError`.
    """
    value = number_of(facts.case.plan.code[formula.slot](facts, NO_ROW))
    if value is None:
        raise UnknownError(first_unknown(facts.case.plan, formula, facts))
    return value


def has_lines(term: Term) -> bool:
    """Whether a term is a sum over lines."""
    return term.source in ("amount", "quantity", "eligible", "sum_of")


def _of_lines(term: Term, lines: Sequence[int], facts: CaseFacts) -> list[Number]:
    """What a term counts of each of some lines, as if all of them were counted."""
    of_order = facts.case.lines_order.lines
    if term.source == "amount":
        return [of_order[i].amount for i in lines]
    if term.source == "quantity":
        return [of_order[i].quantity for i in lines]
    if term.source == "eligible":
        amounts = facts.basis(term.program).amounts
        known = [amount for i in lines if (amount := amounts[i]) is not None]
        if len(known) < len(lines):
            raise UnknownError("item.tax")
        return known
    return [_evaluated_for_line(term, i, facts) for i in lines]


def _evaluated_for_line(term: Term, line: int, facts: CaseFacts) -> Number:
    assert term.formula is not None, "a sum over lines is read by its formula"
    plan, one = facts.case.plan, facts.case.lines_order.lines[line]
    row = one.row if one.whole is None else one.whole.row
    value = number_of(plan.code[term.formula.slot](facts, row))
    if value is None:
        raise UnknownError(first_unknown(plan, term.formula, facts, row, "item"))
    return value * one.part  # exact, whatever the value is made of
