"""How the parts of a record come back from plain JSON: values, instants, lists, records by their fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from loyalty_rules.base.records import Record, defaults_of, names_of
from loyalty_rules.domain.effects import Value

Read = Callable[[Any], Any]
"""How one sort of value comes back from plain JSON."""


def read_value(plain: Any) -> Value:
    """A value that a fact, a field or a counter holds."""
    if isinstance(plain, dict):
        top, bottom = plain["/"]
        return Fraction(top, bottom)
    if isinstance(plain, list):
        return tuple(read_value(one) for one in plain)
    if plain is None or isinstance(plain, bool | str | int):
        return plain
    raise ValueError("a value is none of ours")


def read_instant(written: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(written)


def maybe(read: Read) -> Read:
    """The same, or nothing."""
    return lambda plain: None if plain is None else read(plain)


def listed(read: Read) -> Read:
    """A list of it."""
    return lambda plain: tuple([read(one) for one in plain])


def pair(read: Read | None = None) -> Read:
    """A pair of a name and something else."""

    def of(plain: Any) -> Any:
        name, other = plain
        return (name, other if read is None else read(other))

    return of


def mapping(read: Read | None = None, key: type = str) -> Read:
    """A read-only mapping of it, by name."""
    if read is None:
        return lambda plain: MappingProxyType({key(name): one for name, one in plain.items()})
    return lambda plain: MappingProxyType({key(name): read(one) for name, one in plain.items()})


def record(made: type, **more: Read) -> Read:
    """A record by its fields, from an object or, as the log has them, from a list; those that ``more`` does
    not name are plain."""
    names, defaults = names_of(made), defaults_of(made)
    may_be_listed = issubclass(made, Record)

    def of(plain: Any) -> Any:
        if may_be_listed and isinstance(plain, list):
            if len(plain) > len(names):
                raise ValueError(f"too many fields for a {made.__name__}")
            plain = dict(zip(names, plain, strict=False))  # it may be of a time that had fewer
        parts = {name: plain[name] for name in names if name in plain or name not in defaults}
        for name, read in more.items():
            if name in parts:
                parts[name] = read(parts[name])
        return made(**parts)

    return of


def told(read: Read) -> Read:
    """A record in a list that begins with its name."""
    return lambda plain: read(plain[1:])
