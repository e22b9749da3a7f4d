"""``tables``: look-ups with one level of rows for each key, and leaves of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Literal

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import DAY, DURATION, NUMBER, TEXT, Kind
from loyalty_rules.engine.model import Table
from loyalty_rules.expr import TableShape
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.forms import read_duration, read_share
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar

Match = Literal["exact", "at_least"]


class TableReader:
    """Reads the tables of one rule set.

    A key column is of numbers when all its keys are, of days when all are days of the calendar, of levels
    when all are levels of one tiers program, else of texts.
    """

    def __init__(self, context: Context, levels: Mapping[str, Kind]) -> None:
        self._context = context
        self._levels = levels

    def read(self, node: Node | None) -> tuple[Table, ...]:
        """Every table of the section, by name."""
        if not isinstance(node, MappingNode):
            return ()
        tables = []
        for key, value in node.entries:
            before = self._context.findings.count
            table = self._table(key, value)
            if table is None or self._context.findings.count > before:
                self._context.broken.add(key.text)
            if table is not None:
                tables.append(table)
        return tuple(sorted(tables, key=lambda table: table.id))

    def _table(self, key: Scalar, node: Node) -> Table | None:
        if not isinstance(node, MappingNode):
            return None
        keys, rows = node.get("keys"), node.get("rows")
        if not isinstance(keys, MappingNode) or not isinstance(rows, MappingNode):
            return None
        if not keys.entries:
            return None  # the shape check has reported it
        matches: list[Match] = [self._match(value) for _, value in keys.entries]
        columns: list[list[Scalar]] = [[] for _ in matches]
        leaves: list[Scalar] = []
        if (odd := self._walk(rows, columns, leaves, 0)) is not None:
            self._refuse_depth(odd, [name.text for name, _ in keys.entries])
            return None
        otherwise = node.get("otherwise")
        if isinstance(otherwise, Scalar):
            leaves.append(otherwise)
        kinds = [self._column(column) for column in columns]
        leaf = self._leaf_kind(leaves)
        for (name, _), match, kind in zip(keys.entries, matches, kinds, strict=True):
            if match == "at_least" and kind.name == "text":
                self._context.findings.add(
                    "at_least_without_order",
                    name,
                    f"the rows of `{name.text}` are texts, which have no order",
                    "write `exact`, or numbers, days or levels as rows",
                )
        read = self._reader(leaf)
        return Table(
            key.text,
            tuple(
                (name.text, match, kind)
                for (name, _), match, kind in zip(keys.entries, matches, kinds, strict=True)
            ),
            self._rows(rows, kinds, read),
            leaf,
            read(otherwise) if isinstance(otherwise, Scalar) else None,
        )

    def _match(self, node: Node) -> Match:
        return "at_least" if isinstance(node, Scalar) and node.text == "at_least" else "exact"

    def _walk(
        self, rows: MappingNode, columns: list[list[Scalar]], leaves: list[Scalar], depth: int
    ) -> Node | None:
        """Collect keys by column and leaves; the first row that is deeper or flatter than the keys."""
        last = depth == len(columns) - 1
        for key, value in rows.entries:
            columns[depth].append(key)
            odd: Node | None = None
            if last and isinstance(value, Scalar):
                leaves.append(value)
            elif not last and isinstance(value, MappingNode):
                odd = self._walk(value, columns, leaves, depth + 1)
            else:
                odd = value
            if odd is not None:
                return odd
        return None

    def _refuse_depth(self, odd: Node, keys: list[str]) -> None:
        named = ", ".join(f"`{key}`" for key in keys)
        count = "fewer" if isinstance(odd, Scalar) else "more"
        self._context.findings.add(
            "table_depth",
            odd,
            f"the rows have {count} levels here than `keys` has names",
            f"nest one level of rows for each name in `keys`: {named}",
        )

    def _column(self, keys: Iterable[Scalar]) -> Kind:
        keys = list(keys)
        if all(key.number is not None for key in keys):
            return NUMBER
        if all(isinstance(self._context.day(key.text), int) for key in keys):
            return DAY
        for level in self._levels.values():
            if all(key.text in level.choices for key in keys):
                return level
        return TEXT

    def _leaf_kind(self, leaves: list[Scalar]) -> Kind:
        kinds = {self._leaf(leaf).name for leaf in leaves}
        if len(kinds) > 1:
            first = self._leaf(leaves[0]).name
            odd = next(leaf for leaf in leaves if self._leaf(leaf).name != first)
            self._context.findings.add(
                "table_leaves_differ",
                odd,
                f"`{odd.text}` is not of the same kind as the other rows",
                "write leaves of one kind: numbers, shares such as `5 %`, durations or texts",
            )
        return self._leaf(leaves[0]) if leaves else NUMBER

    def _leaf(self, node: Scalar) -> Kind:
        if node.number is not None or isinstance(read_share(node.text), Fraction):
            return NUMBER
        return TEXT if isinstance(read_duration(node.text), str) else DURATION

    def _reader(self, leaf: Kind) -> Callable[[Scalar], Value]:
        def read(node: Scalar) -> Value:
            if leaf.name != "number":
                return node.text
            number = node.number
            share = read_share(node.text)
            exact = Fraction(number) if number is not None else share
            return _whole(exact) if isinstance(exact, Fraction) else 0

        return read

    def _rows(
        self, rows: MappingNode, kinds: list[Kind], read: Callable[[Scalar], Value]
    ) -> Mapping[Value, object]:
        return {
            self._key(key, kinds[0]): (
                self._rows(value, kinds[1:], read)
                if isinstance(value, MappingNode)
                else read(value)
            )
            for key, value in rows.entries
            if isinstance(value, MappingNode | Scalar)
        }

    def _key(self, key: Scalar, kind: Kind) -> Value:
        if kind.name == "number" and key.number is not None:
            return _whole(Fraction(key.number))
        if kind.name == "day":
            day = self._context.day(key.text)
            return day if isinstance(day, int) else key.text
        if kind.name == "level" and key.text in kind.choices:
            return kind.choices.index(key.text)
        return key.text


def _whole(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number


def shape_of(table: Table) -> TableShape:
    """The table as expressions see it."""
    return TableShape(table.id, table.keys, table.leaf)
