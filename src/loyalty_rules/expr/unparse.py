"""A tree as text again: canonical, so that equal rules have equal texts; and the parts worth explaining."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from loyalty_rules.domain.vocabulary import NUMBER
from loyalty_rules.expr.numbers import decimal_text
from loyalty_rules.expr.tree import (
    Absolute,
    AmountOf,
    AnyItem,
    Arithmetic,
    Compare,
    Constant,
    CountOf,
    DaysSince,
    Default,
    Defined,
    Extreme,
    Fact,
    FunctionCall,
    Has,
    Known,
    Length,
    Logic,
    Negate,
    Not,
    OneOf,
    Round,
    SumOf,
    TableCall,
    Tree,
    Within,
    children,
)

_TIGHTNESS: Final = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "sign": 7}
_PRODUCT: Final = 6
_ATOM: Final = 8


def unparse(tree: Tree) -> str:
    """The canonical text: defines opened, chains taken apart, numbers exact, one spelling for each thing.

    Checked again in the same scope it gives an equal tree.
    """
    return _text(tree, 0)


def _text(tree: Tree, around: int) -> str:
    """The text of a node; in brackets where what stands around it binds tighter."""
    if isinstance(tree, Defined):
        return _text(tree.body, around)
    if isinstance(tree, Arithmetic) and _changes_unit(tree):
        return _text(tree.left, around)
    own = _tightness(tree)
    written = _operation(tree, own) if own < _ATOM else _atom(tree)
    return f"({written})" if own < around else written


def _changes_unit(tree: Arithmetic) -> bool:
    """Whether the check put the operation in, so that rows of a table meet money or points."""
    unit = tree.right
    return isinstance(unit, Constant) and tree.operator in ("*", "/") and unit.kind != NUMBER


def _tightness(tree: Tree) -> int:
    match tree:
        case Logic():
            return _TIGHTNESS[tree.operator]
        case Not():
            return _TIGHTNESS["not"]
        case Compare() | OneOf():
            return _TIGHTNESS["compare"]
        case Arithmetic():
            return _TIGHTNESS.get(tree.operator, _PRODUCT)
        case Negate():
            return _TIGHTNESS["sign"]
        case _:
            return _ATOM


def _operation(tree: Tree, own: int) -> str:
    match tree:
        case Logic():
            return f" {tree.operator} ".join(_text(part, own + 1) for part in tree.operands)
        case Not():
            return "not " + _text(tree.operand, own)
        case Compare():
            return f"{_text(tree.left, own + 1)} {tree.operator} {_text(tree.right, own + 1)}"
        case OneOf():
            word = "not in" if tree.negated else "in"
            choices = ", ".join(_text(choice, 0) for choice in tree.choices)
            return f"{_text(tree.operand, own + 1)} {word} [{choices}]"
        case Arithmetic():
            return f"{_text(tree.left, own)} {tree.operator} {_text(tree.right, own + 1)}"
        case Negate():
            return "-" + _text(tree.operand, own + 1)
        case _:
            raise AssertionError("not an operation")


def _atom(tree: Tree) -> str:
    match tree:
        case Constant():
            return _constant(tree)
        case Fact():
            return tree.name
        case Within():
            return f'within({tree.figure}, "{tree.window}")'
        case Round():
            return f'round({unparse(tree.operand)}, "{tree.mode}", {unparse(tree.step)})'
        case _:
            return f"{_called(tree)}({', '.join(unparse(child) for child in children(tree))})"


_NAMES: Final[dict[type[Tree], str]] = {
    Has: "has",
    Known: "known",
    Default: "default",
    Absolute: "abs",
    Length: "len",
    DaysSince: "days_since",
    AnyItem: "any_item",
    AmountOf: "amount_of",
    CountOf: "count_of",
    SumOf: "sum_of",
}


def _called(tree: Tree) -> str:
    match tree:
        case Extreme():
            return tree.which
        case TableCall():
            return tree.table
        case FunctionCall():
            return tree.function
        case _:
            return _NAMES[type(tree)]


def _constant(tree: Constant) -> str:
    value = tree.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if tree.kind.name == "level" and isinstance(value, int):
        return _quoted(tree.kind.choices[value])
    if tree.kind.name == "day":
        return _quoted(tree.written)
    if isinstance(value, str):
        return _quoted(value)
    assert isinstance(value, (int, Fraction)), "a constant is a truth, a text or a number"
    return decimal_text(Fraction(value) / 10**tree.scale)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Part:
    """One question that a condition asks: a comparison, a membership, a truth that stands alone.

    ``text`` is canonical; ``start`` and ``end`` are its place in the text of the whole, or that of the
    ``define`` that it comes from. ``reads`` are the values that it compares, without the constants.
    """

    tree: Tree
    text: str
    start: int
    end: int
    reads: tuple[Tree, ...]


def parts(tree: Tree) -> tuple[Part, ...]:
    """The leaves of ``and``, ``or`` and ``not``, in text order; a value of another kind is its own part."""
    return tuple(_parts(tree, None))


def _parts(tree: Tree, place: tuple[int, int] | None) -> list[Part]:
    match tree:
        case Logic():
            return [part for operand in tree.operands for part in _parts(operand, place)]
        case Not():
            return _parts(tree.operand, place)
        case Defined():
            return _parts(tree.body, place or (tree.start, tree.end))
        case _:
            start, end = place or (tree.start, tree.end)
            return [Part(tree, unparse(tree), start, end, _reads(tree))]


def _reads(tree: Tree) -> tuple[Tree, ...]:
    """The sides of a question that are not constants, then the facts that they are worked out from."""
    if isinstance(tree, (AnyItem, AmountOf, CountOf, SumOf, Constant, Fact, Within)):
        return ()
    found: list[Tree] = []
    waiting = list(children(tree))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Constant) or node in found:
            continue
        if node in children(tree) or isinstance(node, (Fact, Within)):
            found.append(node)
        if not isinstance(node, (AnyItem, AmountOf, CountOf, SumOf)):
            waiting.extend(children(node))
    return tuple(found)
