"""Plain values to YAML text in flow style, in a given or a shuffled order of keys and entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

Value = object
LISTS = frozenset({"rules", "limit"})
ALL_LISTS = LISTS | {"give", "when", "at", "exclude", "weekdays", "days_of_month"}
"""Lists in which the order of entries means nothing. (Levels stand lowest first.)"""


def to_yaml(value: Value, random: Random | None = None, permuted: frozenset[str] = LISTS) -> str:
    """A rule set as text; with ``random`` the keys of all maps and the lists under ``permuted`` keys are
    shuffled."""
    assert isinstance(value, Mapping)
    return "".join(
        f"{key}: {_flow(inner, random, str(key), permuted)}\n"
        for key, inner in _entries(value, random)
    )


def _flow(value: Value, random: Random | None, under: str, permuted: frozenset[str]) -> str:
    if isinstance(value, Mapping):
        inner = (
            f"{key}: {_flow(one, random, str(key), permuted)}"
            for key, one in _entries(value, random)
        )
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = list(value)
        if random is not None and under in permuted:
            random.shuffle(items)
        return "[" + ", ".join(_flow(one, random, "", permuted) for one in items) + "]"
    return _scalar(value)


def _scalar(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def _entries(value: Mapping[str, Value], random: Random | None) -> list[tuple[str, Value]]:
    entries = list(value.items())
    if random is not None:
        random.shuffle(entries)
    return entries
