"""Levels within an event: ``tier_at: after`` and ``tier_at: split``.

Both ask first what the event would give under the level before it. Its base awards (unrounded, without
multipliers and bonuses) and what it adds to counters move the figures; ``after`` reads the level then,
``split`` cuts the order's lines, in order, where a level is reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from loyalty_rules.engine.candidates import Candidate
from loyalty_rules.engine.facts import (
    Case,
    CaseFacts,
    Segment,
    barred_before,
    figures_before,
    fixed_before,
    level_before,
    met_before,
    whole_facts,
)
from loyalty_rules.engine.feeding import Addition
from loyalty_rules.engine.level_figures import Figures, rank_of
from loyalty_rules.engine.model import Counter, LevelTable
from loyalty_rules.engine.multipliers import bases
from loyalty_rules.engine.number import Number, number_of, ratio, whole
from loyalty_rules.engine.phases import compete

ByLine = Mapping[int, Number]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a line on which no level changes."""

    ranks: Mapping[str, int]
    line: int
    fraction: Number


def segments(case: Case, before: CaseFacts, additions: Sequence[Addition]) -> list[CaseFacts]:
    """The stretches of the order between crossings, with the levels that hold in each; usually one."""
    tables = [table for table in case.plan.model.level_tables if table.tier_at != "before"]
    if not tables:
        return [before]
    gains = [*additions, *_base_gains(case, compete(case, [before]))]
    ranks = {table.id: _rank(case, table, gains) for table in tables}
    splitting = [table for table in tables if table.tier_at == "split"]
    found = _segments(case, splitting, ranks, gains)
    for table in tables:
        levels = [segment.ranks[table.id] for segment in found]
        case.record[f"{table.id}.level"] = levels[0] if len(found) == 1 else tuple(levels)
    return [whole_facts(case, segment) for segment in found]


def _rank(case: Case, table: LevelTable, gains: Sequence[Addition]) -> int:
    """The level after the event; for ``split`` the one before it, from which the cutting starts."""
    before = level_before(case, table)
    if table.tier_at == "split":
        return before
    figures = figures_before(case, table)
    for gain in gains:
        if gain.counter.id in figures:
            figures[gain.counter.id] = _joined(case, table, gain, figures[gain.counter.id])
    return _raised(case, table, before, figures)


def _raised(case: Case, table: LevelTable, before: int, figures: Figures) -> int:
    """The rank of a member who stood on the rank ``before`` and has come to ``figures``."""
    if fixed_before(case, table) is not None:
        return before
    return max(before, rank_of(table, figures, barred_before(case, table)))


def _joined(case: Case, table: LevelTable, gain: Addition, held: Number) -> Number:
    """A figure of a table after a gain."""
    counter = gain.counter
    if counter.measure == "distinct":
        assert isinstance(gain.value, tuple), "distinct values stand in lists"
        return held + len(set(gain.value) - set(met_before(case, table, counter)))
    value = number_of(gain.value) or 0
    if counter.measure == "sum":
        return whole(held + _in_points(case, counter, value))
    return max(held, value) if counter.measure == "highest" else value


def _base_gains(case: Case, candidates: Sequence[Candidate]) -> list[Addition]:
    """What the base awards add to the counters that bookings feed, in units of the program's scale."""
    found = []
    for counter in case.plan.model.counters:
        if counter.fed_by not in ("earned", "base"):
            continue
        by_line: dict[int, Number] = {}
        value: Number = 0
        unit = 10 ** case.plan.index.accounts[counter.program].scale
        firing = [candidate for candidate in candidates if candidate.fires]
        for base in bases(firing, counter.program):
            for part in base.worth.parts:
                points = base.worth.unit * part.weight * unit
                value += points
                if part.line is not None:
                    by_line[part.line] = by_line.get(part.line, 0) + points
        if value:
            found.append(Addition(counter, whole(value), by_line))
    return found


def _segments(
    case: Case,
    tables: Sequence[LevelTable],
    ranks: Mapping[str, int],
    gains: Sequence[Addition],
) -> list[Segment]:
    """The order cut at every crossing of ``tables``; neighbours with the same levels stay together."""
    if not tables or not case.lines_order.lines:
        return [Segment(ranks=ranks)]
    found: list[tuple[Mapping[str, int], dict[int, Number]]] = []
    for piece in _pieces(case, tables, gains):
        if not found or found[-1][0] != piece.ranks:
            found.append((piece.ranks, {}))
        parts = found[-1][1]
        parts[piece.line] = whole(parts.get(piece.line, 0) + piece.fraction)
    if len(found) == 1:
        return [Segment(ranks={**ranks, **found[0][0]})]
    return [Segment(number, {**ranks, **own}, parts) for number, (own, parts) in enumerate(found)]


def _pieces(
    case: Case, tables: Sequence[LevelTable], gains: Sequence[Addition]
) -> Iterator[_Piece]:
    """The lines in order, each cut wherever a figure meets a threshold."""
    per_line = {
        gain.counter.id: _in_figure_units(case, gain.counter, gain.by_line)
        for gain in gains
        if gain.counter.measure == "sum"
    }
    figures = {table.id: figures_before(case, table) for table in tables}
    kept = {table.id: level_before(case, table) for table in tables}
    for line in range(len(case.lines_order.lines)):
        gain = {name: by_line.get(line, 0) for name, by_line in per_line.items()}
        at: Number = 0
        while at < 1:
            ranks = {
                table.id: _raised(case, table, kept[table.id], _moved(figures[table.id], gain, at))
                for table in tables
            }
            meetings = (_meetings(table, figures[table.id], gain) for table in tables)
            after = min((one for found in meetings for one in found if one > at), default=1)
            yield _Piece(ranks, line, min(after, 1) - at)
            at = after
        figures = {name: _moved(one, gain, 1) for name, one in figures.items()}


def _in_figure_units(case: Case, counter: Counter, by_line: ByLine) -> ByLine:
    """Gains as the counter's figure shows them: points in points."""
    return {line: _in_points(case, counter, held) for line, held in by_line.items()}


def _in_points(case: Case, counter: Counter, held: Number) -> Number:
    if counter.fed_by == "events":
        return held
    return ratio(held, 10 ** case.plan.index.accounts[counter.program].scale)


def _moved(figures: Figures, gain: Mapping[str, Number], part: Number) -> Figures:
    """The figures after ``part`` of a line."""
    return {name: figure + gain.get(name, 0) * part for name, figure in figures.items()}


def _meetings(table: LevelTable, figures: Figures, gain: Mapping[str, Number]) -> Iterator[Number]:
    """How far into a line its figures meet the thresholds of a table."""
    for level in table.levels:
        for choice in level.at:
            for name, threshold in choice:
                if gain.get(name, 0) > 0:
                    yield whole(Fraction(threshold - figures[name]) / gain[name])
