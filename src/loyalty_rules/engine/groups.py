"""Groups: which of several rules that stand in each other's way gives.

First the groups without multipliers, then those with multipliers, each judged alone on the base that is
left. A candidate gives above zero; it is judged unrounded and before any limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.model import LotAccount
from loyalty_rules.engine.multipliers import Base, bases, extras, multipliers
from loyalty_rules.engine.number import Number, total, whole

Worths = dict[str, Number]
"""Unrounded points by program."""


def judge_without_multipliers(case: Case, candidates: Sequence[Candidate]) -> None:
    """Let the losers of groups without multipliers lose."""
    for group, members in _groups(case, candidates).items():
        if group not in case.plan.index.multiplier_groups:
            _judge(case, group, members, _own)


def judge_with_multipliers(case: Case, candidates: Sequence[Candidate]) -> None:
    """Let the losers of groups with multipliers lose. Each group is judged on the awards of the rules that
    belong to no such group, so that no group's outcome hangs on another's."""
    if not case.plan.index.multiplier_groups:
        return
    late = case.plan.index.multiplier_groups
    groups = {
        group: members for group, members in _groups(case, candidates).items() if group in late
    }
    if not groups:
        return
    outside = [one for one in candidates if one.rule.group not in late and one.fires]
    for group, members in groups.items():
        _judge(case, group, members, lambda one: _with_extra(case, one, outside))


def _groups(case: Case, candidates: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    """The rules that fire, by the groups that choose among them."""
    found: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        group = candidate.rule.group
        if group is None or not candidate.fires:
            continue
        if case.plan.index.groups[group].choose != "all":
            found.setdefault(group, []).append(candidate)
    return found


def _judge(
    case: Case, group: str, members: Sequence[Candidate], worth: Callable[[Candidate], Worths]
) -> None:
    given = [(one, worth(one)) for one in members]
    rivals = [(one, points) for one, points in given if any(p > 0 for p in points.values())]
    if len(rivals) < 2:
        return
    winner = rivals[0][0]  # canonical order: higher priority first, then by id
    choose = case.plan.index.groups[group].choose
    if choose != "highest_priority":
        values = _values(case, [points for _, points in rivals])
        wanted = max(values) if choose == "best" else min(values)
        winner = rivals[values.index(wanted)][0]
    for one, _ in rivals:
        if one is not winner:
            one.lost_to = winner.rule.id


def _values(case: Case, worths: Sequence[Worths]) -> list[Number]:
    """What each is worth to the member: in points if all pay one program, else in money."""
    accounts = case.plan.index.accounts
    programs = {program for points in worths for program in points}
    if len(programs) == 1:
        return [total(points.values()) for points in worths]
    return [
        total(amount * _value(accounts.get(program)) for program, amount in points.items())
        for points in worths
    ]


def _value(account: LotAccount | None) -> Number:
    """The money of one point; what is given beside points is counted in money itself."""
    return 1 if account is None else whole(account.value or Fraction(0))


def _own(candidate: Candidate) -> Worths:
    points: Worths = {}
    for worth in candidate.worths:
        program = worth.award.program
        points[program] = whole(points.get(program, 0) + worth.points)
    return points


def _with_extra(case: Case, candidate: Candidate, outside: Sequence[Candidate]) -> Worths:
    """What a candidate adds to the base alone: its own awards, and its extra on these and all others."""
    points = _own(candidate)
    for program in sorted({times.award.program for times in candidate.times}):
        on: list[Base] = bases([*outside, candidate], program)
        account = case.plan.index.accounts[program]
        extra = extras(case, account, on, multipliers([candidate], program))
        added = total(portion.points for portion in extra)
        points[program] = whole(Fraction(points.get(program, 0)) + added)
    return points
