"""Holds what a plugin built by hand against the annotations of the rule model, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from loyalty_rules.engine.model import Formula
from loyalty_rules.expr.tree import Placed
from loyalty_rules.ruleset.expressions import STAND_IN
from loyalty_rules.sdk.containment import shown
from loyalty_rules.sdk.values import is_value

_PLAIN: Final = frozenset({bool, int, str})


def conformity_fault(part: object, path: str) -> str | None:
    """The first field of a dataclass, or of what it holds, that is not what its annotation says.

    ``path`` names ``part`` in the message. Types are exact: no float, nothing that can change, no subclass
    that may answer differently each time. An expression with a mistake may have its stand-in.
    """
    kind: Any = type(part)
    for name, hint in _hints(kind).items():
        value = getattr(part, name)
        if (fault := _fault(value, hint, f"{path}.{name}")) is not None:
            return fault
    return None


@lru_cache(maxsize=64)
def _hints(kind: Any) -> Mapping[str, Any]:
    known = get_type_hints(kind)
    return {one.name: known[one.name] for one in fields(kind)}


def _fault(value: object, hint: Any, path: str) -> str | None:
    origin = get_origin(hint)
    if origin is Literal:
        choices = get_args(hint)
        words = ", ".join(f"`{one}`" for one in choices)
        known = type(value) is str and value in choices
        return None if known else f"`{path}` must be one of {words}, not `{shown(value)}`"
    if origin in (Union, UnionType):
        return _union_fault(value, get_args(hint), path)
    if origin is tuple:
        return _tuple_fault(value, get_args(hint), path)
    if hint is Formula and type(value) is Formula:
        known = isinstance(value.tree, Placed) or value is STAND_IN
        return None if known else f"`{path}` must come from the form"
    if is_dataclass(hint) and type(value) is hint:
        return conformity_fault(value, path)
    if type(value) is hint and (hint not in _PLAIN or is_value(value)):
        return None
    return f"`{path}` must be {_spoken(hint)}, not `{shown(value)}`"


def _union_fault(value: object, choices: tuple[Any, ...], path: str) -> str | None:
    faults = [_fault(value, choice, path) for choice in choices]
    if None in faults:
        return None
    # of several the one that looked deepest says most: a dataclass whose inside is wrong
    return max((fault for fault in faults if fault is not None), key=lambda f: f.count("."))


def _tuple_fault(value: object, parts: tuple[Any, ...], path: str) -> str | None:
    if type(value) is not tuple:
        return f"`{path}` must be a tuple, not `{shown(value)}`"
    if parts[-1] is not Ellipsis and len(parts) != len(value):
        return f"`{path}` must have {len(parts)} parts, not {len(value)}"
    hints = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
    pairs = enumerate(zip(value, hints, strict=True))
    found = (_fault(one, hint, f"{path}[{at}]") for at, (one, hint) in pairs)
    return next((fault for fault in found if fault is not None), None)


def _spoken(hint: Any) -> str:
    return "None" if hint is type(None) else f"of type {getattr(hint, '__name__', hint)}"
