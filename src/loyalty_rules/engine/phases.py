"""The phases of a decision, the same for every rule set: base awards, groups without multipliers, groups
with multipliers, multipliers, bonuses, rounding, limits, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyalty_rules.engine.candidates import Candidate, candidates
from loyalty_rules.engine.candidates import candidate as judged
from loyalty_rules.engine.counting_limits import COUNTING, counted, cut
from loyalty_rules.engine.facts import Case, CaseFacts
from loyalty_rules.engine.granting import Gift, Owed, gifts
from loyalty_rules.engine.groups import judge_with_multipliers, judge_without_multipliers
from loyalty_rules.engine.limits import Cap, Uses, caps_of, in_points, shut_by, trim
from loyalty_rules.engine.membership_uses import note_uses
from loyalty_rules.engine.model import Rule
from loyalty_rules.engine.multipliers import bases, extras, multipliers
from loyalty_rules.engine.number import Number
from loyalty_rules.engine.raffles_open import still_open
from loyalty_rules.engine.shares import Piece, Portion, pieces
from loyalty_rules.engine.worth import Worth


@dataclass(frozen=True, slots=True)
class Settled:
    """What every rule gives: the rules in canonical order (rewards that are taken behind them), their whole
    shares (also by the place of the rule), the uses of caps, and what is given beside points."""

    candidates: Sequence[Candidate]
    pieces: Sequence[Piece]
    by_place: Mapping[int, Sequence[Piece]]
    uses: Uses
    gifts: Sequence[Gift] = ()

    @property
    def places_beside(self) -> frozenset[int]:
        """The places of the rules that give something beside points."""
        return frozenset(gift.place for gift in self.gifts)


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


def settle(
    case: Case,
    segments: Sequence[CaseFacts],
    taken: Sequence[Candidate] = (),
    used: Uses | None = None,
) -> Settled:
    """The whole of a decision but its effects. ``taken`` are rewards, which nothing stands in the way of any
    more; their places follow those of the rules. ``used`` is what they use of limits.

    Errors: refused as ``points_out_of_range``.
    """
    return _settled(case, compete(case, segments), taken, used or Uses(case))


def settle_alone(case: Case, rule: Rule, facts: CaseFacts, times: int) -> Settled:
    """The same for one rule that no event fires, and that nothing stands in the way of but its limits: what
    it gives beside points it gives ``times`` over.

    Errors: refused as ``points_out_of_range``; ``PluginError`` with the rule.
    """
    alone = judged(case, rule, 0, (facts,))
    alone.units = times
    return _settled(case, [alone], (), Uses(case))


def _settled(
    case: Case, found: Sequence[Candidate], taken: Sequence[Candidate], uses: Uses
) -> Settled:
    firing = [candidate for candidate in found if candidate.fires]
    caps = {candidate.place: caps_of(case, candidate) for candidate in firing}
    giving = [*(one for one in firing if one.fires), *taken]
    priorities = {one.place: one.rule.priority for one in giving}
    shares = pieces(case, _portions(case, giving), priorities)
    by_place: dict[int, list[Piece]] = {}
    for piece in shares:
        by_place.setdefault(piece.place, []).append(piece)
    owed = Owed(case)
    given = [gift for candidate in taken for gift in gifts(case, candidate, owed)]
    for candidate in firing:
        own = by_place.get(candidate.place, [])
        beside = _beside(case, candidate, caps[candidate.place], uses, owed)
        trim(case, candidate, caps[candidate.place], own, uses)
        if beside or any(piece.points for piece in own):
            _use(case, candidate, caps[candidate.place], own, uses)
            note_uses(case, candidate, own, beside, uses)
        given += beside
    return Settled((*found, *taken), shares, by_place, uses, given)


def _beside(
    case: Case, candidate: Candidate, caps: Sequence[Cap], uses: Uses, owed: Owed
) -> list[Gift]:
    """What a rule gives beside points, if it may give once more."""
    if not any(award.benefit for award in candidate.rule.awards):
        return []
    shut = shut_by(caps, uses)
    if shut is None:
        return still_open(case, gifts(case, candidate, owed))
    candidate.reason, candidate.detail = shut.limit.word, shut.limit.key
    return []


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
