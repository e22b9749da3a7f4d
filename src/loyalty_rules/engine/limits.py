"""Caps: what room they leave, and how caps on points and times trim whole shares after rounding.

A use is an award above zero: what was trimmed away altogether uses nothing up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from loyalty_rules.base.period import Window
from loyalty_rules.base.records import Record
from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.counters import room_left
from loyalty_rules.engine.facts import NO_ROW, Case
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.number import Number, ratio, total, whole
from loyalty_rules.engine.shares import Piece
from loyalty_rules.engine.unknown import first_unknown


class Cap(Record, frozen=True):
    """A limit and the counter that holds its uses, here and now."""

    limit: Limit
    key: str

    @property
    def lasts(self) -> bool:
        """Whether its uses outlive the event."""
        return self.limit.lasts


@dataclass(slots=True)
class Uses:
    """What this event has used up so far, by the counter of a cap; shared caps see the rules before.
    ``lasting`` is what the counters of caps will remember, by counter and rule."""

    case: Case
    counted: dict[str, Number] = field(default_factory=dict)
    lasting: dict[tuple[str, str], Number] = field(default_factory=dict)

    def room(self, cap: Cap) -> Number:
        """What a cap still allows, never below 0."""
        case, limit = self.case, cap.limit
        before: Number = limit.cap
        if cap.lasts:
            before = room_before(case, cap)
            case.noted(_room_key(cap.key, limit.per), before)
        return max(whole(before) - self.counted.get(cap.key, 0), 0)

    def use(self, cap: Cap, rule: str, amount: Number) -> None:
        """Let a rule take ``amount`` of the room."""
        self.counted[cap.key] = whole(self.counted.get(cap.key, 0) + amount)
        if cap.lasts:
            self.lasting[cap.key, rule] = whole(self.lasting.get((cap.key, rule), 0) + amount)


def room_before(case: Case, cap: Cap) -> Number:
    """What a cap that outlives its event left before it; below 0 if more was used than it allows."""
    limit = cap.limit
    return case.recall_number(
        _room_key(cap.key, limit.per),
        lambda: room_left(case.plan, case.state, limit, cap.key, case.day),
    )


@lru_cache(maxsize=4096)
def _room_key(counter: str, window: Window) -> str:
    """Under which key is remembered what a cap left."""
    return f"~room({counter}, {window})"


def caps_of(case: Case, candidate: Candidate) -> tuple[Cap, ...]:
    """The caps of a rule that fires: its limits, those that it shares with its group, then the budgets of
    both. The rule stops if the value that a cap is kept for is unknown."""
    rule = candidate.rule
    group = None if rule.group is None else case.plan.index.groups[rule.group]
    limits = rule.limits if group is None else (*rule.limits, *group.limits)
    budgets = rule.budgets if group is None else (*rule.budgets, *group.budgets)
    caps = []
    for limit in (*limits, *budgets):
        key = _key(case, limit, candidate)
        if key is None:
            return ()
        caps.append(Cap(limit, key))
    return tuple(caps)


def _key(case: Case, limit: Limit, candidate: Candidate) -> str | None:
    if limit.by is None:
        return limit.key
    facts = candidate.stretches[0].facts
    value = case.plan.code[limit.by.slot](facts, NO_ROW)
    if value is None:
        candidate.stop("missing", first_unknown(case.plan, limit.by, facts))
        return None
    return f"{limit.key}|{value}"


def shut_by(caps: Sequence[Cap], uses: Uses) -> Cap | None:
    """The first cap on times that lets its rule give nothing more."""
    for cap in caps:
        if cap.limit.what == "times" and uses.room(cap) < 1:
            return cap
    return None


def trim(
    case: Case, candidate: Candidate, caps: Sequence[Cap], pieces: Sequence[Piece], uses: Uses
) -> None:
    """Trim the whole shares of one rule (its own before its extras, programs by id) by its caps."""
    for cap in caps:
        if not any(piece.points for piece in pieces):
            return
        if cap.limit.what == "times":
            _trim_times(candidate, cap, pieces, uses)
        elif cap.limit.what == "points":
            _trim_points(case, candidate, cap, pieces, uses)


def in_points(case: Case, pieces: Sequence[Piece]) -> Number:
    """What pieces give together, in points, whatever the scales of their programs."""
    accounts = case.plan.index.accounts
    return total([ratio(one.points, 10 ** accounts[one.program].scale) for one in pieces])


def _trim_times(candidate: Candidate, cap: Cap, pieces: Sequence[Piece], uses: Uses) -> None:
    if uses.room(cap) >= 1:
        return
    for piece in pieces:
        piece.points = 0
    candidate.reason, candidate.detail = cap.limit.word, cap.limit.key


def _trim_points(
    case: Case, candidate: Candidate, cap: Cap, pieces: Sequence[Piece], uses: Uses
) -> None:
    room = uses.room(cap)
    wanted = in_points(case, pieces)
    if wanted <= room:
        return
    if cap.limit.over == "skip":
        room = 0
    for piece in pieces:
        unit = 10 ** case.plan.index.accounts[piece.program].scale
        piece.points = min(piece.points, int(room * unit))
        room -= Fraction(piece.points, unit)
    candidate.reason, candidate.detail = cap.limit.word, cap.limit.key
