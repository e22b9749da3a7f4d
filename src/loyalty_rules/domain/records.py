"""Reads one JSON object by a table of readers, key by key, and says what is missing from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from loyalty_rules.base.suggest import did_you_mean, nearest
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.values import shown, what_it_is, within

Readers = Mapping[str, Callable[[object], Any]]

_LOOKED_AT_MAX = 50
"""So many unknown keys are compared with a missing one; more would only cost time."""


def read_record(
    raw: object, readers: Readers, required: Iterable[str]
) -> tuple[dict[str, Any], dict[str, object]]:
    """The known fields, read, and those that no reader knows, as they came. ``null`` is "not there".

    Errors: the reader's own, with the key in its path; ``missing_field`` with the near miss, if one
    of the unknown keys looks like the missing one.
    """
    if type(raw) is not dict:
        raise EventError("bad_shape", "", f"expected an object, found {what_it_is(raw)}")
    known: dict[str, Any] = {}
    extra: dict[str, object] = {}
    for key, value in raw.items():
        reader = readers.get(key)
        if reader is None:
            extra[key] = value
        elif value is not None:
            try:
                known[key] = reader(value)
            except EventError as problem:
                raise within(problem, key) from None
    for key in required:
        if key not in known:
            raise missing(key, extra)
    return known, extra


def read_closed(raw: object, readers: Readers, required: Iterable[str]) -> dict[str, Any]:
    """An object that has no fields but those of the table; any other is an ``unknown_field``."""
    known, extra = read_record(raw, readers, required)
    for key in extra:
        cure = did_you_mean(key, readers)
        raise EventError("unknown_field", "", f"{shown(key)} is not known here: {cure}")
    return known


def missing(key: str, extra: Iterable[str]) -> EventError:
    """What is said of a required key that is not there; ``extra`` are the keys that nobody knows."""
    candidates = [name for _, name in zip(range(_LOOKED_AT_MAX), extra, strict=False)]
    near = nearest(key, [name for name in candidates if len(name) < 2 * len(key)])
    if near is None:
        return EventError("missing_field", key, f"`{key}` is missing")
    return EventError(
        "missing_field", key, f"`{key}` is missing: did you mean it by {shown(near)}?"
    )


def read_list(
    raw: object, reader: Callable[[object, int], Any], entries_max: int
) -> tuple[Any, ...]:
    """A list whose entries ``reader`` reads; it is handed each entry and its number from 1."""
    if type(raw) is not list:
        raise EventError("bad_shape", "", f"expected a list, found {what_it_is(raw)}")
    if len(raw) > entries_max:
        raise EventError("too_many", "", f"a list here has at most {entries_max:_} entries")
    read: list[Any] = []
    for index, entry in enumerate(raw):
        try:
            read.append(reader(entry, index + 1))
        except EventError as problem:
            raise within(problem, f"[{index}]") from None
    return tuple(read)
