"""Tables made ready for look-ups: exact rows by hash, ``at_least`` rows by bisection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, cast

from loyalty_rules.domain.effects import Value
from loyalty_rules.engine.model import Table

Lookup = Callable[..., Value]


def make_lookup(table: Table) -> Lookup:
    """A function of the table's keys. It returns the leaf, ``otherwise``, or None (no row, or a key that
    is unknown)."""
    matches = tuple(match for _, match, _ in table.keys)
    rows, otherwise = _prepare(table.rows, matches), table.otherwise

    def lookup(*keys: Value) -> Value:
        if None in keys:
            return None
        found: Any = rows
        for key in keys:
            found = found(key)
            if found is None:
                return otherwise
        return cast(Value, found)

    return lookup


def _prepare(rows: object, matches: tuple[str, ...]) -> object:
    """Each level of rows as a function of its key; a leaf as it is."""
    if not isinstance(rows, Mapping):
        return rows
    below = {key: _prepare(value, matches[1:]) for key, value in rows.items()}
    return below.get if matches[0] == "exact" else _greatest_not_above(below)


def _greatest_not_above(rows: Mapping[Value, object]) -> Callable[[Value], object]:
    keys = sorted(cast(Any, rows))

    def find(key: Value) -> object:
        at = bisect_right(keys, cast(Any, key))
        return rows[keys[at - 1]] if at else None

    return find
