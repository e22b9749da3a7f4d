"""Trees to one Python module: straight-line code over exact numbers, unknown written out as ``None``.

The text depends on the trees alone, so equal rules make equal code. It runs without builtins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import Value
from loyalty_rules.expr.moulds import Cast, Mould
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
    exact,
)

Code = Callable[[Mapping[str, Value], Mapping[str, Value]], Value]
"""Runs one expression: ``code(facts, row)``; unknown is ``None``. ``facts`` answers every key that is asked
(it may work the value out then); ``row`` may lack the keys that are unknown."""

LINES: Final = "~lines"
ALL_LINES: Final = "~all_lines"
DAY: Final = "~day"


def to_python(
    trees: Sequence[Tree | Cast],
    tables: Mapping[str, Callable[..., Value]],
    functions: Mapping[str, Callable[..., Value]],
) -> tuple[Code, ...]:
    """One callable for each tree. ``tables`` and ``functions`` hold every one that the trees call; they
    get no unknown argument, and may answer ``None`` for unknown."""
    namespace: dict[str, object] = {
        "__builtins__": {},
        "Fraction": Fraction,
        "abs": abs,
        "exact": _exact,
        "len": len,
        "max": max,
        "min": min,
        "round_exact": round_exact,
    }
    namespace |= {f"table_{name}": table for name, table in tables.items()}
    namespace |= {f"function_{name}": function for name, function in functions.items()}
    module = _module(trees)
    exec(compile(module.source, "<expressions>", "exec"), namespace)
    makers = namespace["makers"]
    assert isinstance(makers, tuple), "the module ends with its makers"
    return tuple(makers[number](*constants) for number, constants in module.codes)


def python_source(trees: Sequence[Tree]) -> str:
    """The module that `to_python` runs: ``makers`` is a tuple of functions, each of which makes the code
    of every tree of one skeleton from the constants of that tree."""
    return _module(trees).source


class _Module(NamedTuple):
    """``codes``: for each tree the place of its maker and its constants."""

    source: str
    codes: list[tuple[int, list[Value]]]


def _module(trees: Sequence[Tree | Cast]) -> _Module:
    """Rules of one make differ in their constants only: what compiling costs is paid for once."""
    makers: dict[str, int] = {}
    codes: list[tuple[int, list[Value]]] = []
    casts: dict[Mould, tuple[int, list[Callable[[Sequence[Value]], Value]]]] = {}
    for tree in trees:
        if not isinstance(tree, Cast):
            maker, constants = _maker(tree)
            codes.append((makers.setdefault(maker, len(makers)), constants))
            continue
        mould = tree.mould
        if mould not in casts:
            maker, constants = _maker(mould.pattern)
            filled = [mould.filled(constant) for constant in constants]
            casts[mould] = makers.setdefault(maker, len(makers)), filled
        number, filled = casts[mould]
        codes.append((number, [fill(tree.values) for fill in filled]))
    lines = [f"def m{number}{maker}\n return code" for maker, number in makers.items()]
    places = "".join(f"m{number}, " for number in range(len(makers)))
    return _Module("\n".join([*lines, f"makers = ({places.strip()})", ""]), codes)


def _maker(tree: Tree) -> tuple[str, list[Value]]:
    """What makes the code of trees like this one, but for its name; and the constants of this one."""
    writer = _Writer(indent=2)
    writer.put("return " + _exactly(_value(writer, tree, "row"), tree).text)
    names = ", ".join(f"k{number}" for number in range(len(writer.constants)))
    maker = "\n".join([f"({names}):", " def code(facts, row):", *writer.lines])
    return maker, writer.constants


def _exact(value: Value) -> Value:
    """A whole number where a number is whole; anything else as it is."""
    return exact(value) if isinstance(value, Fraction) else value


class _Atom(NamedTuple):
    """A name or literal of the generated code, and whether it may be unknown."""

    text: str
    open: bool = True


@dataclass(slots=True)
class _Writer:
    """The body of one function. ``constants`` stand in it by the names k0, k1 and so on."""

    indent: int
    lines: list[str] = field(default_factory=list)
    constants: list[Value] = field(default_factory=list)
    count: int = 0

    def put(self, line: str) -> None:
        self.lines.append(" " * self.indent + line)

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def let(self, text: str, *operands: _Atom) -> _Atom:
        """A new name for the value of ``text``, unknown where an operand is."""
        name = self.name()
        unknown = " or ".join(f"{operand.text} is None" for operand in operands if operand.open)
        self.put(f"{name} = None if {unknown} else {text}" if unknown else f"{name} = {text}")
        return _Atom(name)

    def constant(self, value: Value) -> str:
        """A name for a value that the tree holds; truths are words of the code itself."""
        if isinstance(value, bool):
            return repr(value)
        self.constants.append(_exact(value))
        return f"k{len(self.constants) - 1}"


def _value(writer: _Writer, tree: Tree, row: str) -> _Atom:
    """Writes what works the node out; the name that holds it then."""
    match tree:
        case Constant():
            return _Atom(writer.constant(tree.value), open=False)
        case Fact():
            return writer.let(f"{row}.get({tree.key!r})" if tree.row else f"facts[{tree.key!r}]")
        case Within():
            return writer.let(f"facts[{tree.key!r}]")
        case Defined():
            return _value(writer, tree.body, row)
        case Logic():
            return _logic(writer, tree, row)
        case Default():
            return _default(writer, tree, row)
        case Known():
            return writer.let(f"{_value(writer, tree.operand, row).text} is not None")
        case AnyItem() | AmountOf() | CountOf():
            return _over_lines(writer, tree)
        case SumOf():
            return _sum_of(writer, tree)
        case TableCall():
            return _called(writer, f"table_{tree.table}", tree.arguments, row)
        case FunctionCall():
            return _called(writer, f"function_{tree.function}", tree.arguments, row)
        case _:
            return _operation(writer, tree, row)


def _operation(writer: _Writer, tree: Tree, row: str) -> _Atom:
    match tree:
        case Arithmetic():
            return _arithmetic(writer, tree, row)
        case Compare():
            left, right = _value(writer, tree.left, row), _value(writer, tree.right, row)
            return writer.let(f"{left.text} {tree.operator} {right.text}", left, right)
        case OneOf():
            operand = _value(writer, tree.operand, row)
            choices = writer.constant(tuple(_exact(choice.value) for choice in tree.choices))
            word = "not in" if tree.negated else "in"
            return writer.let(f"{operand.text} {word} {choices}", operand)
        case Has():
            holder, wanted = _value(writer, tree.holder, row), _value(writer, tree.wanted, row)
            return writer.let(f"{wanted.text} in {holder.text}", holder, wanted)
        case Extreme():
            values = [_value(writer, operand, row) for operand in tree.operands]
            joined = ", ".join(value.text for value in values)
            return writer.let(f"{tree.which}({joined})", *values)
        case Round():
            operand = _value(writer, tree.operand, row)
            step = writer.constant(tree.step.value)
            rounded = f"round_exact(Fraction({operand.text}) / {step}, {tree.mode!r}) * {step}"
            return writer.let(rounded, operand)
        case Negate() | Not() | Absolute() | Length() | DaysSince():
            return _of_one(writer, tree, row)
        case _:
            raise AssertionError("every other node was handled before")


def _of_one(writer: _Writer, tree: Negate | Not | Absolute | Length | DaysSince, row: str) -> _Atom:
    operand = _value(writer, tree.operand, row)
    match tree:
        case Negate():
            return writer.let(f"-{operand.text}", operand)
        case Not():
            return writer.let(f"not {operand.text}", operand)
        case Absolute():
            return writer.let(f"abs({operand.text})", operand)
        case Length():
            return writer.let(f"len({operand.text})", operand)
        case DaysSince():
            today = writer.let(f"facts[{DAY!r}]")
            return writer.let(f"{today.text} - {operand.text}", today, operand)


def _arithmetic(writer: _Writer, tree: Arithmetic, row: str) -> _Atom:
    left, right = _value(writer, tree.left, row), _value(writer, tree.right, row)
    text = f"{left.text} {tree.operator} {right.text}"
    if tree.operator == "/":
        text = f"Fraction({left.text}, {right.text})"
    if tree.operator in ("/", "//", "%") and right.open:
        text = f"{text} if {right.text} != 0 else None"
    return writer.let(text, left, right)


def _logic(writer: _Writer, tree: Logic, row: str) -> _Atom:
    """Kleene's ``and`` and ``or``: the first operand that settles it ends the work."""
    settled = "False" if tree.operator == "and" else "True"
    neutral = "True" if tree.operator == "and" else "False"
    name = writer.name()
    writer.put(f"{name} = {_value(writer, tree.operands[0], row).text}")
    for operand in tree.operands[1:]:
        writer.put(f"if {name} is not {settled}:")
        writer.indent += 1
        value = _value(writer, operand, row).text
        writer.put(f"{name} = {value} if {name} is {neutral} or {value} is {settled} else None")
        writer.indent -= 1
    return _Atom(name)


def _default(writer: _Writer, tree: Default, row: str) -> _Atom:
    name = writer.name()
    writer.put(f"{name} = {_value(writer, tree.operand, row).text}")
    writer.put(f"if {name} is None:")
    writer.indent += 1
    writer.put(f"{name} = {_value(writer, tree.otherwise, row).text}")
    writer.indent -= 1
    return _Atom(name)


def _called(writer: _Writer, name: str, arguments: tuple[Tree, ...], row: str) -> _Atom:
    values = [_value(writer, argument, row) for argument in arguments]
    joined = ", ".join(
        _exactly(value, argument).text for value, argument in zip(values, arguments, strict=True)
    )
    return writer.let(f"{name}({joined})", *values)


def _exactly(value: _Atom, tree: Tree) -> _Atom:
    """The value as it leaves the generated code: whole numbers as whole numbers."""
    numeric = tree.kind.name in ("number", "money", "points")
    return _Atom(f"exact({value.text})", value.open) if numeric and value.open else value


def _over_lines(writer: _Writer, tree: AnyItem | AmountOf | CountOf) -> _Atom:
    rows, name, line = writer.let(f"facts[{ALL_LINES!r}]"), writer.name(), writer.name()
    start = "False" if isinstance(tree, AnyItem) else "0"
    writer.put(f"{name} = None")
    writer.put(f"if {rows.text} is not None:")
    writer.indent += 1
    writer.put(f"{name} = {start}")
    writer.put(f"for {line} in {rows.text}:")
    writer.indent += 1
    truth = _value(writer, tree.filter, line).text
    if isinstance(tree, AnyItem):
        writer.put(f"if {truth} is True:")
        writer.put(f" {name} = True")
        writer.put(" break")
        writer.put(f"if {truth} is None: {name} = None")
    else:
        key = "amount" if isinstance(tree, AmountOf) else "quantity"
        writer.put(f"if {truth} is True:")
        writer.indent += 1
        _add(writer, name, f"{line}.get({key!r})")
        writer.indent -= 1
    writer.indent -= 2
    return _Atom(name)


def _sum_of(writer: _Writer, tree: SumOf) -> _Atom:
    rows, name, line = writer.let(f"facts[{LINES!r}]"), writer.name(), writer.name()
    writer.put(f"{name} = None")
    writer.put(f"if {rows.text} is not None:")
    writer.indent += 1
    writer.put(f"{name} = 0")
    writer.put(f"for {line} in {rows.text}:")
    writer.indent += 1
    _add(writer, name, f"{line}.get({tree.operand.key!r})")
    writer.indent -= 2
    return _Atom(name)


def _add(writer: _Writer, name: str, text: str) -> None:
    """Adds a value of one line to a sum within a loop; an unknown value makes the sum unknown."""
    value = writer.let(text).text
    writer.put(f"if {value} is None:")
    writer.put(f" {name} = None")
    writer.put(" break")
    writer.put(f"{name} += {value}")
