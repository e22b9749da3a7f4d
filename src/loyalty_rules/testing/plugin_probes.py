"""Calls a plugin's functions with many values, each twice, and says what they do that they may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from itertools import islice, product
from types import MappingProxyType
from typing import Final

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.plan import Facts
from loyalty_rules.planner.guard import guarded_award, guarded_function
from loyalty_rules.sdk import FunctionType, Opaque
from loyalty_rules.sdk.containment import shown
from loyalty_rules.sdk.types import OpaqueCall

CALLS_MAX: Final = 200
_AMOUNTS: Final = (0, 1, 4999, -1, 10**15)
_SAMPLES: Final[Mapping[str, tuple[Value, ...]]] = {
    "number": (*_AMOUNTS, Fraction(1, 3)),
    "money": (*_AMOUNTS, Fraction(1, 3)),
    "points": (*_AMOUNTS, Fraction(1, 3)),
    "text": ("", "a", "Ärger", "x" * 200),
    "boolean": (True, False),
    "day": (1, 719_163, 3_652_059),
    "duration": ("3 days", "1 months"),
    "list": ((), ("a",), ("a", "b")),
    "level": (0, 1, 5),
}


def function_faults(function: FunctionType, plugin: str) -> list[str]:
    """What a function does wrong over samples of its argument kinds; the first of each sort."""
    found: dict[str, str] = {}
    arguments = product(*(_samples(kind) for kind in function.arguments))
    for values in islice(arguments, CALLS_MAX):
        reason = _twice(partial(guarded_function(function, plugin), *values))
        if reason is not None:
            asked = ", ".join(shown(value) for value in values)
            found.setdefault(reason, f"`{function.name}({asked})`: {reason}")
    return list(found.values())


def opaque_faults(opaque: Opaque, facts: Facts) -> list[str]:
    """What an opaque award does wrong with the facts of an event, and with others put in their place: each
    unknown, each number nothing or very large."""
    found: dict[str, str] = {}
    for what, changed in _variants(facts):
        reason = _twice(partial(_code(opaque), changed, MappingProxyType({})))
        if reason is not None:
            found.setdefault(reason, f"with {what}: {reason}" if what else reason)
    return list(found.values())


def _code(opaque: Opaque) -> Callable[[Facts, Facts], Value]:
    """The guard that a host puts around it; a new one makes its first call twice."""
    return guarded_award(OpaqueCall("", "", "", opaque, opaque.reads))


def _twice(act: Callable[[], Value]) -> str | None:
    """Why a guarded call failed, or that its answers differ; None when all is well."""
    try:
        first, second = act(), act()
    except PluginError as error:
        return error.reason
    return None if first == second else "it gave two answers to one question"


def _samples(kind: Kind) -> tuple[Value, ...]:
    if kind.choices and kind.name == "text":
        return kind.choices
    samples = _SAMPLES[kind.name]
    return tuple(one for one in samples if type(one) is int) if kind.whole else samples


def _variants(facts: Facts) -> Iterator[tuple[str, Facts]]:
    yield "", facts
    for name, value in facts.items():
        others: list[Value] = [None]
        if type(value) in (int, Fraction):
            others += [0, 10**15]
        for other in others:
            told = "unknown" if other is None else str(other)
            yield f"`{name}` {told}", MappingProxyType({**facts, name: other})
