"""``level_changed`` in a rule set: what its fields may be, and rules on it that would move a level round and
round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.domain.vocabulary import EventKind, Field, Kind
from loyalty_rules.engine.model import (
    NOWHERE,
    Award,
    Counter,
    Formula,
    LevelTable,
    Model,
    Rule,
)
from loyalty_rules.expr import Tree
from loyalty_rules.expr.tree import Compare, Constant, Defined, Fact, Logic, OneOf, Within, walk
from loyalty_rules.ruleset.findings import Findings
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.sdk import Declared

LEVEL_CHANGED: Final = "level_changed"
_PROGRAM: Final = "event.program"
_TO: Final = "event.to"


def with_levels(
    kinds: Mapping[str, EventKind], declared: Mapping[str, Declared]
) -> dict[str, EventKind]:
    """Kinds of events in which ``level_changed`` knows the programs and the levels of the rule set, so that a
    condition on others is a mistake."""
    levels = {
        name: words.words["level"].choices
        for name, words in declared.items()
        if "level" in words.words
    }
    choices = {"program": tuple(sorted(levels))}
    choices |= dict.fromkeys(
        ("from", "to"), tuple(sorted({one for ids in levels.values() for one in ids}))
    )
    kind = kinds[LEVEL_CHANGED]
    fields = tuple(
        Field(one.name, Kind("text", choices.get(one.name, ())), one.optional)
        for one in kind.fields
    )
    return {**kinds, LEVEL_CHANGED: replace(kind, fields=fields)}


def check_level_loops(model: Model, root: MappingNode, findings: Findings) -> None:
    """A rule on a change of level must not change, directly or by way of others, the level that it fires
    on."""
    movers = list(_movers(model, root))
    ways = {(mover.fires_on, mover.moves) for mover in movers}
    ends = {moves: _reached(ways, moves) for _, moves in ways}
    for mover in movers:
        for table in sorted(mover.fires_on):
            if table in ends[mover.moves]:
                findings.add(
                    "level_moves_itself",
                    mover.span,
                    f"`{mover.name}` fires on a change of `{table}` and may change `{table}` again",
                    f"let it move nothing that `{table}` counts, or fire on other programs: "
                    "`event.program == ..`",
                )
                break


def programs_fired_on(model: Model, rule: Rule) -> frozenset[str]:
    """The programs on whose changes of level a rule may fire."""
    tables = frozenset(table.id for table in model.level_tables)
    return _fires_on(rule.when, tables) if len(rule.events) == 1 else tables


def levels_fired_on(rule: Rule) -> frozenset[str] | None:
    """The levels that must be reached for a rule to fire, where one of its conditions names them."""
    for formula in rule.when:
        for tree in _all_of(formula.tree):
            named = _named(tree, _TO)
            if named is not None:
                return named
    return None


@dataclass(frozen=True, slots=True)
class _Mover:
    """A rule: the programs of levels whose changes it fires on, and those whose levels it may change."""

    name: str
    span: Span
    fires_on: frozenset[str]
    moves: frozenset[str]


def _movers(model: Model, root: MappingNode) -> Iterator[_Mover]:
    tables = frozenset(table.id for table in model.level_tables)
    rules = {rule.id: rule for rule in model.rules}
    for rule in model.rules:
        if LEVEL_CHANGED in rule.events:
            fires_on = programs_fired_on(model, rule)
            yield _Mover(rule.id, rule.span, fires_on, _moved(model, rule, rules))
    for one in model.challenges:
        heard = {
            *(one.counts.events if one.counts else ()),
            *([one.opens.event] if one.opens else ()),
        }
        if LEVEL_CHANGED in heard and one.id in rules:
            rule = rules[one.id]
            yield _Mover(one.id, rule.span, tables, _moved(model, rule, rules))
    for counter in model.counters:
        counting = [table for table in model.level_tables if counter.id in _counters(model, table)]
        if LEVEL_CHANGED in counter.events and counting:
            counters = root.get("counters")
            place = counters.key(counter.id) if isinstance(counters, MappingNode) else None
            span = NOWHERE if place is None else place.span
            yield _Mover(counter.id, span, tables, frozenset(table.id for table in counting))


def _reached(
    ways: set[tuple[frozenset[str], frozenset[str]]], moved: frozenset[str]
) -> frozenset[str]:
    """All programs whose levels may change after those of ``moved`` did."""
    reached = set(moved)
    while True:
        more = {one for fires_on, moves in ways if fires_on & reached for one in moves}
        if more <= reached:
            return frozenset(reached)
        reached |= more


def _fires_on(when: tuple[Formula, ...], tables: frozenset[str]) -> frozenset[str]:
    """The programs that conditions, all of which must be true, leave over."""
    for formula in when:
        for tree in _all_of(formula.tree):
            named = _named(tree)
            if named is not None:
                tables &= named
    return tables


def _named(tree: object, field: str = _PROGRAM) -> frozenset[str] | None:
    """What a condition such as ``event.program == "status"`` names; None if it is none such."""
    if isinstance(tree, OneOf) and not tree.negated and _is_field(tree.operand, field):
        return frozenset(str(one.value) for one in tree.choices)
    if isinstance(tree, Compare) and tree.operator == "==":
        sides = (tree.left, tree.right)
        if any(_is_field(one, field) for one in sides):
            return frozenset(str(one.value) for one in sides if isinstance(one, Constant))
    return None


def _is_field(tree: object, field: str) -> bool:
    return isinstance(tree, Fact) and tree.key == field


def _all_of(tree: object) -> Iterator[object]:
    if isinstance(tree, Defined):
        yield from _all_of(tree.body)
    elif isinstance(tree, Logic) and tree.operator == "and":
        for operand in tree.operands:
            yield from _all_of(operand)
    else:
        yield tree


def _moved(model: Model, rule: Rule, rules: Mapping[str, Rule]) -> frozenset[str]:
    """The programs of levels that count what a rule gives, or what challenges give that count it."""
    awards = list(rule.awards)
    counters = {counter.id: counter for counter in model.counters}
    waiting = [one for one in model.challenges if one.figure in counters and one.id in rules]
    while fed := [one for one in waiting if _feeds(counters[one.figure], awards)]:
        awards += [award for one in fed for award in rules[one.id].awards]
        waiting = [one for one in waiting if one not in fed]
    programs = {award.program for award in awards if award.program}
    return frozenset(
        table.id
        for table in model.level_tables
        if any(_feeds(counters[name], awards) for name in _counters(model, table))
        or _asked(table) & programs
    )


def _feeds(counter: Counter, awards: Sequence[Award]) -> bool:
    """Whether a counter grows by what is given; what counts as base grows by no bonus."""
    beside = ("bonus", "multiplier") if counter.fed_by == "base" else ()
    return counter.fed_by in ("earned", "base") and any(
        award.program == counter.program and award.role not in beside for award in awards
    )


def _counters(model: Model, table: LevelTable) -> set[str]:
    """The counters that a program of levels reads."""
    found = {name for level in table.levels for at in level.at for name, _ in at}
    figures = {figure.key: figure.counter for figure in model.figures}
    for formula in _conditions(table):
        nodes = walk(cast(Tree, formula.tree)) if formula.tree is not None else ()
        found |= {figures[node.key] for node in nodes if isinstance(node, Within)}
    return found


def _asked(table: LevelTable) -> set[str]:
    """The programs whose words the levels ask for."""
    return {
        node.key.partition(".")[0]
        for formula in _conditions(table)
        if formula.tree is not None
        for node in walk(cast(Tree, formula.tree))
        if isinstance(node, Fact)
    }


def _conditions(table: LevelTable) -> list[Formula]:
    return [formula for level in table.levels for formula in level.also_when]
