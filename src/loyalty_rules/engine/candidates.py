"""Whether a rule fires, and what it would give if no other rule stood in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loyalty_rules.base.records import Record
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.engine.basis import Choice, Tenders, chosen_lines, chosen_tenders
from loyalty_rules.engine.calendar import is_open
from loyalty_rules.engine.facts import NO_ROW, Case, CaseFacts, profile_fact
from loyalty_rules.engine.holdout import is_held_out
from loyalty_rules.engine.index import key_of
from loyalty_rules.engine.model import Award, Formula, Rule
from loyalty_rules.engine.number import Number, positive, total, whole
from loyalty_rules.engine.quantities import Stretch, UnknownError, evaluated
from loyalty_rules.engine.unknown import first_unknown
from loyalty_rules.engine.worth import BelowMinimumError, Worth, worths


class Times(Record, frozen=True):
    """A multiplier in one segment of the order."""

    award: Award
    stretch: Stretch
    times: Number


@dataclass(slots=True)
class Candidate:
    """A rule on its way through the phases. ``place`` is its place in canonical order. ``lost_to`` is the
    rule that won its group; ``reason`` and ``detail`` say why it gives nothing, or less. Of a reward so many
    ``units`` are taken."""

    rule: Rule
    place: int
    stretches: Sequence[Stretch] = ()
    worths: list[Worth] = field(default_factory=list)
    times: list[Times] = field(default_factory=list)
    lost_to: str = ""
    reason: str = ""
    detail: str = ""
    units: int = 1

    @property
    def fires(self) -> bool:
        """Whether it still takes part."""
        return bool(self.stretches) and not self.lost_to

    def stop(self, reason: str, detail: str = "") -> None:
        """Give nothing, for this reason."""
        self.stretches, self.worths, self.times = (), [], []
        self.reason, self.detail = reason, detail

    def points(self, role: str, program: str) -> Number:
        """Unrounded points of its awards of one role."""
        return total(
            worth.points
            for worth in self.worths
            if worth.award.role == role and worth.award.program == program
        )


class _Closed(Record, frozen=True):
    """Why a rule does not fire in a segment."""

    reason: str
    detail: str = ""


def candidates(case: Case, segments: Sequence[CaseFacts]) -> list[Candidate]:
    """Every rule for this kind of event, in canonical order, judged in each segment of the order.

    Errors: ``PluginError`` with the rule whose expression called the plugin.
    """
    found = []
    for place, rule in enumerate(case.plan.index.rules.get(key_of(case.event), ())):
        found.append(candidate(case, rule, place, segments))
    return found


def candidate(case: Case, rule: Rule, place: int, segments: Sequence[CaseFacts]) -> Candidate:
    """One rule (or what a reward gives), judged in each segment of the order.

    Errors: ``PluginError`` with the rule whose expression called the plugin.
    """
    try:
        return _candidate(case, rule, place, segments)
    except PluginError as error:
        raise error.for_rule(rule.id) from error


def give(candidate: Candidate) -> None:
    """Work out what the awards of a candidate give over its stretches."""
    candidate.worths, candidate.times = [], []
    for award in candidate.rule.awards:
        try:
            if award.role == "multiplier":
                candidate.times += _times(award, candidate.stretches)
            else:
                given = worths(award, candidate.stretches)
                if positive(total([worth.points for worth in given])):
                    candidate.worths += given
        except UnknownError as unknown:
            reason = "no_table_row" if award.rate.uses_tables and not str(unknown) else "missing"
            candidate.reason, candidate.detail = reason, str(unknown)
        except BelowMinimumError:
            candidate.reason, candidate.detail = "below_minimum", ""
    least = candidate.rule.ignore_below
    if least is None or not candidate.worths:
        return
    if total([one.points for one in candidate.worths if one.award.program]) < least:
        candidate.worths = []
        candidate.reason, candidate.detail = "below_minimum", ""


def _candidate(case: Case, rule: Rule, place: int, segments: Sequence[CaseFacts]) -> Candidate:
    fired: list[Stretch] = []
    closed: _Closed | None = None
    for facts in segments:
        found = _fires(case, rule, facts)
        if not isinstance(found, _Closed):
            fired.append(Stretch(found))
        elif closed is None:
            closed = found
    candidate = Candidate(rule, place, fired)
    if fired:
        give(candidate)
    elif closed is not None:
        candidate.stop(closed.reason, closed.detail)
    return candidate


def _times(award: Award, stretches: Sequence[Stretch]) -> list[Times]:
    """A multiplier of 1 gives nothing, so it does not stand in the way of others either."""
    found = []
    for stretch in stretches:
        times = whole(award.factor * evaluated(award.rate, stretch.facts))
        if times > 1:
            found.append(Times(award, stretch, times))
    return found


def _fires(case: Case, rule: Rule, facts: CaseFacts) -> CaseFacts | _Closed:
    """The facts of what the rule chose in a segment, or why it does not fire there."""
    if rule.holdout is not None and is_held_out(rule.holdout, case.event.member):
        return _Closed("holdout", rule.holdout.name)
    closed = _outside(case, rule)
    if closed is not None:
        return closed
    chosen = facts.whole
    if rule.items is not None or rule.tenders is not None:
        choice = _choice(case, rule, facts)
        if isinstance(choice, _Closed):
            return choice
        chosen = facts.chosen(choice)
    for formula in rule.when:
        truth = case.plan.code[formula.slot](chosen, NO_ROW)
        if truth is None:
            return _Closed("missing", first_unknown(case.plan, formula, chosen))
        if truth is not True:
            return _Closed("condition_false")
    return chosen


def _outside(case: Case, rule: Rule) -> _Closed | None:
    if rule.during is None:
        return None
    birthday: Value = None
    if rule.during.birthday is not None:
        birthday = profile_fact(case, "birthday")
    known = birthday if isinstance(birthday, int) else None
    open_now = is_open(case.plan, rule.during, case.event.occurred_at, case.day, known)
    if open_now is None:
        return _Closed("missing", "member.birthday")
    return None if open_now else _Closed("outside_during")


def _choice(case: Case, rule: Rule, facts: CaseFacts) -> Choice | _Closed:
    lines = chosen_lines(case.plan, rule.items, case.lines_order, facts)
    if rule.items is not None and not lines:
        unknown = _unknown_line(case, rule.items, facts)
        return _Closed("missing", unknown) if unknown else _Closed("no_items")
    tenders: Tenders = None
    if rule.tenders is not None:
        if case.lines_order.tenders is None:
            return _Closed("missing", "tender")
        tenders = chosen_tenders(case.plan, rule.tenders, case.lines_order, facts)
        if tenders is not None and not tenders:
            return _Closed("no_tenders")
    return Choice(lines, tenders)


def _unknown_line(case: Case, items: Formula, facts: CaseFacts) -> str:
    """What no line told, if that left the filter of one of them unknown."""
    for line in case.lines_order.lines:
        if case.plan.code[items.slot](facts, line.row) is None:
            return first_unknown(case.plan, items, facts, line.row, "item")
    return ""
