"""What became of each rule, for whoever asks why."""

from __future__ import annotations

from collections.abc import Container

from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.multipliers import bases, finds_something, multipliers
from loyalty_rules.engine.phases import Settled
from loyalty_rules.engine.plan import Given, Trace
from loyalty_rules.engine.shares import Piece


def traces(settled: Settled) -> tuple[Trace, ...]:
    """One trace for every rule of the event's kind, in canonical order."""
    beside = settled.places_beside
    return tuple([_trace(settled, candidate, beside) for candidate in settled.candidates])


def _trace(settled: Settled, candidate: Candidate, beside: Container[int]) -> Trace:
    """What became of one; ``beside`` are the places of those that give something beside points."""
    rule = candidate.rule.id
    if candidate.lost_to:
        return Trace(rule, "lost", "exclusive_group", candidate.lost_to)
    own = settled.by_place.get(candidate.place, ())
    reason, detail = candidate.reason, candidate.detail
    given: tuple[Given, ...] = ()
    trimmed, gave = 0, candidate.place in beside
    if own:  # of most rules nothing is left to say
        given = tuple([_given(rule, piece) for piece in own])
        trimmed = sum([piece.rounded - piece.points for piece in own])
        gave = gave or any(piece.points for piece in own)
    if gave:
        return Trace(rule, "gave", reason, detail, given, trimmed)
    if not reason and not own and candidate.times:
        winner = _outdone_by(settled, candidate)
        if winner:
            return Trace(rule, "lost", "outdone", winner)
        reason = "nothing_to_multiply"
    return Trace(rule, "not_gave", reason or "zero", detail, given, trimmed)


def _given(rule: str, piece: Piece) -> Given:
    return Given(rule, piece.program, piece.exact, piece.rounded, piece.points, piece.extra)


def _outdone_by(settled: Settled, candidate: Candidate) -> str:
    """The multiplier that was preferred to all those of a rule; empty if there was nothing to multiply."""
    firing = [one for one in settled.candidates if one.fires]
    for times in candidate.times:
        program = times.award.program
        own = multipliers([candidate], program)
        on = bases(firing, program)
        if any(finds_something(one, on) for one in own):
            extras = (one for one in settled.pieces if one.extra and one.program == program)
            return next((settled.candidates[one.place].rule.id for one in extras), "")
    return ""
