"""Checks what a plugin hands to a registry: names, and every field of every offer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from loyalty_rules.domain.kinds import EARNING_RANK
from loyalty_rules.domain.vocabulary import EventKind, Field, Kind
from loyalty_rules.expr.words import RESERVED
from loyalty_rules.sdk.containment import shown
from loyalty_rules.sdk.types import FunctionType, ProgramType, RewardType

PLUGIN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REST: Final = re.compile(r"[a-z0-9_]{1,40}")
SCHEMA_DEPTH_MAX: Final = 30


def name_fault(name: str, begin: str) -> str | None:
    """What is wrong with the name of an offer that must begin with ``begin`` (empty: a built-in)."""
    if not name.startswith(begin):
        return f"`{shown(name)[1:-1]}` must begin with `{begin}`"
    if not _REST.fullmatch(name.removeprefix(begin)):
        return f"`{shown(name)[1:-1]}`: after `{begin}` come small letters, digits and `_`"
    if name in RESERVED:
        return f"`{name}` is a word of the language"
    return None


def offer_fault(offer: object) -> str | None:
    """What is wrong with the fields of one offer; None when nothing is."""
    for kind, check in _CHECKS.items():
        if type(offer) is kind:
            return check(offer)
    return None


def _type_fault(offer: RewardType | ProgramType) -> str | None:
    calls: tuple[object, ...] = (offer.lower,)
    if isinstance(offer, ProgramType):
        calls = (offer.declare, offer.lower)
    if not all(callable(call) for call in calls):
        return f"`{offer.name}` needs functions that declare and lower it"
    return _summary_fault(offer) or _schema_fault(offer.name, offer.schema)


def _function_fault(offer: FunctionType) -> str | None:
    kinds = (*offer.arguments, offer.result) if type(offer.arguments) is tuple else (None,)
    if not all(type(kind) is Kind for kind in kinds):
        return f"`{offer.name}` needs a tuple of kinds as arguments, and a kind as result"
    if offer.result.name == "level":
        return f"`{offer.name}` cannot return a level: levels belong to a rule set"
    if not callable(offer.call):
        return f"`{offer.name}` needs a function to call"
    return _summary_fault(offer)


def _kind_fault(offer: EventKind) -> str | None:
    fields = (*offer.fields, *offer.item_fields)
    if offer.about != "member" or offer.item_fields:
        return f"`{offer.name}` must be about a member: orders come as `purchase`"
    if offer.rank != EARNING_RANK or type(offer.rank) is not int:
        return f"`{offer.name}` must have the rank {EARNING_RANK}, that of everything that earns"
    for one in fields:
        if type(one) is not Field or type(one.kind) is not Kind:
            return f"`{offer.name}` has a field that is none: `{shown(one)}`"
        if type(one.name) is not str or not PLUGIN_NAME.fullmatch(one.name):
            return f"`{offer.name}` has a field with a name that no rule can write: `{one.name}`"
    if len({one.name for one in fields}) < len(fields):
        return f"`{offer.name}` has two fields of one name"
    return None


def _summary_fault(offer: RewardType | ProgramType | FunctionType) -> str | None:
    if type(offer.summary) is not str or not offer.summary.strip():
        return f"`{offer.name}` needs a summary: one line that says what it does"
    return None


def _schema_fault(name: str, schema: object) -> str | None:
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        return f'the schema of `{name}` must say `"type": "object"`: it describes a map'
    return _part_fault(name, schema, SCHEMA_DEPTH_MAX)


def _part_fault(name: str, part: object, depth: int) -> str | None:
    """A schema is plain data: a float could not be compared exactly, a remote reference would be fetched."""
    if depth == 0:
        return f"the schema of `{name}` is nested too deeply"
    if isinstance(part, float):
        return f"the schema of `{name}` has the float `{part}`: write a whole number or a `Decimal`"
    if isinstance(part, list | tuple):
        parts: list[object] = list(part)
    elif isinstance(part, Mapping):
        if not all(type(key) is str for key in part):
            return f"the schema of `{name}` has a key that is no text"
        target = part.get("$ref", "#")
        if type(target) is str and not target.startswith("#"):
            return (
                f"the schema of `{name}` refers to `{shown(target)[1:-1]}` outside of the rule set"
            )
        parts = list(part.values())
    else:
        return None
    return next((f for one in parts if (f := _part_fault(name, one, depth - 1)) is not None), None)


_CHECKS: Final[Mapping[type, Callable[..., str | None]]] = {
    RewardType: _type_fault,
    ProgramType: _type_fault,
    FunctionType: _function_fault,
    EventKind: _kind_fault,
}
