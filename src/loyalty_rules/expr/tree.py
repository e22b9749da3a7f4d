"""The checked tree: frozen nodes with one kind each, made by ``check`` alone.

Positions (``start``, ``end``) count characters of the text that was checked and take no part in equality.
Constants stand in run-time units already: money in minor units, a level as its rank, a day as an ordinal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from loyalty_rules.base.period import Window
from loyalty_rules.base.rounding import Mode
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import BOOLEAN, MONEY, NUMBER, Kind

ArithmeticOperator = Literal["+", "-", "*", "/", "//", "%"]
CompareOperator = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a node stands in its text."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constant(Placed):
    """A value written in the text. ``scale``: decimal digits between the written unit and the value's
    (2 for euros held as cents); ``written``: how a day was spelled."""

    value: Value
    kind: Kind
    scale: int = 0
    written: str = ""


@dataclass(frozen=True, slots=True)
class Fact(Placed):
    """A name. Its value is ``facts[key]``, or ``row[key]`` where ``row`` is ``item`` or ``tender``."""

    name: str
    key: str
    kind: Kind
    row: Literal["", "item", "tender"] = ""


@dataclass(frozen=True, slots=True)
class Within(Placed):
    """A figure over a window of history."""

    figure: str
    window: Window
    kind: Kind

    @property
    def key(self) -> str:
        """The fact that holds its value."""
        return f"within({self.figure}, {self.window})"


@dataclass(frozen=True, slots=True)
class Negate(Placed):
    """The value with the other sign."""

    operand: Tree
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arithmetic(Placed):
    """Two values joined exactly; division and rest by zero are unknown."""

    operator: ArithmeticOperator
    left: Tree
    right: Tree
    kind: Kind


@dataclass(frozen=True, slots=True)
class Compare(Placed):
    """Two values of one kind compared."""

    operator: CompareOperator
    left: Tree
    right: Tree
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class OneOf(Placed):
    """Whether a value is (or, ``negated``, is not) one of several constants."""

    operand: Tree
    choices: tuple[Constant, ...]
    negated: bool = False
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Logic(Placed):
    """``and`` or ``or`` of two or more truths, in Kleene's logic of three values."""

    operator: Literal["and", "or"]
    operands: tuple[Tree, ...]
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Not(Placed):
    """The opposite truth; unknown stays unknown."""

    operand: Tree
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Has(Placed):
    """Whether a list holds a text."""

    holder: Tree
    wanted: Tree
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Known(Placed):
    """Whether a value is known: itself never unknown."""

    operand: Tree
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Default(Placed):
    """A value, or another one where it is unknown."""

    operand: Tree
    otherwise: Tree
    kind: Kind


@dataclass(frozen=True, slots=True)
class Extreme(Placed):
    """The least or greatest of several values."""

    which: Literal["min", "max"]
    operands: tuple[Tree, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Absolute(Placed):
    """The value without its sign."""

    operand: Tree
    kind: Kind


@dataclass(frozen=True, slots=True)
class Length(Placed):
    """How many entries a list has, or characters a text."""

    operand: Tree
    kind: Kind = NUMBER


@dataclass(frozen=True, slots=True)
class Round(Placed):
    """The value as a multiple of ``step`` (in units of the value, above zero)."""

    operand: Tree
    mode: Mode
    step: Constant
    kind: Kind


@dataclass(frozen=True, slots=True)
class DaysSince(Placed):
    """Whole days from a day to the day of the event."""

    operand: Tree
    kind: Kind = NUMBER


@dataclass(frozen=True, slots=True)
class AnyItem(Placed):
    """Whether some line of the order meets the filter."""

    filter: Tree
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class AmountOf(Placed):
    """Money of the order's lines that meet the filter."""

    filter: Tree
    kind: Kind = MONEY


@dataclass(frozen=True, slots=True)
class CountOf(Placed):
    """Pieces in the order's lines that meet the filter."""

    filter: Tree
    kind: Kind = NUMBER


@dataclass(frozen=True, slots=True)
class SumOf(Placed):
    """Sum of one field over the lines that the rule chose."""

    operand: Fact
    kind: Kind


@dataclass(frozen=True, slots=True)
class TableCall(Placed):
    """A look-up."""

    table: str
    arguments: tuple[Tree, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class FunctionCall(Placed):
    """A plugin's pure function."""

    function: str
    arguments: tuple[Tree, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Defined(Placed):
    """A ``define`` by its name, with its meaning. Positions in the body are those of the body's own text."""

    name: str
    body: Tree
    kind: Kind = BOOLEAN


Tree = (
    Constant
    | Fact
    | Within
    | Negate
    | Arithmetic
    | Compare
    | OneOf
    | Logic
    | Not
    | Has
    | Known
    | Default
    | Extreme
    | Absolute
    | Length
    | Round
    | DaysSince
    | AnyItem
    | AmountOf
    | CountOf
    | SumOf
    | TableCall
    | FunctionCall
    | Defined
)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The nodes directly below, in text order."""
    match tree:
        case Constant() | Fact() | Within():
            return ()
        case Arithmetic() | Compare():
            return (tree.left, tree.right)
        case OneOf():
            return (tree.operand, *tree.choices)
        case Logic() | Extreme():
            return tree.operands
        case Has():
            return (tree.holder, tree.wanted)
        case Default():
            return (tree.operand, tree.otherwise)
        case Round():
            return (tree.operand, tree.step)
        case AnyItem() | AmountOf() | CountOf():
            return (tree.filter,)
        case TableCall() | FunctionCall():
            return tree.arguments
        case Defined():
            return (tree.body,)
        case Negate() | Not() | Known() | Absolute() | Length() | DaysSince() | SumOf():
            return (tree.operand,)


def walk(tree: Tree) -> Iterator[Tree]:
    """The node and everything below it, parents first, in text order."""
    waiting: list[Tree] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def exact(value: int | Fraction) -> int | Fraction:
    """The same number, as a whole number where it is one."""
    return value.numerator if value.denominator == 1 else value
