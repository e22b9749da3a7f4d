"""The phases of a decision, the same for every rule set: base awards, groups without multipliers, groups
with multipliers, multipliers, bonuses, rounding, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.engine.candidates import Candidate, candidates
from loyalty_rules.engine.counting_limits import COUNTING, counted, cut
from loyalty_rules.engine.facts import Case, CaseFacts
from loyalty_rules.engine.groups import judge_with_multipliers, judge_without_multipliers
from loyalty_rules.engine.limits import Cap, Uses, caps_of, in_points, trim
from loyalty_rules.engine.multipliers import bases, extras, multipliers
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.shares import Piece, Portion, pieces
from loyalty_rules.engine.worth import Worth


@dataclass(frozen=True, slots=True)
class Settled:
    """What every rule gives: the rules in canonical order, their whole shares (also by the place of the
    rule), the uses of caps."""

    candidates: Sequence[Candidate]
    pieces: Sequence[Piece]
    by_place: Mapping[int, Sequence[Piece]]
    uses: Uses


def compete(case: Case, segments: Sequence[CaseFacts]) -> list[Candidate]:
    """All rules after groups were judged and caps on amounts and pieces have cut what is counted."""
    found = candidates(case, segments)
    judge_without_multipliers(case, found)
    uses = Uses(case)
    late = case.plan.index.multiplier_groups
    cut(case, [one for one in found if one.rule.group not in late], uses)
    judge_with_multipliers(case, found)
    cut(case, [one for one in found if one.rule.group in late], uses)
    return found


def settle(case: Case, segments: Sequence[CaseFacts]) -> Settled:
    """The whole of a decision but its effects.

    Errors: refused as ``points_out_of_range``.
    """
    found = compete(case, segments)
    firing = [candidate for candidate in found if candidate.fires]
    caps = {candidate.place: caps_of(case, candidate) for candidate in firing}
    shares = pieces(case, _portions(case, [one for one in firing if one.fires]))
    by_place: dict[int, list[Piece]] = {}
    for piece in shares:
        by_place.setdefault(piece.place, []).append(piece)
    uses = Uses(case)
    for candidate in firing:
        own = by_place.get(candidate.place, [])
        trim(case, candidate, caps[candidate.place], own, uses)
        if any(piece.points for piece in own):
            _use(case, candidate, caps[candidate.place], own, uses)
    return Settled(found, shares, by_place, uses)


def _portions(case: Case, firing: Sequence[Candidate]) -> dict[str, list[Portion]]:
    """Everything that is given, unrounded, by program."""
    found: dict[str, list[Portion]] = {}
    for account in case.plan.model.accounts:
        portions = [
            portion
            for candidate in firing
            for worth in candidate.worths
            if worth.award.program == account.id
            for portion in _own(candidate.place, worth, by_line=account.at == "line")
        ]
        acting = multipliers(firing, account.id)
        if acting:
            portions += extras(case, account, bases(firing, account.id), acting)
        if portions:
            found[account.id] = portions
    return found


def _own(place: int, worth: Worth, by_line: bool) -> list[Portion]:
    bonus = worth.award.role != "points"
    if not by_line or worth.of_order:
        return [Portion(place, place, None, worth.points, bonus=bonus)]
    return [
        Portion(place, place, part.line, worth.unit * part.weight, bonus=bonus)
        for part in worth.parts
    ]


def _use(
    case: Case, candidate: Candidate, caps: Sequence[Cap], given: Sequence[Piece], uses: Uses
) -> None:
    """Use up the room of every cap of a rule that gave something."""
    for cap in caps:
        amount: Number = 1
        if cap.limit.what == "points":
            amount = in_points(case, given)
        elif cap.limit.what in COUNTING:
            amount = counted(cap.limit, candidate)
        uses.use(cap, candidate.rule.id, amount)
