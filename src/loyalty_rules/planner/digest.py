"""The digest of a plan: equal digests decide equally, on every machine and under every hash seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.ruleset.slots import meaning_of
from loyalty_rules.sdk.registry import Plugin

SEMANTICS: Final = 2
"""Grows whenever the same rule set would decide an event in another way than before."""

_NOT_MEANT: Final = frozenset(
    {"title", "text", "texts", "formulas", "slot", "steady", "words_read"}
)
"""Fields that no decision depends on, or that follow from others."""

_PLAIN: Final = frozenset({str, int, bool, type(None)})


def digest_of(model: Model, plugins: tuple[Plugin, ...], zone_data: str) -> str:
    """SHA-256 of everything that a decision depends on, as hexadecimal text.

    Where a word stands, how a number is spelled, comments, titles and the order of the file do not count;
    the meaning of the rules, the engine's semantics, plugins with versions and the zone data do.
    """
    head = [f"semantics {SEMANTICS}", f"zones {zone_data}"]
    head += [f"plugin {plugin.name} {plugin.version}" for plugin in plugins]
    writer = _Writer([meaning_of(formula) for formula in model.formulas], head)
    writer.put(model, "model")
    return hashlib.sha256("\n".join(writer.lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a model down. ``meanings``: what the formula of each slot computes."""

    meanings: Sequence[str]
    lines: list[str]

    def put(self, part: object, path: str) -> None:
        kind: Any = type(part)
        if kind in _PLAIN:  # most are, so they go the shortest way
            self.lines.append(f"{path} = {part!r}")
        elif kind is Fraction:
            self.lines.append(f"{path} = {_scalar(part)}")
        elif isinstance(part, Formula):
            self.lines.append(f"{path} = {self.meanings[part.slot]}")
        elif isinstance(part, tuple):
            self.lines.append(f"{path} has {len(part)}")
            for number, one in enumerate(part):
                self.put(one, f"{path}.{number}")
        elif names := _meant(kind):
            for name in names:
                self.put(getattr(part, name), f"{path}.{name}")
        elif isinstance(part, Mapping):
            for key in sorted(part, key=repr):
                self.put(part[key], f"{path}[{key!r}]")
        elif not is_dataclass(part):
            self.lines.append(f"{path} = {_scalar(part)}")


@lru_cache(maxsize=64)
def _meant(kind: Any) -> tuple[str, ...]:
    """The fields of a part of the model that a decision may depend on; where a word stands is none."""
    if kind is Span or not is_dataclass(kind):
        return ()
    return tuple(one.name for one in fields(kind) if one.name not in _NOT_MEANT)


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return repr(value)
