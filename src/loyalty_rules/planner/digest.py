"""The digest of a plan: equal digests decide equally, on every machine and under every hash seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.engine.model import Formula, Model
from loyalty_rules.ruleset.slots import meaning_of
from loyalty_rules.sdk.registry import Plugin

SEMANTICS: Final = 1
"""Grows whenever the same rule set would decide an event in another way than before."""

_NOT_MEANT: Final = frozenset({"title", "text", "texts", "formulas", "slot"})
"""Fields that no decision depends on."""


def digest_of(model: Model, plugins: tuple[Plugin, ...], zone_data: str) -> str:
    """SHA-256 of everything that a decision depends on, as hexadecimal text.

    Where a word stands, how a number is spelled, comments, titles and the order of the file do not count;
    the meaning of the rules, the engine's semantics, plugins with versions and the zone data do.
    """
    head = [f"semantics {SEMANTICS}", f"zones {zone_data}"]
    head += [f"plugin {plugin.name} {plugin.version}" for plugin in plugins]
    text = "\n".join([*head, *_lines(model, "model")])
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(part: object, path: str) -> Iterator[str]:
    if isinstance(part, Formula):
        yield f"{path} = {meaning_of(part)}"
    elif isinstance(part, Span):
        return
    elif isinstance(part, Mapping):
        for key in sorted(part, key=repr):
            yield from _lines(part[key], f"{path}[{key!r}]")
    elif isinstance(part, tuple):
        yield f"{path} has {len(part)}"
        for number, one in enumerate(part):
            yield from _lines(one, f"{path}.{number}")
    elif is_dataclass(part):
        for one in fields(part):
            if one.name not in _NOT_MEANT:
                yield from _lines(getattr(part, one.name), f"{path}.{one.name}")
    else:
        yield f"{path} = {_scalar(part)}"


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return repr(value)
