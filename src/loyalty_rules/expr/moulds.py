"""Expressions of one make: texts that differ in written numbers and texts only are checked once.

A rule set of thousands of rules has a handful of different conditions. The first of a make is checked in
full; from its tree a mould is taken, in which the values that were only compared with something are holes,
and the others are cast from it. A value that the check itself looked at (a divisor, a step, a day, a level, a
window, one of several choices) is no hole: where it differs, the text is checked in full again.

What is cast equals what `check` answers, places included; tests hold the two against each other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Final, NamedTuple, cast

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.expr.check import Checked, check
from loyalty_rules.expr.kinds import NUMERIC
from loyalty_rules.expr.parse import CHARACTERS_MAX
from loyalty_rules.expr.scope import Expect, Problem, Scope
from loyalty_rules.expr.tree import (
    Compare,
    Constant,
    Defined,
    Fact,
    Has,
    OneOf,
    Placed,
    Tree,
    children,
    exact,
    walk,
)
from loyalty_rules.expr.unparse import unparse

LITERALS_MAX: Final = 40
"""An expression with more values in it is checked by itself."""

_LITERAL = re.compile(
    r"""(?<![\w.,:+-])((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?)(?![\w.:%-]|,[^ ])|"([^"\\]*)"|'([^'\\]*)'"""
)
_MARK = re.compile('"\x00([0-9]+)\x00"')
_HOLDERS: Final = (Compare, OneOf, Has)
"""Nodes that take a constant for what it is, whatever its value."""

_Maker = Callable[[Sequence[Value], Sequence[int]], Any]


class _Cut(NamedTuple):
    """A text cut at its values. ``make`` is the same for all texts of one make; of each value it says
    whether it is a number, and ``written`` holds the values themselves, texts without their quotes."""

    make: tuple[object, ...]
    written: tuple[str, ...]


class Cast(NamedTuple):
    """A checked expression as its mould and the values in the holes. ``meaning`` is the canonical text: what
    `unparse` makes of the tree."""

    mould: Mould
    values: tuple[Value, ...]
    meaning: str


@dataclass(slots=True, eq=False)
class Mould:
    """What all expressions of one make share. ``pattern`` is the tree with marks in place of the values.

    ``holes``: for each value of the text the number of its hole, or None where the value is part of the make.
    """

    checked: Checked
    holes: tuple[int | None, ...]
    scales: tuple[int, ...]
    lengths: tuple[int, ...]
    make: _Maker
    pattern: Tree = field(init=False)
    facts: frozenset[str] = field(init=False)
    _words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        marks = [f"\x00{hole}\x00" for hole in range(len(self.scales))]
        self.pattern = self.make(marks, [0] * (len(self.lengths) + 1))
        self.facts = frozenset(node.name for node in walk(self.pattern) if isinstance(node, Fact))
        self._words = _MARK.split(unparse(self.pattern))

    def meaning(self, spelled: Sequence[str]) -> str:
        """The canonical text with these values, each in its canonical spelling."""
        words = list(self._words)
        for at in range(1, len(words), 2):
            words[at] = spelled[int(words[at])]
        return "".join(words)

    def filled(self, constant: Value) -> Callable[[Sequence[Value]], Value]:
        """What stands for a constant of the pattern, or a tuple of them, once there are values."""
        if isinstance(constant, tuple):
            parts = [self.filled(part) for part in constant]
            return lambda values: tuple([part(values) for part in parts])
        mark = _MARK.fullmatch(f'"{constant}"') if isinstance(constant, str) else None
        if mark is None:
            return lambda values: constant
        hole = int(mark[1])
        return lambda values: values[hole]


@dataclass(slots=True)
class _Make:
    """The texts of one make so far. ``first`` waits for a second one before a mould is taken from it."""

    scope: Scope
    first: tuple[Checked, _Cut] | None
    moulds: dict[tuple[str, ...], Mould | None] = field(default_factory=dict)
    holes: tuple[int | None, ...] = ()


class Moulds:
    """Checks expressions, those of one make once."""

    def __init__(self) -> None:
        self._makes: dict[tuple[object, ...], _Make] = {}

    def check(
        self, text: str, scope: Scope, expect: Expect
    ) -> tuple[Checked | tuple[Problem, ...], Cast | None]:
        """What `check` answers, and how it was cast if it was."""
        cut = _cut(text) if expect != "linear" else None
        if cut is None:
            return check(text, scope, expect), None
        key = (expect, id(scope), *cut.make)
        make = self._makes.get(key)
        if make is None:
            found = check(text, scope, expect)
            if isinstance(found, Checked):
                self._makes[key] = _Make(scope, (found, cut))
            return found, None
        if make.first is not None:
            mould = _mould(*make.first)
            make.holes = mould.holes
            make.moulds[_fixed(make.holes, make.first[1])] = mould
            make.first = None
        fixed = _fixed(make.holes, cut)
        if fixed not in make.moulds:
            found = check(text, scope, expect)
            if isinstance(found, Checked):
                taken = _mould(found, cut)
                make.moulds[fixed] = taken if taken.holes == make.holes else None
            return found, None
        known = make.moulds[fixed]
        if known is None:
            return check(text, scope, expect), None
        return _cast(known, text, cut)


def _cut(text: str) -> _Cut | None:
    """The text cut at its values; None where it may hold something that a cut would hide."""
    if len(text) > CHARACTERS_MAX or not (text.isascii() and text.isprintable()):
        return None
    parts = _LITERAL.split(text)
    count = len(parts) // 4
    if not 0 < count <= LITERALS_MAX:
        return None
    numbers = parts[1::4]
    written = tuple(
        number if number is not None else (single if double is None else double)
        for number, double, single in zip(numbers, parts[2::4], parts[3::4], strict=True)
    )
    return _Cut((*parts[0::4], *(number is None for number in numbers)), written)


def _fixed(holes: tuple[int | None, ...], cut: _Cut) -> tuple[str, ...]:
    """The values that are part of the make."""
    return tuple(written for hole, written in zip(holes, cut.written, strict=True) if hole is None)


def _cast(mould: Mould, text: str, cut: _Cut) -> tuple[Checked, Cast]:
    values, spelled, shifts, shift = list[Value](), list[str](), [0], 0
    for hole, written, length in zip(mould.holes, cut.written, mould.lengths, strict=True):
        shift += len(written) - length
        shifts.append(shift)
        if hole is not None:
            is_text = bool(cut.make[len(cut.written) + len(shifts) - 1])
            values.append(_value(written, mould.scales[hole], is_text))
            spelled.append(_spelled(written, is_text))
    like = mould.checked
    tree = mould.make(values, shifts)
    found = Checked(
        tree, like.kind, text, like.cost, (), like.facts, like.figures, like.tables, like.functions
    )
    return found, Cast(mould, tuple(values), mould.meaning(spelled))


def _spelled(written: str, is_text: bool) -> str:
    """The canonical spelling of a literal."""
    if is_text:
        return '"' + written.replace('"', '\\"') + '"'
    return written.rstrip("0").rstrip(".") if "." in written else written


def _value(written: str, scale: int, is_text: bool) -> Value:
    """The value of a literal in run-time units."""
    if is_text:
        return written
    before, _, behind = written.partition(".")
    if not behind:
        return int(before) * cast(int, 10**scale)
    return exact(Fraction(int(before + behind) * 10**scale, 10 ** len(behind)))


def _mould(checked: Checked, cut: _Cut) -> Mould:
    """A mould from a checked expression; it may have no hole at all."""
    places, at = list[tuple[int, int]](), 0
    for number, written in enumerate(cut.written):
        at += len(cast(str, cut.make[number]))
        is_text = bool(cut.make[len(cut.written) + 1 + number])
        places.append((at, at + len(written) + (2 if is_text else 0)))
        at = places[-1][1]
    free = _free_constants(checked.tree)
    holes, scales, by_place = list[int | None](), list[int](), dict[tuple[int, int], int]()
    for number, place in enumerate(places):
        found, is_text = free.get(place), bool(cut.make[len(cut.written) + 1 + number])
        if found is None or found.value != _value(cut.written[number], found.scale, is_text):
            holes.append(None)
            continue
        holes.append(len(scales))
        by_place[place] = len(scales)
        scales.append(found.scale)
    maker = _maker(checked.tree, [end for _, end in places], by_place)
    lengths = tuple(len(written) for written in cut.written)
    return Mould(checked, tuple(holes), tuple(scales), lengths, maker)


def _free_constants(tree: Tree) -> dict[tuple[int, int], Constant]:
    """Constants that stand for any value of their kind, by place; one that stands twice is none."""
    found, seen = dict[tuple[int, int], Constant](), set[tuple[int, int]]()
    waiting: list[tuple[Tree, bool]] = [(tree, True)]
    while waiting:
        node, is_free = waiting.pop()
        if isinstance(node, Constant):
            place = (node.start, node.end)
            if place in seen:
                found.pop(place, None)
            elif is_free and _is_plain(node.kind):
                found[place] = node
            seen.add(place)
        elif not isinstance(node, Defined):  # its body has places of its own
            waiting.extend((child, isinstance(node, _HOLDERS)) for child in children(node))
    return found


def _is_plain(kind: Kind) -> bool:
    return kind.name in NUMERIC or (kind.name == "text" and not kind.choices)


def _maker(tree: Tree, ends: list[int], holes: Mapping[tuple[int, int], int]) -> _Maker:
    """What makes the node anew from values, and from the shift of all places behind each literal."""
    start, end = tree.start, tree.end
    before, within = bisect_right(ends, start), bisect_right(ends, end)
    if not within:
        return lambda values, shifts: tree  # all of it stands before the first value
    if isinstance(tree, Constant) and (hole := holes.get((start, end))) is not None:
        kind, scale = tree.kind, tree.scale
        return lambda values, shifts: Constant(
            values[hole], kind, scale, start=start + shifts[before], end=end + shifts[within]
        )
    node: Any = type(tree)
    arguments = [
        _argument(getattr(tree, one.name), ends, holes)
        for one in fields(node)
        if one.name not in ("start", "end") and not (node is Defined and one.name == "body")
    ]
    if isinstance(tree, Defined):
        name, body, kind = tree.name, tree.body, tree.kind
        return lambda values, shifts: Defined(
            name, body, kind, start=start + shifts[before], end=end + shifts[within]
        )
    return lambda values, shifts: node(
        *[argument(values, shifts) for argument in arguments],
        start=start + shifts[before],
        end=end + shifts[within],
    )


def _argument(part: object, ends: list[int], holes: Mapping[tuple[int, int], int]) -> _Maker:
    if isinstance(part, Placed):
        return _maker(cast(Tree, part), ends, holes)
    if isinstance(part, tuple) and part and isinstance(part[0], Placed):
        makers = [_maker(cast(Tree, one), ends, holes) for one in part]
        return lambda values, shifts: tuple([one(values, shifts) for one in makers])
    return lambda values, shifts: part
