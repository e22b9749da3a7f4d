"""Frozen values that C makes, compares, hashes and spells: what decisions are made of by the dozen.

A `Record` is what a frozen dataclass with slots is, made in a sixth of the time. Spelt it is a list of its
fields in their order, so a field that is added comes last and has a default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from msgspec import NODEFAULT, Struct, json, msgpack, structs
from msgspec import field as field

Value = TypeVar("Value")


class Record(Struct, frozen=True, array_like=True, gc=False):
    """What a frozen value is made of. It holds values only, and so never itself: a collector of garbage need
    not look into it."""


class Named(Record, frozen=True, array_like=False, omit_defaults=True):
    """A record that is spelt as an object: its fields by name, without those that are what they are by
    default."""


class Told(Record, frozen=True, tag=True):
    """A record of which there are many kinds in one list: there its name stands before its fields."""


def replace(value: Value, /, **changes: Any) -> Value:
    """A copy of a record, or of a frozen dataclass, with other values in some of its fields."""
    changed: Any
    if isinstance(value, Struct):
        changed = structs.replace(value, **changes)
    else:
        one: Any = value
        changed = dataclasses.replace(one, **changes)
    copy: Value = changed
    return copy


def shown(record: Record, *hidden: str) -> str:
    """How a record is shown to whoever debugs, without some of its fields."""
    told = [
        f"{one}={getattr(record, one)!r}" for one in names_of(type(record)) if one not in hidden
    ]
    return f"{type(record).__name__}({', '.join(told)})"


def by_name(record: Record) -> dict[str, object]:
    """The fields of a record by their names."""
    return structs.asdict(record)


def speller(other: Callable[[Any], object], *, is_sorted: bool) -> Callable[[object], str]:
    """Spells values as JSON without blanks. ``other`` makes something plain of what C does not know;
    ``is_sorted``: of dicts the keys are (which must be texts), else they stand as they are."""
    encode = json.Encoder(enc_hook=other, order="deterministic" if is_sorted else None).encode

    def spell(value: object) -> str:
        return encode(value).decode()

    return spell


def line_speller(other: Callable[[Any], object]) -> Callable[[Sequence[object]], list[str]]:
    """Spells many values, as a `speller` that sorts keys spells each of them: C makes all texts in one go."""
    encode_lines = json.Encoder(enc_hook=other, order="deterministic").encode_lines

    def spell(values: Sequence[object]) -> list[str]:
        texts = encode_lines(values).decode().split("\n")  # within a text it is escaped
        texts.pop()  # behind the last line
        return texts

    return spell


def reader_of(kind: type[Value]) -> Callable[[str], Value]:
    """Reads records of a kind whose fields are plain. Where a text is none it raises ``ValueError``."""
    return json.Decoder(kind).decode


packed: Final[Callable[[object], bytes]] = msgpack.Encoder().encode
"""Numbers, texts, bytes and tuples of them as bytes (MessagePack), each with its kind and its length before
it: no two values are packed alike."""


def names_of(kind: Any) -> tuple[str, ...]:
    """The fields of a record or a dataclass that it is made from, in their order."""
    if issubclass(kind, Struct):
        return tuple(kind.__struct_fields__)
    return tuple(one.name for one in dataclasses.fields(kind) if one.init)


def defaults_of(kind: Any) -> dict[str, object]:
    """What the fields of a record or a dataclass are if nobody says otherwise."""
    if issubclass(kind, Struct):
        own = structs.fields(kind)
        made = {one.name: one.default_factory for one in own}
        return {
            one.name: one.default if one.default is not NODEFAULT else made[one.name]()
            for one in own
            if not one.required
        }
    found: dict[str, object] = {}
    for one in dataclasses.fields(kind):
        if not one.init:
            continue
        if one.default is not dataclasses.MISSING:
            found[one.name] = one.default
        elif one.default_factory is not dataclasses.MISSING:
            found[one.name] = one.default_factory()
    return found
