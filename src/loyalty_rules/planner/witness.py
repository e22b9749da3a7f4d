"""The third witness of the expression language: simpleeval over a checked tree.

It shares the tree with the generated code and nothing else: logic counts truths and takes the least or
greatest, arithmetic has its own table and its own rounding (``planner/rendering.py``). It also says what
each part of a condition was, which explanations and coverage need.
"""

from __future__ import annotations

import ast
import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any, Final

from simpleeval import SimpleEval

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.expr import Tree, parts, unparse
from loyalty_rules.planner.rendering import FALSE, TRUE, UNKNOWN, Rendered, enter, leave

Facts = Mapping[str, Value]
Functions = Mapping[str, Callable[..., Value]]


@dataclass(frozen=True, slots=True)
class PartValue:
    """What one part of a condition was. ``reads`` are the values that it compares: text, value, kind."""

    text: str
    value: Value
    start: int
    end: int
    kind: Kind
    reads: tuple[tuple[str, Value, Kind], ...]


def evaluate(
    tree: Tree, facts: Facts, row: Facts, tables: Functions, functions: Functions
) -> Value:
    """The value of a checked tree; unknown is None. Money in minor units, as in the facts."""
    return leave(_Witness(facts, tables, functions).run(tree, row), tree.kind.name)


def values(
    tree: Tree, facts: Facts, row: Facts, tables: Functions, functions: Functions
) -> tuple[tuple[str, Value], ...]:
    """Each part of a condition, as canonical text, with its value."""
    shown = part_values(tree, facts, row, tables, functions)
    return tuple((part.text, part.value) for part in shown)


def part_values(
    tree: Tree, facts: Facts, row: Facts, tables: Functions, functions: Functions
) -> tuple[PartValue, ...]:
    """Each part of a condition with its value, its place and the values that it read."""

    def value_of(part: Tree) -> Value:
        return evaluate(part, facts, row, tables, functions)

    return tuple(
        PartValue(
            part.text,
            value_of(part.tree),
            part.start,
            part.end,
            part.tree.kind,
            tuple((unparse(read), value_of(read), read.kind) for read in part.reads),
        )
        for part in parts(tree)
    )


class _Witness:
    """One evaluation: what simpleeval may call that depends on the event."""

    def __init__(self, facts: Facts, tables: Functions, functions: Functions) -> None:
        self._facts, self._tables, self._functions = facts, tables, functions

    def run(self, tree: Tree, row: Facts) -> object:
        """The value of a tree as the witness holds it."""
        rendered = Rendered(tree)
        called: dict[str, Callable[..., object]] = {
            **_FUNCTIONS,
            "fact": lambda key, kind: enter(self._facts[key], kind),
            "field": lambda key, kind: enter(row.get(key), kind),
            "days_since": lambda day: _exact_or_none(
                operator.sub, enter(self._facts["~day"], "day"), day
            ),
            "any_item": self._any_item,
            "amount_of": lambda inner: self._sum_where(inner, "amount", "money"),
            "count_of": lambda inner: self._sum_where(inner, "quantity", "number"),
            "sum_of": self._sum_of,
            "table": lambda name, kind, *given: _ask(self._tables[name], kind, given),
            "function": lambda name, kind, *given: _ask(self._functions[name], kind, given),
        }
        return _interpret(rendered, called)

    def _any_item(self, inner: Tree) -> int:
        lines = _rows(self._facts["~all_lines"])
        if lines is None:
            return UNKNOWN
        truths = [self.run(inner, line) for line in lines]
        return max((truth for truth in truths if isinstance(truth, int)), default=FALSE)

    def _sum_where(self, inner: Tree, field: str, kind: str) -> Fraction | None:
        lines = _rows(self._facts["~all_lines"])
        if lines is None:
            return None
        met = [line for line in lines if self.run(inner, line) == TRUE]
        return _total([enter(line.get(field), kind) for line in met])

    def _sum_of(self, key: str, kind: str) -> Fraction | None:
        lines = _rows(self._facts["~lines"])
        return None if lines is None else _total([enter(line.get(key), kind) for line in lines])


class _Interpreters(threading.local):
    """One interpreter for each thread: making one touches the process's warning filters."""

    def __init__(self) -> None:
        self.own = SimpleEval(operators=_OPERATORS, functions={}, names={})


def _interpret(rendered: Rendered, called: dict[str, Callable[..., object]]) -> object:
    """Runs a rendered tree; a filter over lines runs while the whole waits, so what it found is put back."""
    interpreter = _INTERPRETERS.own
    before = interpreter.names, interpreter.functions
    interpreter.names, interpreter.functions = rendered.names, called
    try:
        result: object = interpreter.eval("", rendered.body)
    finally:
        interpreter.names, interpreter.functions = before
    return result


def _rows(lines: object) -> list[Facts] | None:
    if not isinstance(lines, (tuple, list)):
        return None
    return [line for line in lines if isinstance(line, Mapping)]


def _total(amounts: list[object]) -> Fraction | None:
    known = [amount for amount in amounts if isinstance(amount, Fraction)]
    return sum(known, Fraction(0)) if len(known) == len(amounts) else None


def _ask(called: Callable[..., Value], kind: str, given: tuple[object, ...]) -> object:
    """A table or a plugin's function: asked only when every argument is known."""
    kinds = [str(name) for name in given[1::2]]
    arguments = [leave(value, name) for value, name in zip(given[::2], kinds, strict=True)]
    return enter(None if None in arguments else called(*arguments), kind)


def _exact_or_none(
    join: Callable[[Fraction, Fraction], object], left: object, right: object
) -> Fraction | None:
    """An operation on two known numbers; unknown where one is unknown, or where it divides by zero."""
    if not isinstance(left, Fraction) or not isinstance(right, Fraction):
        return None
    try:
        result = join(left, right)
    except ZeroDivisionError:
        return None
    assert isinstance(result, (int, Fraction)), "exact numbers make exact numbers"
    return Fraction(result)


def _arithmetic(
    join: Callable[[Fraction, Fraction], object],
) -> Callable[[object, object], Fraction | None]:
    return lambda left, right: _exact_or_none(join, left, right)


def _comparison(judge: Callable[[Any, Any], bool]) -> Callable[[object, object], int]:
    def compared(left: object, right: object) -> int:
        if left is None or right is None:
            return UNKNOWN
        return TRUE if judge(left, right) else FALSE

    return compared


def _one_of(value: object, *choices: object) -> int:
    return UNKNOWN if value is None else TRUE if any(value == one for one in choices) else FALSE


def _has(holder: object, wanted: object) -> int:
    if not isinstance(holder, tuple) or wanted is None:
        return UNKNOWN
    return TRUE if holder.count(wanted) else FALSE


def _is_unknown(value: object, kind: str) -> bool:
    return value == UNKNOWN if kind == "boolean" else value is None


def _rounded(value: Fraction | None, mode: str, step: Fraction) -> Fraction | None:
    if value is None:
        return None
    steps = value / step
    below, rest = floor(steps), steps - floor(steps)
    up = {
        "floor": False,
        "ceil": rest > 0,
        "half_up": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and steps > 0),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and below % 2 == 1),
    }[mode]
    return (below + up) * step


def _extreme(values: tuple[Fraction | None, ...], last: int) -> Fraction | None:
    known = sorted(value for value in values if value is not None)
    return known[last] if len(known) == len(values) else None


_OPERATORS: Final[dict[type[ast.AST], Callable[..., object]]] = {
    ast.BitAnd: lambda one, other: min(one, other),
    ast.BitOr: lambda one, other: max(one, other),
    ast.Invert: lambda truth: TRUE - truth,
    ast.USub: lambda value: None if value is None else -value,
    ast.Add: _arithmetic(operator.add),
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Eq: _comparison(operator.eq),
    ast.NotEq: _comparison(operator.ne),
    ast.Lt: _comparison(operator.lt),
    ast.LtE: _comparison(operator.le),
    ast.Gt: _comparison(operator.gt),
    ast.GtE: _comparison(operator.ge),
}
_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "same_truth": lambda one, other: UNKNOWN if UNKNOWN in (one, other) else _one_of(one, other),
    "one_of": _one_of,
    "has": _has,
    "known": lambda value, kind: FALSE if _is_unknown(value, kind) else TRUE,
    "default": lambda value, other, kind: other if _is_unknown(value, kind) else value,
    "min": lambda *values: _extreme(values, 0),
    "max": lambda *values: _extreme(values, -1),
    "abs": lambda value: None if value is None else abs(value),
    "len": lambda value: None if value is None else Fraction(len(value)),
    "round": _rounded,
}
_INTERPRETERS: Final = _Interpreters()
