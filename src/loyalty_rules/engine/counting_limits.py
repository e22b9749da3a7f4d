"""Caps on amounts and pieces: they cut what a rule counts, before its award is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty_rules.base.records import replace
from loyalty_rules.engine.basis import tender_share
from loyalty_rules.engine.candidates import Candidate, give
from loyalty_rules.engine.facts import Case
from loyalty_rules.engine.limits import Cap, Uses, caps_of
from loyalty_rules.engine.model import Limit
from loyalty_rules.engine.number import Number, ratio, total, whole
from loyalty_rules.engine.quantities import Stretch

COUNTING = ("amount", "quantity")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A line within one segment, with the money or the pieces that a cap counts of it."""

    stretch: Stretch
    line: int
    counted: Number


def cut(case: Case, candidates: Sequence[Candidate], uses: Uses) -> None:
    """Cut what rules count, in canonical order; a rule of which nothing is left to count gives nothing."""
    for candidate in candidates:
        if not candidate.fires:
            continue
        caps = [cap for cap in caps_of(case, candidate) if cap.limit.what in COUNTING]
        whole_stretches = candidate.stretches
        for cap in caps:
            if candidate.fires:
                _cut(cap, candidate, uses)
        if not candidate.fires:
            continue
        if candidate.stretches is not whole_stretches:
            give(candidate)
        if candidate.worths or candidate.times:
            for cap in caps:
                uses.use(cap, candidate.rule.id, counted(cap.limit, candidate))


def counted(limit: Limit, candidate: Candidate) -> Number:
    """The money (in minor units) or the pieces that a rule counted."""
    return total(cell.counted for cell in _cells(limit, candidate.stretches))


def _cut(cap: Cap, candidate: Candidate, uses: Uses) -> None:
    limit = cap.limit
    cells = _cells(limit, candidate.stretches)
    room = limit.cap if limit.per.form == "line" else uses.room(cap)
    kept = _kept(limit, cells, room)
    if all(part == 1 for part in kept):
        return
    if not any(kept):
        candidate.stop(limit.word, limit.key)
        return
    candidate.reason, candidate.detail = limit.word, limit.key
    candidate.stretches = tuple(_keeping(stretch, cells, kept) for stretch in candidate.stretches)


def _cells(limit: Limit, stretches: Sequence[Stretch]) -> list[_Cell]:
    cells = []
    for stretch in stretches:
        order = stretch.facts.case.lines_order
        share = tender_share(order, stretch.facts.choice.tenders)
        for i in stretch.lines():
            line = order.lines[i]
            value = line.amount if limit.what == "amount" else line.quantity
            cells.append(_Cell(stretch, i, whole(value * stretch.part(i) * share)))
    return cells


def _kept(limit: Limit, cells: Sequence[_Cell], room: Number) -> list[Number]:
    """How much of each cell still counts, 0 to 1: in order, until the room is used up. A cap for each line
    has its room for every line anew. A cell without money or pieces uses nothing and stays."""
    owners = [cell.line if limit.per.form == "line" else None for cell in cells]
    wanted: dict[int | None, Number] = {}
    for owner, cell in zip(owners, cells, strict=True):
        wanted[owner] = wanted.get(owner, 0) + cell.counted
    left = {
        owner: 0 if limit.over == "skip" and amount > room else room
        for owner, amount in wanted.items()
    }
    kept: list[Number] = []
    for owner, cell in zip(owners, cells, strict=True):
        taken = min(max(cell.counted, 0), left[owner])
        left[owner] -= taken
        kept.append(1 if cell.counted <= 0 else ratio(taken, cell.counted))
    return kept


def _keeping(stretch: Stretch, cells: Sequence[_Cell], kept: Sequence[Number]) -> Stretch:
    before = stretch.kept or {}
    return replace(
        stretch,
        kept={
            cell.line: before.get(cell.line, 1) * part
            for cell, part in zip(cells, kept, strict=True)
            if cell.stretch is stretch
        },
    )
